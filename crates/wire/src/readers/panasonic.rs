//! The search of Panasonic's and i-PRO's cameras (UDP 10669, 10670): a header with a fixed mark, then fields of tag, length and
//! value, and a check at the end. Built from public code.
//!
//! Facts of a camera that answers: `panasonic.mac`, `panasonic.model` (the short name), `panasonic.name` (the full one),
//! `panasonic.firmware`; `panasonic.role` of either side. Bound: 128 fields.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{array, say, say_mac, text, u16be},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(82),
    app: "panasonic",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::PanasonicFirmware,
        Field::PanasonicMac,
        Field::PanasonicModel,
        Field::PanasonicName,
        Field::PanasonicRole,
    ],
    read: Read::Message(&[Route::UdpFirst(10669, &[0]), Route::UdpFirst(10670, &[0])], read),
};

/// What stands at 24 in search and answer.
const MARK: [u8; 9] = [0x20, 0x11, 0x1e, 0x11, 0x23, 0x1f, 0x1e, 0x19, 0x13];
const HEADER: usize = 52;
/// Where the fields begin.
const FIELDS: usize = 53;
const MAX_FIELDS: usize = 128;
const SEARCH: u16 = 0x000d;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let sent = message.packet.payload_length as usize;
    let Some(length) =
        u16be(bytes, 2).filter(|_| bytes.starts_with(&[0, 1]) && array(bytes, 24) == Some(MARK))
    else {
        return false;
    };
    if length == SEARCH && sent == HEADER {
        say(Field::PanasonicRole, Some(b"client"), facts);
        return true;
    }
    if usize::from(length) + HEADER != sent {
        return false;
    }
    say(Field::PanasonicRole, Some(b"device"), facts);
    say_mac(Field::PanasonicMac, array(bytes, 6), facts);
    let mut cursor = Cursor(bytes.get(FIELDS..).unwrap_or(&[]));
    for _ in 0..MAX_FIELDS {
        let (Some(tag), Some(value)) = (cursor.u16(), cursor.vector16()) else { break };
        let field = match tag {
            0xa7 => Field::PanasonicName,
            0xa8 => Field::PanasonicModel,
            0xa9 => Field::PanasonicFirmware,
            0xffff => break,
            _ => continue,
        };
        say(field, text(value, 0, value.len()), facts);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn message(length: u16, fields: &[u8]) -> Vec<u8> {
        let mac = [2, 0, 0x5e, 0x10, 0, 1];
        let mut bytes =
            [&[0, 1][..], &length.to_be_bytes(), &[0, 14], &mac, &mac, &[192, 0, 2, 7, 0, 0], &MARK].concat();
        bytes.resize(HEADER, 0);
        bytes.extend(fields);
        bytes
    }

    fn answer() -> Vec<u8> {
        let fields = b"\0\x00\x20\0\x04\xc0\0\x02\x07\0\xa7\0\x10WV-X0000 series\0\0\xa8\0\x08WV-X0000\
            \0\xa9\0\x051.46\0\xff\xff\x30\x17";
        message(fields.len() as u16, fields)
    }

    #[test]
    fn an_answer_tells_what_the_camera_is() {
        assert_eq!(
            facts(&READER, &answer()).unwrap(),
            [
                "sender panasonic.role device",
                "sender panasonic.mac 02:00:5e:10:00:01",
                "sender panasonic.name WV-X0000 series",
                "sender panasonic.model WV-X0000",
                "sender panasonic.firmware 1.46",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), &answer());
    }

    #[test]
    fn length_and_mark_have_to_fit() {
        assert_eq!(facts(&READER, &message(SEARCH, &[])).unwrap(), ["sender panasonic.role client"]);
        let whole = answer();
        assert_eq!(facts(&READER, &whole[..whole.len() - 1]), None);
        for at in [0, 3, 24, 32] {
            let mut near = whole.clone();
            near[at] ^= 1;
            assert_eq!(facts(&READER, &near), None, "byte {at}");
        }
    }
}
