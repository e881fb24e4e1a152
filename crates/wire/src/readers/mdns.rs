//! Multicast DNS (RFC 6762) and service discovery over it (RFC 6763), UDP port 5353.
//!
//! A query says nothing: whom it asks for is everybody, and the answers that it lists as known are others'.
//! A response says, in any section, addresses (`Answer`), and about its sender: `mdns.service` (type without
//! `.local`, such as `_rtsp._tcp`), `mdns.instance` (the label as it stands), `mdns.host` (target of a service),
//! `mdns.txt` (each string). At most 64 facts of a response; a record that is being withdrawn says nothing.

use super::dns::{
    self, Name,
    message::{DnsMessage, Entry, PTR, SRV, Section, TXT},
};
use crate::{Fact, Message, Party, Read, Reader, Resolver, Route, cursor::Cursor, reader::Facts};

pub(crate) const READER: Reader = Reader { app: "mdns", read: Read::Message(&[Route::Udp(5353)], read) };

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
    let mut left = MAX_FACTS;
    let mut say = |fact: Fact<'_>| {
        if left > 0 {
            left -= 1;
            facts(fact);
        }
    };
    let mut name = Name::new();
    let records =
        parsed.entries().filter(|entry| entry.section != Section::Question && entry.time_to_live > 0);
    for entry in records {
        read_record(&parsed, &entry, &mut name, &mut say);
    }
    true
}

fn read_record(message: &DnsMessage<'_>, entry: &Entry<'_>, name: &mut Name, facts: Facts<'_>) -> Option<()> {
    if let Some(address) = dns::address(entry) {
        dns::read_name(message.bytes, entry.name, name)?;
        facts(Fact::Answer { by: Resolver::Mdns, name: name.as_bytes(), chain: b"", address });
        return Some(());
    }
    let mut say = |kind, value: &[u8]| facts(Fact::Says { who: Party::Sender, kind, value });
    match entry.kind {
        PTR => {
            dns::read_name(message.bytes, entry.name, name)?;
            if name.as_bytes() == ALL_SERVICES {
                dns::read_name(message.bytes, entry.data_at, name)?;
                say("mdns.service", service(name.as_bytes())?);
            } else {
                say("mdns.service", service(name.as_bytes())?);
                say("mdns.instance", dns::first_label(message.bytes, entry.data_at)?);
            }
        }
        SRV => {
            dns::read_name(message.bytes, entry.data_at + 6, name)?;
            say("mdns.host", name.as_bytes());
        }
        TXT => {
            let mut strings = Cursor(entry.data);
            while let Some(string) = strings.vector8() {
                if !string.is_empty() {
                    say("mdns.txt", string);
                }
            }
        }
        _ => {}
    }
    Some(())
}

/// The service type in a name such as `_rtsp._tcp.local` or `_x._sub._rtsp._tcp.local`.
fn service(name: &[u8]) -> Option<&[u8]> {
    let full = name.strip_suffix(b".local").unwrap_or(name);
    let sub = b"._sub.";
    let kind = match full.windows(sub.len()).position(|window| window == sub) {
        Some(at) => full.get(at + sub.len()..)?,
        None => full,
    };
    let (head, protocol) = kind.split_at_checked(kind.len().checked_sub(5)?)?;
    (head.starts_with(b"_") && matches!(protocol, b"._tcp" | b"._udp")).then_some(kind)
}
