//! The search of `VStarcam`'s and Wansview's cameras (UDP 8600): a tool sends four bytes, a camera answers with a structure of
//! texts at fixed places. Built from public code.
//!
//! An answer has its four bytes, at least 256 in all, and an IPv4 address as text at 4. Facts of its sender: `vstarcam.mac`,
//! `vstarcam.serial`, `vstarcam.name`, `vstarcam.firmware`, and `vstarcam.credentials`, which is `clear` where old firmware
//! says its password; never the password. `vstarcam.role` of either side.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{array, dotted, is_of_another, say, say_mac, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(78),
    app: "vstarcam",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::VstarcamCredentials,
        Field::VstarcamFirmware,
        Field::VstarcamMac,
        Field::VstarcamName,
        Field::VstarcamRole,
        Field::VstarcamSerial,
    ],
    read: Read::Message(&[Route::UdpStart(&SEARCH), Route::UdpStart(&ANSWER)], read),
};

const SEARCH: [u8; 4] = [0x44, 0x48, 0x01, 0x01];
const ANSWER: [u8; 4] = [0x44, 0x48, 0x01, 0x08];
const SHORTEST: u32 = 256;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    if bytes == SEARCH {
        say(Field::VstarcamRole, Some(b"client"), facts);
        return true;
    }
    let address = text(bytes, 4, 16).and_then(dotted);
    let is_answer =
        bytes.starts_with(&ANSWER) && message.packet.payload_length >= SHORTEST && address.is_some();
    if is_answer && !is_of_another(message, address) {
        say(Field::VstarcamRole, Some(b"device"), facts);
        say_mac(Field::VstarcamMac, array(bytes, 84), facts);
        say(Field::VstarcamSerial, text(bytes, 92, 32), facts);
        say(Field::VstarcamName, text(bytes, 124, 32), facts);
        say(Field::VstarcamFirmware, text(bytes, 204, 16), facts);
        let says_password = text(bytes, 268, 32).is_some_and(|password| !password.is_empty());
        say(Field::VstarcamCredentials, says_password.then_some(b"clear"), facts);
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

    fn answer(password: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 528];
        for (at, field) in [
            (0, &ANSWER[..]),
            (4, b"192.0.2.7"),
            (84, &[2, 0, 0x5e, 0x10, 0, 1]),
            (92, b"WXYZ000123KLMNO"),
            (124, b"Hall"),
            (204, b"10.20.30"),
            (236, b"someone"),
            (268, password),
        ] {
            bytes[at..at + field.len()].copy_from_slice(field);
        }
        bytes
    }

    #[test]
    fn an_answer_tells_what_the_camera_is() {
        let said = facts(&READER, &answer(b"")).unwrap();
        assert_eq!(
            said,
            [
                "sender vstarcam.role device",
                "sender vstarcam.mac 02:00:5e:10:00:01",
                "sender vstarcam.serial WXYZ000123KLMNO",
                "sender vstarcam.name Hall",
                "sender vstarcam.firmware 10.20.30",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), &answer(b"made up"));
    }

    #[test]
    fn a_password_is_told_of_but_not_told() {
        let said = facts(&READER, &answer(b"made up")).unwrap();
        assert_eq!(said.last().unwrap(), "sender vstarcam.credentials clear");
        assert!(!said.iter().any(|said| said.contains("made up") || said.contains("someone")));
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = answer(b"");
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &whole), facts(&READER, &whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &whole), Some(vec![]));
    }

    #[test]
    fn a_search_is_four_bytes() {
        assert_eq!(facts(&READER, &SEARCH).unwrap(), ["sender vstarcam.role client"]);
        assert_eq!(facts(&READER, &[0x44, 0x48, 1, 1, 0]), None);
        assert_eq!(facts(&READER, &answer(b"")[..255]), None);
        let mut near = answer(b"");
        near[5] = b'x';
        assert_eq!(facts(&READER, &near), None);
        assert_eq!(facts(&READER, b"DHIP\x20\0\0\0"), None);
    }
}
