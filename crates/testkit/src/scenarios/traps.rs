//! What looks like a camera and is none, and what is one and looks like another: every trap that a judge of devices falls
//! into. Makers stand here by the words of their protocols; numbers are invented.

use super::platforms::{crc32, dhip, masked};
use super::{Case, File, capture};
use crate::message::{self, Record, Value};
use crate::{End, Host, MILLISECOND, MORNING, Scenario, Side};

pub(super) const TRAPS: Case = Case {
    name: "traps",
    shows: "no cameras: reflected and forged answers, pages that quote a camera, a bulb, a plug, a vacuum cleaner, speakers, a \
            door controller, a printer, a workstation that views, a scan; and cameras that could be taken for another's",
    checks: CHECKS,
    build: traps,
};

const CHECKS: &str = r#"# Six are cameras: the badge, the split banner, the doorbell, the recorder, and the two that are viewed.
[[check]]
record = "device"
match = { is_camera = true }
count = 6

[[check]]
record = "device"
match = { standing = "suspected" }
count = 0

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:10", is_camera = true, vendor = "cp-plus", model = "CP-UNC-EX1" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:10", "conflicts.vendor" = "dahua" }
count = 0

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:11", is_camera = true, vendor = "hikvision" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:12", is_camera = true, vendor = "doorbird", class = "doorbell" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:13", is_camera = true, class = "recorder", model = "EX-NVR16" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:14", is_camera = true, vendor = "dahua" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:15", is_camera = true }
count = 1

# The door controller and the speaker are their makers', and no cameras.
[[check]]
record = "device"
match = { mac = "02:00:00:00:54:26", vendor = "axis", model = "EXAMPLE C1", is_camera = false }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:27", vendor = "dahua", is_camera = false }
count = 1

# What answered for another address says nothing of itself.
[[check]]
record = "device"
match = { mac = "02:00:00:00:54:21", "sightings.kind" = "onvif.role" }
count = 0

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:21", "sightings.kind" = "sadp.role" }
count = 0
"#;

fn traps() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 77);
    s.step = 5 * MILLISECOND;
    let viewer = Host::new("02:00:00:00:54:01", "192.168.1.120");
    let station = |last: u8| Host::new(&format!("02:00:00:00:54:{last:02x}"), &format!("192.168.1.{last}"));
    badge(&mut s, viewer, station(0x10));
    split_banner(&mut s, viewer, station(0x11));
    doorbell(&mut s, station(0x12));
    recorder(&mut s, viewer, station(0x13));
    workstation(&mut s, station(0x20), [station(0x14), station(0x15)]);
    forged(&mut s, viewer, station(0x21));
    reflected(&mut s, station(0x22));
    quoted(&mut s, viewer, station(0x23));
    bulb(&mut s, station(0x24));
    plug(&mut s, viewer, station(0x25));
    speakers(&mut s, viewer, station(0x26));
    door(&mut s, viewer, station(0x27));
    vacuum(&mut s, viewer, station(0x28));
    printer(&mut s, viewer, station(0x29));
    scanned(&mut s, station(0x2a), [station(0x2b), station(0x2c)]);
    capture(&s.frames)
}

fn asked(s: &mut Scenario, client: Host, server: End, path: &str, kind: &str, body: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: example/1\r\n\r\n", server.host.ip);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    s.http(client, server, &request, &(head + body));
}

fn session(s: &mut Scenario, client: Host, server: End, question: &str, answer: &str) {
    let mut tcp = s.tcp(client, server);
    tcp.send(s, Side::Client, question.as_bytes());
    tcp.send(s, Side::Server, answer.as_bytes());
    tcp.close(s, Side::Client);
}

fn matches(scopes: &str, services: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\">\
         <s:Body><d:ProbeMatches><d:ProbeMatch><d:Types>dn:NetworkVideoTransmitter</d:Types>\
         <d:Scopes>{scopes}</d:Scopes><d:XAddrs>http://{services}/onvif/device_service</d:XAddrs></d:ProbeMatch>\
         </d:ProbeMatches></s:Body></s:Envelope>"
    )
}

