//! What of a packet is in the clear: the invariants of every version (RFC 8999), and what the known versions add to
//! them (RFC 9000, 17.2; RFC 9369, 3.2).

use super::version::Version;
use crate::cursor::Cursor;

/// Longest connection id of a version that is known (RFC 9000, 17.2).
const MAX_ID: usize = 20;
/// A packet number of one byte, three bytes of frames and the tag: less cannot be unmasked (RFC 9001, 5.4.2).
const LEAST: u64 = 20;
/// Least bytes of a datagram with a client's first Initial (RFC 9000, 14.1).
pub(super) const PADDED: usize = 1200;

/// Types of long packets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// With the first of the handshake. `number_at` is where the masked packet number stands.
    Initial {
        /// Bytes before the packet number.
        number_at: usize,
    },
    /// With early data of the client.
    ZeroRtt,
    /// With the rest of the handshake, from either side.
    Handshake,
    /// The server's demand to begin again with a token.
    Retry,
    /// The server's list of versions.
    Negotiation,
    /// Google's, not encrypted.
    Clear,
    /// Of a version whose packets have no known form.
    Opaque,
}

/// One packet with a long header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// The version's number as it stood there.
    pub(super) number: u32,
    /// How the version is read.
    pub(super) version: Version,
    /// Its type.
    pub(super) kind: Kind,
    /// Destination connection id.
    pub(super) destination: &'a [u8],
    /// All its bytes, from the first on; fewer than its length says where the datagram was cut.
    pub(super) bytes: &'a [u8],
    /// Whether none of its bytes are missing.
    pub(super) whole: bool,
}

impl<'a> Packet<'a> {
    /// Takes the first packet off a datagram.
    pub(super) fn take(rest: &mut Cursor<'a>) -> Option<Self> {
        let mut cursor = *rest;
        let first = cursor.u8().filter(|first| first & 0x80 != 0)?;
        let number = cursor.u32()?;
        let version = Version::of(number)?;
        let [destination, source] =
            if version == Version::Clear { nibbled(&mut cursor)? } else { ids(&mut cursor)? };
        if destination.len() > MAX_ID || source.len() > MAX_ID {
            return None;
        }
        let kind = match version {
            Version::Negotiation => Kind::Negotiation,
            Version::Clear => Kind::Clear,
            Version::Opaque => Kind::Opaque,
            Version::Keyed { .. } if first & 0x40 == 0 => return None,
            Version::Keyed { second, .. } => match first >> 4 & 3 {
                0 if !second => Kind::Initial { number_at: 0 },
                1 if second => Kind::Initial { number_at: 0 },
                1 => Kind::ZeroRtt,
                2 if second => Kind::ZeroRtt,
                2 => Kind::Handshake,
                3 if second => Kind::Handshake,
                _ => Kind::Retry,
            },
        };
        let all = rest.0;
        let whole = Self { number, version, kind, destination, bytes: all, whole: true };
        if matches!(kind, Kind::Retry | Kind::Negotiation | Kind::Clear | Kind::Opaque) {
            // These have no length: they fill the datagram.
            *rest = Cursor(&[]);
            return Some(whole);
        }
        if matches!(kind, Kind::Initial { .. }) {
            let token = varint(&mut cursor)?;
            cursor.take(usize::try_from(token).ok()?)?;
        }
        let length = varint(&mut cursor).filter(|&length| length >= LEAST)?;
        let number_at = all.len() - cursor.0.len();
        let kind = if matches!(kind, Kind::Initial { .. }) { Kind::Initial { number_at } } else { kind };
        let end = usize::try_from(length).ok()?.checked_add(number_at)?;
        let bytes = rest.up_to(end);
        Some(Self { kind, bytes, whole: bytes.len() == end, ..whole })
    }
}

/// The connection ids, each behind its length.
fn ids<'a>(cursor: &mut Cursor<'a>) -> Option<[&'a [u8]; 2]> {
    Some([cursor.vector8()?, cursor.vector8()?])
}

/// The connection ids behind one byte with both lengths, which counts from 3 (Google's versions before Q050).
fn nibbled<'a>(cursor: &mut Cursor<'a>) -> Option<[&'a [u8]; 2]> {
    let lengths = cursor.u8()?;
    let length = |nibble: u8| usize::from(if nibble == 0 { 0 } else { nibble + 3 });
    Some([cursor.take(length(lengths >> 4))?, cursor.take(length(lengths & 0x0f))?])
}

/// The version of a datagram of Google's before Q044: flags that tell of a version and a connection id of eight
/// bytes, the id, and the version.
pub(super) fn public_version(datagram: &[u8]) -> Option<u32> {
    let mut cursor = Cursor(datagram);
    // Bits 4 and 5 say how long the packet number is; 6 and 7 are none of a client's.
    cursor.u8().filter(|flags| flags & 0xc9 == 0x09)?;
    cursor.take(8)?;
    let version: [u8; 4] = cursor.array()?;
    matches!(version, [b'Q', b'0', b'0'..=b'4', b'0'..=b'9']).then(|| u32::from_be_bytes(version))
}

