//! The search of Hanwha's (Samsung's) Wisenet cameras and recorders: a tool asks by UDP 7701, they answer to 7711, each time
//! with a structure of 262 bytes. Built from public code.
//!
//! An answer begins with `0b`, and has a link address as text at 19, its IPv4 address at 37 and a URL at 133. Facts: `hanwha.mac`, `hanwha.model`,
//! `hanwha.role`.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{dotted, is_mac, is_of_another, say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(79),
    app: "hanwha",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::HanwhaMac, Field::HanwhaModel, Field::HanwhaRole],
    read: Read::Message(&[Route::UdpFirst(7701, &[1, 0x0b]), Route::UdpFirst(7711, &[1, 0x0b])], read),
};

const LENGTH: usize = 262;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    if message.packet.payload_length as usize != LENGTH {
        return false;
    }
    let is_search =
        bytes.split_first().is_some_and(|(&first, zeros)| first == 1 && zeros.iter().all(|&byte| byte == 0));
    if is_search && bytes.len() == LENGTH {
        say(Field::HanwhaRole, Some(b"client"), facts);
        return true;
    }
    let mac = text(bytes, 19, 18).filter(|mac| is_mac(mac));
    let url = text(bytes, 133, 39).filter(|url| url.starts_with(b"http://") || url.starts_with(b"https://"));
    let is_answer = bytes.first() == Some(&0x0b) && mac.is_some() && url.is_some();
    if is_answer && !is_of_another(message, text(bytes, 37, 16).and_then(dotted)) {
        say(Field::HanwhaRole, Some(b"device"), facts);
        say(Field::HanwhaMac, mac, facts);
        say(Field::HanwhaModel, text(bytes, 109, 10), facts);
    }
    is_answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_from},
    };

    fn answer() -> Vec<u8> {
        let mut bytes = vec![0; LENGTH];
        for (at, field) in [
            (0, &b"\x0b"[..]),
            (19, b"02:00:5e:10:00:01"),
            (37, b"192.0.2.7"),
            (109, b"XNV-0000R"),
            (133, b"http://192.0.2.7/"),
        ] {
            bytes[at..at + field.len()].copy_from_slice(field);
        }
        bytes
    }

    #[test]
    fn an_answer_tells_address_and_model() {
        let said = [
            "sender hanwha.role device",
            "sender hanwha.mac 02:00:5e:10:00:01",
            "sender hanwha.model XNV-0000R",
        ];
        assert_eq!(facts(&READER, &answer()).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), &answer());
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = answer();
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &whole), facts(&READER, &whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &whole), Some(vec![]));
    }

    #[test]
    fn a_search_is_one_and_zeros() {
        let mut search = vec![0; LENGTH];
        search[0] = 1;
        assert_eq!(facts(&READER, &search).unwrap(), ["sender hanwha.role client"]);
        search[261] = 1;
        assert_eq!(facts(&READER, &search), None);
    }

    #[test]
    fn what_is_nearly_an_answer_is_none() {
        for at in [0, 20, 134] {
            let mut near = answer();
            near[at] = b'z';
            assert_eq!(facts(&READER, &near), None, "byte {at}");
        }
        assert_eq!(facts(&READER, &answer()[..261]), None);
    }
}
