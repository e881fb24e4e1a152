//! Where a walk begins or ends, and what it takes for granted there: the proof that two chunks meet.

use serde::{Deserialize, Serialize};

use crate::format::{PortableWalker, Walker};

/// Where a walk begins or ends, and what it takes for granted there: the proof that two chunks meet.
///
/// A chunk may be folded on another machine and its joints sent along: they hold the header of a pcap file, or the
/// section header and interface blocks of a pcapng file as they stand there. One that is loaded is read as these are
/// read from a file, and refused where they make no sense.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Byte offset in the file.
    pub at: u64,
    /// Whether nothing can be read from here on.
    pub(crate) stopped: bool,
    #[serde(with = "portable")]
    pub(crate) walker: Walker,
}

impl Joint {
    /// Whether a walk that ended here goes on with one that began at `next`.
    pub fn meets(&self, next: &Self) -> bool {
        let meets = match (&self.walker, &next.walker) {
            (Walker::Pcap(left), Walker::Pcap(right)) => left == right,
            (Walker::Pcapng(left), Walker::Pcapng(right)) => left.meets(right),
            _ => false,
        };
        self.at == next.at && !self.stopped && meets
    }
}

/// A walk as plain records.
mod portable {
    use serde::{Deserializer, Serializer, de::Error};

    use super::{Deserialize, PortableWalker, Serialize, Walker};

    pub(super) fn serialize<S: Serializer>(walker: &Walker, to: S) -> Result<S::Ok, S::Error> {
        walker.portable().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Walker, D::Error> {
        let portable = PortableWalker::deserialize(from)?;
        portable.walker().ok_or_else(|| D::Error::custom("no walk of a capture can be there"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capture;
    use crate::ChunkId;
    use crate::walk::Walk;
    use lenscap_testkit::{Interface, Ng, SplitMix64, pcap, pcapng, random_traffic};
    use std::sync::Arc;

    fn joint(at: u64, file: &[u8]) -> Joint {
        let (mut walker, _) = Walker::new(file).unwrap();
        let mut tally = walker.tally(ChunkId::default());
        if let Walker::Pcapng(walk) = &mut walker {
            let section = 28;
            walk.enter(&file[..section], 0, &mut tally);
            if file.len() > section {
                walk.enter(&file[section..], 28, &mut tally);
            }
        }
        Joint { at, stopped: false, walker }
    }

    #[test]
    fn chunks_meet_where_place_and_interfaces_are_the_same() {
        let mut with = Ng::new(false);
        with.interface(Interface::default());
        let (with, without) = (with.finish(), Ng::new(false).finish());
        assert!(joint(9, &with).meets(&joint(9, &with)));
        assert!(!joint(9, &with).meets(&joint(10, &with)));
        assert!(!joint(9, &with).meets(&joint(9, &without)));
        assert!(!joint(9, &without).meets(&joint(9, &Ng::new(true).finish())));
        assert!(!joint(9, &without).meets(&joint(9, &pcap(&[]))));
        let stopped = Joint { stopped: true, ..joint(9, &with) };
        assert!(!stopped.meets(&joint(9, &with)));
    }

    fn saved(joint: &Joint) -> Vec<u8> {
        postcard::to_stdvec(joint).unwrap()
    }

    fn loaded(bytes: &[u8]) -> Option<Joint> {
        postcard::from_bytes(bytes).ok()
    }

    /// Joints at every batch of a capture.
    fn joints(bytes: Vec<u8>) -> Vec<Joint> {
        let capture = Capture::new(Arc::new(bytes)).unwrap();
        let mut reader = capture.reader(ChunkId::default()).unwrap();
        let mut joints = vec![reader.begin(), reader.end()];
        while reader.advance() {
            joints.push(reader.end());
        }
        joints.push(reader.begin());
        joints
    }

    /// Captures of every kind of header, with clocks of their own, a short interface block and packets without stamp.
    fn captures() -> Vec<Vec<u8>> {
        let frames = random_traffic(3, 100);
        let mut captures = vec![pcap(&frames), pcapng(&frames)];
        for magic in [[0xa1, 0xb2, 0xc3, 0xd4], [0x4d, 0x3c, 0xb2, 0xa1], [0x34, 0xcd, 0xb2, 0xa1]] {
            let mut header = pcap(&[]);
            header[..4].copy_from_slice(&magic);
            // A check sequence of four bytes, in either order.
            (header[20], header[23]) = (0x24, 0x24);
            captures.push(header);
        }
        for big_endian in [false, true] {
            let mut ng = Ng::new(big_endian);
            for (resolution, offset) in [(3, None), (9, Some(-7)), (0x90, Some(i64::MIN)), (0x7f, None)] {
                let resolution = Some(resolution);
                ng.interface(Interface { resolution, offset, snap_length: 96, ..Interface::default() });
            }
            ng.block(1, &[]);
            ng.simple(&frames[0]);
            frames.iter().take(40).for_each(|frame| ng.enhanced(1, frame));
            captures.push(ng.finish());
        }
        captures
    }

    #[test]
    fn a_joint_comes_back_as_it_was_saved() {
        let (mut count, mut needing) = (0, 0);
        for joint in captures().into_iter().flat_map(joints) {
            assert_eq!(loaded(&saved(&joint)), Some(joint.clone()));
            count += 1;
            needing += usize::from(saved(&joint).last() == Some(&1));
        }
        assert!(count > 20 && needing > 0, "{count} joints, {needing} that need a time");
    }

    /// What no file could hold is refused, and what is not refused can be walked on with.
    #[test]
    fn a_hostile_joint_is_refused_or_harmless() {
        let (mut refused, mut walked) = (0, 0);
        let mut random = SplitMix64::new(7);
        for bytes in captures() {
            let capture = Capture::new(Arc::new(bytes.clone())).unwrap();
            let good = saved(joints(bytes).first().unwrap());
            for cut in 0..good.len() {
                assert_eq!(loaded(&good[..cut]), None, "cut at {cut}");
            }
            for _ in 0..2000 {
                let mut bad = good.clone();
                for _ in 0..=random.below(3) {
                    let at = random.below(bad.len() as u64) as usize;
                    bad[at] = random.below(256) as u8;
                }
                let Some(joint) = loaded(&bad) else {
                    refused += 1;
                    continue;
                };
                assert_eq!(loaded(&saved(&joint)), Some(joint.clone()));
                let mut reader = capture.reader_from(ChunkId::default(), &joint, u64::MAX).unwrap();
                while reader.advance() {}
                walked += 1;
            }
        }
        assert!(refused > 100 && walked > 100, "{refused} refused, {walked} walked");
    }
}
