//! TLS over TCP (RFC 5246, RFC 8446): names, versions and fingerprints from the part of a handshake that is in
//! the clear.
//!
//! A half is TLS when it begins with a record of known type, version and length. The client's half yields its
//! hello, also when it is split over records; the server's half its hello and, up to TLS 1.2, the names of its
//! own certificate. A half that begins with any other record is TLS without facts: the capture began later.
//! A handshake message is read up to 64 KiB; a longer one is TLS without facts. Extensions that contradict their
//! own length end the reading: what stood before is kept, and there is no JA4.
//!
//! Facts: `tls.sni`, `tls.alpn` (one for each name), `tls.version` (two hex pairs as on the wire: the highest that
//! the client offers, the one that the server chose), `tls.cipher` (the same form), `tls.ech` (`outer`),
//! `tls.ja4`, and those of [`certificate`].

mod certificate;
pub(crate) mod client;
mod handshake;
mod server;

use crate::{Read, Reader, Step, Stream, reader::Facts};
use handshake::{Flight, Next};

pub(crate) const READER: Reader = Reader { app: "tls", read: Read::Stream(read) };

/// GREASE values (RFC 8701) stand in lists of numbers to keep servers honest; they mean nothing.
pub(crate) const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Four lower-case hex digits.
pub(crate) fn hex4(value: u16) -> [u8; 4] {
    [12, 8, 4, 0].map(|shift| hex_digit((value >> shift) as u8))
}

/// The lower-case hex digit of the low four bits.
pub(crate) const fn hex_digit(bits: u8) -> u8 {
    match bits & 0x0f {
        digit @ 0..=9 => b'0' + digit,
        letter => b'a' + letter - 10,
    }
}

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Step {
    let kind = match handshake::first_record(stream.bytes) {
        Ok(kind) => kind,
        Err(step) => return step,
    };
    if kind != handshake::RECORD_HANDSHAKE {
        return Step::Done;
    }
    let mut flight = Flight::new(stream.bytes);
    match flight.next() {
        Next::Message(message) if message.kind == handshake::CLIENT_HELLO => {
            if !message.whole && !stream.ended {
                return Step::More;
            }
            client::read(&message, facts);
            Step::Done
        }
        Next::Message(message) => server::read(message, flight, stream.ended, facts),
        Next::Open if stream.ended => Step::Done,
        Next::Open => Step::More,
        Next::Closed => Step::Done,
    }
}
