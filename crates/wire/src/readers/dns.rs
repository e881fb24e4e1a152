//! DNS over UDP and TCP port 53 (RFC 1035): who asks for which names, and what they are told.
//!
//! Two readers. Over UDP a payload is one message. Over TCP messages come with their lengths before them, in any
//! segments: [`stream`].
//!
//! Facts: a question is `Asks`; a response is `Answer` for each address (records A and AAAA, hints of HTTPS and
//! SVCB), else `Denied`: with its code, or with 0 where an address was asked for, the name exists and no referral
//! was given. Of a message that is cut the lack of an address says nothing.

mod facts;
pub(super) mod message;
mod name;
pub(super) mod stream;

use crate::{Activity, Message, Read, Reader, ReaderId, Resolver, Route, reader::Facts};
pub(super) use facts::{address, questions, response};
pub(super) use name::{Names, first_label};

use message::DnsMessage;

pub(crate) const READER: Reader = Reader {
    number: ReaderId(3),
    app: "dns",
    activity: Some(Activity::NameLookup),
    hides: false,
    fields: &[],
    read: Read::Message(&[Route::Udp(53)], read_datagram),
};

/// A unicast message has one question; more are hardly ever seen.
const MAX_QUESTIONS: u16 = 8;

fn read_datagram(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    read(message.payload, message.is_cut(), Resolver::Dns, facts)
}

/// Reads one unicast message.
pub(super) fn read(bytes: &[u8], cut: bool, by: Resolver, facts: Facts<'_>) -> bool {
    let Some(message) = DnsMessage::parse(bytes, cut).filter(|message| message.questions() <= MAX_QUESTIONS)
    else {
        return false;
    };
    match (message.opcode(), message.is_response()) {
        (0, false) => questions(&message, by, facts),
        (0, true) => response(&message, by, facts),
        _ => {}
    }
    true
}

#[cfg(test)]
mod tests {
    use super::message::{A, AAAA, CNAME, HTTPS, NS, SOA};
    use super::*;
    use crate::{
        Packet,
        readers::tests::{
            CAM, CAM_EXAMPLE, EXAMPLE, cut_everywhere, dns, facts, facts_in, question, record, steps_of,
        },
    };

    const QUERY: u16 = 0x0100;
    const REPLY: u16 = 0x8180;
    const MX: u16 = 15;
    const ADDRESS: [u8; 4] = [192, 0, 2, 1];

    fn query() -> Vec<u8> {
        dns(QUERY, [1, 0, 0, 0], &[question(CAM_EXAMPLE, A)])
    }

    /// An answer came, and what it held could not be read.
    const UNREAD: [&str; 1] = ["dns cam.example denied 255"];

    /// A reply to the question for `kind` with these answers.
    fn reply(kind: u16, answers: &[Vec<u8>]) -> Vec<u8> {
        let entries = [&[question(CAM_EXAMPLE, kind)], answers].concat();
        dns(REPLY, [1, answers.len() as u16, 0, 0], &entries)
    }

    /// An alias `a.example` of `cam.example`, and the address of that.
    fn chained() -> [Vec<u8>; 2] {
        let alias = [b"\x01a", EXAMPLE].concat();
        [record(CAM, CNAME, &alias), record(&alias, A, &ADDRESS)]
    }

    #[test]
    fn a_question_asks_for_its_name() {
        assert_eq!(facts(&READER, &query()).unwrap(), ["dns cam.example?"]);
        let two = dns(QUERY, [2, 0, 0, 0], &[question(CAM_EXAMPLE, A), question(CAM, AAAA)]);
        assert_eq!(facts(&READER, &two).unwrap(), ["dns cam.example?", "dns cam.example?"]);
    }

    #[test]
    fn answers_lead_from_the_question_whatever_their_order() {
        let said = ["dns cam.example = 192.0.2.1 via a.example"];
        let [alias, address] = chained();
        assert_eq!(facts(&READER, &reply(A, &[alias.clone(), address.clone()])).unwrap(), said);
        assert_eq!(facts(&READER, &reply(A, &[address, alias])).unwrap(), said);
    }

    #[test]
    fn an_answer_that_the_question_does_not_lead_to_speaks_of_its_owner() {
        let other = record(&[b"\x01b", EXAMPLE].concat(), AAAA, &[0x20; 16]);
        let said = ["dns b.example = 2020:2020:2020:2020:2020:2020:2020:2020", "dns cam.example denied 0"];
        assert_eq!(facts(&READER, &reply(A, &[other])).unwrap(), said);
    }

