//! What a ClientHello says (RFC 8446, 4.1.2, and its predecessors).

use super::{handshake::HandshakeMessage, hello::ClientHello};
use crate::{
    Fact, Field, Party,
    ja4::{self, Transport},
    reader::Facts,
    text::{Text, hex4, host},
};

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
    let mut spelt = Text::new();
    if let Some(name) = hello.server_name() {
        let value = host(name, &mut spelt);
        facts(Fact::Says { who: Party::Receiver, field: Field::TlsSni, value });
    }
    let mut say = |field, value: &[u8]| facts(Fact::of_sender(field, value));
    for name in hello.protocols().take(MAX_PROTOCOLS) {
        say(Field::TlsAlpn, name);
    }
    if hello.extensions.encrypted_hello.and_then(<[u8]>::first) == Some(&0) {
        say(Field::TlsEch, b"outer");
    }
    if hello.whole {
        say(Field::TlsVersion, &hex4(hello.highest_version()));
        if let Some(ja4) = ja4::ja4(hello, transport) {
            say(Field::TlsJa4, &ja4);
        }
    }
}
