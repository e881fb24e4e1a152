//! DTLS records and handshake fragments (RFC 6347), and the hellos of its client.

use std::ops::Range;

use super::tls::{ClientHello, long, short};
use crate::SplitMix64;

/// A record of DTLS 1.2 by its header; the first of an epoch has number 0.
pub fn dtls_record(kind: u8, epoch: u16, number: u32, body: &[u8]) -> Vec<u8> {
    let head = [&[kind, 0xfe, 0xfd][..], &epoch.to_be_bytes(), &[0, 0], &number.to_be_bytes()].concat();
    [head, long(body)].concat()
}

/// A fragment of a handshake message with this type, place in the handshake and body.
pub fn dtls_fragment(kind: u8, sequence: u16, body: &[u8], part: Range<usize>) -> Vec<u8> {
    let three = |number: usize| (number as u32).to_be_bytes()[1..].to_vec();
    let head = [vec![kind], three(body.len()), sequence.to_be_bytes().to_vec()].concat();
    [head, three(part.start), three(part.len()), body[part].to_vec()].concat()
}

/// A datagram with a whole handshake message in one record of epoch 0.
pub fn dtls_message(kind: u8, sequence: u16, body: &[u8]) -> Vec<u8> {
    dtls_record(22, 0, sequence.into(), &dtls_fragment(kind, sequence, body, 0..body.len()))
}

/// The body of a `HelloVerifyRequest` with this cookie.
pub fn dtls_verify(cookie: &[u8]) -> Vec<u8> {
    [&[0xfe, 0xff][..], &short(cookie)].concat()
}

impl ClientHello<'_> {
    /// The body of a ClientHello of DTLS, with the cookie that the server asked for.
    pub fn dtls_body(&self, random: &mut SplitMix64, cookie: &[u8]) -> Vec<u8> {
        let mut body = [&[0xfe, 0xfd][..], &random.bytes(32), &[0]].concat();
        body.extend(short(cookie));
        body.extend(long(&[0x13, 0x01, 0xc0, 0x2b, 0xc0, 0x2f]));
        body.extend([1, 0]);
        body.extend(long(&self.extensions(random)));
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_nest() {
        let datagram = dtls_message(1, 0, &[7; 300]);
        assert_eq!(datagram[..13], [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 1, 56]);
        assert_eq!(datagram[13..25], [1, 0, 1, 44, 0, 0, 0, 0, 0, 0, 1, 44]);
        assert_eq!(datagram.len(), 325);
    }
}
