//! The client's first message: a ClientHello of TLS (RFC 9001, 4), or what Google's versions had before it, a CHLO
//! (Chromium, "QUIC Crypto": a tag, the count of its pairs, tags with the ends of their values, the values).

use memchr::memmem;

use crate::{
    Fact, Field, Party,
    cursor::Cursor,
    ja4::Transport,
    reader::Facts,
    readers::tls::{client, handshake::CLIENT_HELLO, hello::ClientHello},
};

const CHLO: &[u8] = b"CHLO";
/// What a server answers to it: that it refuses, or accepts.
const ANSWERS: [&[u8]; 2] = [b"REJ\0", b"SHLO"];
/// Most pairs of a CHLO (Chromium's bound).
const MAX_PAIRS: usize = 128;
const SERVER_NAME: [u8; 4] = *b"SNI\0";

/// Whether all of a message is there.
pub(super) fn is_whole(message: &[u8]) -> bool {
    if message.starts_with(CHLO) {
        return Pairs::of(message).is_some_and(|pairs| pairs.is_whole());
    }
    tls(message).is_some_and(|(_, length, body)| body.len() == length)
}

/// Yields what a message says, as far as it is there.
pub(super) fn say(message: &[u8], facts: Facts<'_>) {
    if message.starts_with(CHLO) {
        let name = Pairs::of(message).and_then(|pairs| pairs.value(SERVER_NAME));
        if let Some(value) = name.filter(|name| (1..=255).contains(&name.len())) {
            facts(Fact::Says { who: Party::Receiver, field: Field::TlsSni, value });
        }
        return;
    }
    let Some((CLIENT_HELLO, length, body)) = tls(message) else { return };
    let Some(mut hello) = ClientHello::parse(body) else { return };
    hello.whole &= body.len() == length;
    client::facts_of(&hello, Transport::Quic, facts);
}

/// The message of a datagram of Google's in which nothing is encrypted yet.
pub(super) fn in_the_clear(datagram: &[u8]) -> Option<&[u8]> {
    datagram.get(memmem::find(datagram, CHLO)?..)
}

/// Whether a datagram of Google's is a server's answer.
pub(super) fn is_answer(datagram: &[u8]) -> bool {
    ANSWERS.iter().any(|tag| memmem::find(datagram, tag).is_some())
}

/// Type, length and what there is of the body of a handshake message.
fn tls(message: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&[kind, a, b, c], body) = message.split_first_chunk()?;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    Some((kind, length, body.get(..length).unwrap_or(body)))
}

/// The pairs of a CHLO; numbers are little-endian.
#[derive(Clone, Copy, Debug)]
struct Pairs<'a> {
    index: &'a [[u8; 8]],
    values: &'a [u8],
}

impl<'a> Pairs<'a> {
    fn of(message: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(message);
        cursor.take(CHLO.len())?;
        let [low, high, 0, 0] = cursor.array()? else { return None };
        let count = Some(usize::from(u16::from_le_bytes([low, high]))).filter(|&count| count <= MAX_PAIRS)?;
        let (index, _) = cursor.take(8 * count)?.as_chunks();
        Some(Self { index, values: cursor.0 })
    }

    fn is_whole(&self) -> bool {
        self.index.last().is_none_or(|&pair| end(pair) <= self.values.len())
    }

    fn value(&self, tag: [u8; 4]) -> Option<&'a [u8]> {
        let place = self.index.iter().position(|pair| pair.starts_with(&tag))?;
        let start =
            place.checked_sub(1).and_then(|before| self.index.get(before)).map_or(0, |&pair| end(pair));
        self.values.get(start..end(*self.index.get(place)?))
    }
}

fn end([_, _, _, _, a, b, c, d]: [u8; 8]) -> usize {
    u32::from_le_bytes([a, b, c, d]) as usize
}
