//! ARP (RFC 826) for IPv4 over Ethernet: who says that it holds an address.
//!
//! Every request and reply states its sender's pair; that alone is yielded. Probes (RFC 5227), whose sender has
//! no address yet, and group or empty link addresses state nothing.

use crate::{
    Address, Fact, Field, Mac, Message, Read, Reader, ReaderId, Route, cursor::Cursor, reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(9),
    app: "arp",
    activity: None,
    hides: false,
    fields: &[Field::Arp],
    read: Read::Message(&[Route::EtherType(0x0806)], read),
};

/// Ethernet or IEEE 802 hardware, IPv4, address lengths of 6 and 4.
const IPV4_OVER_ETHERNET: [&[u8; 6]; 2] = [&[0, 1, 8, 0, 6, 4], &[0, 6, 8, 0, 6, 4]];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some(kinds) = cursor.array() else { return false };
    let Some((operation, mac, address)) = sender(&mut cursor) else { return false };
    if !IPV4_OVER_ETHERNET.contains(&&kinds) || !(1..=25).contains(&operation) {
        return false;
    }
    let stated = matches!(operation, 1 | 2) && address != [0; 4] && !mac.is_zero() && !mac.is_group();
    if stated {
        facts(Fact::Holds { mac, address: Address::v4(address), field: Field::Arp, claimed: false });
    }
    true
}

fn sender(cursor: &mut Cursor<'_>) -> Option<(u16, Mac, [u8; 4])> {
    Some((cursor.u16()?, Mac(cursor.array()?), cursor.array()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const REPLY: [u8; 28] = [
        0, 1, 8, 0, 6, 4, 0, 2, // Ethernet, IPv4, reply
        2, 0, 0, 0, 0, 1, 192, 168, 1, 64, //
        2, 0, 0, 0, 0, 2, 192, 168, 1, 1,
    ];

    /// The reply with one byte changed.
    fn with(at: usize, byte: u8) -> Option<Vec<String>> {
        let mut bytes = REPLY;
        bytes[at] = byte;
        facts(&READER, &bytes)
    }

    #[test]
    fn request_and_reply_state_their_senders_pair() {
        let pair = vec!["arp 192.168.1.64 at 02:00:00:00:00:01".to_owned()];
        assert_eq!(facts(&READER, &REPLY), Some(pair.clone()));
        assert_eq!(with(7, 1), Some(pair.clone()));
        assert_eq!(with(1, 6), Some(pair));
    }

    #[test]
    fn probes_groups_and_other_operations_state_nothing() {
        let mut probe = REPLY;
        probe[14..18].fill(0);
        assert_eq!(facts(&READER, &probe), Some(vec![]));
        assert_eq!(with(8, 3), Some(vec![]));
        assert_eq!(with(7, 3), Some(vec![]));
        let mut nobody = REPLY;
        nobody[8..14].fill(0);
        assert_eq!(facts(&READER, &nobody), Some(vec![]));
    }

    #[test]
    fn other_hardware_and_protocols_are_not_read() {
        for (at, byte) in [(1, 2), (3, 1), (4, 8), (5, 16), (6, 1), (7, 0)] {
            assert_eq!(with(at, byte), None, "byte {at} is {byte}");
        }
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &REPLY);
    }
}
