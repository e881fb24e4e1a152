//! Our readers against others: the `pcap-parser` crate, and with the feature `live` libpcap itself. Every fixture, and
//! a stride of a corpus where there is one: the same packets, times to the nanosecond, lengths and bytes.
//!
//! A twin that gives a capture up has read a beginning: that must be ours, too.
#![allow(clippy::print_stdout)]

use lenscap_capture::{Capture, ChunkId, Next, Source};
use lenscap_testkit::captures;
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, PcapBlockOwned, PcapError};
use std::fs::File;
#[cfg(feature = "live")]
use std::io::Read;
use std::path::{Path, PathBuf};

/// What every reader must say of a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Packet {
    nanoseconds: i128,
    wire_length: u32,
    bytes: Vec<u8>,
}

/// The packets that a twin read, whether it came to the end, and the snap length that it cuts at.
struct Twin {
    packets: Vec<Packet>,
    whole: bool,
    snap_length: Option<usize>,
}

/// What we read, and whether that is all that the file was meant to hold; `None` of what is no capture.
fn ours(path: &Path) -> Option<Twin> {
    let mut reader = Capture::open(path).and_then(|capture| capture.reader(ChunkId::default())).ok()?;
    let mut packets = Vec::new();
    while let Next::Batch(batch) = reader.next().expect("a file can be read") {
        packets.extend(batch.frames().map(|frame| Packet {
            nanoseconds: frame.time.0.into(),
            wire_length: frame.wire_length,
            bytes: frame.bytes.to_vec(),
        }));
    }
    Some(Twin { packets, whole: !reader.tally().torn_tail, snap_length: None })
}

/// Fixtures and the corpus, and how many of them are fixtures.
fn all() -> (Vec<PathBuf>, usize) {
    let mut paths = captures::fixtures();
    let fixtures = paths.len();
    match captures::corpus(700, 1 << 20) {
        Some(corpus) => paths.extend(corpus),
        None => println!("the corpus is skipped: there is none"),
    }
    (paths, fixtures)
}

fn hold_against(twin_of: impl Fn(&Path) -> Option<Twin>) {
    let (mut whole, mut packets) = (0, 0);
    let (paths, fixtures) = all();
    for (n, path) in paths.iter().enumerate() {
        let Some(twin) = twin_of(path) else {
            assert!(n >= fixtures, "the twin cannot open {}", path.display());
            continue;
        };
        let ours = ours(path).unwrap_or_else(|| panic!("only the twin can open {}", path.display()));
        for (n, (ours, theirs)) in ours.packets.iter().zip(&twin.packets).enumerate() {
            let ours = Packet { bytes: ours.bytes[..cut(ours, theirs, twin.snap_length)].to_vec(), ..*ours };
            assert_eq!(&ours, theirs, "packet {} of {}", n + 1, path.display());
        }
        let (read, there) = (ours.packets.len(), twin.packets.len());
        assert!(read >= there, "{read} packets of {there} in {}", path.display());
        if twin.whole {
            assert_eq!(read, there, "in {}", path.display());
            whole += 1;
        }
        packets += there;
    }
    println!("{packets} packets of {} captures, {whole} of them whole", paths.len());
}

/// A record may hold more than the file header's snap length: a twin that has one gives no more.
fn cut(ours: &Packet, theirs: &Packet, snap_length: Option<usize>) -> usize {
    match snap_length {
        Some(snap_length) if theirs.bytes.len() == snap_length => snap_length.min(ours.bytes.len()),
        _ => ours.bytes.len(),
    }
}

#[test]
fn packets_are_those_of_pcap_parser() {
    hold_against(parsed);
}

/// As the `pcap-parser` crate reads it.
fn parsed(path: &Path) -> Option<Twin> {
    let file = File::open(path).ok()?;
    let mut reader = pcap_parser::create_reader(1 << 20, file).ok()?;
    let (mut clock, mut packets, snap_length) = (Clock::default(), Vec::new(), None);
    loop {
        match reader.next() {
            Ok((used, block)) => {
                let known = clock.take(&block, &mut packets);
                reader.consume(used);
                if !known {
                    return Some(Twin { packets, whole: false, snap_length });
                }
            }
            Err(PcapError::Eof) => return Some(Twin { packets, whole: true, snap_length }),
            Err(PcapError::Incomplete(_)) => {
                if reader.refill().is_err() {
                    return Some(Twin { packets, whole: false, snap_length });
                }
            }
            Err(_) => return Some(Twin { packets, whole: false, snap_length }),
        }
    }
}

