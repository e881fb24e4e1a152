//! Writes pcapng files block by block (`draft-ietf-opsawg-pcapng`): sections of either byte order, interfaces with
//! any resolution and offset, every kind of packet block, names, secrets, and blocks that nobody knows.

use crate::OwnedFrame;
use lenscap_wire::{LinkType, Timestamp};
use std::net::IpAddr;

/// An interface description.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// What its frames start with.
    pub link_type: LinkType,
    /// Snap length in bytes; 0 for none.
    pub snap_length: u32,
    /// `if_tsresol`: a power of ten, or with the high bit a power of two; microseconds where absent.
    pub resolution: Option<u8>,
    /// `if_tsoffset` in seconds.
    pub offset: Option<i64>,
}

impl Default for Interface {
    fn default() -> Self {
        Self { link_type: LinkType::ETHERNET, snap_length: 0, resolution: Some(9), offset: None }
    }
}

impl Interface {
    fn units(&self, time: Timestamp) -> u64 {
        let since = i128::from(time.0) - i128::from(self.offset.unwrap_or(0)) * 1_000_000_000;
        let resolution = self.resolution.unwrap_or(6);
        let power = u32::from(resolution & 0x7f);
        let per_second = if resolution & 0x80 == 0 { 10_i128.pow(power) } else { 1 << power };
        (since * per_second).div_euclid(1_000_000_000) as u64
    }
}

/// A pcapng file in the making; starts with one section.
#[derive(Clone, Debug)]
pub struct Ng {
    bytes: Vec<u8>,
    big_endian: bool,
    interfaces: Vec<Interface>,
}

impl Ng {
    /// A file whose first section has this byte order.
    pub fn new(big_endian: bool) -> Self {
        let mut ng = Self { bytes: Vec::new(), big_endian, interfaces: Vec::new() };
        ng.section(big_endian);
        ng
    }

    /// Begins a section; the interfaces of the one before it are gone.
    pub fn section(&mut self, big_endian: bool) {
        self.big_endian = big_endian;
        self.interfaces.clear();
        let body = [&self.u32(0x1a2b_3c4d)[..], &self.u16(1), &self.u16(0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &body);
    }

    /// Describes an interface; returns its number in the section.
    pub fn interface(&mut self, interface: Interface) -> u32 {
        let mut body =
            [&self.u16(interface.link_type.0)[..], &[0, 0], &self.u32(interface.snap_length)].concat();
        if let Some(resolution) = interface.resolution {
            body.extend(self.option(9, &[resolution]));
        }
        if let Some(offset) = interface.offset {
            let value = if self.big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() };
            body.extend(self.option(14, &value));
        }
        body.extend(self.option(0, &[]));
        self.block(1, &body);
        self.interfaces.push(interface);
        self.interfaces.len() as u32 - 1
    }

    /// An Enhanced Packet Block.
    pub fn enhanced(&mut self, interface: u32, frame: &OwnedFrame) {
        let mut body = self.u32(interface).to_vec();
        body.extend(self.stamp_and_bytes(interface, frame));
        self.block(6, &body);
    }

    /// A Simple Packet Block: interface 0, no time.
    pub fn simple(&mut self, frame: &OwnedFrame) {
        let body = [&self.u32(frame.wire_length)[..], &padded(&frame.bytes)].concat();
        self.block(3, &body);
    }

    /// The obsolete Packet Block, with its count of drops.
    pub fn obsolete(&mut self, interface: u16, drops: u16, frame: &OwnedFrame) {
        let mut body = [self.u16(interface), self.u16(drops)].concat();
        body.extend(self.stamp_and_bytes(u32::from(interface), frame));
        self.block(2, &body);
    }

    /// A Name Resolution Block.
    pub fn names(&mut self, names: &[(IpAddr, &str)]) {
        let mut body = Vec::new();
        for (ip, name) in names {
            let (kind, address) = match ip {
                IpAddr::V4(four) => (1, four.octets().to_vec()),
                IpAddr::V6(six) => (2, six.octets().to_vec()),
            };
            body.extend(self.option(kind, &[&address, name.as_bytes(), &[0]].concat()));
        }
        body.extend(self.option(0, &[]));
        self.block(4, &body);
    }

