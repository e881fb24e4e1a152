//! A ring of pcapng files with the traffic of cameras, so that yesterday's finding still has its packets today.
//!
//! Frames are chosen (`rolling/choice.rs`) and encoded here, where they are lent, and written by a thread of its own
//! (`rolling/files.rs`). What finds the queue between them full is shed and counted; it is judged all the same.

mod choice;
mod files;
mod numbering;

use crate::args::{RollingBytes, Watch};
use crate::failure::{Failure, say};
use crate::parse::Bound;
use choice::Choice;
use files::{Files, Keep, Piece};
use lenscap_capture::{Batch, Record, interface_block, push_packet_block};
use lenscap_flow::chunk_of;
use lenscap_flow::report::Report;
use lenscap_report::units;
use lenscap_wire::{LinkType, Packet, Timestamp};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// Bytes of a piece that is handed over, and how many such pieces may wait.
const PIECE: usize = 256 << 10;
const WAITING: usize = 64;
/// Bytes of a payload that are kept of each packet where only headers are wanted.
const PAYLOAD: usize = 256;
/// Bytes that are taken to be headers where no payload was found.
const HEADERS: usize = 128;
/// Bytes that a record of TLS has at most: 2^14, and 2048 where it is encrypted (RFC 5246, section 6.2.3).
const RECORD: usize = (1 << 14) + 2048;
/// The IP protocol.
const UDP: u8 = 17;
/// Interfaces that are told apart. A capture that is fed may describe any number of them.
const PLACES: usize = 4096;

/// What was written, and what was not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RollingFigures {
    pub(super) packets: u64,
    /// Packets that found no room in the queue, or none on the disk.
    pub(super) shed: u64,
    /// Bytes of all files, and how many these are.
    pub(super) bytes: u64,
    pub(super) files: u64,
    /// Attempts to write that failed.
    pub(super) errors: u64,
}

/// What both threads count.
#[derive(Debug, Default)]
struct Counts {
    packets: AtomicU64,
    shed: AtomicU64,
    bytes: AtomicU64,
    files: AtomicU64,
    errors: AtomicU64,
}

/// A description of an interface is written once for each input, interface of it, and link type.
type Place = (u32, u16, LinkType);

/// A ring of files that is written.
pub(super) struct Rolling {
    choice: Choice,
    is_full: bool,
    snap_length: u32,
    /// What the inputs are called, by ordinal.
    names: Vec<String>,
    numbers: HashMap<Place, u32>,
    /// Descriptions that the writing thread does not have yet.
    described: Vec<Vec<u8>>,
    blocks: Vec<u8>,
    packets: u64,
    queue: Option<SyncSender<Piece>>,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
    /// Packets that were shed when that was last said.
    said: u64,
}

/// Makes the folder where it is not there, before the sandbox.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|why| Failure::file("write", folder, why))
}

impl Rolling {
    /// Begins to write where that is wanted. `names` are those of the inputs.
    pub(super) fn start(watch: &Watch, names: Vec<String>) -> Result<Option<Self>, Failure> {
        let Some(folder) = &watch.rolling else { return Ok(None) };
        let counts = Arc::new(Counts::default());
        let unwritten = |why| Failure::file("write", folder, why);
        let mut files = Files::open(folder.clone(), keep(&watch.keep), counts.clone()).map_err(unwritten)?;
        let (queue, pieces) = sync_channel(WAITING);
        let writing = move || files.run(&pieces);
        let thread = thread::Builder::new().name("rolling".into()).spawn(writing).map_err(unwritten)?;
        Ok(Some(Self {
            choice: Choice::default(),
            is_full: watch.rolling_bytes == RollingBytes::Full,
            snap_length: watch.snaplen,
            names,
            numbers: HashMap::new(),
            described: Vec::new(),
            blocks: Vec::new(),
            packets: 0,
            queue: Some(queue),
            counts,
            thread: Some(thread),
            said: 0,
        }))
    }

