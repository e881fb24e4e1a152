//! DNS over TCP as a stream (RFC 7766, 8): messages with their lengths before them, from the first bytes of a half.
//!
//! Nothing but the bytes says that a half is DNS, so its first message must be one without doubt: a query, update or
//! notification, at most one question, as many records as the header promises, and these fill the message. Where it is
//! cut, its one question must be plausible: a host's name, a class in use, a type that is registered. The
//! half is read to its end, to the first message that is no DNS, or to [`LOOKED_AT`]; the last message may be cut.
//! Facts of all messages come at once, each with the place of its message ([`Fact::Within`]), so that a name can cite
//! the packet that told it and not the one with which the half ended.
//!
//! So a half is read twice: its first message, and all where no more is looked at.

use super::{message::DnsMessage, read};
use crate::{Activity, Fact, Probe, Read, Reader, ReaderId, Resolver, Stream, cursor::Cursor, reader::Facts};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(13),
    app: "dns",
    activity: Some(Activity::NameLookup),
    hides: false,
    fields: &[],
    read: Read::Stream(&[0..=0xff], read_stream),
};

/// Bytes of a half that are read: as many as are kept of one that is undecided.
const LOOKED_AT: usize = 32 << 10;

/// The header of a message, and its length before it.
const HEAD: usize = 14;

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let looked_at = stream.bytes.get(..LOOKED_AT).unwrap_or(stream.bytes);
    match begins(looked_at) {
        Some(true) => {}
        Some(false) => return Probe::NotMine,
        // Enough of a question to tell is not there.
        None => return stream.more(),
    }
    if !stream.ended && looked_at.len() < LOOKED_AT {
        // No more is said before so many bytes, once the first message is whole.
        let first = Cursor(looked_at).u16().map_or(0, |length| 2 + usize::from(length));
        let whole = first <= looked_at.len();
        return Probe::More(if whole { LOOKED_AT } else { first.min(LOOKED_AT) });
    }
    let mut rest = Cursor(looked_at);
    while let Some(length) = rest.u16().map(usize::from) {
        let from = looked_at.len() - rest.0.len();
        let body = rest.up_to(length);
        let to = from + body.len();
        let is_cut = body.len() < length;
        let mut placed = |fact: Fact<'_>| {
            // More of the half may hold what is missing.
            if !(is_cut && matches!(fact, Fact::Denied { code: Fact::UNREAD, .. })) {
                facts(Fact::Within { from, to, fact: &fact });
            }
        };
        if !read(body, is_cut, Resolver::Dns, &mut placed) {
            break;
        }
    }
    Probe::Match
}

/// Whether the first message is DNS; `None` while that may still turn out.
fn begins(bytes: &[u8]) -> Option<bool> {
    let head = bytes.get(..HEAD.min(bytes.len()))?;
    if !may_begin(head) {
        return Some(false);
    }
    let mut rest = Cursor(bytes);
    let length = usize::from(rest.u16()?);
    if head.len() < HEAD {
        return None;
    }
    let body = rest.up_to(length);
    let cut = body.len() < length;
    // Of a message that is not whole the question must be there; its header alone tells whether it has one.
    if cut && head.get(6..8) != Some(&[0, 1]) {
        return Some(false);
    }
    match DnsMessage::parse(body, cut) {
        Some(message) if cut => message.asked().next().map(|question| message.is_plausible(&question)),
        Some(message) => Some(message.is_filled()),
        None => (!cut).then_some(false),
    }
}

