//! The protocol of `HCNetSDK`, by which recorders, programs and apps speak to devices of Hikvision, by default over TCP to port
//! 8000. What is known of it is its client's half.
//!
//! A message begins with 16 bytes, big endian: its length with them, a family (`5a` for a login, `63` for commands, three
//! zeros), a word that authorises (zero in a first login), a command. A half is one where the length is believable, the
//! family one of the two, and the command one that this family has.
//!
//! The sender is `hcnetsdk.role` `client`.

use crate::{Activity, Fact, Field, Probe, Read, Reader, ReaderId, Stream, cursor::Cursor, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(60),
    app: "hcnetsdk",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[Field::HcnetsdkRole],
    read: Read::Stream(&[0..=0], read),
};

const HEADER: usize = 16;
/// Longest message that is believed: commands carry XML at most.
const MAX_LENGTH: u32 = 64 << 10;
const LOGIN: u32 = 0x5a00_0000;
const COMMAND: u32 = 0x6300_0000;
const LOGINS: [u32; 1] = [0x0001_0000];
const COMMANDS: [u32; 7] =
    [0x0001_1000, 0x0003_0000, 0x0003_0006, 0x0009_0100, 0x0011_1040, 0x0011_1050, 0x0011_7000];

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    // The first byte of a length that is believed is zero, as is hardly another protocol's.
    if stream.bytes.first().is_some_and(|&byte| byte != 0) {
        return Probe::NotMine;
    }
    if stream.bytes.get(4).is_some_and(|byte| !matches!(byte, 0x5a | 0x63)) {
        return Probe::NotMine;
    }
    if stream.bytes.len() < HEADER {
        return stream.more();
    }
    if !is_header(&mut Cursor(stream.bytes)).unwrap_or(false) {
        return Probe::NotMine;
    }
    facts(Fact::of_sender(Field::HcnetsdkRole, b"client"));
    Probe::Match
}

fn is_header(cursor: &mut Cursor<'_>) -> Option<bool> {
    let (length, family, word, command) = (cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?);
    let known = match family {
        LOGIN => word == 0 && LOGINS.contains(&command),
        COMMAND => COMMANDS.contains(&command),
        _ => false,
    };
    Some(known && (HEADER as u32..=MAX_LENGTH).contains(&length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    fn half(words: [u32; 4]) -> Vec<u8> {
        [words.map(u32::to_be_bytes).concat(), vec![5; 20]].concat()
    }

    #[test]
    fn a_client_logs_in_and_commands() {
        for words in [[36, LOGIN, 0, 0x0001_0000], [36, COMMAND, 0x0102_0304, 0x0011_1040]] {
            let half = half(words);
            assert_eq!(
                stream(&READER, &half, false),
                (Probe::Match, vec!["sender hcnetsdk.role client".to_owned()])
            );
            cut_stream_everywhere(&READER, &half);
        }
    }

    #[test]
    fn nearly_hcnetsdk_is_not_read() {
        for words in [
            [15, LOGIN, 0, 0x0001_0000],
            [MAX_LENGTH + 1, LOGIN, 0, 0x0001_0000],
            [36, LOGIN, 1, 0x0001_0000],
            [36, LOGIN + 1, 0, 0x0001_0000],
            [36, LOGIN, 0, 0x0011_1040],
            [36, COMMAND, 0, 0x0001_0000],
        ] {
            assert_eq!(stream(&READER, &half(words), false), (Probe::NotMine, vec![]), "{words:x?}");
        }
        assert_eq!(stream(&READER, &[1], false).0, Probe::NotMine);
        assert_eq!(stream(&READER, &[0, 0, 0, 36, 0x5b], false).0, Probe::NotMine);
    }
}
