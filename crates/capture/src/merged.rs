//! Several inputs read as one, packet by packet: the lowest stamp first, ties in the order of the inputs.

use crate::reader::Reader;
use crate::{BATCH, Batch, Error, Record, Source, Tally};

/// Frames of several readers in order of time.
pub struct Merged {
    lanes: Vec<Lane>,
    bytes: Vec<u8>,
    records: Vec<Record>,
}

/// A reader and the frames of it that are not used yet.
struct Lane {
    reader: Reader,
    bytes: Vec<u8>,
    records: Vec<Record>,
    next: usize,
    ended: bool,
}

impl Lane {
    /// The next record, read where there is none at hand.
    fn peek(&mut self) -> Result<Option<&Record>, Error> {
        if self.next >= self.records.len() && !self.ended {
            self.bytes.clear();
            self.records.clear();
            self.next = 0;
            let batch = self.reader.next_batch()?;
            self.ended = batch.is_empty();
            for frame in batch.frames() {
                let start = self.bytes.len() as u32;
                self.bytes.extend_from_slice(frame.bytes);
                let (time, link_type, wire_length, at) =
                    (frame.time, frame.link_type, frame.wire_length, frame.at);
                self.records.push(Record { time, link_type, wire_length, start, at });
            }
        }
        Ok(self.records.get(self.next))
    }
}

impl Merged {
    /// Merges readers; their order decides between equal stamps.
    pub fn new(readers: Vec<Reader>) -> Self {
        let lane = |reader| Lane { reader, bytes: Vec::new(), records: Vec::new(), next: 0, ended: false };
        let lanes = readers.into_iter().map(lane).collect();
        Self { lanes, bytes: Vec::new(), records: Vec::with_capacity(BATCH) }
    }

    fn take_lowest(&mut self) -> Result<bool, Error> {
        let mut lowest = None;
        for (n, lane) in self.lanes.iter_mut().enumerate() {
            if let Some(time) = lane.peek()?.map(|record| record.time)
                && lowest.is_none_or(|(least, _)| time < least)
            {
                lowest = Some((time, n));
            }
        }
        let Some(lane) = lowest.and_then(|(_, n)| self.lanes.get_mut(n)) else { return Ok(false) };
        let Some(record) = lane.records.get(lane.next) else { return Ok(false) };
        let from = record.start as usize;
        let bytes = lane.bytes.get(from..from + record.at.length as usize).unwrap_or(&[]);
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        self.records.push(Record { start, ..*record });
        lane.next += 1;
        Ok(true)
    }
}

impl Source for Merged {
    fn next_batch(&mut self) -> Result<Batch<'_>, Error> {
        self.bytes.clear();
        self.records.clear();
        while self.records.len() < BATCH && self.take_lowest()? {}
        Ok(Batch::new(&self.bytes, &self.records))
    }

    fn tallies(&self) -> Vec<Tally> {
        self.lanes.iter().map(|lane| lane.reader.tally().clone()).collect()
    }
}
