//! Packets that a capture says it does not hold, by who lost them.
//!
//! Statistics blocks of pcapng count from the beginning of the capture, so that the latest of an interface holds, and
//! of several sections each has its own. A part of a file that is read on its own does not know which section it
//! begins in: that is found when the part before it is known ([`Drops::join`]).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An interface of a section: the section's offset in the file, where the part saw it begin.
type Place = (Option<u64>, u32);

/// Packets that were lost, by layer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct DropCounts {
    /// By the interface, or before it (`isb_ifdrop`).
    pub interface: u64,
    /// By the operating system, between the interface and the capturing program (`isb_osdrop`).
    pub ring: u64,
    /// Counted packet by packet, wherever they were lost (`epb_dropcount`); those of the other two may be among them.
    pub between: u64,
}

impl DropCounts {
    /// Every count that is not 0, with its name in reports.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = [("interface", self.interface), ("ring", self.ring), ("between", self.between)];
        all.into_iter().filter(|(_, count)| *count > 0)
    }
}

/// What the statistics of one interface say.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
struct Stated {
    interface: u64,
    ring: u64,
}

impl Stated {
    fn join(&mut self, other: Self) {
        self.interface = self.interface.max(other.interface);
        self.ring = self.ring.max(other.ring);
    }
}

/// Drops as an input states them.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Drops {
    /// Statistics by section and interface: the first [`Drops::PLACES`].
    stated: BTreeMap<Place, Stated>,
    between: u64,
    /// The section that is open at the end.
    section: Option<u64>,
}

impl Drops {
    /// Interfaces with statistics that are kept: those of the first sections, and of these the lowest.
    pub const PLACES: usize = 1024;

    /// Notes that a section begins at an offset.
    pub(crate) fn begin_section(&mut self, offset: u64) {
        self.section = Some(offset);
    }

    /// Books the statistics of an interface of the open section.
    pub(crate) fn state(&mut self, interface: u32, by_interface: u64, ring: u64) {
        if by_interface | ring > 0 {
            self.put((self.section, interface), Stated { interface: by_interface, ring });
        }
    }

    /// Books packets that were lost before another.
    pub(crate) fn count(&mut self, lost: u64) {
        self.between = self.between.saturating_add(lost);
    }

    fn put(&mut self, place: Place, stated: Stated) {
        self.stated.entry(place).or_default().join(stated);
        // The lowest places stay, so that the order in which they came changes nothing.
        if self.stated.len() > Self::PLACES {
            self.stated.pop_last();
        }
    }

    /// Appends what the next part of the same input states.
    pub fn join(&mut self, later: &Self) {
        for (&(section, interface), &stated) in &later.stated {
            self.put((section.or(self.section), interface), stated);
        }
        self.between = self.between.saturating_add(later.between);
        self.section = later.section.or(self.section);
    }

    /// The sums of all interfaces.
    pub fn counts(&self) -> DropCounts {
        let mut sums = DropCounts { between: self.between, ..DropCounts::default() };
        for stated in self.stated.values() {
            sums.interface = sums.interface.saturating_add(stated.interface);
            sums.ring = sums.ring.saturating_add(stated.ring);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of a file: sections and statistics, in order.
    #[derive(Clone, Copy)]
    enum Event {
        Section(u64),
        State(u32, u64),
    }

    fn drops(events: &[Event]) -> Drops {
        let mut drops = Drops::default();
        for event in events {
            match *event {
                Event::Section(offset) => drops.begin_section(offset),
                Event::State(interface, count) => drops.state(interface, count, 0),
            }
        }
        drops
    }

    #[test]
    fn the_latest_of_an_interface_holds_and_sections_add_up() {
        let drops = drops(&[
            Event::Section(0),
            Event::State(0, 700),
            Event::State(0, 777),
            Event::State(1, 3),
            Event::Section(90),
            Event::State(0, 20),
        ]);
        assert_eq!(drops.counts(), DropCounts { interface: 800, ..DropCounts::default() });
        assert_eq!(drops.counts().named().collect::<Vec<_>>(), [("interface", 800)]);
    }

    #[test]
    fn parts_join_to_the_whole_wherever_they_are_cut() {
        let mut events = vec![Event::Section(0)];
        for n in 0..1500 {
            events.extend([Event::State(n % 5, u64::from(n)), Event::State(n, 2)]);
            if n % 100 == 50 {
                events.push(Event::Section(u64::from(n)));
            }
        }
        let whole = drops(&events);
        assert_eq!(whole.stated.len(), Drops::PLACES);
        for cut in (0..events.len()).step_by(17) {
            let (left, right) = events.split_at(cut);
            let (middle, last) = right.split_at(right.len() / 2);
            let mut one = drops(left);
            one.join(&drops(middle));
            one.join(&drops(last));
            let mut tail = drops(middle);
            tail.join(&drops(last));
            let mut other = drops(left);
            other.join(&tail);
            assert!(one == whole && other == whole, "cut at {cut}");
        }
    }
}
