//! TDP, by which TP-Link's Tapo, VIGI and newer Kasa devices are found over UDP: cameras, and plugs, bulbs and hubs, too.
//!
//! A datagram is a header of 16 bytes, big-endian, and JSON: `02 00 00 01`, length of the JSON, flags, zero, serial
//! number of the message, CRC-32 of it all, taken with `5a 6b 7c 8d` in its own place. A datagram is one of TDP where
//! the length is that of what follows and the CRC is right. Of one that was cut the CRC cannot be told, so that the JSON
//! must begin behind the header.
//!
//! Facts, all about the sender: `tdp.role`; of a device `tdp.class`, `tdp.model`, `tdp.mac`, `tdp.name`,
//! `tdp.firmware`, `tdp.uid`.
//!
//! Bounds: those of [`json`].

use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route,
    json::{self, End},
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(34),
    app: "tdp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::TdpClass,
        Field::TdpFirmware,
        Field::TdpMac,
        Field::TdpModel,
        Field::TdpName,
        Field::TdpRole,
        Field::TdpUid,
    ],
    read: Read::Message(&[Route::UdpStart(&START)], read),
};

const START: [u8; 4] = [2, 0, 0, 1];
const HEADER: usize = 16;
/// What stands in place of the CRC while it is taken.
const SEED: [u8; 4] = [0x5a, 0x6b, 0x7c, 0x8d];

/// What a device says of itself, by its place in the document.
const SAID: [(&[&str], Field); 6] = [
    (&["result", "device_id"], Field::TdpUid),
    (&["result", "device_model"], Field::TdpModel),
    (&["result", "device_name"], Field::TdpName),
    (&["result", "device_type"], Field::TdpClass),
    (&["result", "firmware_version"], Field::TdpFirmware),
    (&["result", "mac"], Field::TdpMac),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some((header, body)) = message.payload.split_first_chunk::<HEADER>() else { return false };
    let [2, 0, 0, 1, high, low, .., a, b, c, d] = *header else { return false };
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { message.payload.len() };
    if HEADER + usize::from(u16::from_be_bytes([high, low])) != sent {
        return false;
    }
    let is_right = if message.is_cut() {
        body.starts_with(b"{\"")
    } else {
        crc(header, body) == u32::from_be_bytes([a, b, c, d])
    };
    if is_right {
        say(body, facts);
    }
    is_right
}

/// The CRC-32 of a message.
fn crc(header: &[u8; HEADER], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(header.split_last_chunk::<4>().map_or(&[], |(head, _)| head));
    crc.update(&SEED);
    crc.update(body);
    crc.finalize()
}

fn say(body: &[u8], facts: Facts<'_>) {
    // Answers have a result, whatever the order; a search without a body, or one with parameters, has none.
    let mut answers = false;
    let end = json::walk(body, |path, _| answers |= matches!(path, ["result" | "error_code", ..]));
    if answers {
        facts(Fact::of_sender(Field::TdpRole, b"device"));
        json::say(body, &SAID, facts);
    } else if body.is_empty() || end == End::Whole {
        facts(Fact::of_sender(Field::TdpRole, b"client"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_in},
    };

    const ANSWER: &str = "{\"result\":{\"device_id\":\"0123456789ABCDEF\",\"device_model\":\"C000\",\
        \"device_name\":\"Yard\",\"device_type\":\"SMART.IPCAMERA\",\"encrypt_info\":{\"key\":\"abc\"},\
        \"encrypt_type\":[\"3\"],\"firmware_version\":\"1.2.3 Build 1\",\"ip\":\"192.0.2.7\",\
        \"mac\":\"00-00-5E-00-53-07\"},\"error_code\":0}";
    const SAID: [&str; 7] = [
        "sender tdp.role device",
        "sender tdp.uid 0123456789ABCDEF",
        "sender tdp.model C000",
        "sender tdp.name Yard",
        "sender tdp.class SMART.IPCAMERA",
        "sender tdp.firmware 1.2.3 Build 1",
        "sender tdp.mac 00-00-5E-00-53-07",
    ];
    /// A search without a body, whose CRC others took.
    const SEARCH: [u8; HEADER] = [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x46, 0x3c, 0xb5, 0xd3];

    fn message(body: &str) -> Vec<u8> {
        let [high, low] = (body.len() as u16).to_be_bytes();
        let mut header = [2, 0, 0, 1, high, low, 0x11, 0, 9, 8, 7, 6, 0, 0, 0, 0];
        let crc = crc(&header, body.as_bytes()).to_be_bytes();
        header[12..].copy_from_slice(&crc);
        [&header[..], body.as_bytes()].concat()
    }

    #[test]
    fn a_device_that_is_found_says_what_it_is() {
        assert_eq!(facts(&READER, &message(ANSWER)).unwrap(), SAID);
        cut_everywhere(&READER, &Packet::default(), &message(ANSWER));
    }

    #[test]
    fn a_search_is_a_clients() {
        assert_eq!(facts(&READER, &SEARCH).unwrap(), ["sender tdp.role client"]);
        let search = message("{\"params\":{\"rsa_key\":\"-----BEGIN\"}}");
        assert_eq!(facts(&READER, &search).unwrap(), ["sender tdp.role client"]);
        assert_eq!(facts(&READER, &message("binary")).unwrap(), [""; 0]);
    }

    #[test]
    fn nearly_tdp_is_not_read() {
        let whole = message(ANSWER);
        for at in [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 15, 16, whole.len() - 1] {
            let mut wrong = whole.clone();
            wrong[at] ^= 1;
            assert!(facts(&READER, &wrong).is_none(), "byte {at}");
        }
        assert!(facts(&READER, &whole[..whole.len() - 1]).is_none());
        assert!(facts(&READER, &[&whole[..], b"\0"].concat()).is_none());
        // Cut, and no JSON behind the header.
        let packet = Packet { payload_length: 100, ..Packet::default() };
        assert!(facts_in(&READER, &packet, &[&[2, 0, 0, 1, 0, 84][..], &[0; 20]].concat()).is_none());
    }
}
