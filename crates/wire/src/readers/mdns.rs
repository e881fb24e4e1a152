//! Multicast DNS (RFC 6762) and service discovery over it (RFC 6763), UDP port 5353.
//!
//! A query says nothing: whom it asks for is everybody, and the answers that it lists as known are others'.
//! A response says, in any section, addresses (`Answer`), and about its sender: `mdns.service` (type without
//! `.local`, such as `_rtsp._tcp`), `mdns.instance` (the label as it stands), `mdns.host` (target of a service),
//! `mdns.txt` (each string); of a camera or doorbell for `HomeKit` (`_hap._tcp` with the category 17 or 18) `homekit.category` and
//! `homekit.model`, which programs that bridge others' cameras say, too. At most 64 facts of a response; an address that is being withdrawn
//! is not said; a service that is, was the sender's all the same. Where a response gives addresses of the target of a
//! service, and none is the sender's, a reflector or proxy passes it on (RFC 8766): it says nothing of its sender.

use std::{cell::Cell, net::IpAddr};

use memchr::memmem;

use super::dns::{
    self, Names,
    message::{DnsMessage, Entry, PTR, SRV, Section, TXT},
};
use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Resolver, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::is_hosts,
    text::{Text, told},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(5),
    app: "mdns",
    activity: Some(Activity::NameLookup),
    hides: false,
    fields: &[
        Field::HomekitCategory,
        Field::HomekitModel,
        Field::MdnsHost,
        Field::MdnsInstance,
        Field::MdnsService,
        Field::MdnsTxt,
    ],
    read: Read::Message(&[Route::Udp(5353)], read),
};

const MAX_FACTS: usize = 64;
const ALL_SERVICES: &[u8] = b"_services._dns-sd._udp.local";

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some(parsed) =
        DnsMessage::parse(message.payload, message.is_cut()).filter(|parsed| parsed.opcode() == 0)
    else {
        return false;
    };
    if !parsed.is_response() {
        return true;
    }
    let is_anothers = is_anothers(&parsed, message);
    let left = Cell::new(MAX_FACTS);
    let mut say = |fact: Fact<'_>| {
        if left.get() > 0 && !(is_anothers && matches!(fact, Fact::Says { .. })) {
            left.set(left.get() - 1);
            facts(fact);
        }
    };
    let mut names = Names::of(parsed.bytes);
    let records = parsed.entries().filter(|entry| entry.section != Section::Question);
    for entry in records.take_while(|_| left.get() > 0) {
        read_record(&parsed, &entry, &mut names, &mut say);
    }
    true
}

/// Whether a response gives addresses of its version of IP for a target of a service, of which none is the sender's.
fn is_anothers(parsed: &DnsMessage<'_>, message: &Message<'_, '_>) -> bool {
    let records = || parsed.entries().filter(|entry| entry.section != Section::Question);
    let mut names = Names::of(parsed.bytes);
    // The targets that are looked at: a response of one device has one.
    let mut targets: [Text<255>; 4] = Default::default();
    let mut count = 0;
    for entry in records().filter(|entry| entry.kind == SRV) {
        let target = entry.name_in_data(parsed.bytes, 6).and_then(|target| names.read(target));
        if let Some((target, place)) = target.zip(targets.get_mut(count)) {
            place.extend(target.as_bytes());
            count += 1;
        }
    }
    let mut is_given = false;
    for entry in records().filter(|entry| count > 0 && entry.time_to_live > 0) {
        let Some(address) = dns::address(&entry) else { continue };
        let name = names.read(entry.name);
        let is_target = name.is_some_and(|name| {
            targets.iter().take(count).any(|target| target.as_bytes().eq_ignore_ascii_case(name.as_bytes()))
        });
        let address = address.ip();
        let may_be_seen = match address {
            IpAddr::V4(address) => is_hosts(address),
            IpAddr::V6(_) => true,
        };
        if !is_target || !may_be_seen || message.packet.source.ip().is_ipv4() != address.is_ipv4() {
            continue;
        }
        if !message.is_from_other(address) {
            return false;
        }
        is_given = true;
    }
    is_given
}