/// Whether a datagram is a server's first answer in a version of Google's before Q044, whose header then has no
/// version: a connection id, a packet number, and soon the tag of a refusal with the count of its pairs.
fn refuses(datagram: &[u8]) -> bool {
    let head = datagram.get(..64).unwrap_or(datagram);
    // Bit 2 may announce a nonce.
    head.first().is_some_and(|flags| flags & 0xcb == 0x08)
        && head.windows(8).any(|window| matches!(window, [b'R', b'E', b'J', 0, 1..=128, 0, 0, 0]))
}

/// Whether a datagram alone is one of QUIC: it begins with a packet of a known version; of a version that is only
/// reserved, it must be as large as a client's first; a list of versions must hold a known one.
pub(super) fn begins(datagram: &[u8]) -> bool {
    // The first bit tells the long header; of most other datagrams no more is looked at.
    if datagram.first().is_none_or(|first| first & 0x80 == 0) {
        return public_version(datagram).is_some() || refuses(datagram);
    }
    // Every packet of RTP comes by here, too: what has a long header is told by its version alone.
    let version = datagram.get(1..).and_then(|bytes| bytes.first_chunk());
    if version.is_some_and(|version| Version::of(u32::from_be_bytes(*version)).is_none()) {
        return false;
    }
    let Some(packet) = Packet::take(&mut Cursor(datagram)) else { return false };
    match packet.kind {
        Kind::Negotiation => offers(datagram),
        Kind::Opaque => datagram.len() >= PADDED && packet.destination.len() >= 8,
        _ => true,
    }
}

/// Whether a list of versions (RFC 8999, 6) ends with the datagram and holds one that is known.
fn offers(datagram: &[u8]) -> bool {
    let mut cursor = Cursor(datagram);
    let ids = cursor.take(5).and_then(|_| ids(&mut cursor));
    let (versions, rest) = cursor.0.as_chunks();
    let known = |&version: &[u8; 4]| {
        !matches!(Version::of(u32::from_be_bytes(version)), None | Some(Version::Negotiation))
    };
    ids.is_some() && rest.is_empty() && versions.iter().any(known)
}

/// A number of one, two, four or eight bytes (RFC 9000, 16).
pub(super) fn varint(cursor: &mut Cursor<'_>) -> Option<u64> {
    let first = u64::from(cursor.u8()?);
    let more = (1_usize << (first >> 6)) - 1;
    Some(cursor.take(more)?.iter().fold(first & 0x3f, |number, &byte| number << 8 | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_standards_examples() {
        // RFC 9000, A.1.
        let number = |bytes: &[u8]| varint(&mut Cursor(bytes));
        assert_eq!(number(b"\xc2\x19\x7c\x5e\xff\x14\xe8\x8c"), Some(151_288_809_941_952_652));
        assert_eq!(number(b"\x9d\x7f\x3e\x7d"), Some(494_878_333));
        assert_eq!(number(b"\x7b\xbd"), Some(15_293));
        assert_eq!((number(b"\x25"), number(b"\x40\x25"), number(b"\x40")), (Some(37), Some(37), None));
    }

    #[test]
    fn types_of_both_versions() {
        let kinds = |version: [u8; 4]| {
            [0xc0, 0xd0, 0xe0, 0xf0].map(|first| {
                // No token, or a length with zeros before it.
                let bytes = [&[first][..], &version, &[1, 9, 0, 0, 20], &[0; 20]].concat();
                Packet::take(&mut Cursor(&bytes)).map(|packet| packet.kind)
            })
        };
        let initial = Some(Kind::Initial { number_at: 10 });
        assert_eq!(kinds([0, 0, 0, 1])[0], initial);
        assert_eq!(kinds([0, 0, 0, 1])[3], Some(Kind::Retry));
        assert_eq!(kinds([0x6b, 0x33, 0x43, 0xcf])[1], initial);
        assert_eq!(kinds([0x6b, 0x33, 0x43, 0xcf])[0], Some(Kind::Retry));
    }

    #[test]
    fn packets_that_share_a_datagram_are_taken_in_order() {
        let one = |first: u8| [&[first, 0, 0, 0, 1, 0, 0, 20][..], &[7; 20]].concat();
        let datagram = [one(0xd0), one(0xe0), vec![0x40; 9]].concat();
        let mut rest = Cursor(&datagram);
        let mut kinds =
            std::iter::from_fn(|| Packet::take(&mut rest)).map(|packet| (packet.kind, packet.whole));
        assert_eq!(kinds.next(), Some((Kind::ZeroRtt, true)));
        assert_eq!(kinds.next(), Some((Kind::Handshake, true)));
        assert_eq!(kinds.next(), None);
        let cut = Packet::take(&mut Cursor(&datagram[..27])).unwrap();
        assert_eq!((cut.bytes.len(), cut.whole), (27, false));
    }
}
