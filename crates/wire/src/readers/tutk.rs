//! TUTK's Kalay (IOTC), the peer-to-peer protocol of many baby and household cameras. Its datagrams are scrambled by a fixed
//! transform without a key, so that they can be read.
//!
//! In clear a header of 16 bytes begins with `04 02`: version, stage, length of the body, sequence, command and direction, the
//! session. A header in which all of these fit proves the protocol. Newer devices put datagrams of a header that begins with
//! `51 cc` in clear around DTLS.
//!
//! Facts: `tutk.role` of the sender, `device` or `client`, by the direction of a command that only one side gives; `tutk.uid`
//! of a camera that answers a search, 20 letters and digits. What both sides send tells no role: a half is looked at until
//! a datagram does, or four have come. A server that says where a camera is (`01 03 43`) is `server`, and who asks it for one
//! (`03 02 34`) claims so. That answer refers to the camera: its port at 38 (high byte first) and IPv4 at 40 of the
//! unscrambled datagram.

use crate::{
    Address, DatagramRead, Datagrams, Fact, Field, Party, Pattern, Probe, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{say, u16le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(74),
    app: "tutk",
    activity: None,
    hides: false,
    fields: &[Field::TutkRole, Field::TutkUid],
    read: Read::Datagrams(DatagramRead {
        routes: &[
            // What the transform makes of every possible header.
            Route::UdpAt(Pattern {
                offset: 0,
                mask: &[0x0c, 0x98, 0, 0, 0xfe],
                bytes: &[0x0c, 0x08, 0, 0, 0x40],
            }),
            Route::UdpStart(&[0x51, 0xcc]),
        ],
        passes,
        most: 4,
        keeps: 3 * BLOCK as u16,
        read,
    }),
};

/// Bytes that the transform takes at once.
const BLOCK: usize = 16;
const MASK: [u8; BLOCK] = *b"Charlie is the d";
/// Where each byte of a block comes from.
const PLACES: [usize; BLOCK] = [11, 9, 8, 15, 13, 10, 12, 14, 2, 1, 5, 0, 6, 4, 7, 3];
const UID: usize = 20;

/// Words of four bytes, the `i`-th turned left by `4 * i + by` bits.
fn turned(block: [u8; BLOCK], by: u32) -> [u8; BLOCK] {
    let mut turned = block;
    for (word, bits) in turned.chunks_exact_mut(4).zip((by..).step_by(4)) {
        if let Some(bytes) = word.first_chunk_mut::<4>() {
            *bytes = u32::from_le_bytes(*bytes).rotate_left(bits).to_le_bytes();
        }
    }
    turned
}

/// What stands at a block's place in clear.
fn clear(block: [u8; BLOCK]) -> [u8; BLOCK] {
    let inner = turned(block, 3);
    let mut moved = [0; BLOCK];
    for ((byte, place), mask) in moved.iter_mut().zip(PLACES).zip(MASK) {
        *byte = inner.get(place).copied().unwrap_or(0) ^ mask;
    }
    turned(moved, 1)
}

/// The first three blocks in clear, as far as they are whole.
fn beginning(datagram: &[u8]) -> [u8; 3 * BLOCK] {
    let mut all = [0; 3 * BLOCK];
    let (blocks, _) = datagram.as_chunks::<BLOCK>();
    for (to, block) in all.chunks_exact_mut(BLOCK).zip(blocks) {
        to.copy_from_slice(&clear(*block));
    }
    all
}

/// What a datagram is, by its command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Command {
    /// A camera answers a search: its name follows.
    Found,
    OfDevice,
    OfClient,
    /// A client asks a server for a camera.
    AsksServer,
    OfServer,
    OfBoth,
}

fn command(clear: &[u8; 3 * BLOCK], length: usize) -> Option<Command> {
    let &[0x04, 0x02, version, _, low, high, _, _, a, b, direction, zero, ..] = clear else { return None };
    let fits = BLOCK + usize::from(u16::from_le_bytes([low, high])) == length;
    if !(0x10..=0x2f).contains(&version) || !fits || zero != 0 {
        return None;
    }
    match (a, b, direction) {
        (0x02, 0x06, 0x12) => Some(Command::Found),
        (0x08 | 0x28, 0x04, 0x12) => Some(Command::OfDevice),
        (0x01, 0x06, 0x21) | (0x07 | 0x27, 0x04, 0x21) | (0x02, 0x04, 0x33) => Some(Command::OfClient),
        (0x03, 0x02, 0x34) => Some(Command::AsksServer),
        (0x01, 0x03, 0x43) => Some(Command::OfServer),
        (0x07, 0x10, 0x18) | (0x04, 0x04, 0x33) => Some(Command::OfBoth),
        _ => None,
    }
}