/// Resolution and offset of every interface of the section, and the stamp that a packet without one takes.
#[derive(Default)]
struct Clock {
    nanoseconds: bool,
    interfaces: Vec<(u8, i64, u32)>,
    last: i128,
}

impl Clock {
    /// Books a block; returns false where `pcap-parser` does not read it, so that the twin ends here.
    fn take(&mut self, block: &PcapBlockOwned<'_>, packets: &mut Vec<Packet>) -> bool {
        match block {
            PcapBlockOwned::LegacyHeader(header) => self.nanoseconds = header.is_nanosecond_precision(),
            PcapBlockOwned::Legacy(packet) => {
                let unit = if self.nanoseconds { 1 } else { 1000 };
                let nanoseconds =
                    i128::from(packet.ts_sec) * 1_000_000_000 + i128::from(packet.ts_usec) * unit;
                packets.push(made(nanoseconds, packet.origlen, packet.data));
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => self.interfaces.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push((interface.if_tsresol, interface.if_tsoffset, interface.snaplen));
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let Some(&interface) = self.interfaces.get(packet.if_id as usize) else { return false };
                self.last =
                    nanoseconds(u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low), interface);
                packets.push(made(self.last, packet.origlen, packet.packet_data()));
            }
            PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                let Some(&(.., snap_length)) = self.interfaces.first() else { return false };
                let kept = if snap_length == 0 { packet.origlen } else { packet.origlen.min(snap_length) };
                packets.push(made(self.last, packet.origlen, &packet.data[..kept as usize]));
            }
            // The obsolete packet block.
            PcapBlockOwned::NG(Block::Unknown(unknown)) => return unknown.block_type != 2,
            PcapBlockOwned::NG(_) => {}
        }
        true
    }
}

/// What a record that claims less than it holds was on the wire is what it holds.
fn made(nanoseconds: i128, wire_length: u32, bytes: &[u8]) -> Packet {
    Packet { nanoseconds, wire_length: wire_length.max(bytes.len() as u32), bytes: bytes.to_vec() }
}

fn nanoseconds(ticks: u64, (resolution, offset, _): (u8, i64, u32)) -> i128 {
    let exponent = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    // A tick too fine for the number to be held is nothing.
    let below = base.checked_pow(exponent).map_or(0, |unit| u128::from(ticks) * 1_000_000_000 / unit);
    (i128::from(offset) * 1_000_000_000 + below as i128).clamp(0, i64::MAX.into())
}

#[cfg(feature = "live")]
#[test]
fn packets_are_those_of_libpcap() {
    hold_against(captured);
}

/// As libpcap reads it.
#[cfg(feature = "live")]
fn captured(path: &Path) -> Option<Twin> {
    let mut capture = pcap::Capture::from_file_with_precision(path, pcap::Precision::Nano).ok()?;
    let mut head = [0; 24];
    File::open(path).ok()?.read_exact(&mut head).ok()?;
    let is_pcapng = head.starts_with(b"\n\r\r\n");
    let snap_length = u32::from_le_bytes([head[16], head[17], head[18], head[19]]);
    let snap_length = if head[0] == 0xa1 { snap_length.swap_bytes() } else { snap_length };
    let snap_length = (!is_pcapng).then_some(snap_length as usize);
    let (mut packets, mut last) = (Vec::new(), 0);
    loop {
        match capture.next_packet() {
            Ok(packet) => {
                let stamp = packet.header.ts;
                // A fraction of more than a second is a number without sign here, and with one there.
                if !(0..1_000_000_000).contains(&stamp.tv_usec) {
                    return Some(Twin { packets, whole: false, snap_length });
                }
                // libpcap takes the seconds of classic captures as signed; the format has them unsigned.
                let seconds = if stamp.tv_sec < 0 { stamp.tv_sec + (1 << 32) } else { stamp.tv_sec };
                let nanoseconds = i128::from(seconds) * 1_000_000_000 + i128::from(stamp.tv_usec);
                // A packet of pcapng without a stamp has 0 there, and that of the packet before here.
                last = if is_pcapng && nanoseconds == 0 { last } else { nanoseconds };
                packets.push(made(last, packet.header.len, packet.data));
            }
            Err(pcap::Error::NoMorePackets) => return Some(Twin { packets, whole: true, snap_length }),
            Err(_) => return Some(Twin { packets, whole: false, snap_length }),
        }
    }
}
