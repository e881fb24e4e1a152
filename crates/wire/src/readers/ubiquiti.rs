//! The discovery of Ubiquiti's devices (UDP 10001), versions 1 and 2: a header of four bytes, then fields of type, length and
//! value. Built from public code and real answers.
//!
//! Switches and access points answer as cameras do: the model tells which it is. Facts: `ubiquiti.mac`, `ubiquiti.model`,
//! `ubiquiti.name`, `ubiquiti.firmware`. Bound: 64 fields.

use crate::{
    Activity, Field, Message, Pattern, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{say, say_mac, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(84),
    app: "ubiquiti",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::UbiquitiFirmware, Field::UbiquitiMac, Field::UbiquitiModel, Field::UbiquitiName],
    read: Read::Message(
        &[Route::UdpFirst(10001, &[1, 2]), starts(ANSWERS[0]), starts(ANSWERS[1]), starts(ANSWERS[2])],
        read,
    ),
};

/// How answers begin on any port: version, command and length, then a first field that names the station.
const ANSWERS: [&[u8]; 3] =
    [&[1, 0, 0, 0, MAC_AND_ADDRESS, 0, 10], &[1, 0, 0, 0, MAC, 0, 6], &[2, 6, 0, 0, MAC, 0, 6]];

const fn starts(bytes: &'static [u8]) -> Route {
    Route::UdpAt(Pattern { offset: 0, mask: &[0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff], bytes })
}

const MAX_FIELDS: usize = 64;
const MAC: u8 = 0x01;
const MAC_AND_ADDRESS: u8 = 0x02;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some([version @ (1 | 2), command, high, low]) = cursor.array() else { return false };
    let length = u32::from(u16::from_be_bytes([high, low]));
    if length + 4 != message.packet.payload_length || command > 0x10 {
        return false;
    }
    if length == 0 {
        // A search: version and command are all that it says.
        return matches!((version, command), (1, 0) | (2, 8));
    }
    let mut whole = cursor;
    let mut names_station = false;
    for _ in 0..MAX_FIELDS {
        let Some((kind, value)) = field(&mut whole) else { break };
        names_station |= kind == MAC && value.len() == 6 || kind == MAC_AND_ADDRESS && value.len() == 10;
    }
    if !names_station || !whole.is_empty() && !message.is_cut() {
        return false;
    }
    let (mut addressed, mut model) = (false, None);
    for _ in 0..MAX_FIELDS {
        let Some((kind, value)) = field(&mut cursor) else { break };
        let field = match kind {
            MAC | MAC_AND_ADDRESS if !addressed => {
                addressed = true;
                say_mac(Field::UbiquitiMac, value.first_chunk().copied(), facts);
                continue;
            }
            0x03 => Field::UbiquitiFirmware,
            0x0b => Field::UbiquitiName,
            0x0c | 0x14 | 0x15 if model != Some(value) => {
                model = Some(value);
                Field::UbiquitiModel
            }
            _ => continue,
        };
        say(field, text(value, 0, value.len()), facts);
    }
    true
}

fn field<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let mut next = *cursor;
    let field = (next.u8()?, next.vector16()?);
    *cursor = next;
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const FIELDS: &[u8] = b"\x02\0\x0a\x02\0\x5e\x10\0\x01\xc0\0\x02\x07\x01\0\x06\x02\0\x5e\x10\0\x01\
        \x0b\0\x04Hall\x0c\0\x06UVC G0\x03\0\x0cUVC.S0.v4.70\x15\0\x06UVC G0";

    fn message(version: u8, command: u8, fields: &[u8]) -> Vec<u8> {
        [&[version, command][..], &(fields.len() as u16).to_be_bytes(), fields].concat()
    }

    #[test]
    fn an_answer_tells_what_the_device_is() {
        let said = [
            "sender ubiquiti.mac 02:00:5e:10:00:01",
            "sender ubiquiti.name Hall",
            "sender ubiquiti.model UVC G0",
            "sender ubiquiti.firmware UVC.S0.v4.70",
        ];
        assert_eq!(facts(&READER, &message(1, 0, FIELDS)).unwrap(), said);
        assert_eq!(facts(&READER, &message(2, 6, FIELDS)).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), &message(1, 0, FIELDS));
    }

    #[test]
    fn answers_are_found_on_any_port() {
        let routes = crate::readers::Routes::new();
        let packet = Packet { version: 4, protocol: 17, ports: (10901, 40000), ..Packet::default() };
        let found = |payload: &[u8]| {
            let readers = routes.readers(&Message { packet: &packet, payload });
            readers.messages().any(|reader| reader.app == READER.app)
        };
        assert!(found(&message(1, 0, FIELDS)) && !found(&message(1, 0, &FIELDS[1..])));
    }

    #[test]
    fn fields_fill_the_datagram() {
        assert_eq!(facts(&READER, &message(1, 0, &[])), Some(vec![]));
        for near in [
            message(3, 0, FIELDS),
            message(1, 0x11, FIELDS),
            message(1, 1, &[]),
            message(1, 0, &FIELDS[..FIELDS.len() - 1]),
            message(1, 0, &FIELDS[22..]),
            [&message(1, 0, FIELDS)[..], &[0]].concat(),
        ] {
            assert_eq!(facts(&READER, &near), None, "{near:?}");
        }
    }
}
