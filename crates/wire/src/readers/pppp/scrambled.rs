//! PPPP whose datagrams a maker's key scrambles, read without the key.
//!
//! The cipher mixes each byte with a number from a fixed table, at a place that the scrambled byte before it and one of four
//! numbers of the key tell; for the first byte it is the first number alone. So the first byte, which is always `f1`, tells
//! the first number, and with it the second, which is its negative. Bytes 2 and 3 are the length, which the datagram shows:
//! each tells, or checks, the number that its place used. No key is tried: a few short datagrams tell all four numbers, or
//! contradict one another.
//!
//! That is probation: datagrams of the cloud's port or that of the search, no longer than 64 bytes, all with the same first
//! byte. They are of the protocol where three different places agree with what others told, each type that can be read is one
//! that may have that length, and two datagrams differ; or where the name of a camera comes out.
//!
//! Facts: `pppp.role` and `pppp.uid` as of messages in clear. On the local network the ports would tell the camera from the
//! app, but a half does not show them. Bounds: six datagrams of 64 bytes.

use arrayvec::ArrayVec;

use crate::{DatagramRead, Datagrams, Fact, Field, Probe, Read, Reader, ReaderId, Route, reader::Facts};

use super::message::{self, Frame, HEADER};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(72),
    app: "pppp",
    activity: None,
    hides: false,
    fields: &[Field::PpppRole, Field::PpppUid],
    read: Read::Datagrams(DatagramRead {
        routes: &[Route::Udp(32100), Route::Udp(32108)],
        passes,
        most: MOST as u8,
        keeps: LONGEST as u16,
        read,
    }),
};

const MOST: usize = 6;
/// Longest datagram that is looked at: those of data are longer, and tell no more.
const LONGEST: usize = 64;
/// Different places that have to agree with what others told: eight bits each.
const AGREE: usize = 3;

/// The table of the cipher: each byte once.
const TABLE: [u8; 256] = [
    0x7c, 0x9c, 0xe8, 0x4a, 0x13, 0xde, 0xdc, 0xb2, 0x2f, 0x21, 0x23, 0xe4, 0x30, 0x7b, 0x3d, 0x8c, 0xbc,
    0x0b, 0x27, 0x0c, 0x3c, 0xf7, 0x9a, 0xe7, 0x08, 0x71, 0x96, 0x00, 0x97, 0x85, 0xef, 0xc1, 0x1f, 0xc4,
    0xdb, 0xa1, 0xc2, 0xeb, 0xd9, 0x01, 0xfa, 0xba, 0x3b, 0x05, 0xb8, 0x15, 0x87, 0x83, 0x28, 0x72, 0xd1,
    0x8b, 0x5a, 0xd6, 0xda, 0x93, 0x58, 0xfe, 0xaa, 0xcc, 0x6e, 0x1b, 0xf0, 0xa3, 0x88, 0xab, 0x43, 0xc0,
    0x0d, 0xb5, 0x45, 0x38, 0x4f, 0x50, 0x22, 0x66, 0x20, 0x7f, 0x07, 0x5b, 0x14, 0x98, 0x1d, 0x9b, 0xa7,
    0x2a, 0xb9, 0xa8, 0xcb, 0xf1, 0xfc, 0x49, 0x47, 0x06, 0x3e, 0xb1, 0x0e, 0x04, 0x3a, 0x94, 0x5e, 0xee,
    0x54, 0x11, 0x34, 0xdd, 0x4d, 0xf9, 0xec, 0xc7, 0xc9, 0xe3, 0x78, 0x1a, 0x6f, 0x70, 0x6b, 0xa4, 0xbd,
    0xa9, 0x5d, 0xd5, 0xf8, 0xe5, 0xbb, 0x26, 0xaf, 0x42, 0x37, 0xd8, 0xe1, 0x02, 0x0a, 0xae, 0x5f, 0x1c,
    0xc5, 0x73, 0x09, 0x4e, 0x69, 0x24, 0x90, 0x6d, 0x12, 0xb3, 0x19, 0xad, 0x74, 0x8a, 0x29, 0x40, 0xf5,
    0x2d, 0xbe, 0xa5, 0x59, 0xe0, 0xf4, 0x79, 0xd2, 0x4b, 0xce, 0x89, 0x82, 0x48, 0x84, 0x25, 0xc6, 0x91,
    0x2b, 0xa2, 0xfb, 0x8f, 0xe9, 0xa6, 0xb0, 0x9e, 0x3f, 0x65, 0xf6, 0x03, 0x31, 0x2e, 0xac, 0x0f, 0x95,
    0x2c, 0x5c, 0xed, 0x39, 0xb7, 0x33, 0x6c, 0x56, 0x7e, 0xb4, 0xa0, 0xfd, 0x7a, 0x81, 0x53, 0x51, 0x86,
    0x8d, 0x9f, 0x77, 0xff, 0x6a, 0x80, 0xdf, 0xe2, 0xbf, 0x10, 0xd7, 0x75, 0x64, 0x57, 0x76, 0xf3, 0x55,
    0xcd, 0xd0, 0xc8, 0x18, 0xe6, 0x36, 0x41, 0x62, 0xcf, 0x99, 0xf2, 0x32, 0x4c, 0x67, 0x60, 0x61, 0x92,
    0xca, 0xd3, 0xea, 0x63, 0x7d, 0x16, 0xb6, 0x8e, 0xd4, 0x68, 0x35, 0xc3, 0x52, 0x9d, 0x46, 0x44, 0x1e,
    0x17,
];

