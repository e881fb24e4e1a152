//! A QUIC client's Initial packets (RFC 9000, RFC 9001; version 2 by RFC 9369), sealed as the standard says, so that
//! any reader of QUIC may open them.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::{Aes128Gcm, aead::AeadInOut};
use hkdf::Hkdf;
use sha2::Sha256;

/// Version 1.
pub const QUIC_1: u32 = 1;
/// Version 2.
pub const QUIC_2: u32 = 0x6b33_43cf;

const SALT_1: [u8; 20] = *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
const SALT_2: [u8; 20] = *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";

/// The head of an Initial packet, and what its keys come from.
#[derive(Clone, Copy, Debug)]
pub struct Initial<'a> {
    /// Version 1 or 2.
    pub version: u32,
    /// The connection id that the client chose when it began: its keys follow from it.
    pub key: &'a [u8],
    /// Destination connection id; the same as `key` before the server's answer.
    pub destination: &'a [u8],
    /// Source connection id.
    pub source: &'a [u8],
    /// The token of a Retry; empty without.
    pub token: &'a [u8],
    /// Packet number.
    pub number: u16,
    /// Whether it is sealed with the server's keys.
    pub server: bool,
}

impl<'a> Initial<'a> {
    /// The first of a connection of version 1.
    pub fn first(destination: &'a [u8]) -> Self {
        Self {
            version: QUIC_1,
            key: destination,
            destination,
            source: &[],
            token: &[],
            number: 0,
            server: false,
        }
    }

    /// The packet with these frames; three bytes at least, else there is nothing to mask its number by.
    pub fn seal(&self, frames: &[u8]) -> Vec<u8> {
        assert!(frames.len() >= 3, "an Initial packet has three bytes of frames at least");
        let second = self.version == QUIC_2;
        let mut packet = vec![if second { 0xd1 } else { 0xc1 }];
        packet.extend(self.version.to_be_bytes());
        for id in [self.destination, self.source] {
            packet.push(id.len() as u8);
            packet.extend(id);
        }
        packet.extend(varint(self.token.len() as u64));
        packet.extend(self.token);
        packet.extend((0x4000 | (2 + frames.len() + 16) as u16).to_be_bytes());
        let number_at = packet.len();
        packet.extend(self.number.to_be_bytes());
        let head = packet.len();
        packet.extend(frames);

        let [key, iv, header] = self.keys();
        let mut nonce: [u8; 12] = iv[..12].try_into().expect("twelve bytes");
        nonce[10] ^= (self.number >> 8) as u8;
        nonce[11] ^= self.number as u8;
        let key: [u8; 16] = key[..16].try_into().expect("sixteen bytes");
        let (aad, body) = packet.split_at_mut(head);
        let tag = Aes128Gcm::new(&key.into())
            .encrypt_inout_detached(&nonce.into(), aad, body.into())
            .expect("a packet is short enough");
        packet.extend(tag);

        let header: [u8; 16] = header[..16].try_into().expect("sixteen bytes");
        let sample: [u8; 16] = packet[number_at + 4..][..16].try_into().expect("sixteen bytes");
        let mut mask = sample.into();
        Aes128::new(&header.into()).encrypt_block(&mut mask);
        packet[0] ^= mask[0] & 0x0f;
        packet[number_at] ^= mask[1];
        packet[number_at + 1] ^= mask[2];
        packet
    }

    /// The packet with these frames, padded so that it has `length` bytes.
    pub fn padded(&self, frames: &[u8], length: usize) -> Vec<u8> {
        let bare = self.seal(&[0; 3]).len() - 3;
        let mut frames = frames.to_vec();
        frames.resize(length - bare, 0);
        self.seal(&frames)
    }

    /// Key, vector and key of the header, in this order, each at the beginning of its bytes.
    fn keys(&self) -> [[u8; 32]; 3] {
        let (salt, labels) = if self.version == QUIC_2 {
            (SALT_2, ["quicv2 key", "quicv2 iv", "quicv2 hp"])
        } else {
            (SALT_1, ["quic key", "quic iv", "quic hp"])
        };
        let side = if self.server { "server in" } else { "client in" };
        let secret = expand(&Hkdf::new(Some(&salt), self.key), side, 32);
        let secret = Hkdf::from_prk(&secret).expect("a secret is long enough");
        let [key, iv, header] = labels;
        [expand(&secret, key, 16), expand(&secret, iv, 12), expand(&secret, header, 16)]
    }
}

/// A CRYPTO frame.
pub fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
    [&[6][..], &varint(offset as u64), &varint(bytes.len() as u64), bytes].concat()
}

/// A datagram of 1,200 bytes with a client's first packet, which holds a whole ClientHello message.
pub fn quic_hello(destination: &[u8], hello: &[u8]) -> Vec<u8> {
    Initial::first(destination).padded(&crypto(0, hello), 1200)
}

/// A number of two or four bytes.
fn varint(number: u64) -> Vec<u8> {
    if number < 1 << 14 {
        (0x4000 | number as u16).to_be_bytes().to_vec()
    } else {
        (0x8000_0000 | number as u32).to_be_bytes().to_vec()
    }
}

/// HKDF-Expand-Label without context (RFC 8446, 7.1), of `length` bytes.
fn expand(secret: &Hkdf<Sha256>, label: &str, length: usize) -> [u8; 32] {
    let label = format!("tls13 {label}");
    let info = [&[0, length as u8, label.len() as u8][..], label.as_bytes(), &[0]].concat();
    let mut out = [0; 32];
    secret.expand(&info, &mut out[..length]).expect("a key is short enough");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_standards() {
        let id = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        // RFC 9001, A.1, and RFC 9369, A.1: the client's key.
        let first = Initial::first(&id);
        assert_eq!(first.keys()[0][..4], [0x1f, 0x36, 0x96, 0x13]);
        assert_eq!(Initial { version: QUIC_2, ..first }.keys()[0][..4], [0x8b, 0x1a, 0x0b, 0xc1]);
    }

    #[test]
    fn a_first_datagram_is_padded() {
        let datagram = quic_hello(&[7; 8], &[1; 300]);
        assert_eq!(datagram.len(), 1200);
        assert_eq!(datagram[1..6], [0, 0, 0, 1, 8]);
    }
}
