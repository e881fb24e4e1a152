//! Look-ups: who called whom by which name; and over TCP what is learned of them, when, and by which packet. Small captures in which
//! one thing is odd.

mod common;

use common::records;
use lenscap_testkit::message::{self, Record, Value as Data};
use lenscap_testkit::{Conversation, Host, MORNING, OwnedFrame, SECOND, Scenario, Side};
use serde_json::Value;

const NAME: &str = "dev.hik-connect.com";

fn question(name: &str) -> Vec<u8> {
    message::dns(1, 0x0100, Some((name, 1)), &[])
}

fn answer(name: &str, addresses: &[Host]) -> Vec<u8> {
    let record = |host: &Host| Record { name, value: Data::Address(host.ip) };
    let records: Vec<_> = addresses.iter().map(record).collect();
    message::dns(1, 0x8180, Some((name, 1)), &records)
}

/// A camera with a connection to its resolver.
struct Stage {
    office: Office,
    tcp: Conversation,
}

impl Stage {
    fn new() -> Self {
        let mut office = Office::new();
        let tcp = office.s.tcp(camera(), office.resolver.port(53));
        Self { office, tcp }
    }

    fn say(&mut self, side: Side, message: &[u8]) {
        let lengthened = [&(message.len() as u16).to_be_bytes()[..], message].concat();
        self.tcp.send(&mut self.office.s, side, &lengthened);
    }

    fn ask(&mut self, name: &str) {
        self.say(Side::Client, &question(name));
    }

    fn answer(&mut self, name: &str, addresses: &[Host]) {
        self.say(Side::Server, &answer(name, addresses));
    }

    fn upload(&mut self) {
        let mut tcp = self.office.s.tcp(camera(), self.office.cloud.port(8443));
        tcp.opaque(&mut self.office.s, Side::Client, 600);
        tcp.opaque(&mut self.office.s, Side::Server, 60);
        tcp.close(&mut self.office.s, Side::Client);
    }
}

/// A small office, in which a printer has the address of a camera an hour later.
struct Office {
    s: Scenario,
    resolver: Host,
    cloud: Host,
}

impl Office {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
        Self { s, resolver, cloud }
    }

    fn ask(&mut self, who: Host, port: u16) {
        self.s.udp(who.port(port), self.resolver.port(53), &question(NAME));
    }

    /// An answer that somebody sends to a port of somebody.
    fn answer(&mut self, from: Host, to: Host, port: u16) {
        self.s.udp(from.port(53), to.port(port), &answer(NAME, &[self.cloud]));
    }

    /// What is said once a station has uploaded something opaque.
    fn uploaded(mut self, who: Host) -> Vec<Value> {
        for _ in 0..300 {
            self.s.udp(who.port(5000), self.cloud.port(9999), &[0x5a; 1400]);
        }
        records(&self.s.frames)
    }

    /// By which names the party is known to which it goes.
    fn called(self, who: Host) -> Vec<Value> {
        let all = self.uploaded(who);
        let of = |contact: &&Value| contact["type"] == "contact" && contact["address"] == "203.0.113.40";
        let name = |contact: &Value| contact["name"].clone();
        all.iter().filter(of).filter(|contact| contact["payload_out"] == 420_000).map(name).collect()
    }
}

const CAMERA: &str = "bc:ad:28:00:53:40";

fn camera() -> Host {
    Host::new(CAMERA, "192.168.1.64")
}

#[test]
fn who_asked_and_was_told_called_it_by_that_name() {
    let mut office = Office::new();
    office.ask(camera(), 4000);
    office.answer(office.resolver, camera(), 4000);
    assert_eq!(office.called(camera()), [NAME]);
}

#[test]
fn an_answer_of_somebody_who_was_not_asked_is_no_name_that_the_station_gave() {
    let stranger = Host::new("52:54:00:66:66:66", "192.168.1.66");
    let mut office = Office::new();
    office.ask(camera(), 4000);
    office.answer(stranger, camera(), 4000);
    assert_eq!(office.called(camera()), [Value::Null]);
}

#[test]
fn neither_is_one_to_another_port_nor_one_that_nobody_asked_for() {
    let mut office = Office::new();
    office.ask(camera(), 4000);
    office.answer(office.resolver, camera(), 4001);
    assert_eq!(office.called(camera()), [Value::Null]);
    let mut office = Office::new();
    office.answer(office.resolver, camera(), 4000);
    let told = office.uploaded(camera());
    let device = told.iter().find(|of| of["type"] == "device" && of["mac"] == CAMERA).unwrap();
    let asked = |why: &Value| why["kind"].as_str().is_some_and(|kind| kind.starts_with("cloud"));
    assert!(!device["why"].as_array().is_some_and(|why| why.iter().any(asked)), "{device}");
    let name = |of: &&Value| of["type"] == "contact" && of["payload_out"] == 420_000;
    assert_eq!(told.iter().find(name).unwrap()["name"], Value::Null);
}