    /// Takes what is wanted of a batch; by packets it is `now`.
    pub(super) fn take(&mut self, batch: &Batch<'_>, now: Timestamp) {
        let chunk = batch.records().first().map_or(0, |record| record.at.chunk);
        // The chunks of an input follow its first one.
        let input =
            (0..self.names.len()).rev().find(|input| chunk_of(*input).chunk <= chunk).unwrap_or(0) as u32;
        for (record, frame) in batch.records().iter().zip(batch.frames()) {
            let packet = Packet::from(&frame);
            if !self.choice.keeps(&packet, record.time) {
                continue;
            }
            let number = self.number((input, record.interface, record.link_type), record);
            let length = if self.is_full { frame.bytes.len() } else { kept(frame.bytes, &packet) };
            push_packet_block(
                &mut self.blocks,
                number,
                record,
                frame.bytes.get(..length).unwrap_or(frame.bytes),
            );
            self.packets += 1;
        }
        if self.blocks.len() >= PIECE {
            self.flush(now);
        }
    }

    /// The number of an interface, which is described where it is new.
    fn number(&mut self, mut place: Place, record: &Record) -> u32 {
        if self.numbers.len() >= PLACES && !self.numbers.contains_key(&place) {
            place.1 = 0;
        }
        let next = self.numbers.len() as u32;
        *self.numbers.entry(place).or_insert_with(|| {
            let name = self.names.get(place.0 as usize).map_or("", String::as_str);
            // An interface of a capture that is fed has a number there.
            let name = match place.1 {
                0 => name.to_string(),
                number => format!("{name} #{number}"),
            };
            self.described.push(interface_block(record.link_type, self.snap_length, &name));
            next
        })
    }

    /// Hands over what was taken. Nothing waits for that.
    pub(super) fn flush(&mut self, now: Timestamp) {
        let Some(queue) = self.queue.as_ref().filter(|_| self.packets > 0) else { return };
        let piece = Piece {
            described: std::mem::take(&mut self.described),
            blocks: std::mem::take(&mut self.blocks),
            packets: std::mem::take(&mut self.packets),
            now,
        };
        if let Err(refused) = queue.try_send(piece) {
            let (std::sync::mpsc::TrySendError::Full(piece)
            | std::sync::mpsc::TrySendError::Disconnected(piece)) = refused;
            self.counts.shed.fetch_add(piece.packets, Ordering::Relaxed);
            self.described = piece.described;
        }
    }

    /// Says what was shed since that was last said.
    pub(super) fn say_shed(&mut self) {
        let shed = self.counts.shed.load(Ordering::Relaxed);
        if shed > self.said {
            let packets = units::counted(shed, "packet");
            say(&format!(
                "lenscap: {packets} in all were not written to the rolling files, and judged all the same"
            ));
            self.said = shed;
        }
    }

    /// Learns whose packets are wanted.
    pub(super) fn learn(&mut self, report: &Report<'_>) {
        self.choice.learn(report);
    }

    /// What was written.
    pub(super) fn figures(&self) -> RollingFigures {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RollingFigures {
            packets: of(&self.counts.packets),
            shed: of(&self.counts.shed),
            bytes: of(&self.counts.bytes),
            files: of(&self.counts.files),
            errors: of(&self.counts.errors),
        }
    }

