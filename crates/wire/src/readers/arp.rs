//! ARP (RFC 826) for IPv4 over Ethernet: who says that it holds an address.
//!
//! Every request and reply states its sender's pair; that alone is yielded. Probes (RFC 5227), whose sender has
//! no address yet, and group or empty link addresses state nothing.

use crate::{Address, Fact, Mac, Message, Read, Reader, Route, cursor::Cursor, reader::Facts};

pub(crate) const READER: Reader =
    Reader { app: "arp", read: Read::Message(&[Route::EtherType(0x0806)], read) };

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
        facts(Fact::Holds { mac, address: Address::v4(address), kind: "arp" });
    }
    true
}

fn sender(cursor: &mut Cursor<'_>) -> Option<(u16, Mac, [u8; 4])> {
    Some((cursor.u16()?, Mac(cursor.array()?), cursor.array()?))
}
