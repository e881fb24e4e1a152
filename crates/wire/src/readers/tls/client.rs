//! The ClientHello (RFC 8446, 4.1.2, and its predecessors).

use super::{handshake::HandshakeMessage, hex4, is_grease};
use crate::{
    Fact, Party,
    cursor::Cursor,
    ja4::{self, Transport},
    reader::Facts,
};

/// The parts of a ClientHello that say something; empty where they are missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientHello<'a> {
    /// `legacy_version`.
    pub(crate) version: u16,
    /// Cipher suites, two bytes each.
    pub(crate) ciphers: &'a [u8],
    /// Extensions as far as they could be walked.
    pub(crate) extensions: &'a [u8],
    /// Whether everything was there and fitted.
    pub(crate) whole: bool,
}

impl<'a> ClientHello<'a> {
    /// Reads a body, which may end early; `None` where not even a possible version is there.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(body);
        let version = cursor.u16().filter(|version| matches!(version >> 8, 0x03 | 0xfe))?;
        let mut hello = Self { version, ..Self::default() };
        if cursor.take(32).is_none() || cursor.vector8().is_none() {
            return Some(hello);
        }
        let Some(ciphers) = cursor.vector16() else { return Some(hello) };
        hello.ciphers = ciphers;
        if cursor.vector8().is_none() {
            return Some(hello);
        }
        let Some(length) = cursor.u16() else {
            hello.whole = cursor.is_empty();
            return Some(hello);
        };
        hello.extensions = cursor.up_to(usize::from(length));
        hello.whole = hello.extensions.len() == usize::from(length) && whole_extensions(hello.extensions);
        Some(hello)
    }

    /// The body of the first extension of this type.
    pub(crate) fn extension(&self, wanted: u16) -> Option<&'a [u8]> {
        extensions(self.extensions).find_map(|(kind, body)| (kind == wanted).then_some(body))
    }

    /// The host name asked for (RFC 6066, 3), if it has a possible length.
    pub(crate) fn server_name(&self) -> Option<&'a [u8]> {
        let mut list = Cursor(Cursor(self.extension(0)?).vector16()?);
        loop {
            let (kind, name) = (list.u8()?, list.vector16()?);
            if kind == 0 {
                return Some(name).filter(|name| (1..=255).contains(&name.len()));
            }
        }
    }

    /// The application protocols offered (RFC 7301), in order.
    pub(crate) fn protocols(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        protocols(self.extension(16).unwrap_or_default())
    }

    /// The highest version offered that means something.
    pub(crate) fn highest_version(&self) -> u16 {
        let offered = self.extension(43).and_then(|body| Cursor(body).vector8()).unwrap_or_default();
        numbers(offered).filter(|&version| !is_grease(version)).max().unwrap_or(self.version)
    }
}

/// Type and body of each extension, up to the first that does not fit.
pub(crate) fn extensions(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut cursor = Cursor(bytes);
    std::iter::from_fn(move || Some((cursor.u16()?, cursor.vector16()?)))
}

/// Whether extensions fill their bytes.
pub(super) fn whole_extensions(bytes: &[u8]) -> bool {
    extensions(bytes).map(|(_, body)| body.len() + 4).sum::<usize>() == bytes.len()
}

/// The names in an ALPN extension's body.
pub(super) fn protocols(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut list = Cursor(Cursor(body).vector16().unwrap_or_default());
    std::iter::from_fn(move || list.vector8()).filter(|name| !name.is_empty())
}

/// A list of two-byte numbers.
pub(crate) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(*pair.first_chunk()?)))
}

/// At most this many offered protocols are said.
const MAX_PROTOCOLS: usize = 16;

/// Yields what a hello says of both sides.
pub(super) fn read(message: &HandshakeMessage<'_>, facts: Facts<'_>) {
    let Some(mut hello) = ClientHello::parse(&message.body) else { return };
    hello.whole &= message.whole;
    facts_of(&hello, Transport::Tcp, facts);
}

/// The facts of a hello, whatever carried it.
pub(crate) fn facts_of(hello: &ClientHello<'_>, transport: Transport, facts: Facts<'_>) {
    if let Some(name) = hello.server_name() {
        facts(Fact::Says { who: Party::Receiver, kind: "tls.sni", value: name });
    }
    let mut say = |kind, value: &[u8]| facts(Fact::Says { who: Party::Sender, kind, value });
    for name in hello.protocols().take(MAX_PROTOCOLS) {
        say("tls.alpn", name);
    }
    if hello.extension(0xfe0d).and_then(<[u8]>::first) == Some(&0) {
        say("tls.ech", b"outer");
    }
    if hello.whole {
        say("tls.version", &hex4(hello.highest_version()));
        if let Some(ja4) = ja4::ja4(hello, transport) {
            say("tls.ja4", &ja4);
        }
    }
}
