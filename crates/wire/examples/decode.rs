//! Decodes one Ethernet frame given in hexadecimal, and prints what it is.
//!
//!     cargo run -p lenscap-wire --example decode -- 020000000002 020000000001 0800 4500001c...
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use lenscap_wire::{Class, LinkType, Packet, Protocol};
use std::process::ExitCode;

fn main() -> ExitCode {
    let digits: String = std::env::args().skip(1).collect();
    let Some(bytes) = bytes_of(&digits) else {
        eprintln!("usage: decode HEX...");
        return ExitCode::FAILURE;
    };
    let packet = Packet::parse(LinkType::ETHERNET, &bytes);
    if let Some((source, destination)) = packet.macs {
        println!("link     {source} to {destination}");
    }
    for layer in &packet.path {
        println!("inside   {:?} {}", layer.kind, layer.id);
    }
    match packet.class {
        Class::Ip => {
            let (source, destination) = (packet.source.ip(), packet.destination.ip());
            println!("ip       {source} to {destination}, {} bytes", packet.ip_length);
            let (from, to) = packet.ports;
            println!(
                "carries  {} {from} to {to}, {} bytes",
                Protocol(packet.protocol),
                packet.payload_length
            );
        }
        class => println!("no ip    {class:?}, type {:#06x}", packet.ether_type),
    }
    for (_, name) in packet.hazards.iter() {
        println!("odd      {name}");
    }
    if let Some(stop) = packet.stop {
        println!("stopped  {stop}");
    }
    ExitCode::SUCCESS
}

/// The bytes of pairs of hexadecimal digits.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    if digits.is_empty() || digits.len() % 2 == 1 { None } else { pairs.collect() }
}
