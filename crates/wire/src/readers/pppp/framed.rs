//! PPPP over TCP: each message has eight bytes in front of it, its length, `68`, and five that vary.
//!
//! A half is of it where its first message alone proves it, or the first two fit. What relays carry is scrambled once more:
//! that is not read, but three messages after one another, each behind its length, `68` and a zero, are of it, too. Fact:
//! `pppp.role`, and `pppp.uid` of who logs in.

use crate::{Fact, Field, Probe, Read, Reader, ReaderId, Stream, reader::Facts, readers::layout};

use super::message::{Frame, HEADER};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(73),
    app: "pppp",
    activity: None,
    hides: false,
    fields: &[Field::PpppRole, Field::PpppUid],
    read: Read::Stream(&[0..=(MAX_MESSAGE >> 8) as u8], read),
};

const PREFIX: usize = 8;
/// Longest message that is believed.
const MAX_MESSAGE: usize = 4096;
/// What of a message is looked at.
const LOOKED_AT: usize = HEADER + 40;

/// Scrambled messages after one another that make a half: 48 bits that chance would have to write, beside three lengths.
const CHAIN: usize = 3;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    match stream.bytes.get(PREFIX) {
        Some(0xf1) | None => read_clear(stream, facts),
        Some(_) => read_scrambled(stream),
    }
}

fn read_scrambled(stream: &Stream<'_>) -> Probe {
    let mut at = 0;
    for _ in 0..CHAIN {
        let Some(&[high, low, mark, zero]) = stream.bytes.get(at..).and_then(|rest| rest.first_chunk())
        else {
            return Probe::More(at + HEADER);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if mark != 0x68 || zero != 0 || !(HEADER..=MAX_MESSAGE).contains(&length) {
            return Probe::NotMine;
        }
        at += PREFIX + length;
    }
    Probe::Match
}

fn read_clear(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut at = 0;
    for is_first in [true, false] {
        let bytes = stream.bytes.get(at..).unwrap_or(&[]);
        let length = layout::u16be(bytes, 0).map(usize::from);
        let is_possible = bytes.first().is_none_or(|&high| usize::from(high) <= MAX_MESSAGE >> 8)
            && length.is_none_or(|length| (HEADER..=MAX_MESSAGE).contains(&length))
            && bytes.get(2).is_none_or(|&mark| mark == 0x68)
            && bytes.get(PREFIX).is_none_or(|&first| first == 0xf1);
        if !is_possible {
            return Probe::NotMine;
        }
        let Some(message) = length.and_then(|length| bytes.get(PREFIX..PREFIX + length.min(LOOKED_AT)))
        else {
            return stream.more();
        };
        let Some(frame) = Frame::of_cut(message).filter(|frame| Some(frame.length + HEADER) == length) else {
            return Probe::NotMine;
        };
        if frame.is_proof() || !is_first {
            say(&frame, facts);
            return Probe::Match;
        }
        at += PREFIX + HEADER + frame.length;
    }
    Probe::NotMine
}

fn say(frame: &Frame<'_>, facts: Facts<'_>) {
    if let Some(role) = frame.role() {
        facts(Fact::of_sender(Field::PpppRole, role));
    }
    if let Some(uid) = frame.uid().filter(|_| frame.is_cameras()) {
        facts(Fact::of_sender(Field::PpppUid, uid.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{UID, pppp};
    use super::*;
    use crate::readers::pppp::message;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    fn framed(message: &[u8]) -> Vec<u8> {
        [&(message.len() as u16).to_be_bytes()[..], &[0x68, 0, 1, 2, 3, 4], message].concat()
    }

    #[test]
    fn one_sure_message_or_two_make_a_half() {
        let login = framed(&pppp(message::LOGIN, &[&UID[..], &[0; 20]].concat()));
        let (probe, said) = stream(&READER, &login, false);
        assert_eq!((probe, said.len()), (Probe::Match, 2));
        let data = framed(&pppp(0xd0, &[&[0xd1, 0, 0, 0][..], &[9; 900]].concat()));
        let alive = framed(&pppp(0xe0, &[]));
        for half in [&login[..], &data, &[&alive[..], &alive].concat(), &[&alive[..], &data].concat()] {
            cut_stream_everywhere(&READER, half);
        }
        assert_eq!(stream(&READER, &alive, true).0, Probe::More(alive.len() + 1));
    }

    #[test]
    fn three_scrambled_messages_make_a_half() {
        let relayed = |length: usize| framed(&vec![0xe9; length]);
        let half = [relayed(184), relayed(1032), relayed(819)].concat();
        cut_stream_everywhere(&READER, &half);
        assert_eq!(stream(&READER, &half, false), (Probe::Match, vec![]));
        let two = [relayed(184), relayed(1032)].concat();
        assert_eq!(stream(&READER, &two, true).0, Probe::More(two.len() + 4));
        for at in [2, 3, 192 + 3, 192 + 1040 + 2] {
            let mut near = half.clone();
            near[at] ^= 1;
            assert_eq!(stream(&READER, &near, false).0, Probe::NotMine, "byte {at}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        let data = framed(&pppp(0xd0, &[0xd1, 0, 0, 0, 7]));
        for (at, byte) in [(0, 0x20), (1, 8), (2, 0x69), (9, 0xd2), (11, 9)] {
            let mut near = data.clone();
            near[at] = byte;
            assert_eq!(stream(&READER, &near, false).0, Probe::NotMine, "byte {at} is {byte}");
        }
        assert_eq!(stream(&READER, b"G", false).0, Probe::NotMine);
        assert_eq!(stream(&READER, &[0, 9, 1], false).0, Probe::NotMine);
    }
}
