//! Gwell's `IoTVideo`, the peer-to-peer protocol of Yoosee's successors. Built from public code.
//!
//! Two forms: frames that begin with `7f` (control) or `7e` (session), a subtype and their own length, many of a fixed one; and
//! those of media, `c0`, whose length stands in them in three bits and a byte, with a check over the words behind it. Neither
//! has a mark that is long enough, so a half is of it where two frames of different subtypes are, or two of media that
//! differ.
//!
//! Fact: `gwell.role`, `client` of who calls a camera, `server` of who answers what only servers are asked for (a list of
//! servers, a test, a login), as who asks for it claims. Names are scrambled. A server's answer `7f 16` refers to other
//! servers: from 32 on, 36 bytes each, their IPv4 at 0 and their port at 24 with the high byte first. Bounds: four datagrams of
//! 140 bytes, with three servers.

use crate::{
    Address, DatagramRead, Datagrams, Fact, Field, Party, Probe, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{say, u16be, u16le, u32le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(91),
    app: "gwell",
    activity: None,
    hides: false,
    fields: &[Field::GwellRole],
    read: Read::Datagrams(DatagramRead {
        routes: &[Route::UdpStart(&[0x7f]), Route::UdpStart(&[0x7e]), Route::UdpStart(&[0xc0])],
        passes,
        most: 4,
        keeps: (LISTED + 3 * SERVER) as u16,
        read,
    }),
};

const HEADER: usize = 24;
/// What lists servers, where the first begins, and how long each is.
const LISTS: [u8; 2] = [0x7f, 0x16];
const LISTED: usize = 32;
const SERVER: usize = 36;
/// Who wants to see a camera.
const CALL: [u8; 2] = [0x7e, 0xa4];
/// What servers are asked for, and what they answer.
const ASKS: [[u8; 2]; 4] = [[0x7f, 0x15], [0x7f, 0x01], [0x7f, 0x17], [0x7f, 0x0c]];
const ANSWERS: [[u8; 2]; 3] = [[0x7f, 0x16], [0x7f, 0x02], [0x7f, 0x0d]];
/// Words over which the check of media goes.
const WORDS: usize = 12;

fn passes(datagram: &[u8]) -> bool {
    match *datagram {
        [0xc0, ..] => is_media(datagram),
        [first, subtype, ..] => {
            let fits = match (first, subtype) {
                (0x7f, 0x15) => datagram.len() == 40,
                (0x7f, 0x16) => datagram.len() >= 68 && (datagram.len() - 32).is_multiple_of(36),
                (0x7f, 0x01) => datagram.len() == 68,
                (0x7f, 0x02) | (0x7e, 0xb1) => datagram.len() == 56,
                (0x7f, 0x17) => datagram.len() == 44,
                (0x7f, 0x0c) => matches!(datagram.len(), 48 | 164),
                (0x7f, 0x0d) => matches!(datagram.len(), 32 | 72),
                (0x7e, 0xa0) => (HEADER..=200).contains(&datagram.len()),
                (0x7e, 0xa3) => datagram.len() == 186,
                (0x7e, 0xa4) => datagram.len() == 128,
                (0x7e, 0xa6) => datagram.len() == 62,
                (0x7e, 0xb0) => datagram.len() == 108,
                (0x7e, 0xb9) => datagram.len() >= 76,
                _ => false,
            };
            // Of the flags eight bits are not used; a signature or a time needs its room.
            let flags = u32le(datagram, 20).unwrap_or(u32::MAX);
            let behind = 80 * usize::from(flags & 1 << 22 != 0) + 16 * usize::from(flags & 1 << 24 != 0);
            fits && u16le(datagram, 2).map(usize::from) == Some(datagram.len())
                && HEADER + behind <= datagram.len()
        }
        _ => false,
    }
}

/// Whether a frame of media has the length that it codes, and its check is right.
fn is_media(datagram: &[u8]) -> bool {
    let &[_, _, low, high, ..] = datagram else { return false };
    let length = usize::from(high) << 3 | usize::from(low & 7);
    let (words, _) = datagram.get(6..).unwrap_or(&[]).as_chunks::<2>();
    let mixed = words
        .iter()
        .take(WORDS)
        .zip(0u32..)
        .fold(0, |mixed, (word, turn)| mixed ^ u16::from_le_bytes(*word).rotate_left(turn));
    let coded = u16::from_le_bytes([low, high]);
    length == datagram.len() && !words.is_empty() && u16le(datagram, 4) == Some(coded ^ mixed)
}

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let head = |bytes: &[u8]| bytes.get(..2).and_then(|head| head.first_chunk::<2>().copied());
    for (place, last) in datagrams.all.iter().enumerate() {
        let before = datagrams.all.get(..place).unwrap_or(&[]);
        let agrees = before.iter().any(|other| match (last.first(), other.first()) {
            (Some(0xc0), Some(0xc0)) => last != other,
            (Some(0xc0), _) | (_, Some(0xc0)) => false,
            _ => head(last) != head(other),
        });
        if agrees {
            let has = |wanted: &[[u8; 2]]| {
                let heads = || before.iter().chain([last]).filter_map(|bytes| head(bytes));
                heads().any(|head| wanted.contains(&head))
            };
            say(Field::GwellRole, has(&[CALL]).then_some(b"client"), facts);
            say(Field::GwellRole, has(&ANSWERS).then_some(b"server"), facts);
            // What an earlier one lists could not be shown by its packet: the one that decides is named.
            if last.starts_with(&LISTS) {
                refer(last, facts);
            }
            if has(&ASKS) {
                facts(Fact::Says { who: Party::Receiver, field: Field::GwellRole, value: b"server" });
            }
            return Probe::Match;
        }
    }
    if datagrams.ended { Probe::NotMine } else { datagrams.more() }
}