#[test]
fn what_the_last_holder_of_an_address_asked_is_no_word_of_the_next() {
    let printer = Host::new("00:1b:a9:10:20:30", "192.168.1.64");
    let mut office = Office::new();
    office.ask(camera(), 4000);
    office.answer(office.resolver, camera(), 4000);
    office.s.wait(3600 * SECOND);
    assert_eq!(office.called(printer), [Value::Null]);
    let mut office = Office::new();
    for who in [camera(), printer] {
        office.ask(who, 4000);
        office.answer(office.resolver, who, 4000);
        office.s.wait(3600 * SECOND);
    }
    assert_eq!(office.called(printer), [NAME]);
}

/// How the look-up ended, by its finding.
fn ended(office: &Office) -> String {
    let all = records(&office.s.frames);
    let finding = all.iter().find(|of| of["type"] == "finding" && of["endpoint"] == NAME);
    finding.expect("the camera asked")["reasons"].to_string()
}

/// Whoever is on the link can send an answer, so that what nobody asked for neither refuses a name nor gives one.
#[test]
fn what_a_stranger_answers_ends_no_look_up() {
    let stranger = Host::new("52:54:00:66:66:66", "192.168.1.66");
    let none = message::dns(1, 0x8183, Some((NAME, 1)), &[]);
    let denied = |from: fn(&Office) -> Host| {
        let mut office = Office::new();
        office.ask(camera(), 4000);
        let from = from(&office);
        office.s.udp(from.port(53), camera().port(4000), &none);
        ended(&office)
    };
    assert!(denied(|office| office.resolver).contains("NXDOMAIN"));
    let by_stranger = denied(|_| Host::new("52:54:00:66:66:66", "192.168.1.66"));
    assert!(by_stranger.contains("no answer was captured"), "{by_stranger}");
    // Neither does an address from him hide that the camera asked, nor one inside that it was not diverted.
    for address in ["203.0.113.40", "192.168.1.1"] {
        let mut office = Office::new();
        office.ask(camera(), 4000);
        let given = answer(NAME, &[Host::new("00:00:00:00:00:01", address)]);
        office.s.udp(stranger.port(53), camera().port(4000), &given);
        assert!(ended(&office).contains("no answer was captured"));
    }
}

/// An answer, or a denial, that comes to who never asked.
#[test]
fn who_did_not_ask_asked_for_nothing() {
    let stranger = Host::new("52:54:00:66:66:66", "192.168.1.66");
    let none = message::dns(1, 0x8183, Some((NAME, 1)), &[]);
    for body in [answer(NAME, &[Host::new("00:00:00:00:00:01", "203.0.113.40")]), none] {
        let mut office = Office::new();
        office.s.udp(stranger.port(53), camera().port(4000), &body);
        office.s.udp(camera().port(5000), office.cloud.port(9999), &[1; 100]);
        let told = records(&office.s.frames);
        let of_name = told.iter().filter(|of| of["type"] == "finding" && of["endpoint"] == NAME);
        assert_eq!(of_name.count(), 0);
    }
}

/// It came, though it held nothing, or nothing that could be read.
#[test]
fn an_answer_that_came_was_captured() {
    let by = |answer: &[u8], snap: u32| {
        let mut office = Office::new();
        office.ask(camera(), 4000);
        office.s.snap_length = snap;
        office.s.udp(office.resolver.port(53), camera().port(4000), answer);
        ended(&office)
    };
    let cut_by_sender = message::dns(1, 0x8380, Some((NAME, 1)), &[]);
    assert!(by(&cut_by_sender, 2000).contains("could not be read"));
    let whole = answer(NAME, &[Host::new("00:00:00:00:00:01", "203.0.113.40")]);
    assert!(by(&whole, 80).contains("could not be read"), "its address is cut off");
    // An alias of a service (RFC 9460, 2.4.2) holds no address, nor does where one of another name stands.
    let alias = message::dns(1, 0x8180, Some((NAME, 65)), &[]);
    let service = {
        let target = Record { name: "s1.example.net", value: Data::Address([203, 0, 113, 40].into()) };
        message::dns(1, 0x8180, Some((NAME, 33)), &[target])
    };
    for answer in [alias, service] {
        assert!(by(&answer, 2000).contains("held no address"), "{}", by(&answer, 2000));
    }
}