fn described(session: &str, rest: &str) -> String {
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={session}\r\nt=0 0\r\n{rest}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    );
    format!(
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn describe(server: Host, path: &str) -> String {
    format!("DESCRIBE rtsp://{}{path} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Example Viewer\r\n\r\n", server.ip)
}

/// A badge whose hardware comes from two makers: this one's speaks Dahua's way.
fn badge(s: &mut Scenario, viewer: Host, camera: Host) {
    let scopes = "onvif://www.onvif.org/name/CP%20PLUS onvif://www.onvif.org/hardware/CP-UNC-EX1";
    let asker = s.client(viewer);
    s.udp(camera.port(3702), asker, matches(scopes, &camera.ip.to_string()).as_bytes());
    let answer = described("Media Server", "a=packetization-supported:DH\r\n");
    session(s, viewer, camera.port(554), &describe(camera, "/cam/realmonitor?channel=1"), &answer);
}

/// The word that tells lies on both sides of a segment's end.
fn split_banner(s: &mut Scenario, viewer: Host, camera: Host) {
    let mut tcp = s.tcp(viewer, camera.port(80));
    tcp.send(s, Side::Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    tcp.send(s, Side::Server, b"HTTP/1.1 401 Unauthorized\r\nServer: App-we");
    tcp.send(s, Side::Server, b"bs/\r\nContent-Length: 0\r\n\r\n");
    tcp.close(s, Side::Server);
}

/// A doorbell under the service type of another maker.
fn doorbell(s: &mut Scenario, doorbell: Host) {
    s.mdns(doorbell, "_axis-video._tcp.local", "Doorstation - 020000005412._axis-video._tcp.local");
}

/// A recorder says what it is, and then what cameras it has.
fn recorder(s: &mut Scenario, viewer: Host, recorder: Host) {
    let namespace = "http://www.hikvision.com/ver20/XMLSchema";
    let information = format!(
        "<?xml version=\"1.0\"?>\n<DeviceInfo xmlns=\"{namespace}\"><model>EX-NVR16</model>\
         <serialNumber>EX-NVR160042</serialNumber><deviceType>NVR</deviceType></DeviceInfo>"
    );
    asked(s, viewer, recorder.port(80), "/ISAPI/System/deviceInfo", "application/xml", &information);
    let channels = format!(
        "<?xml version=\"1.0\"?>\n<InputProxyChannelList xmlns=\"{namespace}\"><InputProxyChannel><id>1</id>\
         <sourceInputPortDescriptor><ipAddress>192.168.254.2</ipAddress><model>DS-2CD0000-I</model>\
         <serialNumber>DS-2CD0000-I0042</serialNumber></sourceInputPortDescriptor></InputProxyChannel>\
         </InputProxyChannelList>"
    );
    let path = "/ISAPI/ContentMgmt/InputProxy/channels";
    asked(s, viewer, recorder.port(80), path, "application/xml", &channels);
    let list = "{\"data\":[{\"model\":\"DS-2CD0000-I\",\"serial\":\"1\"},{\"model\":\"IPC-EX100\"}]}";
    asked(s, viewer, recorder.port(80), "/api/cameras", "application/json", list);
}

/// A workstation asks cameras for video, and passes one of them on.
fn workstation(s: &mut Scenario, station: Host, cameras: [Host; 2]) {
    let [named, plain] = cameras;
    let answer = described("Session", "");
    session(s, station, named.port(554), &describe(named, "/cam/realmonitor?channel=1"), &answer);
    for path in ["/cam/realmonitor?channel=1", "/axis-media/media.amp", "/live"] {
        session(s, station, plain.port(554), &describe(plain, path), &answer);
    }
    let passed_on = described("Stream", "").replace("CSeq: 1\r\n", "CSeq: 1\r\nServer: gortsplib\r\n");
    let client = Host::new("02:00:00:00:54:02", "192.168.1.121");
    session(s, client, station.port(8554), &describe(station, "/yard"), &passed_on);
}

/// Answers of one station for another's address.
fn forged(s: &mut Scenario, viewer: Host, station: Host) {
    let scopes =
        "onvif://www.onvif.org/name/HIKVISION%20DS-2CD0000 onvif://www.onvif.org/hardware/DS-2CD0000";
    let asker = s.client(viewer);
    s.udp(station.port(3702), asker, matches(scopes, "192.168.1.99").as_bytes());
    let answer = "<?xml version=\"1.0\"?>\n<ProbeMatch><Uuid>0A</Uuid><Types>inquiry</Types>\
        <DeviceDescription>DS-2CD0000</DeviceDescription><IPv4Address>192.168.1.99</IPv4Address></ProbeMatch>";
    s.udp(station.port(37_020), viewer.port(37_020), answer.as_bytes());
}

/// What an amplifier outside sends to a station that never asked, and what is sent to make one of the station.
fn reflected(s: &mut Scenario, station: Host) {
    let outside = s.outside("203.0.113.66");
    let answer = dhip(
        "{\"mac\":\"02:00:00:00:54:99\",\"method\":\"client.notifyDevInfo\",\"params\":{\"deviceInfo\":\
         {\"DeviceClass\":\"NVR\",\"DeviceType\":\"EX-NVR\",\"SerialNo\":\"9Z01234PAB56789\",\"Vendor\":\"Dahua\"}}}",
    );
    for port in [40_001, 40_002] {
        s.udp(outside.port(37_810), station.port(port), &answer);
    }
    s.udp(outside.port(40_003), station.port(37_810), b"DHIP");
}

/// A page about cameras, from a station and from outside.
fn quoted(s: &mut Scenario, viewer: Host, wiki: Host) {
    let page = "<!DOCTYPE html><html><head><title>How to find cameras</title></head><body><pre>HTTP/1.1 401 Unauthorized\r\n\
        Server: App-webs/\r\nWWW-Authenticate: Basic realm=\"IP Camera(C0000)\"\r\n\r\n&lt;title&gt;NETSurveillance WEB\
        &lt;/title&gt; {\"cmd\":\"GetDevInfo\"} Rtsp Server/3.0</pre><title>NETSurveillance WEB</title></body></html>";
    asked(s, viewer, wiki.port(80), "/cameras", "text/html", page);
    let outside = s.outside("203.0.113.80");
    asked(s, viewer, outside.port(80), "/cameras", "text/html", page);
    asked(
        s,
        viewer,
        wiki.port(80),
        "/raw",
        "text/plain",
        "model=DS-2CD0000\nServer: App-webs/\nRTSP/1.0 200 OK\n",
    );
}

fn bulb(s: &mut Scenario, bulb: Host) {
    let document = b"{\"ip\":\"192.168.1.36\",\"gwId\":\"bf0123456789abcdef0124\",\"active\":2,\
        \"productKey\":\"keyabcdefghijklm\",\"version\":\"3.1\"}";
    let length = (document.len() as u32 + 8).to_be_bytes();
    let frame = [&[0, 0, 0x55, 0xaa][..], &[0; 8], &length, document].concat();
    let frame = [&frame[..], &crc32(&frame).to_be_bytes(), &[0, 0, 0xaa, 0x55]].concat();
    s.udp(bulb.port(49_154), Host::group("255.255.255.255").port(6666), &frame);
    let (dns, cloud) = (Host::new("02:00:00:00:54:03", "192.168.1.1"), s.outside("203.0.113.81"));
    s.resolve(bulb, dns, "m1.tuyaeu.com", cloud);
    s.tls(bulb, cloud.port(8883), "m1.tuyaeu.com");
}

fn plug(s: &mut Scenario, app: Host, plug: Host) {
    let answer = masked(
        "{\"system\":{\"get_sysinfo\":{\"sw_ver\":\"1.0 Build 1\",\"model\":\"HS000(EU)\",\"alias\":\"Lamp\",\
         \"mic_type\":\"IOT.SMARTPLUGSWITCH\",\"mac\":\"02:00:00:00:54:25\",\"relay_state\":1}}}",
    );
    s.udp(plug.port(9999), app.port(50_007), &answer);
}

/// A speaker of a maker of cameras in its maker's interface, and one that multicasts services.
fn speakers(s: &mut Scenario, viewer: Host, speaker: Host) {
    let answer = "{\"apiVersion\":\"1.1\",\"data\":{\"propertyList\":{\"Brand\":\"AXIS\",\"ProdNbr\":\"C1\",\
        \"ProdShortName\":\"EXAMPLE C1\",\"ProdType\":\"Network Speaker\",\"Version\":\"1.2\"}}}";
    asked(s, viewer, speaker.port(80), "/axis-cgi/basicdeviceinfo.cgi", "application/json", answer);
    let other = Host::new("02:00:00:00:54:04", "192.168.1.122");
    s.mdns(other, "_raop._tcp.local", "020000005404@Kitchen._raop._tcp.local");
    s.mdns(other, "_rtsp._tcp.local", "Kitchen._rtsp._tcp.local");
}

/// A door controller that answers as cameras of its maker do.
fn door(s: &mut Scenario, app: Host, door: Host) {
    let answer = dhip(
        "{\"mac\":\"02:00:00:00:54:27\",\"method\":\"client.notifyDevInfo\",\"params\":{\"deviceInfo\":\
         {\"DeviceClass\":\"BSC\",\"DeviceType\":\"EX-DOOR\",\"SerialNo\":\"9Z01234PAB56780\",\"Vendor\":\"Dahua\"}}}",
    );
    s.udp(door.port(37_810), app.port(37_810), &answer);
}

fn vacuum(s: &mut Scenario, app: Host, vacuum: Host) {
    let hello = [&[0x21, 0x31, 0, 0x20][..], &[0xff; 28]].concat();
    let answer = [&[0x21, 0x31, 0, 0x20, 0, 0, 0, 0, 7, 8, 9, 10, 0, 0, 1, 2][..], &[0xff; 16]].concat();
    s.udp(app.port(50_008), vacuum.port(54_321), &hello);
    s.udp(vacuum.port(54_321), app.port(50_008), &answer);
    s.mdns(vacuum, "_miio._udp.local", "example-vacuum-v1_miio0001._miio._udp.local");
}

/// A printer answers a search of WS-Discovery, and greets over FTP and HTTP.
fn printer(s: &mut Scenario, viewer: Host, printer: Host) {
    let answer = "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
        xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Body><d:ProbeMatches><d:ProbeMatch>\
        <d:Types>wsdp:Device wprt:PrintDeviceType</d:Types></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>";
    let asker = s.client(viewer);
    s.udp(printer.port(3702), asker, answer.as_bytes());
    session(s, viewer, printer.port(21), "", "220 Example Printer FTP server ready.\r\n");
    let scan = message::dns(
        0,
        0x8400,
        None,
        &[Record { name: "_scanner._tcp.local", value: Value::Pointer("Office._scanner._tcp.local") }],
    );
    s.udp(printer.port(5353), Host::group("224.0.0.251").port(5353), &scan);
}

/// A station tries the ports and paths of cameras on two others: a web server that answers to anything, and nobody.
fn scanned(s: &mut Scenario, scanner: Host, others: [Host; 2]) {
    let [server, silent] = others;
    for path in
        ["/ISAPI/System/deviceInfo", "/axis-cgi/param.cgi", "/cgi-bin/magicBox.cgi?action=getSystemInfo"]
    {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", server.ip);
        s.http(scanner, server.port(8000), &request, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
    let search = dhip("{\"method\":\"DHDiscover.search\",\"params\":{\"mac\":\"\",\"uni\":1}}");
    s.udp_refused(scanner.port(40_010), server.port(37_810), &search);
    for port in [554, 8000, 34_567, 37_777] {
        let mut tcp = s.tcp(scanner, silent.port(port));
        tcp.send(s, Side::Client, describe(silent, "/Streaming/Channels/101").as_bytes());
        tcp.reset(s, Side::Server);
    }
    session(
        s,
        scanner,
        server.port(554),
        &describe(server, "/cam/realmonitor?channel=1"),
        "RTSP/1.0 404 Not Found\r\nCSeq: 1\r\n\r\n",
    );
}