/// Yields the servers of a list, as far as it was kept.
fn refer(list: &[u8], facts: Facts<'_>) {
    for server in list.get(LISTED..).unwrap_or(&[]).as_chunks::<SERVER>().0 {
        let [a, b, c, d, ..] = *server;
        let port = u16be(server, 24).unwrap_or(0);
        if port != 0 && [a, b, c, d] != [0; 4] {
            let address = Address::v4([a, b, c, d]);
            let fact = Fact::Refers { address, port, transport: 17, app: Some(READER.number) };
            facts(Fact::Within { from: 0, to: 0, fact: &fact });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::every_beginning;

    fn frame(head: [u8; 2], length: u8) -> Vec<u8> {
        let mut bytes = vec![head[0], head[1], length, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        bytes.resize(length.into(), 0);
        bytes
    }

    const MEDIA: [u8; 34] = [
        0xc0, 0x10, 0x02, 0x04, 0x86, 0x3f, 0x44, 0x33, 0x22, 0x11, 0x51, 0, 0x80, 0, 0xe8, 3, 0, 0, 5, 0, 0,
        0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 1,
    ];

    fn half(all: &[&[u8]]) -> Option<(usize, Vec<String>)> {
        every_beginning(&READER, all)
    }

    #[test]
    fn two_frames_that_differ_make_a_half() {
        let (list, login, beat) = (frame([0x7f, 0x15], 40), frame([0x7f, 0x0c], 48), frame([0x7e, 0xa0], 32));
        let asks = "receiver gwell.role server".to_owned();
        assert_eq!(half(&[&list, &login]), Some((2, vec![asks.clone()])));
        assert_eq!(half(&[&beat, &beat, &login]), Some((3, vec![asks.clone()])));
        assert_eq!(half(&[&beat, &beat, &beat, &beat, &login]), None);
        assert_eq!(half(&[&list]), None);
        let call = frame(CALL, 128);
        assert_eq!(half(&[&login, &call]), Some((2, vec!["sender gwell.role client".to_owned(), asks])));
        let (servers, tested) = (frame([0x7f, 0x16], 68), frame([0x7f, 0x02], 56));
        assert_eq!(half(&[&servers, &tested]), Some((2, vec!["sender gwell.role server".to_owned()])));
    }

    #[test]
    fn a_list_refers_to_its_servers() {
        let (mut list, tested) = (frame([0x7f, 0x16], 104), frame([0x7f, 0x02], 56));
        list[32..36].copy_from_slice(&[203, 0, 113, 9]);
        list[56..58].copy_from_slice(&[0xc9, 0xf5]);
        // The second has no port.
        list[68..72].copy_from_slice(&[203, 0, 113, 10]);
        let said = ["sender gwell.role server", "refers to 203.0.113.9 port 51701 protocol 17 gwell"];
        assert_eq!(half(&[&tested, &list]), Some((2, said.map(str::to_owned).to_vec())));
        assert_eq!(half(&[&list, &tested]), Some((2, vec![said[0].to_owned()])));
    }

    #[test]
    fn media_are_checked() {
        assert!(passes(&MEDIA));
        assert_eq!(half(&[&MEDIA, &MEDIA]), None);
        let mut second = MEDIA;
        second[6] ^= 1;
        second[4] ^= 1;
        assert_eq!(half(&[&MEDIA, &second]), Some((2, vec![])));
        second[4] ^= 1;
        assert!(!passes(&second) && !passes(&MEDIA[..33]));
        assert_eq!(half(&[&MEDIA, &frame([0x7f, 0x15], 40)]), None);
    }

    #[test]
    fn what_does_not_fit_does_not_pass() {
        for near in [frame([0x7f, 0x15], 41), frame([0x7f, 0x03], 40), frame([0x7e, 0xa4], 127), vec![0x7f]] {
            assert!(!passes(&near));
        }
        let mut near = frame([0x7f, 0x15], 40);
        near[22] = 0x40;
        assert!(!passes(&near));
        assert!(!passes(&[0x7f, 0x15, 41, 0]));
    }
}
