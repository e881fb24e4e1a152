//! Several inputs read as one, packet by packet: the lowest stamp first, ties in the order of the inputs.

use crate::reader::RecordReader;
use crate::{BATCH, Batch, Error, Next, Record, Source, Tally};

/// Bytes of a batch from which on no more packets are added to it.
const BYTES: usize = 256 << 10;

/// Frames of several readers in order of time.
pub struct Merged {
    lanes: Vec<Lane>,
    bytes: Vec<u8>,
    records: Vec<Record>,
}

/// A reader, and the place in its batch of the next frame that is not used yet.
struct Lane {
    reader: RecordReader,
    next: usize,
    ended: bool,
}

impl Lane {
    /// The next record, read where there is none at hand.
    fn peek(&mut self) -> Option<&Record> {
        if self.next >= self.reader.batch().len() && !self.ended {
            self.next = 0;
            self.ended = !self.reader.advance();
        }
        self.reader.batch().records().get(self.next)
    }
}

impl Merged {
    /// Merges readers; their order decides between equal stamps.
    pub fn new(readers: Vec<RecordReader>) -> Self {
        let lane = |reader| Lane { reader, next: 0, ended: false };
        let lanes = readers.into_iter().map(lane).collect();
        Self { lanes, bytes: Vec::new(), records: Vec::with_capacity(BATCH) }
    }

    fn take_lowest(&mut self) -> bool {
        let mut lowest = None;
        for (n, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(time) = lane.peek().map(|record| record.time)
                && lowest.is_none_or(|(least, _)| time < least)
            {
                lowest = Some((time, n));
            }
        }
        let Some(lane) = lowest.and_then(|(_, n)| self.lanes.get_mut(n)) else { return false };
        let batch = lane.reader.batch();
        let (Some(record), Some(frame)) = (batch.records().get(lane.next), batch.frames().nth(lane.next))
        else {
            return false;
        };
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(frame.bytes);
        self.records.push(Record { start, ..*record });
        lane.next += 1;
        true
    }
}

impl Source for Merged {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        self.bytes.clear();
        self.records.clear();
        while self.records.len() < BATCH && self.bytes.len() < BYTES && self.take_lowest() {}
        if self.records.is_empty() {
            return Ok(Next::End);
        }
        Ok(Next::Batch(Batch::new(&self.bytes, &self.records)))
    }

    fn tallies(&self) -> Vec<Tally> {
        self.lanes.iter().flat_map(|lane| lane.reader.tallies()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capture, ChunkId};
    use lenscap_testkit::{OwnedFrame, pcap};
    use lenscap_wire::Timestamp;
    use std::sync::Arc;

    fn reader(input: u32, frames: &[(i64, usize)]) -> RecordReader {
        let frame = |&(second, length): &(i64, usize)| {
            OwnedFrame::ethernet(Timestamp(second * 1_000_000_000), vec![input as u8; length])
        };
        let frames: Vec<_> = frames.iter().map(frame).collect();
        Capture::new(Arc::new(pcap(&frames))).unwrap().reader(ChunkId { input, chunk: input }).unwrap()
    }

    #[test]
    fn the_lowest_stamp_comes_first_and_ties_by_input() {
        let readers = vec![reader(0, &[(1, 60), (5, 61)]), reader(1, &[(1, 62), (2, 63)]), reader(2, &[])];
        let mut merged = Merged::new(readers);
        let Ok(Next::Batch(batch)) = merged.next() else { panic!("there are frames") };
        let seen: Vec<_> = batch.frames().map(|frame| (frame.bytes[0], frame.bytes.len())).collect();
        assert_eq!(seen, [(0, 60), (1, 62), (1, 63), (0, 61)]);
        assert!(matches!(merged.next(), Ok(Next::End)));
        assert_eq!(merged.tallies().iter().map(|tally| tally.records).collect::<Vec<_>>(), [2, 2, 0]);
    }

    #[test]
    fn a_batch_is_bounded_in_bytes() {
        let long: Vec<_> = (0..20).map(|second| (second, 200_000)).collect();
        let mut merged = Merged::new(vec![reader(0, &long), reader(1, &long)]);
        let mut frames = 0;
        while let Ok(Next::Batch(batch)) = merged.next() {
            assert!(batch.bytes() <= BYTES as u64 + 200_000);
            frames += batch.len();
        }
        assert_eq!(frames, 40);
    }
}
