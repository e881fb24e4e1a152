//! What proves less than it seems to: errors and echoes, refusals, answers that nobody captured, names that anybody can give.
//!
//! Each test is a small capture in which one thing was made to look like a camera, or like a camera's cloud that answered.

mod common;

use common::{CATALOG, device, records, summary};
use lenscap_flow::report::FindingKind;
use lenscap_flow::{Policy, judge};
use lenscap_testkit::message::Rtp;
use lenscap_testkit::{Conversation, Host, MORNING, SECOND, Scenario, Side};
use lenscap_wire::TcpFlags;
use serde_json::Value;
use std::net::IpAddr;

/// A MAC of a maker of cameras, and one of nobody that is known.
const CAMERA: &str = "bc:ad:28:00:53:40";
const OTHER: &str = "02:00:00:00:53:30";
/// A name that cameras and viewers call.
const CLOUD: &str = "litedev.hik-connect.com";

/// One station, a resolver, and a cloud of which it was told.
struct Stage {
    s: Scenario,
    station: Host,
    resolver: Host,
    cloud: Host,
}

impl Stage {
    fn new(mac: &str) -> Self {
        let s = Scenario::new(MORNING, 7);
        let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
        Self { s, station: Host::new(mac, "192.168.1.64"), resolver, cloud }
    }

    fn told(mac: &str, name: &str) -> Self {
        let mut stage = Self::new(mac);
        stage.s.resolve(stage.station, stage.resolver, name, stage.cloud);
        stage
    }

    /// A connection of which nothing was sent.
    fn unopened(&mut self) -> Conversation {
        let client = self.s.client(self.station);
        Conversation::unopened(client, self.cloud.port(8443), [1000, 9000])
    }

    /// The station and the findings.
    fn judged(&self) -> (Value, Vec<Value>) {
        let all = records(&self.s.frames);
        let is_it =
            |record: &&Value| record["type"] == "device" && record["mac"] == self.station.mac.to_string();
        let device = all.iter().find(is_it).cloned().unwrap_or_default();
        (device, all.into_iter().filter(|record| record["type"] == "finding").collect())
    }

    /// What evidence there is of the station.
    fn evidence(&self) -> Vec<String> {
        let why = self.judged().0["why"].clone();
        why.as_array()
            .into_iter()
            .flatten()
            .filter_map(|why| Some(why["kind"].as_str()?.to_owned()))
            .collect()
    }

    /// Kind, severity and answers of what is found of the cloud.
    fn found(&self) -> (String, String) {
        let (_, findings) = self.judged();
        let of_cloud = |finding: &&Value| finding["endpoint"] == CLOUD;
        let finding = findings.iter().find(of_cloud).unwrap_or_else(|| panic!("{findings:#?}"));
        let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        (word("kind"), word("severity"))
    }
}

fn has(evidence: &[String], kind: &str) -> bool {
    evidence.iter().any(|known| known == kind)
}

#[test]
fn an_error_or_an_echo_is_no_answer_of_a_cloud() {
    let mut refused = Stage::told(CAMERA, CLOUD);
    refused.s.udp_refused(refused.station.port(5000), refused.cloud.port(9999), b"hello, world");
    assert!(!has(&refused.evidence(), "cloud"), "{:?}", refused.evidence());

    // An error that quotes what was never sent.
    let mut forged = Stage::told(CAMERA, CLOUD);
    forged.s.udp_refused(forged.station.port(5000), forged.cloud.port(9999), b"hello, world");
    let sent = forged.s.frames.len() - 2;
    forged.s.frames.remove(sent);
    assert!(!has(&forged.evidence(), "cloud"), "{:?}", forged.evidence());

    let mut echo = Stage::told(OTHER, CLOUD);
    echo.s.ping(echo.station, echo.cloud, 1);
    assert!(!has(&echo.evidence(), "cloud"), "{:?}", echo.evidence());

    let mut answered = Stage::told(CAMERA, CLOUD);
    answered.s.udp(answered.station.port(5000), answered.cloud.port(9999), b"hello, world");
    answered.s.udp(answered.cloud.port(9999), answered.station.port(5000), b"hello");
    assert!(has(&answered.evidence(), "cloud"), "{:?}", answered.evidence());
}

#[test]
fn datagrams_that_were_refused_from_the_first_are_told_by_what_left() {
    let mut stage = Stage::told(CAMERA, CLOUD);
    for n in 0..300u16 {
        let payload = [&n.to_be_bytes()[..], &[0x90; 1398]].concat();
        stage.s.udp_refused(stage.station.port(5000), stage.cloud.port(9999), &payload);
    }
    assert_eq!(stage.found(), ("exfiltration".to_owned(), "medium".to_owned()));
}

