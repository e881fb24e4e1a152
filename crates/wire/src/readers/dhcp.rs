//! DHCP for IPv4 (RFC 2131), UDP ports 67 and 68: what a client says of itself, and the address it is given.
//!
//! A client's message may come through a relay or repeater, so what it says is about the owner of the client
//! address in it (`Party::Mac`), never about who sent the frame. Facts: `dhcp.hostname`, `dhcp.vendor_class`,
//! `dhcp.parameters` (the codes asked for, `1,3,6`), `dhcp.client_id` (hex), `dhcp.fqdn`; and that it is there, whatever of its
//! options tells anything or was captured (`Holds` of no address). Of a server's messages
//! an acknowledged address counts, and at which addresses the link has its routers, four at most, both as `Holds`.
//!
//! Options are read up to their end or the first that does not fit: those of their own field, then those of the
//! file and name fields where the message says that options stand there (RFC 2132, 9.3). Options of one code are
//! pieces of one value (RFC 3396), of which 512 bytes are kept. Where the capture cut the options, a value in
//! pieces is not said, for one may be missing.

use arrayvec::ArrayVec;

use crate::{
    Activity, Address, Fact, Field, Mac, Message, Party, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    text::{MAX_VALUE, Text, hex_digit},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(7),
    app: "dhcp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::Dhcp,
        Field::DhcpClientId,
        Field::DhcpFqdn,
        Field::DhcpHostname,
        Field::DhcpParameters,
        Field::DhcpRouter,
        Field::DhcpVendorClass,
    ],
    read: Read::Message(&[Route::UdpFirst(67, &[1, 2]), Route::UdpFirst(68, &[1, 2])], read),
};

const COOKIE: [u8; 4] = [99, 130, 83, 99];
const OFFER: u8 = 2;
const ACKNOWLEDGE: u8 = 5;

const PAD: u8 = 0;
const END: u8 = 255;
/// Longest body of one option.
const LONGEST: usize = 255;
const ROUTERS: u8 = 3;
const HOST_NAME: u8 = 12;
const OVERLOAD: u8 = 52;
const MESSAGE_TYPE: u8 = 53;
const PARAMETERS: u8 = 55;
const VENDOR_CLASS: u8 = 60;
const CLIENT_ID: u8 = 61;
const FQDN: u8 = 81;

/// The fixed fields that matter.
#[derive(Clone, Copy, Debug)]
struct Header<'a> {
    is_request: bool,
    /// The client's own, where it is an Ethernet address.
    mac: Option<Mac>,
    /// `yiaddr`: what the client is given.
    given: [u8; 4],
    /// `sname` and `file`.
    name: &'a [u8],
    file: &'a [u8],
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let mut cursor = Cursor(message.payload);
    let Some(header) = header(&mut cursor) else { return false };
    let options = Options::read(&header, cursor, message.is_cut());
    if !header.is_request && matches!(options.kind, Some(OFFER | ACKNOWLEDGE)) {
        for router in &options.routers {
            facts(Fact::Holds {
                mac: Mac::default(),
                address: Address::v4(*router),
                field: Field::DhcpRouter,
                claimed: true,
            });
        }
    }
    let Some(mac) = header.mac else { return true };
    if header.is_request {
        facts(Fact::Holds { mac, address: Address::default(), field: Field::Dhcp, claimed: false });
        for value in options.values.iter().filter(|value| value.whole) {
            say(mac, value.code, value.text.as_bytes(), facts);
        }
    } else if options.kind == Some(ACKNOWLEDGE) && header.given != [0; 4] {
        facts(Fact::Holds { mac, address: Address::v4(header.given), field: Field::Dhcp, claimed: true });
    }
    true
}

fn header<'a>(cursor: &mut Cursor<'a>) -> Option<Header<'a>> {
    let [operation, hardware, length, _] = cursor.array()?;
    cursor.take(12)?;
    let given = cursor.array()?;
    cursor.take(8)?;
    let mac = Mac(cursor.array()?);
    cursor.take(10)?;
    let (name, file) = (cursor.take(64)?, cursor.take(128)?);
    let sound = matches!(operation, 1 | 2) && length <= 16 && cursor.array() == Some(COOKIE);
    let ethernet = matches!((hardware, length), (1 | 6, 6)) && !mac.is_zero() && !mac.is_group();
    sound.then_some(Header { is_request: operation == 1, mac: ethernet.then_some(mac), given, name, file })
}

/// One option that says something, put together.
#[derive(Clone, Debug)]
struct Value {
    code: u8,
    text: Text<MAX_VALUE>,
    /// Whether no piece of it can be missing.
    whole: bool,
}

/// The options of a message, each code once, in the order of their first pieces.
#[derive(Debug, Default)]
struct Options {
    /// The message type.
    kind: Option<u8>,
    /// Which fields hold options, too: 1 the file, 2 the name, 3 both.
    overload: u8,
    /// Routers of the client's link, the preferred one first; so many are kept.
    routers: ArrayVec<[u8; 4], 4>,
    values: ArrayVec<Value, 5>,
}

