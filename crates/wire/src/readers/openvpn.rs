//! `OpenVPN`: the first packet of each side, a reset whose numbers are all known but for sessions, keys and times. Over UDP a
//! datagram, over TCP behind its length. They say nothing of who speaks.
//!
//! A reset may bear an authentication of 16 to 64 bytes, or be encrypted as a whole but for its numbers (`tls-crypt`).

use crate::{
    Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{array, u16be},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(101),
    app: "openvpn",
    activity: None,
    hides: true,
    fields: &[],
    // Behind the resets the port carries all that the tunnel does.
    read: Read::Message(
        &[Route::UdpStart(&[OF_CLIENT]), Route::UdpFirst(1194, &[OF_SERVER])],
        |message, _| is_reset(message.payload),
    ),
};

pub(crate) const STREAM_READER: Reader =
    Reader { number: ReaderId(102), read: Read::Stream(&[0..=0], read_stream), ..READER };

/// The operations of a client's and a server's reset, with key 0.
const OF_CLIENT: u8 = 7 << 3;
const OF_SERVER: u8 = 8 << 3;
/// Operation and session.
const HEADER: usize = 9;
/// Sizes of authentication: none, and those of digests.
const SIZES: [usize; 7] = [0, 16, 20, 28, 32, 48, 64];
const FIRST: [u8; 4] = [0, 0, 0, 1];

fn is_reset(packet: &[u8]) -> bool {
    // What stands behind numbers and authentication: acknowledgements, with the session that they are for, and a number.
    let (acknowledged, rest) = match packet.first() {
        Some(&OF_CLIENT) => (0, 5),
        Some(&OF_SERVER) => (1, 17),
        _ => return false,
    };
    let is_crypted = array(packet, HEADER) == Some(FIRST) && packet.len() == HEADER + 8 + 32 + rest;
    is_crypted
        || SIZES.iter().any(|&size| {
            // Where it is authenticated, a number and a time are, too.
            let numbers = if size == 0 { 0 } else { 8 };
            let behind = HEADER + size + numbers;
            packet.len() == behind + rest
                && (size == 0 || array(packet, HEADER + size) == Some(FIRST))
                && packet.get(behind) == Some(&acknowledged)
                && (acknowledged == 0 || array(packet, behind + 1) == Some([0; 4]))
                && array(packet, packet.len() - 4) == Some([0; 4])
        })
}

fn read_stream(stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let is_possible = bytes.first().is_none_or(|&high| high == 0)
        && bytes.get(1).is_none_or(|low| (14..=98).contains(low))
        && bytes.get(2).is_none_or(|&operation| matches!(operation, OF_CLIENT | OF_SERVER));
    if !is_possible {
        return Probe::NotMine;
    }
    let Some(length) = u16be(bytes, 0).map(usize::from) else { return stream.more() };
    match bytes.get(2..2 + length) {
        Some(packet) if is_reset(packet) => Probe::Match,
        Some(_) => Probe::NotMine,
        None => stream.more(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, facts, stream};

    fn resets() -> Vec<Vec<u8>> {
        let session = [7; 8];
        let time = [0, 0, 0, 1, 0x66, 0, 0, 0];
        let client = |between: &[u8]| [&[OF_CLIENT][..], &session, between, &[0; 5]].concat();
        let server =
            [&[OF_SERVER][..], &session, &[9; 20], &time, &[1, 0, 0, 0, 0], &session, &[0; 4]].concat();
        let crypted = [&[OF_CLIENT][..], &session, &time, &[9; 37]].concat();
        vec![
            client(&[]),
            client(&[&[9; 20][..], &time].concat()),
            client(&[&[9; 64][..], &time].concat()),
            server,
            crypted,
        ]
    }

    #[test]
    fn resets_are_read_over_both() {
        for reset in resets() {
            assert_eq!(facts(&READER, &reset), Some(vec![]));
            let half = [&(reset.len() as u16).to_be_bytes()[..], &reset].concat();
            assert_eq!(stream(&STREAM_READER, &half, false).0, Probe::Match);
            cut_stream_everywhere(&STREAM_READER, &half);
        }
    }

    #[test]
    fn what_is_nearly_one_is_none() {
        for reset in resets() {
            assert_eq!(facts(&READER, &reset[..reset.len() - 1]), None);
            assert_eq!(facts(&READER, &[&reset[..], &[0]].concat()), None);
        }
        let plain = &resets()[0];
        for (at, byte) in [(0, 0x39), (9, 1), (13, 1)] {
            let mut near = plain.clone();
            near[at] = byte;
            assert_eq!(facts(&READER, &near), None, "byte {at}");
        }
        for half in [&b"\x01"[..], b"\0\x0d", b"\0\x0e\x39", b"\0\x0e\x38aaaaaaaaaaaaaaaa"] {
            assert_eq!(stream(&STREAM_READER, half, false).0, Probe::NotMine);
        }
    }
}
