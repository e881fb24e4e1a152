//! SSDP, the discovery of `UPnP` (`UPnP` Device Architecture 2.0, 1): what a device announces or answers.
//!
//! Facts of an announcement or answer, about its sender: `ssdp.server`, `ssdp.location`, `ssdp.usn`, `ssdp.nt`,
//! `ssdp.st`. A search says only who searches: `ssdp.user_agent`, where it is there.

use crate::{Fact, Message, Party, Read, Reader, Route, head::Head, reader::Facts, text::value};

pub(crate) const READER: Reader = Reader { app: "ssdp", read: Read::Message(&[Route::Udp(1900)], read) };

const ANNOUNCED: [(&str, &str); 5] = [
    ("server", "ssdp.server"),
    ("location", "ssdp.location"),
    ("usn", "ssdp.usn"),
    ("nt", "ssdp.nt"),
    ("st", "ssdp.st"),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some(head) = Head::parse(message.payload) else { return false };
    let wanted: &[(&str, &'static str)] = match head.words() {
        Some([b"NOTIFY", b"*", b"HTTP/1.1" | b"HTTP/1.0"]) => &ANNOUNCED,
        Some([b"M-SEARCH", b"*", b"HTTP/1.1" | b"HTTP/1.0"]) => &[("user-agent", "ssdp.user_agent")],
        _ if is_answer(head.start) => &ANNOUNCED,
        _ => return false,
    };
    for &(name, kind) in wanted {
        if let Some(field) = head.field(name) {
            facts(Fact::Says { who: Party::Sender, kind, value: value(field) });
        }
    }
    true
}

fn is_answer(start: &[u8]) -> bool {
    start
        .strip_prefix(b"HTTP/1.")
        .is_some_and(|rest| matches!(rest, [b'0' | b'1', b' ', b'2', b'0', b'0', ..]))
}
