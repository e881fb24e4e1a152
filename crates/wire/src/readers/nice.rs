//! The search of NICE's (`NiceVision`, now Qognify) encoders and cameras (UDP 2007). Built from public code.
//!
//! An answer begins with `NICE`, has at least 90 bytes, a link address at 10, and a mask of a network at 20. Facts:
//! `nice.mac`, `nice.firmware` (four numbers at 30), `nice.name`; `nice.role` of either side.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{address, array, is_of_another, say, say_mac, say_written, text, u16be},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(85),
    app: "nice",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::NiceFirmware, Field::NiceMac, Field::NiceName, Field::NiceRole],
    read: Read::Message(&[Route::UdpStart(b"NICE")], read),
};

const SHORTEST: u32 = 90;
const SEARCH: u32 = 12;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let sent = message.packet.payload_length;
    if !bytes.starts_with(b"NICE") {
        return false;
    }
    if sent == SEARCH && array(bytes, 6) == Some([1, 8, 0, 0]) {
        say(Field::NiceRole, Some(b"client"), facts);
        return true;
    }
    let mac: Option<[u8; 6]> = array(bytes, 10);
    let is_station = mac.is_some_and(|mac| mac != [0; 6] && mac.first().is_some_and(|first| first & 1 == 0));
    let mask = array(bytes, 20).map(u32::from_be_bytes);
    let is_mask =
        mask.is_some_and(|mask| mask != 0 && mask.leading_ones() + mask.trailing_zeros() == u32::BITS);
    if sent < SHORTEST || !is_station || !is_mask {
        return false;
    }
    if is_of_another(message, address(bytes, 16)) {
        return true;
    }
    say(Field::NiceRole, Some(b"device"), facts);
    say_mac(Field::NiceMac, mac, facts);
    if let (Some(a), Some(b), Some(c), Some(d)) =
        (u16be(bytes, 30), u16be(bytes, 32), u16be(bytes, 34), u16be(bytes, 36))
    {
        say_written(Field::NiceFirmware, format_args!("{a}.{b}.{c}.{d}"), facts);
    }
    // The name goes on to the end, or to its first zero.
    let name = bytes.get(74..).filter(|name| name.contains(&0) || !message.is_cut());
    say(Field::NiceName, name.and_then(|name| text(name, 0, name.len())), facts);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_from},
    };

    fn answer() -> Vec<u8> {
        let mut bytes = vec![0; 106];
        for (at, field) in [
            (0, &b"NICE\x12\x34\x01\x09\0\0"[..]),
            (10, &[2, 0, 0x5e, 0x10, 0, 1]),
            (16, &[192, 0, 2, 7, 255, 255, 255, 0, 192, 0, 2, 1]),
            (30, &[0, 2, 0, 11, 0, 0, 1, 4]),
            (74, b"NVE 0000"),
        ] {
            bytes[at..at + field.len()].copy_from_slice(field);
        }
        bytes
    }

    #[test]
    fn an_answer_tells_address_and_name() {
        let said = [
            "sender nice.role device",
            "sender nice.mac 02:00:5e:10:00:01",
            "sender nice.firmware 2.11.0.260",
            "sender nice.name NVE 0000",
        ];
        assert_eq!(facts(&READER, &answer()).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), &answer());
        let mut unset = answer();
        unset[30..38].fill(0);
        assert_eq!(facts(&READER, &unset).unwrap().len(), 3);
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let whole = answer();
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &whole), facts(&READER, &whole));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &whole), Some(vec![]));
    }

    #[test]
    fn text_that_begins_so_is_none() {
        assert_eq!(facts(&READER, b"NICE\x12\x34\x01\x08\0\0\x0f\xa0").unwrap(), ["sender nice.role client"]);
        let text =
            b"NICE TO MEET YOU, SAID THE FOX TO THE HEN, AND ASKED HER HOW SHE WAS THESE DAYS AND NIGHTS. ";
        assert_eq!(facts(&READER, text), None);
        for (at, byte) in [(10, 1), (21, 0), (0, b'n')] {
            let mut near = answer();
            near[at] = byte;
            assert_eq!(facts(&READER, &near), None, "byte {at}");
        }
        assert_eq!(facts(&READER, &answer()[..89]), None);
    }
}
