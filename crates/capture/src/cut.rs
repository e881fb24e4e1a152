//! Finding a place where a file can be cut: a chain of plausible record headers.
//!
//! A guess, nothing more. Whoever cuts here must see the walk of the left part end exactly at the cut
//! ([`Joint::meets`](crate::Joint::meets)), and read the right part again where it does not.

use crate::Capture;
use crate::pcap::Pcap;
use crate::pcapng::Pcapng;
use crate::walk::Walker;

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
        let found = match self.walker() {
            Walker::Pcap(walk) => {
                (0..count / 2).find(|&at| chain(&bytes, at, ends, |rest| pcap_length(walk, rest)))
            }
            Walker::Pcapng(walk) => {
                let aligned = (4 - (offset % 4) as usize) % 4;
                let mut walk = walk.clone();
                (aligned..count / 2)
                    .step_by(4)
                    .find(|&at| chain(&bytes, at, ends, |rest| block_length(&mut walk, rest)))
            }
        };
        found.map(|at| offset + at as u64)
    }
}

/// Whether a chain of records starts at `at`: enough of them, or as many as there are up to the end.
fn chain(bytes: &[u8], mut at: usize, ends: bool, mut length: impl FnMut(&[u8]) -> Option<usize>) -> bool {
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

fn pcap_length(walk: &Pcap, rest: &[u8]) -> Option<usize> {
    let (head, length) = walk.head(rest)?;
    walk.is_plausible(&head).then_some(length + head.captured as usize)
}

fn block_length(walk: &mut Pcapng, rest: &[u8]) -> Option<usize> {
    if rest.len() < 12 || Pcapng::begins(rest) {
        return None;
    }
    let (kind, length) = walk.shape(rest).ok()?;
    let known = matches!(kind, 1..=6 | 10);
    let same = rest.get(4..8)? == rest.get(length - 4..length)?;
    (known && same && length < 1 << 19).then_some(length)
}