    /// A Decryption Secrets Block with a TLS key log.
    pub fn secrets(&mut self, key_log: &[u8]) {
        let body = [&self.u32(0x544c_534b)[..], &self.u32(key_log.len() as u32), &padded(key_log)].concat();
        self.block(10, &body);
    }

    /// A block of any type; the body is padded to four bytes.
    pub fn block(&mut self, kind: u32, body: &[u8]) {
        let body = padded(body);
        let length = self.u32(body.len() as u32 + 12);
        let kind = self.u32(kind);
        self.bytes.extend([&kind[..], &length, &body, &length].concat());
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn stamp_and_bytes(&self, interface: u32, frame: &OwnedFrame) -> Vec<u8> {
        let units = self.interfaces[interface as usize].units(frame.time);
        let fields = [(units >> 32) as u32, units as u32, frame.bytes.len() as u32, frame.wire_length];
        let mut out: Vec<u8> = fields.iter().flat_map(|field| self.u32(*field)).collect();
        out.extend(padded(&frame.bytes));
        out
    }

    fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        [&self.u16(code)[..], &self.u16(value.len() as u16), &padded(value)].concat()
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// One little-endian section with an interface for each link type, stamps in nanoseconds.
pub fn pcapng(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut ng = Ng::new(false);
    let mut link_types: Vec<LinkType> = Vec::new();
    for frame in frames {
        let number = link_types.iter().position(|known| *known == frame.link_type).unwrap_or_else(|| {
            link_types.push(frame.link_type);
            ng.interface(Interface { link_type: frame.link_type, ..Interface::default() }) as usize
        });
        ng.enhanced(number as u32, frame);
    }
    ng.finish()
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out.resize(bytes.len().next_multiple_of(4), 0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pcap_parser::traits::PcapReaderIterator;
    use pcap_parser::{Block, PcapBlockOwned, PcapError, PcapNGReader};

    fn kinds(file: &[u8]) -> Vec<(&'static str, usize)> {
        let mut reader = PcapNGReader::new(4096, file).unwrap();
        let mut seen = Vec::new();
        loop {
            match reader.next() {
                Ok((used, PcapBlockOwned::NG(block))) => {
                    seen.push(match block {
                        Block::SectionHeader(_) => ("section", 0),
                        Block::InterfaceDescription(idb) => ("interface", usize::from(idb.if_tsresol)),
                        Block::EnhancedPacket(epb) => ("enhanced", epb.caplen as usize),
                        Block::SimplePacket(spb) => ("simple", spb.origlen as usize),
                        Block::NameResolution(nrb) => ("names", nrb.nr.len()),
                        Block::DecryptionSecrets(dsb) => ("secrets", dsb.secrets_len as usize),
                        _ => ("other", 0),
                    });
                    reader.consume(used);
                }
                Ok(_) => panic!("no classic block was written"),
                Err(PcapError::Eof) => return seen,
                Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    #[test]
    fn another_reader_reads_every_block() {
        let frame = OwnedFrame::ethernet(Timestamp(1_000_000_001), vec![1; 61]);
        for big_endian in [false, true] {
            let mut ng = Ng::new(big_endian);
            ng.interface(Interface::default());
            ng.enhanced(0, &frame);
            ng.simple(&frame);
            ng.obsolete(0, 3, &frame);
            ng.secrets(b"CLIENT_RANDOM");
            ng.block(0x7777, b"odd");
            ng.section(!big_endian);
            ng.interface(Interface { resolution: Some(0x94), ..Interface::default() });
            ng.enhanced(0, &frame);
            let seen = kinds(&ng.finish());
            let tail = [("section", 0), ("interface", 0x94), ("enhanced", 61)];
            assert_eq!(seen[..4], [("section", 0), ("interface", 9), ("enhanced", 61), ("simple", 61)]);
            assert_eq!(seen[5], ("secrets", 13));
            assert_eq!(seen[seen.len() - 3..], tail);
        }
    }

    #[test]
    fn stamps_in_every_resolution() {
        let at = |resolution, offset| {
            Interface { resolution, offset, ..Interface::default() }.units(Timestamp(2_500_000_000))
        };
        assert_eq!(at(None, None), 2_500_000);
        assert_eq!(at(Some(9), Some(1)), 1_500_000_000);
        assert_eq!(at(Some(0x81), None), 5);
    }
}
