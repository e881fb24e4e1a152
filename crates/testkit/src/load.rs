//! Traffic for benchmarks: as many flows, names, devices or findings as asked for, made one frame at a time.
//!
//! A [`Load`] is an iterator, so that gigabytes need no memory but that of the flows that are alive at once. The
//! same shape, number and seed give the same frames on every machine, and fewer things are not a prefix of more.

mod shape;

pub use shape::Shape;

use crate::{MORNING, OwnedFrame, SplitMix64};
use lenscap_wire::Timestamp;
use std::fmt::Write as _;
use std::vec::IntoIter;

/// Nanoseconds between two frames: a million packets a second of the capture's clock.
const STEP: i64 = 1_000;

/// Frames of many flows that are alive at once and take turns at random.
#[derive(Clone, Debug)]
pub struct Load {
    shape: Shape,
    random: SplitMix64,
    alive: Vec<IntoIter<OwnedFrame>>,
    begun: u64,
    things: u64,
    now: Timestamp,
}

impl Load {
    /// Traffic of one shape: `things` is the number of flows, or of names, devices or findings where the shape is
    /// about those.
    pub fn new(shape: Shape, things: u64, seed: u64) -> Self {
        let random = SplitMix64::new(seed);
        Self { shape, random, alive: Vec::new(), begun: 0, things, now: MORNING }
    }

    fn begin(&mut self) -> Option<IntoIter<OwnedFrame>> {
        (self.begun < self.things).then(|| {
            self.begun += 1;
            self.shape.frames(self.begun - 1, &mut self.random).into_iter()
        })
    }
}

impl Iterator for Load {
    type Item = OwnedFrame;

    fn next(&mut self) -> Option<OwnedFrame> {
        while self.alive.len() < self.shape.width()
            && let Some(flow) = self.begin()
        {
            self.alive.push(flow);
        }
        loop {
            let turn = self.random.below(self.alive.len().max(1) as u64) as usize;
            if let Some(mut frame) = self.alive.get_mut(turn)?.next() {
                frame.time = self.now;
                self.now.0 += STEP;
                return Some(frame);
            }
            match self.begin() {
                Some(flow) => self.alive[turn] = flow,
                None => drop(self.alive.swap_remove(turn)),
            }
        }
    }
}

/// A catalogue file of one made-up vendor with `count` endpoints: `e0.load.example`, `e1.load.example` and so on.
///
/// Flows of [`Shape::Flows`] ask for such names, so that some of them are found whatever the count.
pub fn endpoints(count: u64) -> String {
    let head = "id = \"load-cams\"\nname = \"Load Cams\"\nndaa_889 = false\nprc_headquartered = false\n\
                kind = \"camera-brand\"\noui_camera_specific = false\ndate = \"2026-11-25\"\n";
    (0..count).fold(head.to_owned(), |mut text, n| {
        // A string takes every write.
        _ = write!(
            text,
            "\n[[endpoint]]\ndomain = \"e{n}.load.example\"\nmatch = \"suffix\"\nroles = [\"p2p\"]\n\
             confidence = \"high\"\nsource = \"made up\"\n"
        );
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_seed_decides_everything() {
        for shape in Shape::ALL {
            let frames = |seed| Load::new(shape, 20, seed).collect::<Vec<_>>();
            assert_eq!(frames(1), frames(1), "{shape}");
            assert!(frames(1) != frames(2), "{shape}");
            assert!(frames(1).is_sorted_by_key(|frame| frame.time), "{shape}");
            assert_eq!(shape.to_string().parse(), Ok(shape));
        }
    }

    #[test]
    fn every_flow_has_eight_packets_and_its_own_ends() {
        let frames: Vec<_> = Load::new(Shape::Flows, 1000, 1).collect();
        assert_eq!(frames.len(), 8000);
        // Addresses and ports of an IPv4 packet behind Ethernet; a direction each.
        let ends: HashSet<_> = frames.iter().map(|frame| frame.bytes[26..38].to_vec()).collect();
        assert_eq!(ends.len(), 2000);
    }

    #[test]
    fn a_device_has_a_link_address_of_its_own() {
        let macs: HashSet<_> =
            Load::new(Shape::Devices, 70_000, 1).map(|frame| frame.bytes[6..12].to_vec()).collect();
        assert_eq!(macs.len(), 70_001);
    }

    #[test]
    fn catalogues_grow_by_the_endpoint() {
        assert_eq!(endpoints(3).matches("[[endpoint]]").count(), 3);
    }
}
