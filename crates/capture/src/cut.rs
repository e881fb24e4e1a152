//! Finding a place where a file can be cut: a chain of plausible record headers.
//!
//! A guess, nothing more. Whoever cuts here must see the walk of the left part end exactly at the cut
//! ([`Joint::meets`](crate::Joint::meets)), and read the right part again where it does not.

use crate::{Capture, Format};

/// Headers in a row that make a place plausible.
const CHAIN: usize = 8;
/// Bytes that are looked at; a record longer than half of it is not found.
const WINDOW: usize = 1 << 20;

impl Capture {
    /// A plausible record boundary at or soon after `offset`; `None` where none is found.
    pub fn guess(&self, offset: u64) -> Option<u64> {
        if !self.can_cut() || offset < self.body() {
            return None;
        }
        let mut bytes = vec![0; WINDOW];
        let count = self.read_at(&mut bytes, offset);
        bytes.truncate(count);
        let ends = offset + count as u64 >= self.size();
        // Blocks of pcapng stand at multiples of four.
        let (first, step) = match self.format() {
            Format::Pcap => (0, 1),
            Format::Pcapng => ((4 - (offset % 4) as usize) % 4, 4),
        };
        let length = |rest: &[u8]| self.walker().plausible_length(rest);
        let found = (first..count / 2).step_by(step).find(|&at| chain(&bytes, at, ends, length));
        found.map(|at| offset + at as u64)
    }
}

/// Whether a chain of records starts at `at`: enough of them, or as many as there are up to the end.
fn chain(bytes: &[u8], mut at: usize, ends: bool, length: impl Fn(&[u8]) -> Option<usize>) -> bool {
    for links in 0..CHAIN {
        let rest = bytes.get(at..).unwrap_or(&[]);
        if rest.is_empty() {
            return ends && links > 0;
        }
        match length(rest) {
            Some(length) => at += length,
            None => return false,
        }
        if at > bytes.len() {
            return links > 2 && !ends;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkId;
    use lenscap_testkit::{pcap, pcapng, random_traffic};
    use std::sync::Arc;

    #[test]
    fn a_guess_is_the_next_record_wherever_it_is_asked_for() {
        let frames = random_traffic(5, 300);
        for bytes in [pcap(&frames), pcapng(&frames)] {
            let capture = Capture::new(Arc::new(bytes)).unwrap();
            let mut starts = Vec::new();
            let mut reader = capture.reader(ChunkId::default()).unwrap();
            while reader.advance() {
                let start = |record: &crate::Record| record.at.offset - u64::from(record.header);
                starts.extend(reader.batch().records().iter().map(start));
            }
            let asked = starts[0]..starts[200];
            let right = asked.clone().step_by(13).filter(|&at| {
                let next = starts.iter().find(|&&start| start >= at).copied();
                capture.guess(at) == next
            });
            // It is a guess: random payloads may look like records.
            let (right, all) = (right.count(), asked.step_by(13).count());
            assert!(right * 100 >= all * 98, "{right} of {all}");
            assert_eq!(capture.guess(capture.size()), None);
        }
    }

    #[test]
    fn lengths_that_lead_nowhere_are_no_chain() {
        assert!(!chain(&[], 0, true, |_| Some(4)), "nothing at all");
        assert!(chain(&[0; 8], 0, true, |_| Some(4)), "up to the end");
        assert!(!chain(&[0; 8], 0, true, |_| Some(5)), "beyond the end of the file");
        assert!(chain(&[0; 17], 0, false, |_| Some(5)), "beyond what is looked at");
        assert!(!chain(&[0; 80], 0, false, |_| None));
    }
}