fn read_record(
    message: &DnsMessage<'_>,
    entry: &Entry<'_>,
    names: &mut Names<'_>,
    facts: Facts<'_>,
) -> Option<()> {
    if let Some(address) = dns::address(entry) {
        if entry.time_to_live == 0 {
            return None;
        }
        let name = names.read(entry.name).filter(|name| !name.is_empty())?;
        facts(Fact::Answer { by: Resolver::Mdns, name: name.as_bytes(), chain: b"", address });
        return Some(());
    }
    let mut say = |field, value: &[u8]| facts(Fact::of_sender(field, value));
    match entry.kind {
        PTR => {
            let name = names.read(entry.name)?.as_bytes();
            if name == ALL_SERVICES {
                let listed = names.read(entry.name_in_data(message.bytes, 0)?)?;
                say(Field::MdnsService, service(listed.as_bytes())?);
            } else {
                say(Field::MdnsService, service(name)?);
                let instance = entry.name_in_data(message.bytes, 0)?;
                say(Field::MdnsInstance, dns::first_label(message.bytes, instance)?);
            }
        }
        SRV => {
            // A root says that there is no such service (RFC 2782).
            let target = entry.name_in_data(message.bytes, 6)?;
            say(Field::MdnsHost, names.read(target).filter(|name| !name.is_empty())?.as_bytes());
        }
        TXT => {
            let mut strings = Cursor(entry.data);
            while let Some(string) = strings.vector8() {
                if !string.is_empty() {
                    say(Field::MdnsTxt, string);
                }
            }
            if names.read(entry.name)?.as_bytes().ends_with(b"._hap._tcp.local") {
                homekit(entry.data, &mut say);
            }
        }
        _ => {}
    }
    Some(())
}

/// Yields category and model of a camera or doorbell for `HomeKit`.
fn homekit(texts: &[u8], say: &mut dyn FnMut(Field, &[u8])) -> Option<()> {
    let value = |key: &[u8]| {
        let mut strings = Cursor(texts);
        std::iter::from_fn(|| strings.vector8()).find_map(|string| string.strip_prefix(key))
    };
    let category = value(b"ci=").filter(|category| matches!(*category, b"17" | b"18"))?;
    say(Field::HomekitCategory, category);
    say(Field::HomekitModel, value(b"md=").and_then(told)?);
    Some(())
}