    #[test]
    fn hints_of_service_bindings_are_answers() {
        let binding =
            [&[0, 1, 0, 0, 1, 0, 3, 2, b'h', b'2', 0, 4, 0, 8][..], &ADDRESS, &[192, 0, 2, 2]].concat();
        let said = ["dns cam.example = 192.0.2.1", "dns cam.example = 192.0.2.2"];
        assert_eq!(facts(&READER, &reply(HTTPS, &[record(CAM, HTTPS, &binding)])).unwrap(), said);
    }

    #[test]
    fn denials_have_their_code() {
        let asked = |kind| question(CAM_EXAMPLE, kind);
        let unknown = dns(REPLY | 3, [1, 0, 0, 0], &[asked(A)]);
        assert_eq!(facts(&READER, &unknown).unwrap(), ["dns cam.example denied 3"]);
        assert_eq!(facts(&READER, &reply(AAAA, &[])).unwrap(), ["dns cam.example denied 0"]);
        let start = record(EXAMPLE, SOA, &[0; 22]);
        let none = dns(REPLY, [1, 0, 1, 0], &[asked(A), start]);
        assert_eq!(facts(&READER, &none).unwrap(), ["dns cam.example denied 0"]);
        assert_eq!(facts(&READER, &reply(MX, &[])), Some(vec![]));
    }

    #[test]
    fn what_is_no_denial() {
        let referral = dns(REPLY, [1, 0, 1, 0], &[question(CAM_EXAMPLE, A), record(EXAMPLE, NS, CAM)]);
        assert_eq!(facts(&READER, &referral), Some(vec![]));
        let by_sender = dns(REPLY | 0x0200, [1, 0, 0, 0], &[question(CAM_EXAMPLE, A)]);
        assert_eq!(facts(&READER, &by_sender).unwrap(), UNREAD);
        let by_capture = Packet { payload_length: 500, ..Packet::default() };
        assert_eq!(facts_in(&READER, &by_capture, &reply(A, &[])).unwrap(), UNREAD);
        // The header promises an answer, and none can be read.
        let broken = reply(A, &[record(&[0x80, 0], A, &ADDRESS)]);
        assert_eq!(facts(&READER, &broken).unwrap(), UNREAD);
    }

    #[test]
    fn names_in_data_end_there() {
        let [_, address] = chained();
        let empty = record(CAM, CNAME, b"");
        let said = ["dns a.example = 192.0.2.1", UNREAD[0]];
        assert_eq!(facts(&READER, &reply(A, &[empty, address])).unwrap(), said);
        let short = record(CAM, HTTPS, &[0, 1]);
        let rest = record(b"\0", HTTPS, &[0, 1, 0, 0, 4, 0, 4, 192, 0, 2, 1]);
        assert_eq!(facts(&READER, &reply(HTTPS, &[short, rest])).unwrap(), ["dns cam.example denied 0"]);
    }

    #[test]
    fn the_root_is_nobodys_name() {
        assert_eq!(facts(&READER, &dns(QUERY, [1, 0, 0, 0], &[question(&[0], A)])), Some(vec![]));
        assert_eq!(facts(&READER, &dns(REPLY | 3, [1, 0, 0, 0], &[question(&[0], A)])), Some(vec![]));
        let address = record(&[0], A, &ADDRESS);
        assert_eq!(facts(&READER, &dns(REPLY, [1, 1, 0, 0], &[question(&[0], A), address])), Some(vec![]));
    }

    #[test]
    fn pointers_that_lead_in_a_circle_say_nothing() {
        let circle = dns(QUERY, [1, 0, 0, 0], &[question(CAM, A)]);
        assert_eq!(facts(&READER, &circle), Some(vec![]));
        let mutual = dns(REPLY, [1, 1, 0, 0], &[question(CAM_EXAMPLE, A), record(&[0xc0, 29], A, &ADDRESS)]);
        assert_eq!(facts(&READER, &mutual).unwrap(), UNREAD);
    }

    #[test]
    fn nearly_dns_is_not_read() {
        let asked = [question(CAM_EXAMPLE, A)];
        for (flags, why) in [(0x1900, "operation 3"), (0x0103, "query with a code")] {
            assert_eq!(facts(&READER, &dns(flags, [1, 0, 0, 0], &asked)), None, "{why}");
        }
        assert_eq!(facts(&READER, &dns(QUERY, [1, 3, 0, 0], &asked)), None, "counts that do not fit");
        assert_eq!(facts(&READER, &dns(QUERY, [0, 0, 0, 0], &[])), None, "nothing");
        assert_eq!(facts(&READER, &dns(QUERY, [1, 0, 0, 0], &[question(CAM_EXAMPLE, 0)])), None, "type 0");
        let mut classless = query();
        *classless.last_mut().unwrap() = 9;
        assert_eq!(facts(&READER, &classless), None, "class 9");
        let many = [&[question(CAM_EXAMPLE, A)], &vec![question(CAM, A); 8][..]].concat();
        assert_eq!(facts(&READER, &dns(QUERY, [9, 0, 0, 0], &many)), None, "nine questions");
    }