    /// Writes what is left, and makes it safe.
    pub(super) fn finish(&mut self, now: Timestamp) {
        self.flush(now);
        self.queue = None;
        _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Bytes of a frame that are kept where only headers are wanted: those before the payload and the first of it. A handshake of TLS
/// over TCP is kept whole, for it says to whom it is, and so is DHCP, whose options, behind 240 bytes, say who asks.
fn kept(bytes: &[u8], packet: &Packet<'_>) -> usize {
    // What a fragment holds is content as well, though nobody knows yet where in it a payload begins.
    let content = packet.fragment.map_or(packet.payload, |fragment| fragment.bytes);
    let before = match (content.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize) {
        Some(before) if !content.is_empty() => before,
        // Where no payload was found, most of the frame may be one all the same.
        _ => HEADERS,
    };
    let told = match packet.tcp {
        Some(_) => handshake(content),
        None if packet.protocol == UDP && matches!(packet.ports, (67 | 68, 67 | 68)) => content.len(),
        None => 0,
    };
    before.saturating_add(told.max(PAYLOAD)).min(bytes.len())
}

/// Bytes at the front that are records of a TLS handshake (RFC 8446, section 5.1), one behind the other.
fn handshake(payload: &[u8]) -> usize {
    let mut end = 0;
    while let Some([22, 3, 0..=4, high, low, ..]) = payload.get(end..) {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length == 0 || length > RECORD {
            break;
        }
        end += 5 + length;
    }
    end
}

fn keep(bounds: &[Bound]) -> Keep {
    let mut keep = Keep::default();
    for bound in bounds {
        match *bound {
            Bound::Bytes(bytes) => keep.bytes = Some(bytes),
            Bound::Age(age) => keep.age = Some(age),
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 packet in Ethernet: the field of flags and offset, the protocol, and what follows the header.
    fn packet(fragment: u16, protocol: u8, body: &[u8]) -> Vec<u8> {
        let macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let length = (20 + body.len() as u16).to_be_bytes();
        let [high, low] = fragment.to_be_bytes();
        let ip = [0x45, 0, length[0], length[1], 0, 7, high, low, 64, protocol, 0, 0];
        [&macs[..], &ip, &[192, 168, 1, 2, 192, 168, 1, 3], body].concat()
    }

    fn tcp(payload: &[u8]) -> Vec<u8> {
        let header = [0x9c, 0x40, 1, 187, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
        packet(0, 6, &[&header, payload].concat())
    }

    fn udp(payload: &[u8]) -> Vec<u8> {
        let length = (8 + payload.len() as u16).to_be_bytes();
        packet(0, 17, &[&[0x9c, 0x40, 1, 187, length[0], length[1], 0, 0], payload].concat())
    }

    fn kept_of(bytes: &[u8]) -> usize {
        kept(bytes, &Packet::parse(LinkType::ETHERNET, bytes))
    }

    #[test]
    fn headers_are_kept_and_a_handshake_whole() {
        let lengths = [0, 100, 256, 257, 1400].map(|payload| kept_of(&tcp(&vec![0; payload])));
        assert_eq!(lengths, [54, 154, 310, 310, 310]);
        let record =
            |length: u16| [&[22, 3, 3], &length.to_be_bytes()[..], &vec![1; usize::from(length)]].concat();
        assert_eq!(kept_of(&tcp(&record(1200))), 54 + 1205);
        let two = [record(600), record(500), vec![7; 300]].concat();
        assert_eq!(kept_of(&tcp(&two)), 54 + 605 + 505, "what follows the handshake is content");
        assert_eq!(kept_of(&tcp(&two[..1000])), 1054, "it goes on in the next segment");
        assert_eq!(kept_of(&tcp(&[&[22, 3, 3, 0xff, 0xff], &[0; 1200][..]].concat())), 310, "no record");
        assert_eq!(kept_of(&tcp(&[&[22, 3, 3, 0, 0], &[0; 1200][..]].concat())), 310, "an empty one");
        assert_eq!(kept_of(&udp(&record(1200))), 42 + 256, "TLS is over TCP");
        let asks = packet(0, 17, &[&[0, 68, 0, 67, 2, 0x48, 0, 0], &[0; 576][..]].concat());
        assert_eq!(kept_of(&asks), asks.len(), "DHCP");
    }

    #[test]
    fn content_is_not_kept_where_no_payload_was_decoded() {
        let body = [7; 1400];
        for fragment in [0x2000, 0x2010, 0x0010] {
            assert_eq!(kept_of(&packet(fragment, 17, &body)), 34 + 256, "a fragment, {fragment:#x}");
        }
        // A header of IP that says that nothing follows it.
        let mut short = packet(0, 17, &body);
        (short[16], short[17]) = (0, 20);
        assert!(kept_of(&short) <= HEADERS + PAYLOAD, "{}", kept_of(&short));
        let mut broken = packet(0, 17, &body);
        broken[14] = 0x41;
        assert!(kept_of(&broken) <= HEADERS + PAYLOAD, "{}", kept_of(&broken));
    }

    #[test]
    fn a_flood_of_interfaces_is_not_described() {
        let counts = Arc::new(Counts::default());
        let mut rolling = Rolling {
            choice: Choice::default(),
            is_full: true,
            snap_length: 0,
            names: vec!["-".into()],
            numbers: HashMap::new(),
            described: Vec::new(),
            blocks: Vec::new(),
            packets: 0,
            queue: None,
            counts,
            thread: None,
            said: 0,
        };
        let record = Record { link_type: LinkType::ETHERNET, ..Record::default() };
        let first = rolling.number((0, 0, LinkType::ETHERNET), &record);
        let numbers = (0..u16::MAX).map(|n| rolling.number((0, n, LinkType::ETHERNET), &record));
        assert_eq!(numbers.filter(|number| *number == first).count(), usize::from(u16::MAX) - PLACES + 1);
        assert_eq!(rolling.described.len(), PLACES);
    }
}
