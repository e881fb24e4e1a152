//! Which answers of a name service are to a question: by identifier, checksum, and what else was asked and answered. Small captures in which
//! somebody forges an answer, or in which a true one looks odd.

mod common;

use common::records;
use lenscap_testkit::message::{self, Record, Value as Data};
use lenscap_testkit::{Host, MORNING, SECOND, Scenario};
use serde_json::Value;

const NAME: &str = "dev.hik-connect.com";
const OTHER: &str = "www.example.org";

/// A camera that asks a name service, and uploads to what it was told.
struct Office {
    s: Scenario,
    camera: Host,
    resolver: Host,
    cloud: Host,
}

impl Office {
    fn new() -> Self {
        let s = Scenario::new(MORNING, 7);
        let (resolver, cloud) = (s.outside("192.0.2.53"), s.outside("203.0.113.40"));
        Self { s, camera: Host::new("bc:ad:28:00:53:40", "192.168.1.64"), resolver, cloud }
    }

    fn ask(&mut self, name: &str, id: u16, port: u16) {
        let message = message::dns(id, 0x0100, Some((name, 1)), &[]);
        self.s.udp(self.camera.port(port), self.resolver.port(53), &message);
    }

    fn answer(&mut self, from: Host, name: &str, id: u16, port: u16) {
        let record = Record { name, value: Data::Address(self.cloud.ip) };
        let message = message::dns(id, 0x8180, Some((name, 1)), &[record]);
        self.s.udp(from.port(53), self.camera.port(port), &message);
    }

    /// An answer without an address.
    fn deny(&mut self, code: u16, id: u16) {
        let message = message::dns(id, 0x8180 | code, Some((NAME, 1)), &[]);
        self.s.udp(self.resolver.port(53), self.camera.port(4000), &message);
    }

    fn damage_last(&mut self) {
        self.s.frames.last_mut().unwrap().bytes[41] ^= 0x55;
    }

    /// By which names the party is known to which something opaque goes some seconds later.
    fn called(mut self) -> Vec<Value> {
        self.s.wait(3 * SECOND);
        for _ in 0..300 {
            self.s.udp(self.camera.port(5000), self.cloud.port(9999), &[0x5a; 1400]);
        }
        let all = records(&self.s.frames);
        let of = |contact: &&Value| contact["type"] == "contact" && contact["payload_out"] == 420_000;
        all.iter().filter(of).map(|contact| contact["name"].clone()).collect()
    }

    /// How the look-up ended, by its finding.
    fn ended(mut self) -> Option<String> {
        self.s.wait(3 * SECOND);
        self.s.udp(self.camera.port(5000), self.cloud.port(9999), &[1; 100]);
        let all = records(&self.s.frames);
        let finding = all.iter().find(|of| of["type"] == "finding" && of["endpoint"] == NAME);
        finding.map(|finding| finding["reasons"].to_string())
    }
}

/// What has not the identifier of the question (RFC 5452, 9.1), or a wrong checksum, its receiver drops.
#[test]
fn an_answer_that_its_receiver_drops_is_no_name_that_the_station_gave() {
    let called = |id: u16, damaged: bool, others_sound: bool| {
        let mut office = Office::new();
        let resolver = office.resolver;
        office.ask(NAME, 1, 4000);
        office.answer(resolver, NAME, id, 4000);
        if damaged {
            office.damage_last();
        }
        // What is answered to another question of the camera.
        office.ask(OTHER, 1, 4001);
        office.answer(resolver, OTHER, 1, 4001);
        if !others_sound {
            office.damage_last();
        }
        office.called()
    };
    let both: [Value; 1] = [OTHER.into()];
    assert_eq!(called(2, false, true), both, "another identifier");
    assert_eq!(called(1, true, true), both, "a wrong checksum where others are right");
    assert!(called(1, true, false).len() == 1, "a capture whose checksums are all wrong");
}

/// Nor does it hide what the station was told by others.
#[test]
fn a_forged_answer_hides_no_true_one() {
    let mut office = Office::new();
    let resolver = office.resolver;
    office.ask(NAME, 1, 4000);
    office.answer(resolver, NAME, 1, 4000);
    office.ask(OTHER, 1, 4000);
    office.answer(resolver, OTHER, 2, 4000);
    assert_eq!(office.called(), [NAME]);
}

/// A camera that asks from one port tries twenty times, each with another identifier, and the first is answered.
#[test]
fn an_answer_after_many_retries_is_to_the_first_question() {
    let mut called = [1, 99].map(|id| {
        let mut office = Office::new();
        for retry in 1..=20 {
            office.ask(NAME, retry, 1024);
            office.s.wait(SECOND / 4);
        }
        office.answer(office.resolver, NAME, id, 1024);
        office.called()
    });
    assert_eq!(called[0], [NAME]);
    assert_eq!(std::mem::take(&mut called[1]), [Value::Null], "one with the identifier of none");
}

/// What goes up is captured after what comes down, as where two taps saw them.
#[test]
fn an_answer_that_was_captured_before_its_question_is_to_it() {
    let mut office = Office::new();
    for id in 1..=4 {
        office.answer(office.resolver, NAME, id, 4000);
        office.ask(NAME, id, 4000);
        office.s.wait(60 * SECOND);
    }
    assert_eq!(office.called(), [NAME]);
}

/// Checksums that are wrong since a network card was to fill them in, and right ones of others.
#[test]
fn right_checksums_of_others_make_a_name_services_wrong_ones_no_forgery() {
    let called = |from_resolver: bool, id: u16| {
        let mut office = Office::new();
        let other = office.s.outside("198.51.100.99");
        office.ask(NAME, 1, 4000);
        office.answer(office.resolver, NAME, 1, 4000);
        office.damage_last();
        let from = if from_resolver { office.resolver } else { other };
        let cloud = std::mem::replace(&mut office.cloud, other);
        office.answer(from, OTHER, id, 4001);
        office.cloud = cloud;
        office.called()
    };
    assert_eq!(called(false, 1), [NAME], "a stranger's");
    assert_eq!(called(true, 7), [NAME], "one in the name service's name, that nobody asked for");
}

/// Forged denials come first, with identifiers of no question.
#[test]
fn a_forged_denial_hides_no_true_one() {
    let ended = |denials: &[(u16, u16)]| {
        let mut office = Office::new();
        office.ask(NAME, 5, 4000);
        for (code, id) in denials {
            office.deny(*code, *id);
        }
        office.ended()
    };
    let says = |denials: &[(u16, u16)], what: &str| {
        assert!(ended(denials).is_some_and(|said| said.contains(what)), "{denials:?}");
    };
    says(&[(3, 6), (3, 5)], "NXDOMAIN");
    says(&[(2, 6), (3, 5)], "NXDOMAIN");
    says(&[(3, 5), (2, 6)], "NXDOMAIN");
    says(&[(3, 6)], "no answer was captured");
    // The true one of three was not kept, so nothing is said of it.
    assert_eq!(ended(&[(3, 6), (0, 7), (2, 5)]), None);
}