fn of_type<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["type"] == kind).collect()
}

/// The packet that a record names, and its stamp as reports print it.
fn packet<'f>(frames: &'f [OwnedFrame], record: &Value) -> (usize, &'f OwnedFrame) {
    let number = record["packet"]["packet"].as_u64().expect("it names a packet") as usize;
    (number, &frames[number - 1])
}

#[test]
fn what_is_told_over_tcp_names_an_address_while_the_connection_is_open() {
    let mut stage = Stage::new();
    stage.ask(NAME);
    stage.answer(NAME, &[stage.office.cloud]);
    stage.upload();
    let records = records(&stage.office.s.frames);
    let flows = of_type(&records, "flow");
    let upload = flows.iter().find(|flow| flow["resp"]["port"] == 8443).expect("there is one");
    assert_eq!((&upload["vendor"], &upload["attribution"]), (&"hikvision".into(), &"dns".into()));
    assert_eq!(of_type(&records, "name")[0]["asked"], true);
}

#[test]
fn a_question_over_udp_is_answered_over_tcp() {
    let ask = |answered: bool| {
        let mut stage = Stage::new();
        stage.office.s.dns_query(camera(), stage.office.resolver, NAME);
        if answered {
            stage.answer(NAME, &[stage.office.cloud]);
        }
        stage.upload();
        records(&stage.office.s.frames)
    };
    let told = ask(true);
    assert_eq!(of_type(&told, "name")[0]["asked"], true);
    let reasons = |records: &[Value]| {
        let all: Vec<String> = of_type(records, "finding").iter().map(|f| f["reasons"].to_string()).collect();
        all.concat()
    };
    assert!(reasons(&ask(false)).contains(NAME), "the question had no answer");
    assert!(!reasons(&told).contains("given no address"), "{}", reasons(&told));
}

/// Each message has its own packet and moment, though the half that told them ends much later.
#[test]
fn each_name_cites_the_packet_that_ends_its_message() {
    let mut stage = Stage::new();
    stage.tcp.segment_size = 30;
    let names = ["one.example.com", "two.example.com", "three.example.com"];
    let mut ends = Vec::new();
    for name in names {
        stage.ask(name);
        let hosts: Vec<Host> = (1..9).map(|n| stage.office.s.outside(&format!("203.0.113.{n}"))).collect();
        stage.tcp.acknowledged = false;
        stage.answer(name, &hosts);
        ends.push(stage.office.s.frames.len());
        stage.tcp.acknowledged = true;
        stage.office.s.wait(20 * SECOND);
    }
    stage.tcp.close(&mut stage.office.s, Side::Client);
    let records = records(&stage.office.s.frames);
    let told = of_type(&records, "name");
    assert_eq!(told.len(), 3 * 8);
    for record in told {
        let place = names.iter().position(|name| record["name"] == *name).expect("it is one of them");
        assert_eq!(packet(&stage.office.s.frames, record).0, ends[place]);
        let first = record["first"].as_str().expect("it has a time");
        assert!(first.contains(&format!("T09:00:{:02}", 20 * place)), "{first}");
    }
}

/// The packet that came last of a message is cited, not the one with its last bytes.
#[test]
fn a_hole_that_was_filled_later_is_cited() {
    let mut stage = Stage::new();
    stage.tcp.segment_size = 40;
    stage.tcp.acknowledged = false;
    let from = stage.office.s.frames.len();
    stage.answer(NAME, &[stage.office.cloud]);
    let (first, second) = (stage.office.s.frames[from].clone(), stage.office.s.frames[from + 1].clone());
    assert_eq!(stage.office.s.frames.len(), from + 2);
    (stage.office.s.frames[from].bytes, stage.office.s.frames[from + 1].bytes) = (second.bytes, first.bytes);
    stage.tcp.close(&mut stage.office.s, Side::Client);
    let records = records(&stage.office.s.frames);
    assert_eq!(packet(&stage.office.s.frames, of_type(&records, "name")[0]).0, from + 2);
}

#[test]
fn messages_behind_what_is_read_of_a_half_are_a_limit() {
    let limits = |questions: usize| {
        let mut stage = Stage::new();
        for _ in 0..questions {
            let question = question(NAME);
            let question = [&(question.len() as u16).to_be_bytes()[..], &question].concat();
            // As a resolver's client does that has much to ask.
            stage.tcp.send(&mut stage.office.s, Side::Client, &question.repeat(20));
        }
        let records = records(&stage.office.s.frames);
        of_type(&records, "flow")[0]["limits"].to_string().contains("unread-messages")
    };
    assert!(!limits(20));
    assert!(limits(50));
}
