//! RTMP (Adobe's specification 1.0): to where a client connects that pulls or pushes a stream.
//!
//! A half begins with `03`, 1536 bytes that hold a version or four zeros at their fifth, and 1536 more that answer the other side;
//! behind them a client sends the command `connect`, a server the size of its window. Both need 3 KiB to be proven.
//!
//! Facts of a client: `rtmp.url`, up to its query, for that may hold a key; `rtmp.user_agent`. The name of a stream is as good as a
//! password, and not said. Bounds: 1024 bytes of the command, 32 of its values.

use arrayvec::ArrayVec;

use crate::{
    Fact, Field, Party, Probe, Read, Reader, ReaderId, Stream,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(97),
    app: "rtmp",
    activity: None,
    hides: false,
    fields: &[Field::RtmpUrl, Field::RtmpUserAgent],
    read: Read::Stream(&[VERSION..=VERSION], read),
};

const VERSION: u8 = 3;
/// What stands before the first chunk.
const HANDSHAKE: usize = 1 + 2 * 1536;
const COMMAND: usize = 1024;
/// The size of a chunk before another is agreed.
const CHUNK: usize = 128;
const MAX_VALUES: usize = 32;

const SET_CHUNK_SIZE: u8 = 1;
const WINDOW_SIZE: u8 = 5;
const AMF3_COMMAND: u8 = 17;
const AMF0_COMMAND: u8 = 20;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let version = bytes.get(5..).unwrap_or(&[]).iter().take(4);
    // Four zeros, or a version as `10.0.32.2`.
    let is_old = version.clone().all(|&byte| byte == 0);
    let is_versioned =
        version.clone().skip(1).step_by(2).zip([0..=1, 1..=13]).all(|(byte, range)| range.contains(byte));
    if bytes.first().is_some_and(|&first| first != VERSION) || !is_old && !is_versioned {
        return Probe::NotMine;
    }
    let Some(rest) = bytes.get(HANDSHAKE..).filter(|rest| !rest.is_empty()) else {
        return stream.more();
    };
    match chunks(rest) {
        Chunks::Open if !stream.ended => stream.more(),
        Chunks::Server => Probe::Match,
        Chunks::Connect(command) if client(&command, facts) => Probe::Match,
        Chunks::Open | Chunks::Wrong | Chunks::Connect(_) => Probe::NotMine,
    }
}

/// What the first chunks of a half are.
#[allow(clippy::large_enum_variant, reason = "lives on the stack, once a half")]
enum Chunks {
    Open,
    Wrong,
    Server,
    /// The beginning of the command, its chunks put together.
    Connect(ArrayVec<u8, COMMAND>),
}

