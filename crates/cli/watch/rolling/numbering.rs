//! What interfaces are called in one file of a ring. A file describes only those of its packets: a capture that is fed may describe
//! thousands, and files that described them all would hold little else.

use std::collections::HashMap;

/// Where a packet block has its length and the number of its interface, and the shortest block.
const LENGTH: usize = 4;
const INTERFACE: usize = 8;
const SHORTEST: usize = 32;

/// The numbers of one file.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    /// By the numbers that pieces have.
    numbers: HashMap<u32, u32>,
    /// The same in the order in which they are described.
    described: Vec<u32>,
}

impl Numbering {
    /// Interfaces that are described.
    pub(super) fn len(&self) -> usize {
        self.described.len()
    }

    /// Packet blocks with the numbers of this file, behind descriptions of those interfaces that it does not describe yet.
    pub(super) fn number(&mut self, blocks: &[u8], interfaces: &[Vec<u8>]) -> Vec<u8> {
        let known = self.len();
        let mut numbered = blocks.to_vec();
        let mut rest = numbered.as_mut_slice();
        while let Some(length) = word(rest, LENGTH) {
            if let Some(number) = word(rest, INTERFACE) {
                let number = self.number_of(number).to_le_bytes();
                if let Some(place) = rest.get_mut(INTERFACE..INTERFACE + number.len()) {
                    place.copy_from_slice(&number);
                }
            }
            let end = (length as usize).max(SHORTEST).min(rest.len());
            rest = rest.split_at_mut(end).1;
        }
        let new = self.described.iter().skip(known);
        let mut all: Vec<u8> =
            new.filter_map(|number| interfaces.get(*number as usize)).flatten().copied().collect();
        all.append(&mut numbered);
        all
    }

    /// Forgets all but the first so many, where the others could not be written.
    pub(super) fn forget(&mut self, known: usize) {
        for number in self.described.drain(known.min(self.described.len())..) {
            self.numbers.remove(&number);
        }
    }

    fn number_of(&mut self, number: u32) -> u32 {
        let next = self.described.len() as u32;
        *self.numbers.entry(number).or_insert_with(|| {
            self.described.push(number);
            next
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_capture::{Record, interface_block, push_packet_block};
    use lenscap_wire::LinkType;

    fn blocks(interfaces: &[u32]) -> Vec<u8> {
        let mut blocks = Vec::new();
        for number in interfaces {
            push_packet_block(&mut blocks, *number, &Record::default(), b"abcde");
        }
        blocks
    }

    #[test]
    fn a_file_describes_those_interfaces_that_it_uses() {
        let described: Vec<_> =
            (0..1000).map(|n| interface_block(LinkType::ETHERNET, 0, &format!("eth{n}"))).collect();
        let mut numbering = Numbering::default();
        let mut number = |used: &[u32]| numbering.number(&blocks(used), &described);
        assert_eq!(
            number(&[700, 3, 700]),
            [described[700].clone(), described[3].clone(), blocks(&[0, 1, 0])].concat()
        );
        assert_eq!(number(&[3, 5]), [described[5].clone(), blocks(&[1, 2])].concat());
        assert!(number(&[]).is_empty());
        numbering.forget(1);
        assert_eq!(
            numbering.number(&blocks(&[5, 700]), &described),
            [described[5].clone(), blocks(&[1, 0])].concat(),
            "what was not written is described again"
        );
    }
}
