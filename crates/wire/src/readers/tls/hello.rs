//! The parts of a ClientHello (RFC 8446, 4.1.2, and its predecessors), and lists that stand in other messages, too.

use crate::cursor::Cursor;

/// The parts of a ClientHello that say something; empty where they are missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientHello<'a> {
    /// `legacy_version`.
    pub(crate) version: u16,
    /// Cipher suites, two bytes each.
    pub(crate) ciphers: &'a [u8],
    /// Extensions as far as they could be walked.
    pub(crate) extensions: Extensions<'a>,
    /// Whether everything was there and fitted.
    pub(crate) whole: bool,
}

impl<'a> ClientHello<'a> {
    /// Reads a body, which may end early; `None` where not even a possible version is there.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        Self::walk(body, false)
    }

    /// The same of DTLS, where a cookie stands before the cipher suites (RFC 6347, 4.2.1).
    pub(crate) fn parse_with_cookie(body: &'a [u8]) -> Option<Self> {
        Self::walk(body, true)
    }

    fn walk(body: &'a [u8], has_cookie: bool) -> Option<Self> {
        let mut cursor = Cursor(body);
        let version = cursor.u16().filter(|version| matches!(version >> 8, 0x03 | 0xfe))?;
        let mut hello = Self { version, ..Self::default() };
        if cursor.take(32).is_none() || cursor.vector8().is_none() {
            return Some(hello);
        }
        if has_cookie && cursor.vector8().is_none() {
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
        let bytes = cursor.up_to(usize::from(length));
        hello.extensions = Extensions::walk(bytes);
        hello.whole = bytes.len() == usize::from(length) && hello.extensions.whole;
        Some(hello)
    }

    /// The host name asked for (RFC 6066, 3), if it has a possible length.
    pub(crate) fn server_name(&self) -> Option<&'a [u8]> {
        let mut list = Cursor(Cursor(self.extensions.server_name?).vector16()?);
        loop {
            let (kind, name) = (list.u8()?, list.vector16()?);
            if kind == 0 {
                return Some(name).filter(|name| (1..=255).contains(&name.len()));
            }
        }
    }

    /// The application protocols offered (RFC 7301), in order.
    pub(crate) fn protocols(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        protocols(self.extensions.protocols.unwrap_or_default())
    }

    /// The highest version offered that means something.
    pub(crate) fn highest_version(&self) -> u16 {
        let offered = self.extensions.versions.and_then(|body| Cursor(body).vector8()).unwrap_or_default();
        let offered = numbers(offered).filter(|&version| !is_grease(version));
        offered.max_by_key(|&version| age(version)).unwrap_or(self.version)
    }
}

/// The bodies of the extensions that say something, each the first of its type.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions<'a> {
    /// All of them.
    pub(crate) bytes: &'a [u8],
    /// Whether they fill these bytes.
    pub(crate) whole: bool,
    /// `server_name`.
    pub(crate) server_name: Option<&'a [u8]>,
    /// `application_layer_protocol_negotiation`.
    pub(crate) protocols: Option<&'a [u8]>,
    /// `supported_versions`.
    pub(crate) versions: Option<&'a [u8]>,
    /// `signature_algorithms`.
    pub(crate) signatures: Option<&'a [u8]>,
    /// `encrypted_client_hello`.
    pub(crate) encrypted_hello: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// Walks over all once, up to the first that does not fit.
    pub(crate) fn walk(bytes: &'a [u8]) -> Self {
        let (mut found, mut length) = (Self { bytes, ..Self::default() }, 0);
        for (kind, body) in extensions(bytes) {
            length += body.len() + 4;
            let slot = match kind {
                0 => &mut found.server_name,
                13 => &mut found.signatures,
                16 => &mut found.protocols,
                43 => &mut found.versions,
                0xfe0d => &mut found.encrypted_hello,
                _ => continue,
            };
            slot.get_or_insert(body);
        }
        Self { whole: length == bytes.len(), ..found }
    }
}

/// The order of versions: those of DTLS count downwards from 0xfeff (RFC 6347, 4.1).
pub(crate) const fn age(version: u16) -> u16 {
    if version >> 8 == 0xfe { !version } else { version }
}

/// Type and body of each extension, up to the first that does not fit.
pub(crate) fn extensions(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut cursor = Cursor(bytes);
    std::iter::from_fn(move || Some((cursor.u16()?, cursor.vector16()?)))
}

/// The names in an ALPN extension's body.
pub(crate) fn protocols(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut list = Cursor(Cursor(body).vector16().unwrap_or_default());
    std::iter::from_fn(move || list.vector8()).filter(|name| !name.is_empty())
}

/// A list of two-byte numbers.
pub(crate) fn numbers(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(*pair.first_chunk()?)))
}

/// GREASE values (RFC 8701) stand in lists of numbers to keep servers honest; they mean nothing.
pub(crate) const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}