fn chunks(bytes: &[u8]) -> Chunks {
    let mut cursor = Cursor(bytes);
    let mut size = CHUNK;
    for _ in 0..2 {
        let Some(head) = cursor.array::<12>() else {
            // A chunk of the first form, of streams 2 to 63.
            let possible = cursor.0.first().is_none_or(|&first| (2..64).contains(&first));
            return if possible { Chunks::Open } else { Chunks::Wrong };
        };
        let [basic, _, _, _, a, b, c, kind, ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        match kind {
            _ if !(2..64).contains(&basic) => return Chunks::Wrong,
            SET_CHUNK_SIZE if basic == 2 && length == 4 => match cursor.u32() {
                Some(agreed @ 128..=0x7fff_ffff) => size = agreed as usize,
                Some(_) => return Chunks::Wrong,
                None => return Chunks::Open,
            },
            WINDOW_SIZE if basic == 2 && length == 4 => return Chunks::Server,
            AMF0_COMMAND | AMF3_COMMAND => return command(cursor, length, size, basic),
            _ => return Chunks::Wrong,
        }
    }
    Chunks::Wrong
}

fn command(mut cursor: Cursor<'_>, length: usize, size: usize, basic: u8) -> Chunks {
    let wanted = length.min(COMMAND);
    let mut whole = ArrayVec::new();
    while whole.len() < wanted {
        if !whole.is_empty() {
            match cursor.u8() {
                None => return Chunks::Open,
                // A chunk that goes on, of the same stream.
                Some(more) if more == 0xc0 | basic => {}
                Some(_) => return Chunks::Wrong,
            }
        }
        let part = size.min(wanted - whole.len());
        let Some(bytes) = cursor.take(part) else { return Chunks::Open };
        whole.extend(bytes.iter().copied());
    }
    Chunks::Connect(whole)
}

/// Whether a command is `connect`, and what it says (AMF 0: a name, a number, an object).
fn client(command: &[u8], facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(command);
    if command.first() == Some(&0) {
        // The format byte of a command in AMF 3.
        cursor.u8();
    }
    if (cursor.u8(), cursor.vector16()) != (Some(2), Some(b"connect"))
        || cursor.take(9).is_none()
        || cursor.u8() != Some(3)
    {
        return false;
    }
    for _ in 0..MAX_VALUES {
        let (Some(key), Some(kind)) = (cursor.vector16(), cursor.u8()) else { break };
        let value = match kind {
            0 => cursor.take(8),
            1 => cursor.take(1),
            2 => cursor.vector16(),
            5 | 6 => Some(&[][..]),
            _ => None,
        };
        let Some(value) = value else { break };
        match (key, kind) {
            (b"tcUrl", 2) => {
                let url = value.split(|&byte| byte == b'?').next().unwrap_or(value);
                // A name and a password may stand before the host.
                if let Some(url) = text(url, 0, url.len()).filter(|url| !url.contains(&b'@')) {
                    facts(Fact::Says {
                        who: Party::Receiver,
                        field: Field::RtmpUrl,
                        value: crate::text::value(url),
                    });
                }
            }
            (b"flashVer", 2) => say(Field::RtmpUserAgent, text(value, 0, value.len()), facts),
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::stream;

    fn handshake(version: [u8; 4]) -> Vec<u8> {
        let mut bytes = vec![VERSION, 0, 0, 0, 9];
        bytes.extend(version);
        bytes.resize(HANDSHAKE, 0x5a);
        bytes
    }

    fn pair(key: &str, value: &str) -> Vec<u8> {
        let sized = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
        [&sized(key)[..], &[2], &sized(value)].concat()
    }

    fn connect(url: &str) -> Vec<u8> {
        let command = [
            &b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0\x03"[..],
            &pair("app", "live"),
            &pair("flashVer", "FMLE/3.0 (example)"),
            &pair("swfUrl", &"x".repeat(90)),
            &pair("tcUrl", url),
            &[0, 0, 9],
        ]
        .concat();
        let length = (command.len() as u32).to_be_bytes();
        let mut bytes = vec![3, 0, 0, 0, length[1], length[2], length[3], AMF0_COMMAND, 0, 0, 0, 0];
        for (place, part) in command.chunks(CHUNK).enumerate() {
            bytes.extend((place > 0).then_some(0xc3));
            bytes.extend(part);
        }
        bytes
    }

    const URL: &str = "rtmp://push.example/live?key=made-up";

    #[test]
    fn a_client_tells_where_it_connects() {
        let said = [
            "sender rtmp.user_agent FMLE/3.0 (example)".to_owned(),
            "receiver rtmp.url rtmp://push.example/live".to_owned(),
        ];
        let size = [2, 0, 0, 0, 0, 0, 4, SET_CHUNK_SIZE, 0, 0, 0, 0, 0, 0, 0, 128];
        for half in [
            [handshake([0; 4]), connect(URL)].concat(),
            [handshake([9, 0, 124, 2]), connect(URL)].concat(),
            [handshake([0; 4]), size.to_vec(), connect(URL)].concat(),
        ] {
            assert_eq!(stream(&READER, &half, false), (Probe::Match, said.to_vec()));
            for length in (0..half.len()).step_by(7).chain(HANDSHAKE..half.len()) {
                let Probe::More(least) = stream(&READER, &half[..length], false).0 else {
                    panic!("{length}")
                };
                assert!(least > length && least <= half.len());
                assert_eq!(stream(&READER, &half[..length], true).1, Vec::<String>::new());
            }
            assert_eq!(stream(&READER, &[&half[..], b"more"].concat(), false), (Probe::Match, said.to_vec()));
        }
        let secret = [handshake([0; 4]), connect("rtmp://a:b@push.example/live")].concat();
        assert_eq!(stream(&READER, &secret, false).1, said[..1]);
    }

    #[test]
    fn a_server_sends_its_window() {
        let window = [2, 0, 0, 0, 0, 0, 4, WINDOW_SIZE, 0, 0, 0, 0, 0, 0x26, 0x25, 0xa0];
        assert_eq!(
            stream(&READER, &[&handshake([0; 4])[..], &window].concat(), false),
            (Probe::Match, vec![])
        );
    }

    #[test]
    fn other_streams_are_not_read() {
        // A connection of a remote desktop begins with the same number.
        for half in [&b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01"[..], b"\x04", b"\x03\0\0\0\0\0\x07"] {
            assert_eq!(stream(&READER, half, false).0, Probe::NotMine, "{half:?}");
        }
        for first in [[0x80; 12], [3, 0, 0, 0, 0, 0, 9, 9, 0, 0, 0, 0]] {
            assert_eq!(stream(&READER, &[&handshake([0; 4])[..], &first].concat(), false).0, Probe::NotMine);
        }
    }
}