/// The command of the newer form in clear.
fn newer(datagram: &[u8], length: usize) -> Option<Command> {
    let &[0x51, 0xcc, _, _, 0x02, kind, _, _, answer, ..] = datagram else { return None };
    let fits = usize::from(u16le(datagram, 6)?) + 12 == length;
    match kind {
        0x10 if fits && length == 52 && answer == 0xff => Some(Command::OfDevice),
        0x10 if fits && length == 52 => Some(Command::OfClient),
        0x12 if fits && length == 48 => Some(Command::OfBoth),
        0x15 if fits => Some(Command::OfBoth),
        _ => None,
    }
}

fn passes(datagram: &[u8]) -> bool {
    if datagram.starts_with(&[0x51, 0xcc]) {
        return newer(datagram, datagram.len()).is_some();
    }
    // Two more bytes of which the transform makes something that can be told, before it is turned back.
    let may_be = datagram.get(8..10).is_some_and(|bytes| match bytes {
        [a, b] => a & 0xef == 0x2d && b & 0xe0 == 0x20,
        _ => false,
    });
    may_be && datagram.len() >= BLOCK && command(&beginning(datagram), datagram.len()).is_some()
}

/// The command of a datagram that [passes], of which only the beginning is kept, and what stands there in clear.
fn of_kept(datagram: &[u8]) -> Option<(Command, [u8; 3 * BLOCK])> {
    let all = beginning(datagram);
    if datagram.starts_with(&[0x51, 0xcc]) {
        let length = usize::from(u16le(datagram, 6)?) + 12;
        return newer(datagram, length).map(|command| (command, all));
    }
    let length = usize::from(u16le(&all, 4)?) + BLOCK;
    command(&all, length).map(|command| (command, all))
}

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    for (command, clear) in datagrams.all.iter().filter_map(|datagram| of_kept(datagram)) {
        match command {
            Command::OfBoth => continue,
            Command::OfClient => say(Field::TutkRole, Some(b"client"), facts),
            Command::OfDevice => say(Field::TutkRole, Some(b"device"), facts),
            Command::OfServer => {
                say(Field::TutkRole, Some(b"server"), facts);
                refer(&clear, facts);
            }
            Command::AsksServer => {
                say(Field::TutkRole, Some(b"client"), facts);
                facts(Fact::Says { who: Party::Receiver, field: Field::TutkRole, value: b"server" });
            }
            Command::Found => {
                say(Field::TutkRole, Some(b"device"), facts);
                say(Field::TutkUid, uid(&clear), facts);
            }
        }
        return Probe::Match;
    }
    if datagrams.ended { Probe::Match } else { datagrams.more() }
}

/// Yields where a server says that the camera is.
fn refer(clear: &[u8; 3 * BLOCK], facts: Facts<'_>) {
    let Some(&[high, low, a, b, c, d]) = clear.get(38..44).and_then(|end| end.first_chunk()) else { return };
    let (address, port) = (Address::v4([a, b, c, d]), u16::from_be_bytes([high, low]));
    if port != 0 && address != Address::v4([0; 4]) {
        // The datagram that decides is the one that says it.
        let fact = Fact::Refers { address, port, transport: 17, app: Some(READER.number) };
        facts(Fact::Within { from: 0, to: 0, fact: &fact });
    }
}