    #[test]
    fn updates_and_bare_refusals_say_nothing() {
        assert_eq!(facts(&READER, &dns(0x2800, [1, 0, 0, 0], &[question(CAM_EXAMPLE, SOA)])), Some(vec![]));
        assert_eq!(facts(&READER, &dns(REPLY | 5, [0; 4], &[])), Some(vec![]));
    }

    #[test]
    fn without_a_question_records_speak_of_their_owners() {
        let owner = record(CAM_EXAMPLE, A, &ADDRESS);
        let said = ["dns cam.example = 192.0.2.1"];
        assert_eq!(facts(&READER, &dns(REPLY, [0, 1, 0, 0], &[owner])).unwrap(), said);
        let alias = record(CAM_EXAMPLE, CNAME, b"\x01a\xc0\x10");
        let chained = [record(b"\x01a\x07example\0", A, &ADDRESS), alias];
        let chained = dns(REPLY, [0, 2, 0, 0], &[chained[1].clone(), chained[0].clone()]);
        assert_eq!(facts(&READER, &chained).unwrap(), ["dns cam.example = 192.0.2.1 via a.example"]);
        let denied = dns(REPLY | 3, [0, 0, 1, 0], &[record(CAM_EXAMPLE, SOA, &[0; 22])]);
        assert_eq!(facts(&READER, &denied), Some(vec![]), "nobody knows for what");
    }

    #[test]
    fn reserved_bits_are_ignored() {
        for flag in [0x10, 0x20, 0x40, 0x70] {
            let asked = [question(CAM_EXAMPLE, A)];
            assert_eq!(
                facts(&READER, &dns(QUERY | flag, [1, 0, 0, 0], &asked)).unwrap(),
                ["dns cam.example?"]
            );
            let unknown = dns(REPLY | flag | 3, [1, 0, 0, 0], &asked);
            assert_eq!(facts(&READER, &unknown).unwrap(), ["dns cam.example denied 3"]);
        }
    }

    /// A name of 120 labels, so that it stands at 12, and records of which each points to another label of it,
    /// or to another of a row of pointers.
    fn costly(kind: u16, count: u16, pointers: bool) -> Vec<u8> {
        let mut entries = vec![question(&[&b"\x01a".repeat(120)[..], &[0]].concat(), A)];
        let row_at = 12 + 241 + 4 + 11;
        let before = |at: u16| if at == 0 { 12 } else { row_at + (at - 1) * 2 };
        let row: Vec<u8> = (0..60).flat_map(|at| (0xc000 + before(at)).to_be_bytes()).collect();
        entries.push(record(&[0], 99, &row));
        let place = |at: u16| if pointers { row_at + at % 60 * 2 } else { 12 + at % 120 * 2 };
        entries.extend((0..count).map(|at| {
            let owner = (0xc000 + place(at * 7)).to_be_bytes();
            let target = (0xc000 + place(at * 7 + 1)).to_be_bytes();
            record(&owner, kind, if kind == A { &ADDRESS } else { &target })
        }));
        dns(REPLY, [1, count + 1, 0, 0], &entries)
    }

    #[test]
    fn an_answer_takes_at_most_four_steps_a_byte() {
        for (kind, count) in [(CNAME, 30), (CNAME, 500), (A, 60), (A, 500), (super::message::PTR, 500)] {
            for pointers in [false, true] {
                let message = costly(kind, count, pointers);
                for reader in [&READER, &super::super::mdns::READER, &super::super::llmnr::READER] {
                    let steps = steps_of(|| assert!(facts(reader, &message).is_some()));
                    let (app, length) = (reader.app, message.len());
                    assert!(steps <= 4 * length, "{app}: {steps} steps for {length} bytes of type {kind}");
                }
            }
        }
        // An ordinary answer is far from where the steps end.
        let ordinary = reply(A, &chained());
        assert!(steps_of(|| assert!(facts(&READER, &ordinary).is_some())) < ordinary.len());
    }

    #[test]
    fn cut_at_every_byte() {
        let message = reply(A, &chained());
        cut_everywhere(&READER, &Packet::default(), &message);
        cut_everywhere(&READER, &Packet::default(), &query());
    }
}