/// The service type in a name such as `_rtsp._tcp.local` or `_x._sub._rtsp._tcp.local`.
fn service(name: &[u8]) -> Option<&[u8]> {
    let full = name.strip_suffix(b".local").unwrap_or(name);
    let sub = b"._sub.";
    let kind = match memmem::find(full, sub) {
        Some(at) => full.get(at + sub.len()..)?,
        None => full,
    };
    let (head, protocol) = kind.split_at_checked(kind.len().checked_sub(5)?)?;
    (head.starts_with(b"_") && matches!(protocol, b"._tcp" | b"._udp")).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, dns, facts, facts_in, question, record},
    };

    const A: u16 = 1;
    const RESPONSE: u16 = 0x8400;
    const SERVICE: &[u8] = b"\x05_rtsp\x04_tcp\x05local\0";
    const INSTANCE: &[u8] = b"\x08Door Cam\xc0\x0c";
    const HOST: &[u8] = b"\x03cam\x05local\0";

    fn response(records: &[Vec<u8>]) -> Vec<u8> {
        dns(RESPONSE, [0, records.len() as u16, 0, 0], records)
    }

    fn announcement() -> Vec<u8> {
        let target = [&[0, 0, 0, 0, 2, 42], HOST].concat();
        response(&[
            record(SERVICE, PTR, INSTANCE),
            record(INSTANCE, SRV, &target),
            record(INSTANCE, TXT, b"\x04a=b1\0\x03c=d"),
            record(HOST, A, &[192, 168, 1, 64]),
        ])
    }

    #[test]
    fn a_response_tells_services_hosts_and_addresses() {
        let said = [
            "sender mdns.service _rtsp._tcp",
            "sender mdns.instance Door Cam",
            "sender mdns.host cam.local",
            "sender mdns.txt a=b1",
            "sender mdns.txt c=d",
            "mdns cam.local = 192.168.1.64",
        ];
        assert_eq!(facts(&READER, &announcement()).unwrap(), said);
    }

    #[test]
    fn a_camera_for_homekit_says_so() {
        let instance = b"\x03Cam\x04_hap\x04_tcp\x05local\0";
        let of = |instance: &[u8], category: &[u8]| {
            let texts = [&b"\x05md=E1\x05"[..], category, b"\x03md=\x04ff=2"].concat();
            facts(&READER, &response(&[record(instance, TXT, &texts)])).unwrap()
        };
        let said = |all: &[String]| {
            let of_homekit = all.iter().filter_map(|line| line.strip_prefix("sender homekit."));
            of_homekit.map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(said(&of(instance, b"ci=17")), ["category 17", "model E1"]);
        assert_eq!(said(&of(instance, b"ci=18")), ["category 18", "model E1"]);
        for (instance, category) in [
            (&instance[..], &b"ci=10"[..]),
            (instance, b"ci=1 "),
            (instance, b"di=17"),
            (b"\x03Cam\x04_hap\x04_udp\x05local\0", b"ci=17"),
            (b"\x03Cam\x05_xhap\x04_tcp\x05local\0", b"ci=17"),
        ] {
            assert!(said(&of(instance, category)).is_empty(), "{category:?}");
        }
        let whole = response(&[record(instance, TXT, b"\x05md=E1\x05ci=17")]);
        cut_everywhere(&READER, &Packet::default(), &whole);
    }

    #[test]
    fn what_a_reflector_passes_on_is_not_its_own() {
        let whole = announcement();
        let from = |source: [u8; 4]| {
            let packet = Packet {
                source: crate::Address::v4(source),
                payload_length: whole.len() as u32,
                ..Packet::default()
            };
            facts_in(&READER, &packet, &whole).unwrap()
        };
        assert_eq!(from([192, 168, 1, 64]).len(), 6);
        assert_eq!(from([192, 168, 1, 1]), ["mdns cam.local = 192.168.1.64"]);
        // A host has several addresses; and one whose service stands elsewhere gives none.
        let target = [&[0, 0, 0, 0, 2, 42], HOST].concat();
        let service = record(INSTANCE, SRV, &target);
        let source = Packet { source: crate::Address::v4([192, 168, 1, 1]), ..Packet::default() };
        let both = [service.clone(), record(HOST, A, &[10, 0, 0, 1]), record(HOST, A, &[192, 168, 1, 1])];
        for records in
            [&both[..], &[service], &[record(SERVICE, PTR, INSTANCE), record(HOST, A, &[10, 0, 0, 1])]]
        {
            let bytes = response(&[&[record(SERVICE, PTR, b"\x01c\0")][..], records].concat());
            let packet = Packet { payload_length: bytes.len() as u32, ..source.clone() };
            let said = facts_in(&READER, &packet, &bytes).unwrap();
            assert!(said.contains(&"sender mdns.service _rtsp._tcp".to_owned()), "{said:?}");
        }
    }

    #[test]
    fn the_list_of_services_names_types_only() {
        let list = b"\x09_services\x07_dns-sd\x04_udp\x05local\0";
        let said = facts(&READER, &response(&[record(list, PTR, SERVICE)]));
        assert_eq!(said.unwrap(), ["sender mdns.service _rtsp._tcp"]);
    }

    #[test]
    fn a_subtype_is_not_part_of_the_type() {
        let sub = b"\x02_x\x04_sub\x05_rtsp\x04_tcp\x05local\0";
        let said = facts(&READER, &response(&[record(sub, PTR, b"\x01c\0")]));
        assert_eq!(said.unwrap(), ["sender mdns.service _rtsp._tcp", "sender mdns.instance c"]);
    }

    #[test]
    fn a_query_and_what_it_knows_say_nothing() {
        let known = record(SERVICE, PTR, INSTANCE);
        assert_eq!(facts(&READER, &dns(0, [1, 1, 0, 0], &[question(SERVICE, PTR), known])), Some(vec![]));
    }

    #[test]
    fn what_is_withdrawn_says_nothing() {
        let mut address = record(HOST, A, &[192, 168, 1, 64]);
        address[HOST.len() + 7] = 0;
        assert_eq!(facts(&READER, &response(&[address])), Some(vec![]));
    }

    #[test]
    fn names_in_data_end_there_and_are_not_the_root() {
        let next = record(HOST, A, &[192, 168, 1, 64]);
        let said = "mdns cam.local = 192.168.1.64";
        for data in [&[][..], &[0, 0, 0, 0], &[0, 0, 0, 0, 2, 42], &[0, 0, 0, 0, 2, 42, 0]] {
            let service = record(HOST, SRV, data);
            assert_eq!(facts(&READER, &response(&[service, next.clone()])).unwrap(), [said], "{data:?}");
        }
        let pointer = record(SERVICE, PTR, b"");
        let both = facts(&READER, &response(&[pointer, next]));
        assert_eq!(both.unwrap(), ["sender mdns.service _rtsp._tcp", said]);
        assert_eq!(facts(&READER, &response(&[record(&[0], A, &[192, 168, 1, 64])])), Some(vec![]));
    }

    #[test]
    fn other_pointers_and_operations_are_not_services() {
        let reverse = b"\x0264\x011\x03168\x03192\x07in-addr\x04arpa\0";
        assert_eq!(facts(&READER, &response(&[record(reverse, PTR, HOST)])), Some(vec![]));
        assert_eq!(facts(&READER, &dns(0xac00, [0, 1, 0, 0], &[record(HOST, A, &[1; 4])])), None);
    }

    #[test]
    fn facts_are_bounded() {
        let many = vec![record(HOST, TXT, b"\x01a\x01b"); 100];
        assert_eq!(facts(&READER, &response(&many)).unwrap().len(), MAX_FACTS);
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet::default(), &announcement());
    }
}
