//! The search of Panasonic's and i-PRO's cameras (UDP 10669, 10670): a header with a fixed mark, then fields of tag, length and
//! value, and a check at the end. Built from public code.
//!
//! At 2 stands the length of what follows the 52 bytes of the header, 0 in a search, and at 4 what the message is, `000d` in a
//! search. An answer has fields up to its end, and a link address or the name of a model.
//!
//! Facts of a camera that answers: `panasonic.mac`, `panasonic.model` (the short name), `panasonic.name` (the full one),
//! `panasonic.firmware`; `panasonic.role` of either side. Bound: 128 fields.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{address, array, is_of_another, say, say_mac, text, u16be},
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
/// What stands at 4 in a search.
const SEARCH: u16 = 0x000d;
/// Tags of fields. In the header stand the addresses of who asked.
const ADDRESS: u16 = 0x20;
const NAME: u16 = 0xa7;
const MODEL: u16 = 0xa8;
const FIRMWARE: u16 = 0xa9;
/// The tag behind the last field.
const END: u16 = 0xffff;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let sent = message.packet.payload_length as usize;
    let Some(length) =
        u16be(bytes, 2).filter(|_| bytes.starts_with(&[0, 1]) && array(bytes, 24) == Some(MARK))
    else {
        return false;
    };
    if usize::from(length) + HEADER != sent {
        return false;
    }
    if length == 0 {
        let is_search = u16be(bytes, 4) == Some(SEARCH);
        if is_search {
            say(Field::PanasonicRole, Some(b"client"), facts);
        }
        return is_search;
    }
    let mac = array(bytes, 6);
    let (mut is_named, mut own) = (false, None);
    let ends = walk(bytes, &mut |tag, value| match tag {
        ADDRESS => own = address(value, 0),
        NAME | MODEL => is_named |= !value.is_empty(),
        _ => {}
    });
    let is_told = is_named || mac.is_some_and(|mac| mac != [0; 6]);
    if !is_told || !ends && !message.is_cut() {
        return false;
    }
    if is_of_another(message, own) {
        return true;
    }
    say(Field::PanasonicRole, Some(b"device"), facts);
    say_mac(Field::PanasonicMac, mac, facts);
    walk(bytes, &mut |tag, value| {
        let field = match tag {
            NAME => Field::PanasonicName,
            MODEL => Field::PanasonicModel,
            FIRMWARE => Field::PanasonicFirmware,
            _ => return,
        };
        say(field, text(value, 0, value.len()), facts);
    });
    true
}

/// Visits the fields, and tells whether they lead to the mark of their end, behind which the check stands.
fn walk(bytes: &[u8], visit: &mut dyn FnMut(u16, &[u8])) -> bool {
    let mut cursor = Cursor(bytes.get(FIELDS..).unwrap_or(&[]));
    for _ in 0..MAX_FIELDS {
        let Some(tag) = cursor.u16() else { break };
        if tag == END {
            return true;
        }
        let Some(value) = cursor.vector16() else { break };
        visit(tag, value);
    }
    false
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

    /// As tools broadcast it: no length, no addresses, the mark, and the end of fields that there are none of.
    fn search() -> Vec<u8> {
        let head = [0, 1, 0, 0, 0, 0x0d, 0, 0, 0, 0, 0, 0];
        let mut bytes = [&head[..], &[0xff; 10], &[0, 1], &MARK, &[0, 0, 2]].concat();
        bytes.resize(HEADER - 4, 0);
        [&bytes[..], &[0xff, 0xff, 0, 0]].concat()
    }

    #[test]
    fn a_search_is_a_tools() {
        assert_eq!(facts(&READER, &search()).unwrap(), ["sender panasonic.role client"]);
        cut_everywhere(&READER, &Packet::default(), &search());
        // Who sends it may fill in its own address.
        let mut own = search();
        own[6..12].copy_from_slice(&[2, 0, 0x5e, 0x10, 0, 9]);
        assert_eq!(facts(&READER, &own).unwrap(), ["sender panasonic.role client"]);
        let mut other = search();
        other[5] = 0x0e;
        assert_eq!(facts(&READER, &other), None);
    }

    #[test]
    fn an_answer_names_something_and_its_fields_lead_to_the_end() {
        let end = b"\0\xff\xff\x30\x17";
        let mac_alone = message(end.len() as u16, end);
        assert_eq!(facts(&READER, &mac_alone).unwrap().len(), 2);
        let mut nobody = mac_alone;
        nobody[6..12].fill(0);
        assert_eq!(facts(&READER, &nobody), None);
        for fields in [&b"\0\0\xa8\0\x09WV-X0000"[..], b"\0\0\xa8\0\x08WV-X0000"] {
            assert_eq!(facts(&READER, &message(fields.len() as u16, fields)), None);
        }
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let packet = Packet { source: crate::Address::v4([192, 0, 2, 8]), ..Packet::default() };
        let whole = answer();
        let packet = Packet { payload_length: whole.len() as u32, ..packet };
        assert_eq!(crate::readers::tests::facts_in(&READER, &packet, &whole), Some(vec![]));
    }

    #[test]
    fn length_and_mark_have_to_fit() {
        let whole = answer();
        assert_eq!(facts(&READER, &whole[..whole.len() - 1]), None);
        for at in [0, 3, 24, 32] {
            let mut near = whole.clone();
            near[at] ^= 1;
            assert_eq!(facts(&READER, &near), None, "byte {at}");
        }
    }
}
