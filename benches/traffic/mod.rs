//! Made-up traffic in memory, cut into batches as a reader lends them.
#![allow(dead_code, reason = "each bench uses its part")]

use lenscap_capture::{BATCH, Batch, Record};
use lenscap_flow::{Limits, Summary};
use lenscap_testkit::{Classic, Load, OwnedFrame, Shape};
use lenscap_wire::PacketRef;
use std::io::Write;

/// The usual idle time, and memory enough that no cap bites.
pub(crate) const LIMITS: Limits = Limits { idle: 300_000_000_000, memory: 8 << 30 };

/// Frames in one block, as they would lie in a reader's.
pub(crate) struct Traffic {
    block: Vec<u8>,
    records: Vec<Record>,
}

impl Traffic {
    /// At most `packets` of a shape's traffic of `things`; the same every time.
    pub(crate) fn of(shape: Shape, things: u64, packets: usize) -> Self {
        Self::with(Load::new(shape, things, 1).take(packets))
    }

    /// These frames.
    pub(crate) fn with(frames: impl IntoIterator<Item = OwnedFrame>) -> Self {
        let (mut block, mut records) = (Vec::new(), Vec::new());
        for (n, frame) in (0..).zip(frames) {
            let start = block.len() as u32;
            block.extend(&frame.bytes);
            records.push(Record {
                time: frame.time,
                link_type: frame.link_type,
                wire_length: frame.wire_length,
                start,
                at: PacketRef { chunk: 0, record: n, offset: start.into(), length: frame.bytes.len() as u32 },
                ..Record::default()
            });
        }
        Self { block, records }
    }

    /// How many packets there are.
    pub(crate) fn packets(&self) -> u64 {
        self.records.len() as u64
    }

    /// Batches in order.
    pub(crate) fn batches(&self) -> impl Iterator<Item = Batch<'_>> {
        self.records.chunks(BATCH).map(|records| Batch::new(&self.block, records))
    }

    /// What folding all of it gives.
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::new(LIMITS);
        self.batches().for_each(|batch| summary.fold(&batch, |_| true));
        summary
    }
}

/// A capture file of some traffic; it is gone when it is dropped, and until then in the page cache.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    file
}

/// The bytes of a classic capture.
pub(crate) fn pcap(shape: Shape, things: u64, packets: usize) -> Vec<u8> {
    let classic = Classic::default();
    let mut bytes = classic.header(None);
    for frame in Load::new(shape, things, 1).take(packets) {
        classic.record(&frame, &mut bytes);
    }
    bytes
}