/// Who received a video closes his end while the last of it is on its way.
#[test]
fn an_error_behind_what_was_received_refuses_nothing() {
    let mut stage = Stage::told(CAMERA, CLOUD);
    let (from, to) = (stage.station.port(5000), stage.cloud.port(9999));
    for n in 0..300u16 {
        stage.s.udp(from, to, &[&n.to_be_bytes()[..], &[0x90; 1398]].concat());
        stage.s.wait(SECOND / 10);
    }
    stage.s.udp_refused(from, to, &[0x90; 1400]);
    assert_eq!(stage.found().0, "exfiltration");
}

/// A RST is all that came back to the SYN: who sends content all the same is told by what left, and nobody answered.
#[test]
fn what_is_sent_after_a_refusal_is_told_by_what_left() {
    let sent = |flags: u8| {
        let mut stage = Stage::told(CAMERA, CLOUD);
        let mut tcp = stage.unopened();
        tcp.acknowledged = false;
        tcp.flag(&mut stage.s, Side::Client, TcpFlags::SYN);
        tcp.flag(&mut stage.s, Side::Server, flags);
        tcp.opaque(&mut stage.s, Side::Client, 300_000);
        (stage.found().0, has(&stage.evidence(), "cloud"))
    };
    assert_eq!(sent(TcpFlags::RST | TcpFlags::ACK), ("exfiltration".to_owned(), false));
    assert_eq!(sent(TcpFlags::SYN | TcpFlags::ACK), ("exfiltration".to_owned(), true));
}

#[test]
fn a_rst_that_acknowledges_nothing_refuses_no_call() {
    let found = |flags: u8| {
        let mut stage = Stage::told(CAMERA, CLOUD);
        let mut tcp = stage.unopened();
        tcp.flag(&mut stage.s, Side::Client, TcpFlags::SYN);
        tcp.flag(&mut stage.s, Side::Server, flags);
        stage.found().0
    };
    assert_eq!(found(TcpFlags::RST | TcpFlags::ACK), "attempt");
    assert_eq!(found(TcpFlags::RST), "vendor-contact");
}

/// One direction of a connection was captured: that it was answered follows from what the station acknowledges.
#[test]
fn an_answer_that_nobody_captured_is_said_to_be_inferred() {
    let mut stage = Stage::told(CAMERA, CLOUD);
    let mut tcp = stage.unopened();
    tcp.acknowledged = false;
    tcp.flag(&mut stage.s, Side::Client, TcpFlags::SYN);
    tcp.opaque(&mut stage.s, Side::Client, 300_000);
    let evidence = stage.evidence();
    assert!(has(&evidence, "cloud-inferred") && !has(&evidence, "cloud"), "{evidence:?}");
    assert_eq!(stage.found().0, "exfiltration");

    // What went on when the capture began may have been sent to nobody.
    let mut open = Stage::told(CAMERA, CLOUD);
    let mut tcp = open.unopened();
    tcp.acknowledged = false;
    tcp.opaque(&mut open.s, Side::Client, 300_000);
    let evidence = open.evidence();
    assert!(!has(&evidence, "cloud-inferred") && !has(&evidence, "cloud"), "{evidence:?}");
}

/// An element of DER.
fn element(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = if length < 128 { vec![tag, length as u8] } else { vec![tag, 0x81, length as u8] };
    [head, body.to_vec()].concat()
}