/// Where each byte stands in it.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
const PLACES: [u8; 256] = {
    let mut places = [0; 256];
    let mut place = 0;
    while place < 256 {
        places[TABLE[place] as usize] = place as u8;
        place += 1;
    }
    places
};

/// The four numbers of a key, as far as they are known.
#[derive(Clone, Copy, Debug)]
struct Numbers([Option<u8>; 4]);

impl Numbers {
    /// What the first scrambled byte tells where `f1` stood there.
    fn of_first(scrambled: u8) -> Self {
        let first = look_up(&PLACES, scrambled ^ 0xf1);
        Self([Some(first), Some(first.wrapping_neg()), None, None])
    }

    /// Whether all four are known.
    fn are_known(self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// The number that is used behind a scrambled byte.
    fn behind(&mut self, before: u8) -> &mut Option<u8> {
        let [a, b, c, d] = &mut self.0;
        match before & 3 {
            0 => a,
            1 => b,
            2 => c,
            _ => d,
        }
    }

    /// Learns from a byte whose plain form is known. `None` where that contradicts what was known, else whether it agrees
    /// with it.
    fn learn(&mut self, before: u8, scrambled: u8, plain: u8) -> Option<bool> {
        let told = look_up(&PLACES, scrambled ^ plain).wrapping_sub(before);
        let number = self.behind(before);
        if let Some(known) = *number {
            return (known == told).then_some(true);
        }
        *number = Some(told);
        Some(false)
    }

    /// The plain form of a datagram, up to the first byte whose number is not known.
    fn plain(mut self, scrambled: &[u8]) -> ArrayVec<u8, LONGEST> {
        let mut plain = ArrayVec::new();
        let mut before = None;
        for &byte in scrambled.iter().take(LONGEST) {
            let mixed = match before {
                None => Some(0xf1 ^ byte),
                Some(before) => {
                    self.behind(before).map(|number| look_up(&TABLE, number.wrapping_add(before)))
                }
            };
            let Some(mixed) = mixed else { break };
            plain.push(byte ^ mixed);
            before = Some(byte);
        }
        plain
    }
}

fn look_up(table: &[u8; 256], place: u8) -> u8 {
    table.get(usize::from(place)).copied().unwrap_or(0)
}

/// Whether a datagram alone may be one: in clear it begins with `f1`, and is another reader's.
fn passes(datagram: &[u8]) -> bool {
    (HEADER..=LONGEST).contains(&datagram.len()) && datagram.first() != Some(&0xf1)
}

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let Some(&first) = datagrams.all.first().and_then(|bytes| bytes.first()) else { return Probe::NotMine };
    let mut numbers = Numbers::of_first(first);
    let mut seen = ArrayVec::<[u8; 3], { 2 * MOST }>::new();
    let mut score = 0;
    for (place, bytes) in datagrams.all.iter().enumerate() {
        let &[zeroth, a, b, c, ..] = *bytes else { return Probe::NotMine };
        let [high, low] = ((bytes.len() - HEADER) as u16).to_be_bytes();
        if zeroth != first {
            return Probe::NotMine;
        }
        for (before, scrambled, plain) in [(a, b, high), (b, c, low)] {
            let Some(agrees) = numbers.learn(before, scrambled, plain) else { return Probe::NotMine };
            if !seen.contains(&[before, scrambled, plain]) {
                score += usize::from(agrees);
                let _ = seen.try_push([before, scrambled, plain]);
            }
        }
        let shown = datagrams.all.get(..=place).unwrap_or(datagrams.all);
        // Where a name or the whole key is there, what comes later tells no more.
        match judge(shown, numbers, score) {
            Verdict::Refuted => return Probe::NotMine,
            Verdict::Named => {}
            Verdict::Agreed
                if numbers.are_known() || datagrams.ended && shown.len() == datagrams.all.len() => {}
            Verdict::Agreed | Verdict::Open => continue,
        }
        say(shown, numbers, facts);
        return Probe::Match;
    }
    if datagrams.ended { Probe::NotMine } else { datagrams.more() }
}

