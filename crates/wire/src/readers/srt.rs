//! SRT (draft-sharabayko-srt, 3.2.1), which carries live video over UDP: its handshakes, which name the protocol. They say nothing
//! of who sends the video. Data are not read: their headers prove nothing.

use crate::{
    Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{array, u16be},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(98),
    app: "srt",
    activity: None,
    hides: false,
    fields: &[] as &[Field],
    read: Read::Message(&[Route::UdpStart(&[0x80, 0, 0, 0, 0, 0, 0, 0])], read),
};

const SHORTEST: u32 = 64;
/// What a listener answers to an induction, where extensions stand else.
const MAGIC: u16 = 0x4a17;
const RENDEZVOUS: i32 = 0;
const INDUCTION: i32 = 1;
const CONCLUSION: i32 = -1;
const AGREEMENT: i32 = -2;

fn read(message: &Message<'_, '_>, _: Facts<'_>) -> bool {
    let bytes = message.payload;
    let number = |at| array(bytes, at).map(i32::from_be_bytes);
    let (Some(version), Some(kind), Some(unit)) = (number(16), number(36), number(28)) else { return false };
    let (cipher, extensions) = (u16be(bytes, 20).unwrap_or(u16::MAX), u16be(bytes, 22).unwrap_or(0));
    let is_possible = match version {
        4 => kind == INDUCTION && extensions == 2,
        5 => {
            matches!(kind, RENDEZVOUS | INDUCTION | CONCLUSION | AGREEMENT)
                && (extensions < 8 || extensions == MAGIC)
        }
        _ => false,
    };
    message.packet.payload_length >= SHORTEST && is_possible && cipher <= 4 && (256..=65_536).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn handshake(version: u8, extensions: u16, kind: i32) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        (bytes[0], bytes[19]) = (0x80, version);
        bytes[22..24].copy_from_slice(&extensions.to_be_bytes());
        bytes[28..32].copy_from_slice(&1500u32.to_be_bytes());
        bytes[36..40].copy_from_slice(&kind.to_be_bytes());
        bytes
    }

    #[test]
    fn handshakes_are_read() {
        for bytes in [handshake(4, 2, 1), handshake(5, MAGIC, 1), handshake(5, 5, -1), handshake(5, 0, -2)] {
            assert_eq!(facts(&READER, &bytes), Some(vec![]));
            cut_everywhere(&READER, &Packet::default(), &bytes);
        }
    }

    #[test]
    fn what_is_nearly_one_is_none() {
        for bytes in [
            handshake(4, 0, 1),
            handshake(4, 2, -1),
            handshake(6, 2, 1),
            handshake(5, 8, -1),
            handshake(5, 0, 2),
        ] {
            assert_eq!(facts(&READER, &bytes), None);
        }
        let mut small = handshake(4, 2, 1);
        small[30] = 0;
        assert_eq!(facts(&READER, &small), None);
        assert_eq!(facts(&READER, &handshake(4, 2, 1)[..63]), None);
    }
}