/// A record of TLS 1.2 with a hello of a server, and one with a certificate that its subject issued to himself in this name.
fn self_issued(name: &str) -> Vec<u8> {
    let attribute = |kind: &[u8], text: &[u8]| {
        element(0x31, &element(0x30, &[element(6, kind), element(12, text)].concat()))
    };
    let whose = element(
        0x30,
        &[attribute(&[85, 4, 10], b"Nobody"), attribute(&[85, 4, 3], name.as_bytes())].concat(),
    );
    let alternative = element(0x30, &element(0x82, name.as_bytes()));
    let extension = element(0x30, &[element(6, &[85, 29, 17]), element(4, &alternative)].concat());
    let version = element(0xa0, &element(2, &[2]));
    let (number, empty) = (element(2, &[7]), element(0x30, b""));
    let extensions = element(0xa3, &element(0x30, &extension));
    let body =
        [version, number, empty.clone(), whose.clone(), empty.clone(), whose, empty, extensions].concat();
    let certificate = element(0x30, &element(0x30, &body));
    let long = |body: &[u8]| [&(body.len() as u32).to_be_bytes()[1..], body].concat();
    let message = |kind: u8, body: &[u8]| {
        let message = [&[kind][..], &long(body)].concat();
        [&[22, 3, 3][..], &(message.len() as u16).to_be_bytes(), &message].concat()
    };
    let hello = [&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
    [message(2, &hello), message(11, &long(&long(&certificate)))].concat()
}

/// Anybody can issue a certificate to himself in the name of a cloud.
#[test]
fn a_certificate_proves_no_cloud() {
    use lenscap_testkit::message::ClientHello;
    let mut stage = Stage::new(CAMERA);
    let mut tcp = stage.s.tcp(stage.station, stage.cloud.port(443));
    let hello = ClientHello { name: None, versions: &[0x0303], ..ClientHello::default() };
    let hello = hello.record(&mut stage.s.random);
    tcp.send(&mut stage.s, Side::Client, &hello);
    tcp.send(&mut stage.s, Side::Server, &self_issued(CLOUD));
    tcp.opaque(&mut stage.s, Side::Client, 300_000);
    let (device, findings) = stage.judged();
    assert_eq!(
        (&device["standing"], stage.evidence()),
        (&"suspected".into(), vec!["prefix".to_owned(), "upload".to_owned()])
    );
    assert_eq!((&findings[0]["kind"], &findings[0]["vendor"]), (&"exfiltration".into(), &"hikvision".into()));
}

/// Who visits the web site of a maker is no camera; who asks for its firmware may be one.
#[test]
fn a_visit_to_a_maker_s_site_shows_nothing() {
    let standing = |name: &str| {
        let mut stage = Stage::told(OTHER, name);
        let mut tls = stage.s.tls(stage.station, stage.cloud.port(443), name);
        tls.opaque(&mut stage.s, Side::Server, 9000);
        stage.judged().0["standing"].clone()
    };
    for site in ["www.hikvision.com", "hikvision.com", "my.arlo.com", "ring.com", "www.vivotek.com"] {
        assert_eq!(standing(site), "other", "{site}");
    }
    assert_eq!(standing("firmware.hikvision.com"), "suspected");
}

/// Both ends of PPPP send its first packets, and either may send the bulk: a phone that talks to a camera does.
#[test]
fn who_sends_the_bulk_of_a_peer_protocol_shows_no_side() {
    let packet =
        |kind: u8, body: &[u8]| [&[0xf1, kind][..], &(body.len() as u16).to_be_bytes(), body].concat();
    let uid = [&b"WXYZ\0\0\0\0\0\0\0\x7bKLMNO\0\0\0"[..]].concat();
    let mut stage = Stage::new(OTHER);
    let (from, to) = (stage.station.port(33_000), stage.cloud.port(22_000));
    for kind in [0x41, 0x42] {
        stage.s.udp(from, to, &packet(kind, &uid));
        stage.s.udp(to, from, &packet(kind, &uid));
    }
    for n in 0..200u16 {
        let [high, low] = n.to_be_bytes();
        stage.s.udp(from, to, &packet(0xd0, &[&[0xd1, 2, high, low][..], &[low | 1; 1024]].concat()));
        stage.s.udp(to, from, &packet(0xd1, &[0xd1, 2, 0, 1, high, low]));
    }
    let (device, _) = stage.judged();
    assert_eq!(device["standing"], "suspected", "{device}");
    assert!(!has(&stage.evidence(), "device-role"));
}

/// A laptop that serves a film is no camera.
#[test]
fn a_film_is_no_camera_s_picture() {
    let standing = |range: &str| {
        let mut s = Scenario::new(MORNING, 7);
        let (desk, server) =
            (Host::new("02:00:00:00:53:20", "192.168.1.20"), Host::new(OTHER, "192.168.1.80"));
        let mut tcp = s.tcp(desk, server.port(554));
        tcp.send(&mut s, Side::Client, b"DESCRIBE rtsp://192.168.1.80/live RTSP/1.0\r\nCSeq: 1\r\n\r\n");
        let what = format!(
            "v=0\r\no=- 1 1 IN IP4 192.168.1.80\r\ns=live\r\nt=0 0\r\n{range}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        );
        let head = format!(
            "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
            what.len()
        );
        tcp.send(&mut s, Side::Server, [head, what].concat().as_bytes());
        device(&s.frames, OTHER)["standing"].clone()
    };
    assert_eq!(standing(""), "camera");
    assert_eq!(standing("a=range:npt=now-\r\n"), "camera");
    assert_eq!(standing("a=range:npt=0-5400.0\r\n"), "other");
}

/// A prefix of one maker and a question for another's cloud are no camera of either.
#[test]
fn two_makers_are_not_added_up() {
    let asked = |name: &str| {
        let mut stage = Stage::new(CAMERA);
        let question = stage.s.dns_query(stage.station, stage.resolver, name);
        let nowhere: &[IpAddr] = &[];
        stage.s.dns_answer(&question, &[], nowhere);
        stage.judged().0["standing"].clone()
    };
    assert_eq!(asked("dispatchse1-st.axis.com"), "suspected");
}

/// What ESP carries cannot be read.
#[test]
fn what_esp_carries_could_not_be_read() {
    let mut stage = Stage::told(CAMERA, CLOUD);
    for n in 0..300u32 {
        let body = [&77u32.to_be_bytes()[..], &n.to_be_bytes(), &[n as u8 | 1; 1400]].concat();
        stage.s.protocol(stage.station, stage.cloud, 50, &body);
    }
    let summary = summary(&stage.s.frames);
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    let upload = report.findings.iter().find(|finding| finding.kind == FindingKind::Exfiltration);
    assert!(upload.is_some_and(|upload| upload.encrypted), "{upload:?}");
}

/// A name with a control character or a blank in it is no host's, whatever it ends in.
#[test]
fn what_is_no_host_name_is_nobodys() {
    for name in
        ["\u{1b}31mlitedev.hik-connect.com", " litedev.hik-connect.com", "a.example litedev.hik-connect.com"]
    {
        let mut stage = Stage::new(OTHER);
        stage.s.tls(stage.station, stage.cloud.port(443), name);
        assert_ne!(stage.judged().0["standing"], "suspected", "{name:?}");
        let all = records(&stage.s.frames);
        let flows: Vec<_> = all.iter().filter(|record| record["type"] == "flow").collect();
        assert!(flows.iter().all(|flow| flow["vendor"].is_null()), "{name:?}: {flows:?}");
    }
}

/// A filter for a home asks for what others asked it for.
#[test]
fn who_hands_questions_on_asks_for_others() {
    let standing = |asks_first: bool| {
        let mut stage = Stage::new(CAMERA);
        let filter = Host::new(OTHER, "192.168.1.2");
        if asks_first {
            stage.s.resolve(stage.station, filter, CLOUD, stage.cloud);
        }
        stage.s.resolve(filter, stage.resolver, CLOUD, stage.cloud);
        device(&stage.s.frames, OTHER)["standing"].clone()
    };
    assert_eq!((standing(false), standing(true)), ("suspected".into(), "other".into()));
}

/// A picture in fragments of H.264, each in a packet of RTP.
fn pictures() -> Vec<Vec<u8>> {
    let mut stream = Rtp { payload_type: 96, sequence: 7, time: 9, source: 0x1234_5678 };
    let fragment = |head: u8| stream.packet(&[&[0x7c, head][..], &[7; 900]].concat(), 0);
    [0x85, 0x05, 0x05, 0x45].map(fragment).to_vec()
}

/// What a recorder has taken for weeks, over UDP or between the messages of RTSP, whose beginning nobody captured.
#[test]
fn who_sends_pictures_may_be_a_camera() {
    for between in [false, true] {
        let mut stage = Stage::new(OTHER);
        let recorder = Host::new("02:00:00:00:53:90", "192.168.1.90");
        if between {
            let ports = [40_000, 554]
                .map(|port| if port == 554 { stage.station.port(port) } else { recorder.port(port) });
            let mut tcp = Conversation::unopened(ports[0], ports[1], [1000, 9000]);
            for packet in pictures() {
                let head = [&[b'$', 0][..], &(packet.len() as u16).to_be_bytes()].concat();
                tcp.send(&mut stage.s, Side::Server, &[head, packet].concat());
            }
        } else {
            for packet in pictures() {
                stage.s.udp(stage.station.port(5000), recorder.port(6000), &packet);
            }
        }
        let (device, _) = stage.judged();
        let stands = (&device["standing"], &device["kind_points"], &device["why"][0]["value"]);
        assert_eq!(stands, (&"suspected".into(), &40.into(), &"H264".into()), "{device}");
        let app = if between { "rtsp" } else { "rtp" };
        assert!(records(&stage.s.frames).iter().any(|record| record["app"] == app));
    }
}

/// Both ends of a call send pictures.
#[test]
fn who_calls_by_sip_is_no_camera_for_its_pictures() {
    let mut stage = Stage::new(OTHER);
    let other = Host::new("02:00:00:00:53:90", "192.168.1.90");
    let options = "OPTIONS sip:b@192.168.1.90 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.64\r\nFrom: <sip:a@192.168.1.64>;tag=1\r\nTo: <sip:b@192.168.1.90>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nUser-Agent: Telephone\r\nContent-Length: 0\r\n\r\n";
    stage.s.udp(stage.station.port(5060), other.port(5060), options.as_bytes());
    for packet in pictures() {
        stage.s.udp(stage.station.port(5000), other.port(6000), &packet);
    }
    assert!(!has(&stage.evidence(), "pictures"));
}
