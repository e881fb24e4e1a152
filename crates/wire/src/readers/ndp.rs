//! IPv6 neighbour discovery (RFC 4861): who says that it holds an address.
//!
//! A solicitation or router advertisement states the pair of its sender, an advertisement or redirect that of its
//! target, where the message carries the link-layer address as an option. At most 16 options are read.
//!
//! The payload begins after type, code and checksum.

use crate::{Address, Fact, Mac, Message, Read, Reader, Route, cursor::Cursor, reader::Facts};

pub(crate) const READER: Reader = Reader { app: "ndp", read: Read::Message(&[Route::Icmp6], read) };

const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;
const MAX_OPTIONS: usize = 16;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let (kind, code) = message.packet.ports;
    if !(133..=137).contains(&kind) || code != 0 {
        return false;
    }
    let Some((address, wanted, options)) = statement(kind, message) else { return false };
    let unspecified = address == Address::default();
    if let Some(mac) =
        link_address(options, wanted).filter(|mac| !unspecified && !mac.is_zero() && !mac.is_group())
    {
        facts(Fact::Holds { mac, address, kind: "ndp" });
    }
    true
}

/// The address that the message speaks of, the option that says who holds it, and the options.
fn statement<'a>(kind: u16, message: &Message<'a, '_>) -> Option<(Address, u8, Cursor<'a>)> {
    let mut cursor = Cursor(message.payload);
    let source = message.packet.source;
    cursor.u32()?;
    let target = match kind {
        136 | 137 => Some(Address::v6(cursor.array()?)),
        _ => None,
    };
    // What stands between the fixed words and the options: lifetimes, the solicited target, the redirected one.
    cursor.take(match kind {
        134 => 8,
        135 | 137 => 16,
        _ => 0,
    })?;
    let (address, wanted) =
        target.map_or((source, SOURCE_LINK_ADDRESS), |target| (target, TARGET_LINK_ADDRESS));
    Some((address, wanted, cursor))
}

fn link_address(mut options: Cursor<'_>, wanted: u8) -> Option<Mac> {
    for _ in 0..MAX_OPTIONS {
        let kind = options.u8()?;
        let length = usize::from(options.u8()?).checked_mul(8)?.checked_sub(2)?;
        let body = options.take(length)?;
        if kind == wanted {
            return body.first_chunk().copied().map(Mac);
        }
    }
    None
}
