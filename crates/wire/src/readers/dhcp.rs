//! DHCP for IPv4 (RFC 2131), UDP ports 67 and 68: what a client says of itself, and the address it is given.
//!
//! A client's message may come through a relay or repeater, so what it says is about the owner of the client
//! address in it (`Party::Mac`), never about who sent the frame. Facts: `dhcp.hostname`, `dhcp.vendor_class`,
//! `dhcp.parameters` (the codes asked for, `1,3,6`), `dhcp.client_id` (hex), `dhcp.fqdn`. Of a server's messages
//! only an acknowledged address counts, as `Holds`. Options are read up to their end or the first that does not
//! fit; options in the name and file fields (overload) are not.

use super::tls::hex_digit;
use crate::{
    Address, Fact, Mac, Message, Party, Read, Reader, Route,
    cursor::Cursor,
    reader::Facts,
    text::{MAX_VALUE, Text},
};

pub(crate) const READER: Reader =
    Reader { app: "dhcp", read: Read::Message(&[Route::Udp(67), Route::Udp(68)], read) };

const COOKIE: [u8; 4] = [99, 130, 83, 99];
const ACKNOWLEDGE: u8 = 5;

const PAD: u8 = 0;
const END: u8 = 255;
const HOST_NAME: u8 = 12;
const MESSAGE_TYPE: u8 = 53;
const PARAMETERS: u8 = 55;
const VENDOR_CLASS: u8 = 60;
const CLIENT_ID: u8 = 61;
const FQDN: u8 = 81;

/// The fixed fields that matter.
#[derive(Clone, Copy, Debug)]
struct Header {
    is_request: bool,
    /// The client's own, where it is an Ethernet address.
    mac: Option<Mac>,
    /// `yiaddr`: what the client is given.
    given: [u8; 4],
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some(header) = header(&mut cursor) else { return false };
    let Some(mac) = header.mac else { return true };
    if header.is_request {
        for (code, body) in options(cursor) {
            say(mac, code, body, facts);
        }
    } else {
        let acknowledged = options(cursor).any(|option| option == (MESSAGE_TYPE, &[ACKNOWLEDGE]));
        if acknowledged && header.given != [0; 4] {
            facts(Fact::Holds { mac, address: Address::v4(header.given), kind: "dhcp" });
        }
    }
    true
}

fn header(cursor: &mut Cursor<'_>) -> Option<Header> {
    let [operation, hardware, length, _] = cursor.array()?;
    cursor.take(12)?;
    let given = cursor.array()?;
    cursor.take(8)?;
    let mac = Mac(cursor.array()?);
    cursor.take(10 + 64 + 128)?;
    let sound = matches!(operation, 1 | 2) && length <= 16 && cursor.array() == Some(COOKIE);
    let ethernet = matches!((hardware, length), (1 | 6, 6)) && !mac.is_zero() && !mac.is_group();
    sound.then_some(Header { is_request: operation == 1, mac: ethernet.then_some(mac), given })
}

fn options(mut cursor: Cursor<'_>) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        loop {
            match cursor.u8()? {
                PAD => {}
                END => return None,
                code => return Some((code, cursor.vector8()?)),
            }
        }
    })
}

fn say(mac: Mac, code: u8, body: &[u8], facts: Facts<'_>) {
    let mut text = Text::<MAX_VALUE>::new();
    let (kind, value) = match code {
        HOST_NAME => ("dhcp.hostname", body),
        VENDOR_CLASS => ("dhcp.vendor_class", body),
        PARAMETERS => ("dhcp.parameters", codes(body, &mut text)),
        CLIENT_ID => ("dhcp.client_id", hex(body, &mut text)),
        FQDN => ("dhcp.fqdn", full_name(body, &mut text).unwrap_or_default()),
        _ => return,
    };
    // Some clients count the final zero of a C string.
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    if !value.is_empty() {
        facts(Fact::Says { who: Party::Mac(mac), kind, value });
    }
}

fn codes<'t>(body: &[u8], text: &'t mut Text<MAX_VALUE>) -> &'t [u8] {
    for &code in body {
        if !text.is_empty() {
            text.push(b',');
        }
        text.decimal(code);
    }
    text.as_bytes()
}

fn hex<'t>(body: &[u8], text: &'t mut Text<MAX_VALUE>) -> &'t [u8] {
    for &byte in body {
        text.extend(&[hex_digit(byte >> 4), hex_digit(byte)]);
    }
    text.as_bytes()
}

/// Flags, two obsolete bytes, then a name: labels where the E flag is set, else text (RFC 4702).
fn full_name<'t>(body: &'t [u8], text: &'t mut Text<MAX_VALUE>) -> Option<&'t [u8]> {
    const ENCODED: u8 = 0x04;
    let (&[flags, _, _], name) = body.split_first_chunk()?;
    if flags & ENCODED == 0 {
        return Some(name);
    }
    Some(labels(name, text))
}

/// A name in labels as text with dots; a partial name has no final zero.
pub(super) fn labels<'t>(name: &[u8], text: &'t mut Text<MAX_VALUE>) -> &'t [u8] {
    let mut labels = Cursor(name);
    while let Some(label) = labels.vector8().filter(|label| !label.is_empty()) {
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend(label);
    }
    text.as_bytes()
}