/// What datagrams tell together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// They are of another protocol.
    Refuted,
    /// The name of a camera stands in one.
    Named,
    /// Enough places agree.
    Agreed,
    /// Too few do.
    Open,
}

fn judge(all: &[&[u8]], numbers: Numbers, agreed: usize) -> Verdict {
    let mut are_read = true;
    let mut names = false;
    for bytes in all {
        let plain = numbers.plain(bytes);
        match plain.get(1) {
            Some(&kind) if !message::fits(kind, bytes.len() - HEADER) => return Verdict::Refuted,
            Some(_) => {
                names |= Frame::of_cut(&plain).is_some_and(|frame| may_name(&frame) && frame.uid().is_some());
            }
            None => are_read = false,
        }
    }
    let differ = all.iter().any(|bytes| Some(bytes) != all.first());
    match (names, are_read && differ && agreed >= AGREE) {
        (true, _) => Verdict::Named,
        (_, true) => Verdict::Agreed,
        _ => Verdict::Open,
    }
}

/// Whether the name of a camera stands at the beginning of such a body.
const fn may_name(frame: &Frame<'_>) -> bool {
    matches!(frame.kind, message::LOGIN | message::REQUEST | message::PUNCH | message::READY)
}

fn say(all: &[&[u8]], numbers: Numbers, facts: Facts<'_>) {
    let role = all.iter().find_map(|bytes| message::role(*numbers.plain(bytes).get(1)?));
    if let Some(role) = role {
        facts(Fact::of_sender(Field::PpppRole, role));
    }
    let uid = all.iter().find_map(|bytes| {
        let plain = numbers.plain(bytes);
        Frame::of_cut(&plain).filter(|frame| frame.kind == message::LOGIN)?.uid()
    });
    if let Some(uid) = uid {
        facts(Fact::of_sender(Field::PpppUid, uid.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{UID, pppp};
    use super::*;
    use crate::readers::tests::every_beginning;
    use lenscap_testkit::SplitMix64;

    /// The numbers of a key: its sum, the negative of that, the sum of thirds, and all bytes mixed.
    fn numbers_of(key: &[u8]) -> [u8; 4] {
        let sum = key.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
        let thirds = key.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte / 3));
        [sum, sum.wrapping_neg(), thirds, key.iter().fold(0, |mixed, byte| mixed ^ byte)]
    }

    fn scramble(key: [u8; 4], plain: &[u8]) -> Vec<u8> {
        let mut before = None;
        let mix = |byte: &u8| {
            let place = match before {
                None => key[0],
                Some(before) => key[usize::from(before & 3)].wrapping_add(before),
            };
            let scrambled = byte ^ TABLE[usize::from(place)];
            before = Some(scrambled);
            scrambled
        };
        plain.iter().map(mix).collect()
    }

    fn read_half(half: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        let all: Vec<&[u8]> = half.iter().map(Vec::as_slice).collect();
        every_beginning(&READER, &all)
    }

    fn half(key: [u8; 4], plain: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        read_half(&plain.iter().map(|plain| scramble(key, plain)).collect::<Vec<_>>())
    }

    #[test]
    fn the_cipher_is_the_one_that_is_published() {
        let hello = scramble(numbers_of(b"SSD@cs2-network."), b"hello");
        assert_eq!(hello, [0x28, 0xd2, 0xaa, 0x5b, 0x5e]);
        assert_eq!(numbers_of(b"SSD@cs2-network."), [0x97, 0x69, 0xd6, 0x5b]);
    }

    #[test]
    fn a_half_is_read_without_its_key() {
        let data = |body: &[u8]| pppp(0xd0, &[&[0xd1, 0, 0, 0][..], body].concat());
        let plain = [
            pppp(0x00, &[]),
            pppp(message::LOGIN_CRC, &[0x33; 44]),
            pppp(0xe0, &[]),
            data(&[7; 9]),
            pppp(0xd1, &[0xd1, 0, 0, 1, 0, 4]),
            data(&[7; 30]),
        ];
        let mut random = SplitMix64::new(3);
        let mut read = 0;
        for _ in 0..1000 {
            let [a, _, c, d, ..] = random.next().to_be_bytes();
            read += usize::from(half([a, a.wrapping_neg(), c, d], &plain).is_some());
        }
        assert!(read > 900, "{read} of 1000 keys");
    }

    #[test]
    fn a_camera_tells_its_name_and_role() {
        let login = pppp(message::LOGIN, &[&UID[..], &[0; 20]].concat());
        let request = pppp(message::REQUEST, &[&UID[..], &[0; 16]].concat());
        let mut random = SplitMix64::new(4);
        let mut read = 0;
        for _ in 0..1000 {
            let [a, _, c, d, ..] = random.next().to_be_bytes();
            let key = [a, a.wrapping_neg(), c, d];
            let camera = half(key, &[pppp(0, &[]), login.clone(), pppp(0xe0, &[]), pppp(0xe1, &[])]);
            let app = half(key, &[pppp(0, &[]), request.clone(), pppp(0xe0, &[]), pppp(0xe1, &[])]);
            let (Some((_, camera)), Some((_, app))) = (camera, app) else { continue };
            assert!(camera.iter().all(
                |said| *said == "sender pppp.role device" || *said == "sender pppp.uid WXYZ-000123-KLMNO"
            ));
            assert!(app.iter().all(|said| *said == "sender pppp.role client"));
            read += usize::from(camera.len() == 2 && app.len() == 1);
        }
        assert!(read > 500, "{read} of 1000 keys");
    }

    #[test]
    fn what_repeats_itself_proves_nothing() {
        let key = numbers_of(b"example key");
        assert_eq!(half(key, &vec![pppp(0xe0, &[]); 8]), None);
    }

    #[test]
    fn other_traffic_is_not_of_it() {
        let mut random = SplitMix64::new(9);
        let mut hits = 0;
        for round in 0..200_000u64 {
            // The worst kind: every datagram begins alike, and some have the same length.
            let same = random.next().to_be_bytes();
            let half: Vec<Vec<u8>> = (0..6)
                .map(|_| {
                    let [length, rest @ ..] = random.next().to_be_bytes();
                    let mut bytes = [&same[..=(round % 3) as usize], &rest[..]].concat();
                    bytes.resize(8 + usize::from(length % 3) * 8, 0x20);
                    bytes
                })
                .collect();
            let all: Vec<&[u8]> = half.iter().map(Vec::as_slice).filter(|one| passes(one)).collect();
            let Read::Datagrams(how) = READER.read else { unreachable!() };
            hits += usize::from(how.ask(all.into_iter(), true, &mut |_| {}) == Probe::Match);
        }
        assert_eq!(hits, 0);
    }
}
