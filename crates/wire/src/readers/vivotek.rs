//! The search of Vivotek's cameras (UDP 10000): a session of one byte, four fixed ones, and in an answer fields of type, length
//! and value, of which a link address is one, and a name, an IP address or a model another. Built from public code.
//!
//! Facts: `vivotek.mac`, `vivotek.model`, `vivotek.name` (the long name of the model, where it has one), `vivotek.role`.
//! Bound: 64 fields.

use crate::{
    Activity, Field, Message, Pattern, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{say, say_mac, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(80),
    app: "vivotek",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::VivotekMac, Field::VivotekModel, Field::VivotekName, Field::VivotekRole],
    // Not by the port: much else goes over 10000, and would be decoded twice.
    read: Read::Message(&[Route::UdpAt(START)], read),
};

const MAGIC: [u8; 4] = [0x4a, 0x5d, 0x8f, 0x1c];
const START: Pattern = Pattern { offset: 1, mask: &[0xff; 4], bytes: &MAGIC };
const MAX_FIELDS: usize = 64;
/// A type whose value is one byte without a length.
const BARE: u8 = 4;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some([_, magic @ ..]) = cursor.array::<5>() else { return false };
    if magic != MAGIC {
        return false;
    }
    if message.packet.payload_length == 5 {
        say(Field::VivotekRole, Some(b"client"), facts);
        return true;
    }
    let mut whole = Cursor(cursor.0);
    let (mut has_mac, mut has_more) = (false, false);
    for _ in 0..MAX_FIELDS {
        match field(&mut whole) {
            Some((2, mac)) => has_mac |= mac.len() == 6,
            Some((1 | 3 | 9, value)) => has_more |= !value.is_empty(),
            Some(_) => {}
            None => break,
        }
    }
    // The last one may be missing where the capture cut it.
    if !has_mac || !has_more || !whole.is_empty() && !message.is_cut() {
        return false;
    }
    say(Field::VivotekRole, Some(b"device"), facts);
    for _ in 0..MAX_FIELDS {
        match field(&mut cursor) {
            Some((1, name)) => say(Field::VivotekName, text(name, 0, name.len()), facts),
            Some((2, mac)) => say_mac(Field::VivotekMac, mac.first_chunk().copied(), facts),
            Some((9, model)) => say(Field::VivotekModel, text(model, 0, model.len()), facts),
            Some(_) => {}
            None => break,
        }
    }
    true
}

fn field<'a>(cursor: &mut Cursor<'a>) -> Option<(u8, &'a [u8])> {
    let mut next = *cursor;
    let kind = next.u8()?;
    let value = if kind == BARE { next.take(1)? } else { next.vector8()? };
    *cursor = next;
    Some((kind, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const ANSWER: &[u8] = b"\x21\x4a\x5d\x8f\x1c\x01\x0bLong FD0000\x04\x07\x02\x06\x02\0\x5e\x10\0\x01\
        \x03\x04\xc0\0\x02\x07\x09\x06FD0000";

    #[test]
    fn an_answer_tells_address_and_model() {
        assert_eq!(
            facts(&READER, ANSWER).unwrap(),
            [
                "sender vivotek.role device",
                "sender vivotek.name Long FD0000",
                "sender vivotek.mac 02:00:5e:10:00:01",
                "sender vivotek.model FD0000",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), ANSWER);
    }

    #[test]
    fn fields_fill_the_datagram() {
        assert_eq!(facts(&READER, &ANSWER[..5]).unwrap(), ["sender vivotek.role client"]);
        assert_eq!(facts(&READER, &[ANSWER, &[9]].concat()), None);
        for fields in
            [&b"\x04\0"[..], b"\x02\x06\x02\0\x5e\x10\0\x01", b"\x09\x01E\x02\x01\x01", b"\x09\x06FD0000"]
        {
            assert_eq!(facts(&READER, &[&ANSWER[..5], fields].concat()), None, "{fields:?}");
        }
        assert_eq!(facts(&READER, b"\x21\x4a\x5d\x8f\x1d"), None);
        assert_eq!(facts(&READER, b"\x21\x4a"), None);
    }
}
