//! The server's first flight: ServerHello (RFC 8446, 4.1.3) and, up to TLS 1.2, the first certificate.

use super::{
    certificate,
    handshake::{CERTIFICATE, Flight, HandshakeMessage, Next, SERVER_HELLO},
    hello::{Extensions, age, numbers, protocols},
};
use crate::{Fact, Field, Probe, Stream, cursor::Cursor, reader::Facts, text::hex4};

const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;
const DTLS_1_2: u16 = 0xfefd;
const DTLS_1_3: u16 = 0xfefc;

/// What the server chose.
#[derive(Clone, Copy, Debug)]
struct ServerHello<'a> {
    /// Not known where it may stand in what is cut off.
    version: Option<u16>,
    cipher: u16,
    protocol: Option<&'a [u8]>,
}

impl<'a> ServerHello<'a> {
    fn parse(message: &'a HandshakeMessage<'_>) -> Option<Self> {
        let mut cursor = Cursor(&message.body);
        let legacy = cursor.u16()?;
        cursor.take(32)?;
        cursor.vector8()?;
        let cipher = cursor.u16()?;
        cursor.take(1)?;
        let length = usize::from(cursor.u16().unwrap_or_default());
        let bytes = cursor.up_to(length);
        let extensions = Extensions::walk(bytes);
        let whole = message.whole && bytes.len() == length && extensions.whole;
        let chosen = extensions.versions.and_then(|body| numbers(body).next());
        // Version 1.3 stands in an extension, behind the number of 1.2 (RFC 8446, 4.1.3).
        let version = chosen.or_else(|| (whole || !matches!(legacy, TLS_1_2 | DTLS_1_2)).then_some(legacy));
        let protocol = extensions.protocols.and_then(|body| protocols(body).next());
        Some(Self { version, cipher, protocol })
    }
}

/// Reads a flight that begins with `first`; any message but those two ends it.
pub(super) fn read<'a>(
    first: HandshakeMessage<'a>,
    mut flight: Flight<'a>,
    stream: &Stream<'_>,
    facts: Facts<'_>,
) -> Probe {
    let (hello, second) = if first.kind == SERVER_HELLO {
        if !first.whole && !stream.ended {
            return stream.more();
        }
        let parsed = ServerHello::parse(&first);
        if parsed.is_none_or(|hello| hello.version.is_some_and(|version| version >= TLS_1_3)) {
            say(parsed, facts);
            return Probe::Match;
        }
        (Some(first), flight.next())
    } else {
        (None, Next::Message(first))
    };
    let leaf = match second {
        Next::Message(message) if message.kind == CERTIFICATE => {
            if !leaf(&message.body).is_some_and(|leaf| leaf.whole) && !message.whole && !stream.ended {
                return stream.more();
            }
            Some(message.body)
        }
        Next::Open if !stream.ended => return stream.more(),
        Next::Message(_) | Next::Open | Next::Closed => None,
    };
    say(hello.as_ref().and_then(ServerHello::parse), facts);
    if let Some(leaf) = leaf.as_deref().and_then(self::leaf) {
        let _ = certificate::read(leaf.der, facts);
    }
    Probe::Match
}

/// The first certificate, as far as it is there.
#[derive(Clone, Copy, Debug)]
struct Leaf<'a> {
    der: &'a [u8],
    whole: bool,
}

/// Whether all after a whole ServerHello of DTLS is encrypted, as from 1.3 on.
pub(crate) fn hides_the_rest(hello: &HandshakeMessage<'_>) -> bool {
    let version = ServerHello::parse(hello).and_then(|hello| hello.version);
    version.is_some_and(|version| age(version) >= age(DTLS_1_3))
}

/// Yields what a ServerHello says, as far as it is there.
pub(crate) fn say_hello(hello: &HandshakeMessage<'_>, facts: Facts<'_>) {
    say(ServerHello::parse(hello), facts);
}

/// Yields the names in the first certificate of a Certificate message, if it is there.
pub(crate) fn say_certificate(body: &[u8], facts: Facts<'_>) {
    if let Some(leaf) = leaf(body) {
        let _ = certificate::read(leaf.der, facts);
    }
}

/// Whether the first certificate of a Certificate message is there to its end.
pub(crate) fn has_leaf(body: &[u8]) -> bool {
    leaf(body).is_some_and(|leaf| leaf.whole)
}

/// The first certificate of a Certificate message (RFC 5246, 7.4.2): it names the server itself.
fn leaf(body: &[u8]) -> Option<Leaf<'_>> {
    let mut cursor = Cursor(body);
    cursor.u24()?;
    let length = cursor.u24()? as usize;
    let der = cursor.up_to(length);
    Some(Leaf { der, whole: der.len() == length })
}

fn say(hello: Option<ServerHello<'_>>, facts: Facts<'_>) {
    let Some(hello) = hello else { return };
    let mut say = |field, value: &[u8]| facts(Fact::of_sender(field, value));
    if let Some(version) = hello.version {
        say(Field::TlsVersion, &hex4(version));
    }
    say(Field::TlsCipher, &hex4(hello.cipher));
    if let Some(protocol) = hello.protocol {
        say(Field::TlsAlpn, protocol);
    }
}