impl Options {
    fn read(header: &Header<'_>, own: Cursor<'_>, cut: bool) -> Self {
        let mut options = Self::default();
        let closed = options.add(own);
        let overload = options.overload;
        for (bit, field) in [(1, header.file), (2, header.name)] {
            if overload & bit != 0 {
                options.add(Cursor(field));
            }
        }
        if cut && !closed {
            // A piece may follow each that is long or has followed another.
            for value in &mut options.values {
                value.whole &= value.text.as_bytes().len() < LONGEST;
            }
        } else {
            options.values.iter_mut().for_each(|value| value.whole = true);
        }
        options
    }

    /// Adds the options of one field; whether their end was there.
    fn add(&mut self, mut cursor: Cursor<'_>) -> bool {
        while let Some(code) = cursor.u8() {
            match code {
                PAD => continue,
                END => return true,
                _ => {}
            }
            let Some(body) = cursor.vector8() else { break };
            match (code, body) {
                (MESSAGE_TYPE, &[kind]) => self.kind = self.kind.or(Some(kind)),
                (OVERLOAD, &[fields]) => self.overload = fields,
                (ROUTERS, _) => {
                    let routers = body.as_chunks().0.iter().filter(|router| **router != [0; 4]);
                    self.routers.extend(routers.take(self.routers.remaining_capacity()).copied());
                }
                (HOST_NAME | VENDOR_CLASS | PARAMETERS | CLIENT_ID | FQDN, _) => self.join(code, body),
                _ => {}
            }
        }
        false
    }

    fn join(&mut self, code: u8, body: &[u8]) {
        if let Some(value) = self.values.iter_mut().find(|value| value.code == code) {
            value.text.extend(body);
            value.whole = false;
        } else {
            let mut text = Text::new();
            text.extend(body);
            let _ = self.values.try_push(Value { code, text, whole: true });
        }
    }
}

