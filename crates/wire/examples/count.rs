//! Counts the packets and bytes of each IP protocol in a pcap file.
//!
//!     cargo run -p lenscap-wire --example count -- FILE.pcap
//!
//! The few lines that take records out of the file know the classic format alone; decoding is the library's.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use lenscap_wire::{Class, Frame, LinkType, Packet, PacketRef, Protocol, Timestamp, decode};
use std::collections::BTreeMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: count FILE.pcap");
        return ExitCode::FAILURE;
    };
    let counts = std::fs::read(&path).ok().and_then(|bytes| count(&bytes));
    let Some(counts) = counts else {
        eprintln!("{}: it cannot be read as a pcap file", path.display());
        return ExitCode::FAILURE;
    };
    for (name, (packets, bytes)) in counts {
        println!("{name:>12} {packets:>10} packets {bytes:>14} bytes");
    }
    ExitCode::SUCCESS
}

/// Packets and bytes on the wire by protocol; `None` where the file's head is none.
fn count(file: &[u8]) -> Option<BTreeMap<String, (u64, u64)>> {
    let order = match file.first_chunk::<4>()? {
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => u32::from_le_bytes,
        [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => u32::from_be_bytes,
        _ => return None,
    };
    let word = |bytes: &[u8], at: usize| Some(order(*bytes.get(at..)?.first_chunk::<4>()?));
    let link_type = LinkType(word(file, 20)? as u16);
    let mut rest = file.get(24..)?;
    let mut counts = BTreeMap::new();
    // One packet is used again for all frames, so that none is copied.
    let mut packet = Packet::default();
    while let (Some(captured), Some(wire_length)) = (word(rest, 8), word(rest, 12)) {
        let Some(bytes) = rest.get(16..16 + captured as usize) else { break };
        let (time, at) = (Timestamp::MIN, PacketRef::default());
        decode(&Frame { time, link_type, wire_length, bytes, at }, &mut packet);
        let name = match packet.class {
            Class::Ip => Protocol(packet.protocol).to_string(),
            class => format!("{class:?}"),
        };
        let (packets, sum) = counts.entry(name).or_default();
        *packets += 1;
        *sum += u64::from(wire_length);
        rest = rest.get(16 + captured as usize..)?;
    }
    Some(counts)
}
