//! Opening a client's Initial packets: their keys follow from a connection id that stands beside them in the clear
//! (RFC 9001, 5), so that this hides nothing from anybody; it only keeps those out who do not read QUIC.

use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use aes_gcm::{Aes128Gcm, aead::AeadInOut};
use arrayvec::ArrayVec;
use hkdf::Hkdf;
use sha2::Sha256;

use super::version::Version;

const TAG: usize = 16;
const SAMPLE: usize = 16;
/// The mask is taken from behind the longest packet number (RFC 9001, 5.4.2).
const LONGEST_NUMBER: usize = 4;

/// The keys of one connection's client.
pub(super) struct Keys {
    packet: Aes128Gcm,
    header: Aes128,
    iv: [u8; 12],
}

impl Keys {
    /// Derives them from the connection id that the client chose; `None` for versions without a known salt.
    pub(super) fn client(version: Version, destination: &[u8]) -> Option<Self> {
        let Version::Keyed { salt, second } = version else { return None };
        let initial = Hkdf::<Sha256>::new(Some(&salt), destination);
        let mut secret = [0; 32];
        expand(&initial, b"client in", &mut secret)?;
        let client = Hkdf::<Sha256>::from_prk(&secret).ok()?;
        let labels: [&[u8]; 3] = if second {
            [b"quicv2 key", b"quicv2 iv", b"quicv2 hp"]
        } else {
            [b"quic key", b"quic iv", b"quic hp"]
        };
        let [key, iv, header] = labels;
        let (mut keys, mut nonce) = ([[0; 16]; 2], [0; 12]);
        expand(&client, key, &mut keys[0])?;
        expand(&client, header, &mut keys[1])?;
        expand(&client, iv, &mut nonce)?;
        let [packet, header] = keys;
        Some(Self { packet: Aes128Gcm::new(&packet.into()), header: Aes128::new(&header.into()), iv: nonce })
    }

    /// Opens a packet whose number begins at `number_at`, within a copy of its bytes in `buffer`; `None` where it
    /// was not sealed with these keys. The frames are returned.
    pub(super) fn open<'b>(
        &self,
        bytes: &[u8],
        number_at: usize,
        buffer: &'b mut Vec<u8>,
    ) -> Option<&'b [u8]> {
        buffer.clear();
        buffer.extend_from_slice(bytes);
        let mut mask: aes::Block =
            buffer.get(number_at + LONGEST_NUMBER..)?.first_chunk::<SAMPLE>().copied()?.into();
        self.header.encrypt_block(&mut mask);
        let (&first_mask, number_mask) = mask.split_first()?;
        let first = buffer.first_mut()?;
        *first ^= first_mask & 0x0f;
        let length = usize::from(*first & 3) + 1;
        let (head, sealed) = buffer.split_at_mut_checked(number_at + length)?;
        let mut nonce = self.iv;
        // A client's first packets have small numbers, of which none of the upper bytes are left out.
        let places = nonce.iter_mut().rev().zip(head.iter_mut().skip(number_at).zip(number_mask).rev());
        for (place, (byte, mask)) in places {
            *byte ^= mask;
            *place ^= *byte;
        }
        let (sealed, tag) = sealed.split_last_chunk_mut::<TAG>()?;
        self.packet.decrypt_inout_detached(&nonce.into(), head, sealed.into(), &(*tag).into()).ok()?;
        Some(sealed)
    }
}

/// HKDF-Expand-Label of TLS 1.3 without context (RFC 8446, 7.1).
fn expand(secret: &Hkdf<Sha256>, label: &[u8], out: &mut [u8]) -> Option<()> {
    let mut info = ArrayVec::<u8, 32>::new();
    info.try_extend_from_slice(&(out.len() as u16).to_be_bytes()).ok()?;
    info.try_push(6 + label.len() as u8).ok()?;
    info.try_extend_from_slice(b"tls13 ").ok()?;
    info.try_extend_from_slice(label).ok()?;
    info.try_push(0).ok()?;
    secret.expand(&info, out).ok()
}