fn say(mac: Mac, code: u8, body: &[u8], facts: Facts<'_>) {
    let mut text = Text::<MAX_VALUE>::new();
    let (field, value) = match code {
        HOST_NAME => (Field::DhcpHostname, body),
        VENDOR_CLASS => (Field::DhcpVendorClass, body),
        PARAMETERS => (Field::DhcpParameters, codes(body, &mut text)),
        CLIENT_ID => (Field::DhcpClientId, hex(body, &mut text)),
        FQDN => (Field::DhcpFqdn, full_name(body, &mut text).unwrap_or_default()),
        _ => return,
    };
    // Some clients count the final zero of a C string.
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    if !value.is_empty() {
        facts(Fact::Says { who: Party::Mac(mac), field, value });
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

/// A name in labels as text with dots, up to the first that is none; a partial name has no final zero.
pub(super) fn labels<'t>(name: &[u8], text: &'t mut Text<MAX_VALUE>) -> &'t [u8] {
    let mut labels = Cursor(name);
    while let Some(label) = labels.vector8().filter(|label| (1..64).contains(&label.len())) {
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend(label);
    }
    text.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const CLIENT: [u8; 6] = [2, 0, 0, 0, 0, 1];

    /// A message with these options, of the client or (`operation` 2) to it.
    fn message(operation: u8, options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![operation, 1, 6, 0];
        bytes.resize(16, 0);
        bytes.extend([192, 168, 1, 64]);
        bytes.resize(28, 0);
        bytes.extend(CLIENT);
        bytes.resize(236, 0);
        bytes.extend(COOKIE);
        bytes.extend(options);
        bytes
    }

    fn request() -> Vec<u8> {
        let options = [
            &[MESSAGE_TYPE, 1, 1][..],
            b"\x0c\x04cam\0",
            b"\x3c\x06udhcp1",
            &[PAD, PARAMETERS, 3, 1, 28, 121],
            &[CLIENT_ID, 3, 1, 0xab, 0x0c],
            b"\x51\x0f\x04\0\0\x03cam\x07example",
            &[END],
        ];
        message(1, &options.concat())
    }

    /// What a client says beside that it is there.
    fn of_client(bytes: &[u8]) -> Vec<String> {
        let mut said = facts(&READER, bytes).expect("it is DHCP");
        assert_eq!(said.remove(0), "dhcp :: at 02:00:00:00:00:01");
        said
    }

    #[test]
    fn a_client_whose_options_were_cut_is_there_all_the_same() {
        assert!(of_client(&request()[..240]).is_empty());
        assert!(of_client(&message(1, &[MESSAGE_TYPE, 1, 1, END])).is_empty());
        // Not whom a server speaks of.
        assert_eq!(facts(&READER, &message(2, &[MESSAGE_TYPE, 1, 2, END])), Some(vec![]));
    }

    #[test]
    fn a_client_speaks_of_the_owner_of_its_address() {
        let said = [
            "02:00:00:00:00:01 dhcp.hostname cam",
            "02:00:00:00:00:01 dhcp.vendor_class udhcp1",
            "02:00:00:00:00:01 dhcp.parameters 1,28,121",
            "02:00:00:00:00:01 dhcp.client_id 01ab0c",
            "02:00:00:00:00:01 dhcp.fqdn cam.example",
        ];
        assert_eq!(of_client(&request()), said);
    }

    #[test]
    fn a_name_without_labels_is_text() {
        let said = of_client(&message(1, b"\x51\x0e\0\0\0cam.example"));
        assert_eq!(said, ["02:00:00:00:00:01 dhcp.fqdn cam.example"]);
    }

    #[test]
    fn only_an_acknowledged_address_is_held() {
        let held = "dhcp 192.168.1.64 at 02:00:00:00:00:01 (claimed)".to_owned();
        assert_eq!(facts(&READER, &message(2, &[MESSAGE_TYPE, 1, 5, END])), Some(vec![held]));
        assert_eq!(facts(&READER, &message(2, &[MESSAGE_TYPE, 1, 2, END])), Some(vec![]));
        assert_eq!(facts(&READER, &message(2, &[MESSAGE_TYPE, 1, 5, END])[..239]), None);
        // The host name that a server sends is not the client's word.
        assert_eq!(facts(&READER, &message(2, b"\x0c\x03cam\xff")), Some(vec![]));
    }

    #[test]
    fn a_server_says_where_the_routers_are() {
        let options =
            |kind| [&[MESSAGE_TYPE, 1, kind, ROUTERS, 9][..], &[192, 168, 1, 1], &[0; 4], &[7, END]].concat();
        let router = "dhcp.router 192.168.1.1 at 00:00:00:00:00:00 (claimed)".to_owned();
        let held = "dhcp 192.168.1.64 at 02:00:00:00:00:01 (claimed)".to_owned();
        assert_eq!(facts(&READER, &message(2, &options(OFFER))), Some(vec![router.clone()]));
        assert_eq!(facts(&READER, &message(2, &options(ACKNOWLEDGE))), Some(vec![router, held]));
        // What a client writes there, and what a server refuses, is no server's word.
        assert!(of_client(&message(1, &options(3))).is_empty());
        assert_eq!(facts(&READER, &message(2, &options(6))), Some(vec![]));
        let many = [&[MESSAGE_TYPE, 1, OFFER, ROUTERS, 252][..], &[9; 252], &[END]].concat();
        assert_eq!(facts(&READER, &message(2, &many)).unwrap().len(), 4);
    }

    #[test]
    fn what_is_long_is_cut_to_a_value() {
        let mut options = vec![PARAMETERS, 255];
        options.extend([200; 255]);
        let said = of_client(&message(1, &options));
        assert_eq!(said[0].len(), "02:00:00:00:00:01 dhcp.parameters ".len() + MAX_VALUE);
    }

    #[test]
    fn options_of_one_code_are_pieces_of_one_value() {
        let long = [&[VENDOR_CLASS, 255][..], &[b'a'; 255], &[VENDOR_CLASS, 3], b"bcd"].concat();
        let options = [&b"\x0c\x05split"[..], &long, b"\x0c\x04host\xff\x0c\x01x"].concat();
        let said = of_client(&message(1, &options));
        let class = "a".repeat(255) + "bcd";
        let expected = ["dhcp.hostname splithost".to_owned(), format!("dhcp.vendor_class {class}")];
        assert_eq!(said, expected.map(|said| format!("02:00:00:00:00:01 {said}")));
        cut_everywhere(&READER, &Packet::default(), &message(1, &long));
    }

    #[test]
    fn a_message_may_say_that_file_and_name_hold_options() {
        let said = |overload: u8| {
            let mut bytes = message(1, &[OVERLOAD, 1, overload, HOST_NAME, 1, b'a', END]);
            bytes[108..114].copy_from_slice(b"\x0c\x03-bc\xff");
            bytes[44..48].copy_from_slice(b"\x0c\x01d\xff");
            of_client(&bytes)
        };
        for (overload, name) in [(0, "a"), (1, "a-bc"), (2, "ad"), (3, "a-bcd")] {
            assert_eq!(said(overload), [format!("02:00:00:00:00:01 dhcp.hostname {name}")]);
        }
    }

    #[test]
    fn labels_longer_than_labels_are_no_name() {
        let mut options = vec![FQDN, 3 + 65, 0x04, 0, 0, 64];
        options.extend([b'a'; 64]);
        assert!(of_client(&message(1, &options)).is_empty());
    }

    #[test]
    fn nearly_dhcp_is_not_read() {
        let mut bytes = request();
        bytes[236] ^= 1;
        assert_eq!(facts(&READER, &bytes), None);
        assert_eq!(facts(&READER, &message(3, &[END])), None);
        let mut long = request();
        long[2] = 17;
        assert_eq!(facts(&READER, &long), None);
    }

    #[test]
    fn clients_without_an_ethernet_address_say_nothing() {
        let mut bytes = request();
        bytes[1] = 32;
        assert_eq!(facts(&READER, &bytes), Some(vec![]));
        let mut bytes = request();
        bytes[28] = 1;
        assert_eq!(facts(&READER, &bytes), Some(vec![]));
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &request());
    }
}