/// Whether a length and a header may begin like this, as far as they are there.
fn may_begin(head: &[u8]) -> bool {
    let number = |at: usize| Some(u16::from_be_bytes([*head.get(at)?, *head.get(at + 1)?]));
    let (length, flags) = (number(0), number(4));
    let [questions, answers, authorities, additional] = [6, 8, 10, 12].map(number);
    let records = [answers, authorities, additional];
    let least = records.iter().flatten().map(|&count| usize::from(count) * 11).sum::<usize>()
        + questions.map_or(0, |count| usize::from(count) * 5);
    let known = flags.is_none_or(|flags| {
        let (response, operation, code) = (flags >> 15 == 1, flags >> 11 & 0x0f, flags & 0x0f);
        matches!(operation, 0 | 4 | 5) && (response || code == 0)
    });
    // A query answers nothing.
    let asks = flags.is_some_and(|flags| flags >> 11 == 0);
    length.is_none_or(|length| usize::from(length) >= 12 + least)
        && known
        && questions.is_none_or(|count| count <= 1)
        && !(asks && (questions == Some(0) || answers.is_some_and(|count| count > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::dns::message::A;
    use lenscap_testkit::SplitMix64;

    use crate::readers::tests::{CAM, CAM_EXAMPLE, dns, question, record, steps_of, stream};

    fn lengthened(message: &[u8]) -> Vec<u8> {
        [&(message.len() as u16).to_be_bytes()[..], message].concat()
    }

    fn query() -> Vec<u8> {
        lengthened(&dns(0x0100, [1, 0, 0, 0], &[question(CAM_EXAMPLE, A)]))
    }

    fn reply(last: u8) -> Vec<u8> {
        let address = record(CAM, A, &[192, 0, 2, last]);
        lengthened(&dns(0x8180, [1, 1, 0, 0], &[question(CAM_EXAMPLE, A), address]))
    }

    #[test]
    fn all_messages_of_a_half_are_read_at_its_end() {
        let half = [reply(1), reply(2), reply(3)].concat();
        assert!(matches!(stream(&STREAM_READER, &half, false).0, Probe::More(_)));
        let said = [1, 2, 3].map(|last| format!("dns cam.example = 192.0.2.{last}"));
        assert_eq!(stream(&STREAM_READER, &half, true), (Probe::Match, said.to_vec()));
        // The last is cut in its address: what stood before it counts.
        assert_eq!(stream(&STREAM_READER, &half[..half.len() - 1], true), (Probe::Match, said[..2].to_vec()));
        assert_eq!(stream(&STREAM_READER, &query(), true).1, ["dns cam.example?"]);
    }

    #[test]
    fn so_many_bytes_are_enough() {
        let mut half = query().repeat(LOOKED_AT / query().len() + 1);
        half.truncate(LOOKED_AT);
        let (step, said) = stream(&STREAM_READER, &half, false);
        assert_eq!((step, said.len()), (Probe::Match, LOOKED_AT / query().len()));
        assert_eq!(stream(&STREAM_READER, &[half.clone(), query()].concat(), false), (step, said));
        assert_eq!(stream(&STREAM_READER, &half[..LOOKED_AT - 1], false).0, Probe::More(LOOKED_AT));
        assert_eq!(stream(&STREAM_READER, &query()[..20], false).0, Probe::More(21));
        let cut = query().len() - 1;
        assert_eq!(stream(&STREAM_READER, &query()[..cut], false).0, Probe::More(cut + 1));
    }

    #[test]
    fn each_fact_has_the_place_of_its_message() {
        let half = [query(), reply(1)].concat();
        let Read::Stream(_, read) = STREAM_READER.read else { panic!("it reads streams") };
        let mut places = Vec::new();
        read(&Stream { bytes: &half, ended: true }, &mut |fact| {
            let Fact::Within { from, to, .. } = fact else { panic!("{fact:?} has no place") };
            places.push((from, to));
        });
        let first = query().len();
        assert_eq!(places, [(2, first), (first + 2, half.len())]);
    }

    #[test]
    fn a_half_costs_at_most_four_steps_a_byte() {
        let (mut half, message) = (Vec::new(), reply(1));
        while half.len() < LOOKED_AT {
            half.extend_from_slice(&message);
        }
        let steps = steps_of(|| assert_eq!(stream(&STREAM_READER, &half, true).0, Probe::Match));
        assert!(steps <= 4 * half.len(), "{steps} steps for {} bytes", half.len());
    }

    #[test]
    fn what_follows_and_is_no_dns_ends_the_reading() {
        let half = [query(), vec![0, 20], vec![7; 20], query()].concat();
        assert_eq!(stream(&STREAM_READER, &half, true), (Probe::Match, vec!["dns cam.example?".to_owned()]));
    }

    #[test]
    fn a_long_message_is_read_as_far_as_it_came() {
        let records: Vec<_> = (0..80).map(|last| record(CAM, A, &[192, 0, 2, last])).collect();
        let entries = [vec![question(CAM_EXAMPLE, A)], records].concat();
        let half = lengthened(&dns(0x8180, [1, 80, 0, 0], &entries));
        assert_eq!(stream(&STREAM_READER, &half, true).1.len(), 80);
        assert_eq!(stream(&STREAM_READER, &half[..700], true).1.len(), 41);
        assert!(matches!(stream(&STREAM_READER, &half[..700], false).0, Probe::More(_)));
    }

    #[test]
    fn nearly_dns_is_not_read() {
        let message = query();
        let not_mine = |bytes: &[u8]| assert_eq!(stream(&STREAM_READER, bytes, false).0, Probe::NotMine);
        for (at, byte) in [(1, 11), (4, 0x11), (5, 3), (7, 2), (9, 1), (11, 1), (message.len() - 1, 9)] {
            let mut bytes = message.clone();
            bytes[at] = byte;
            not_mine(&bytes);
        }
        not_mine(&lengthened(&[&message[2..], &[0]].concat()));
        not_mine(b"GET / HTTP/1.1\r\n");
        // Cut behind the question, or without one.
        let cut =
            |kind, name: &[u8]| [&[2, 0][..], &dns(0x8180, [1, 9, 0, 0], &[question(name, kind)])].concat();
        assert_eq!(stream(&STREAM_READER, &cut(A, CAM_EXAMPLE), true).0, Probe::Match);
        for half in [cut(130, CAM_EXAMPLE), cut(A, b"\x03c m\0"), cut(A, b"\0"), cut(A, b"\x03cam\xc0\x0c")] {
            assert_eq!(stream(&STREAM_READER, &half, true).0, Probe::NotMine, "{half:x?}");
        }
        let mut class = cut(A, CAM_EXAMPLE);
        *class.last_mut().unwrap() = 4;
        not_mine(&class);
        not_mine(&[&[2, 0][..], &dns(0x8180, [0, 9, 0, 0], &[record(CAM_EXAMPLE, A, &[1; 4])])].concat());
        not_mine(&[0, 0, 0, 85]);
        not_mine(&[22, 3, 1, 0, 200, 1, 0, 0]);
    }

    /// Halves of random bytes, and of bytes that are half zeros, as those of other protocols are.
    #[test]
    fn random_halves_are_none() {
        let mut random = SplitMix64::new(53);
        let hits = (0..200_000).filter(|turn| {
            let length = 14 + random.below(80) as usize;
            let mut half = random.bytes(length);
            if turn % 2 == 0 {
                for byte in &mut half {
                    *byte *= u8::from(random.chance(50));
                }
            }
            stream(&STREAM_READER, &half, true).0 == Probe::Match
        });
        assert_eq!(hits.count(), 0);
    }

    #[test]
    fn decided_is_final_at_every_byte() {
        for whole in [
            [query(), reply(1)].concat(),
            [reply(1), query()].concat(),
            vec![22, 3, 1, 0, 90, 1, 0, 0, 86, 3, 3],
        ] {
            let mut first = None;
            for length in 0..=whole.len() {
                let step = stream(&STREAM_READER, &whole[..length], false).0;
                assert!(first.is_none_or(|first| first == step), "{length}");
                first = first.or((!matches!(step, Probe::More(_))).then_some(step));
                let ended = stream(&STREAM_READER, &whole[..length], true);
                assert!(ended.0 != Probe::NotMine || step != Probe::Match);
            }
        }
    }
}
