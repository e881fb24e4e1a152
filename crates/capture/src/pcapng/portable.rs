//! A walk of pcapng as plain records: the section header and interface blocks as they stand in the file.
//!
//! What is loaded is read as blocks of a file are. So it cannot say more than a file could, and a clock cannot divide by
//! zero.

use lenscap_wire::{LinkType, Timestamp};
use serde::{Deserialize, Serialize};

use super::layout::{FRAME, SECTION_LEAST, at, kind};
use super::{INTERFACES, Pcapng};
use crate::interface::{Interface, PortableInterface};
use crate::order::Order;

/// What was told of a section, and what the next packet needs to know of the one before.
#[derive(Serialize, Deserialize)]
pub(crate) struct PortablePcapng {
    section: Option<Vec<u8>>,
    section_at: u64,
    interfaces: Vec<PortableInterface>,
    time: Option<i64>,
    time_needed: bool,
}

impl Pcapng {
    /// Itself as plain records.
    pub(crate) fn portable(&self) -> PortablePcapng {
        PortablePcapng {
            section: self.section.as_ref().map(|block| block.to_vec()),
            section_at: self.section_at,
            interfaces: self.interfaces.iter().map(Interface::portable).collect(),
            time: self.time.map(|time| time.0),
            time_needed: self.time_needed,
        }
    }
}

impl PortablePcapng {
    /// The opposite of [`Pcapng::portable`]; `None` for what no walk of a file can be.
    pub(crate) fn walk(self) -> Option<Pcapng> {
        let Self { section, section_at, interfaces, time, time_needed } = self;
        let time = time.map(Timestamp);
        if time.is_some_and(|time| time < Timestamp::MIN) || interfaces.len() > INTERFACES {
            return None;
        }
        let mut walk = Pcapng { section_at, time, time_needed, ..Pcapng::default() };
        if let Some(block) = section {
            walk.order = Order::of_section(block.get(at::BYTE_ORDER..))?;
            if block.len() < SECTION_LEAST || !is_block(&block, walk.order, kind::SECTION) {
                return None;
            }
            walk.section = Some(walk.keep(&block)?);
        }
        for interface in interfaces {
            let interface = match interface {
                PortableInterface::Block(block) if is_block(&block, walk.order, kind::INTERFACE) => {
                    let mut interface = walk.interface(&block).unwrap_or(Interface::UNKNOWN);
                    interface.block = Some(walk.keep(&block)?);
                    interface
                }
                PortableInterface::Block(_) => return None,
                PortableInterface::Told { link_type, snap_length, resolution, seconds } => {
                    let mut interface = Interface::new(LinkType(link_type), snap_length);
                    interface.set_resolution(resolution);
                    interface.set_offset(seconds);
                    interface
                }
            };
            walk.interfaces.push(interface);
        }
        Some(walk)
    }
}

/// Whether these are the bytes of one whole block of this kind.
fn is_block(bytes: &[u8], order: Order, kind: u32) -> bool {
    let length = bytes.len();
    let says = |at| order.word(bytes, at) as usize == length;
    length >= FRAME && length.is_multiple_of(4) && order.word(bytes, 0) == kind && says(4) && says(length - 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkId;
    use crate::tally::Tally;
    use crate::walk::Walk;
    use lenscap_testkit::{Interface as Described, Ng};

    fn walk(described: &[Described]) -> Pcapng {
        let (mut walk, mut tally) = (Pcapng::default(), Tally::new(ChunkId::default()));
        walk.enter(&Ng::new(true).finish(), 0, &mut tally);
        for interface in described {
            let mut ng = Ng::new(true);
            ng.interface(*interface);
            walk.enter(&ng.finish().split_off(SECTION_LEAST), 28, &mut tally);
        }
        walk
    }

    #[test]
    fn interfaces_come_back_with_and_without_their_blocks() {
        let described = [0, 3, 6, 12, 47, 48, 127, 0x80, 0xbf, 0xff].map(|resolution| Described {
            resolution: Some(resolution),
            offset: Some(i64::MIN + i64::from(resolution)),
            snap_length: 96,
            ..Described::default()
        });
        let mut walk = walk(&described);
        assert_eq!(walk.portable().walk().as_ref(), Some(&walk));
        for interface in &mut walk.interfaces {
            interface.block = None;
        }
        walk.interfaces.push(Interface::UNKNOWN);
        walk.kept = SECTION_LEAST;
        assert_eq!(walk.portable().walk().as_ref(), Some(&walk));
    }

    #[test]
    fn what_no_file_could_hold_is_refused() {
        let good = || walk(&[Described::default()]).portable();
        assert!(good().walk().is_some());
        let little = Ng::new(false).finish();
        assert!(PortablePcapng { section: Some(little), ..good() }.walk().is_none(), "another order");
        assert!(PortablePcapng { section: Some(vec![0; 28]), ..good() }.walk().is_none(), "no section");
        assert!(PortablePcapng { time: Some(-1), ..good() }.walk().is_none(), "before 1970");
        let short = vec![PortableInterface::Block(vec![0, 0, 0, 1, 0, 0, 0, 12, 0, 0, 0, 13])];
        assert!(PortablePcapng { interfaces: short, ..good() }.walk().is_none(), "two lengths");
        let empty = vec![PortableInterface::Block(Vec::new())];
        assert!(PortablePcapng { interfaces: empty, ..good() }.walk().is_none(), "no block");
        let many = (0..=INTERFACES).map(|_| Interface::UNKNOWN.portable()).collect();
        assert!(PortablePcapng { interfaces: many, ..good() }.walk().is_none(), "too many");
    }

    #[test]
    fn a_chunk_that_begins_later_keeps_no_more_than_the_whole() {
        let walk = walk(&[Described::default()]);
        assert_eq!(walk.later(false).kept, SECTION_LEAST);
        assert_eq!(walk.later(false).portable().walk(), Some(walk.later(false)));
    }
}