/// The name of the camera behind the header.
fn uid(clear: &[u8; 3 * BLOCK]) -> Option<&[u8]> {
    let uid = clear.get(BLOCK..BLOCK + UID)?;
    uid.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()).then_some(uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::every_beginning;
    use lenscap_testkit::SplitMix64;

    /// The transform's inverse.
    fn scramble(plain: &[u8]) -> Vec<u8> {
        let right = |block: [u8; BLOCK], by: u32| {
            let mut all = block;
            for (word, bits) in all.chunks_exact_mut(4).zip((by..).step_by(4)) {
                let bytes = word.first_chunk_mut::<4>().unwrap();
                *bytes = u32::from_le_bytes(*bytes).rotate_right(bits).to_le_bytes();
            }
            all
        };
        let (blocks, rest) = plain.as_chunks::<BLOCK>();
        let mut all = Vec::new();
        for block in blocks {
            let moved = right(*block, 1);
            let mut inner = [0; BLOCK];
            for (at, place) in PLACES.into_iter().enumerate() {
                inner[place] = moved[at] ^ MASK[at];
            }
            all.extend(right(inner, 3));
        }
        all.extend(rest);
        all
    }

    fn message(command: [u8; 3], body: &[u8]) -> Vec<u8> {
        let [low, high] = (body.len() as u16).to_le_bytes();
        let header = [4, 2, 0x1a, 2, low, high, 9, 0, command[0], command[1], command[2], 0, 1, 2, 3, 4];
        scramble(&[&header[..], body].concat())
    }

    fn read_half(half: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        let all: Vec<&[u8]> = half.iter().map(Vec::as_slice).collect();
        every_beginning(&READER, &all)
    }

    fn role(role: &str) -> Vec<String> {
        vec![format!("sender tutk.role {role}")]
    }

    #[test]
    fn the_transform_is_the_one_that_is_published() {
        let plain =
            [&[4, 2, 0x19, 2, 0x34, 0, 0, 0, 1, 6, 0x21, 0, 0, 0, 0, 0][..], b"ABCDEFGHIJKLMNOP"].concat();
        let wire = [
            0x6e, 0x4c, 0x9d, 0x8c, 0x40, 0xd1, 0x40, 0xca, 0x3d, 0x2d, 0xa8, 0x2d, 0x00, 0xe7, 0xca, 0xda,
            0xca, 0x8a, 0xd9, 0x02, 0x0d, 0x25, 0x94, 0xce, 0x79, 0x6a, 0x0c, 0x28, 0x14, 0xa0, 0x4f, 0xbc,
        ];
        assert_eq!(scramble(&plain), wire);
        assert_eq!(beginning(&wire)[..32], plain);
    }

    #[test]
    fn commands_of_one_side_tell_it() {
        assert_eq!(read_half(&[message([1, 6, 0x21], &[0; 72])]), Some((1, role("client"))));
        assert_eq!(read_half(&[message([0x28, 4, 0x12], &[0; 8])]), Some((1, role("device"))));
        assert_eq!(read_half(&[message([8, 4, 0x12], &[0; 1200])]), Some((1, role("device"))));
        assert_eq!(read_half(&[message([1, 3, 0x43], &[0; 28])]), Some((1, role("server"))));
        let asks = [role("client"), vec!["receiver tutk.role server".to_owned()]].concat();
        assert_eq!(read_half(&[message([3, 2, 0x34], &[0; 96])]), Some((1, asks)));
        let both = message([4, 4, 0x33], &[0; 36]);
        assert_eq!(read_half(&[both.clone(), message([7, 4, 0x21], &[0; 30])]), Some((2, role("client"))));
        assert_eq!(read_half(&vec![both.clone(); 6]), Some((4, vec![])));
        assert_eq!(read_half(&[both]), Some((1, vec![])));
    }

    #[test]
    fn a_server_says_where_the_camera_is() {
        let at = |end: [u8; 6]| message([1, 3, 0x43], &[&[0; 22][..], &end, &[0; 20]].concat());
        let refers = "refers to 203.0.113.9 port 32100 protocol 17 tutk".to_owned();
        let end = [0x7d, 0x64, 203, 0, 113, 9];
        assert_eq!(read_half(&[at(end)]), Some((1, [role("server"), vec![refers]].concat())));
        for near in [[0, 0, 203, 0, 113, 9], [0x7d, 0x64, 0, 0, 0, 0]] {
            assert_eq!(read_half(&[at(near)]), Some((1, role("server"))));
        }
        // What is behind the last whole block cannot be turned back.
        let short = message([1, 3, 0x43], &[&[0; 22][..], &end, &[0; 3]].concat());
        assert_eq!(read_half(&[short]), Some((1, role("server"))));
    }

    #[test]
    fn a_camera_that_answers_a_search_tells_its_name() {
        let answer = message([2, 6, 0x12], &[&b"EXAMPLE0123456789XYZ"[..], &[0; 164]].concat());
        let said =
            vec!["sender tutk.role device".to_owned(), "sender tutk.uid EXAMPLE0123456789XYZ".to_owned()];
        assert_eq!(read_half(&[answer]), Some((1, said)));
        assert_eq!(read_half(&[message([2, 6, 0x12], &[0; 184])]), Some((1, role("device"))));
    }

    #[test]
    fn the_newer_form_is_read_in_clear() {
        let newer = |kind, answer, length: u16| {
            let [low, high] = (length - 12).to_le_bytes();
            let mut bytes = vec![0x51, 0xcc, 0, 0, 2, kind, low, high, answer, answer, 0, 0];
            bytes.resize(length.into(), 7);
            bytes
        };
        assert_eq!(read_half(&[newer(0x10, 0, 52)]), Some((1, role("client"))));
        assert_eq!(read_half(&[newer(0x10, 0xff, 52)]), Some((1, role("device"))));
        assert_eq!(read_half(&[newer(0x15, 0, 300)]), Some((1, vec![])));
        assert_eq!(read_half(&[newer(0x10, 0, 53)]), None);
        assert_eq!(read_half(&[newer(0x11, 0, 52)]), None);
        assert_eq!(read_half(&[newer(0x15, 0, 300)[..299].to_vec()]), None);
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        let whole = message([0x28, 4, 0x12], &[0; 8]);
        for at in [0, 1, 4, 5, 8, 9, 10] {
            let mut near = whole.clone();
            near[at] ^= 0xff;
            assert!(!passes(&near), "byte {at}");
        }
        assert!(!passes(&whole[..23]) && !passes(&[&whole[..], &[0]].concat()));
        let mut random = SplitMix64::new(7);
        let chance = |_| {
            let mut bytes = whole.clone();
            bytes[..8].copy_from_slice(&random.next().to_be_bytes());
            bytes
        };
        assert_eq!((0..200_000).map(chance).filter(|bytes| passes(bytes)).count(), 0);
    }
}
