//! TLS hellos and opaque records (RFC 8446, RFC 5246). Nothing is encrypted: bytes after the hellos are random.

use crate::SplitMix64;

/// What a client offers.
#[derive(Clone, Copy, Debug)]
pub struct ClientHello<'a> {
    /// Server name; none is sent where absent.
    pub name: Option<&'a str>,
    /// Application protocols.
    pub alpn: &'a [&'a str],
    /// `supported_versions`, best first.
    pub versions: &'a [u16],
    /// Bytes of key share; 1,216 is the size of X25519MLKEM768.
    pub key_share: usize,
}

impl Default for ClientHello<'_> {
    fn default() -> Self {
        Self { name: None, alpn: &["http/1.1"], versions: &[0x0304, 0x0303], key_share: 32 }
    }
}

impl ClientHello<'_> {
    /// The handshake message without record headers.
    pub fn message(&self, random: &mut SplitMix64) -> Vec<u8> {
        let ciphers: Vec<u8> = [0x1301_u16, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc030]
            .iter()
            .flat_map(|c| c.to_be_bytes())
            .collect();
        let mut body = [&[3, 3][..], &random.bytes(32), &[32], &random.bytes(32)].concat();
        body.extend(long(&ciphers));
        body.extend([1, 0]);
        body.extend(long(&self.extensions(random)));
        handshake(1, &body)
    }

    /// The message in one record.
    pub fn record(&self, random: &mut SplitMix64) -> Vec<u8> {
        record(22, 0x0301, &self.message(random))
    }

    /// The message cut in records of at most `size` bytes each.
    pub fn records(&self, random: &mut SplitMix64, size: usize) -> Vec<u8> {
        self.message(random).chunks(size).flat_map(|piece| record(22, 0x0301, piece)).collect()
    }

    pub(super) fn extensions(&self, random: &mut SplitMix64) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(name) = self.name {
            out.extend(extension(0, &long(&[&[0][..], &long(name.as_bytes())].concat())));
        }
        let group: u16 = if self.key_share > 1000 { 0x11ec } else { 29 };
        out.extend(extension(10, &long(&group.to_be_bytes())));
        out.extend(extension(13, &long(&[4, 3, 8, 4, 4, 1])));
        if !self.alpn.is_empty() {
            let list: Vec<u8> = self.alpn.iter().flat_map(|name| short(name.as_bytes())).collect();
            out.extend(extension(16, &long(&list)));
        }
        let versions: Vec<u8> = self.versions.iter().flat_map(|version| version.to_be_bytes()).collect();
        out.extend(extension(43, &short(&versions)));
        let share = [&group.to_be_bytes()[..], &long(&random.bytes(self.key_share))].concat();
        out.extend(extension(51, &long(&share)));
        out
    }
}

/// A record with a server's hello for TLS 1.3.
pub fn server_hello(random: &mut SplitMix64) -> Vec<u8> {
    let share = [&[0, 29][..], &long(&random.bytes(32))].concat();
    let extensions = [extension(43, &[3, 4]), extension(51, &share)].concat();
    let head = [&[3, 3][..], &random.bytes(32), &[32], &random.bytes(32), &[0x13, 1, 0]].concat();
    record(22, 0x0303, &handshake(2, &[head, long(&extensions)].concat()))
}

/// Records of opaque application data, `length` bytes in all without their headers.
pub fn application_data(random: &mut SplitMix64, length: usize) -> Vec<u8> {
    random.bytes(length).chunks(16_384).flat_map(|piece| record(23, 0x0303, piece)).collect()
}

fn record(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &version.to_be_bytes(), &long(body)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = (body.len() as u32).to_be_bytes();
    [&[kind][..], &length, body].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &long(body)].concat()
}

pub(super) fn long(body: &[u8]) -> Vec<u8> {
    [&(body.len() as u16).to_be_bytes()[..], body].concat()
}

pub(super) fn short(body: &[u8]) -> Vec<u8> {
    [&[body.len() as u8][..], body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_nest() {
        let mut random = SplitMix64::new(1);
        let hello = ClientHello { name: Some("example.com"), ..ClientHello::default() }.record(&mut random);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(u32::from_be_bytes([0, hello[6], hello[7], hello[8]]) as usize, hello.len() - 9);
        assert!(hello.windows(11).any(|window| window == b"example.com"));
        assert_eq!(application_data(&mut random, 20_000).len(), 20_010);
    }
}
