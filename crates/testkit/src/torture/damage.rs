//! Ways to damage a capture: what a broken disk leaves, and what a hostile sender writes.
//!
//! Most leave the records in place and are wrong only in what is in them: a reader that trusts a length is found by a
//! length that lies, not by noise. One in eight damages the file itself.

use lenscap_testkit::{Classic, Interface, Ng, OwnedFrame, SplitMix64};

/// Bytes in front of the first record of a classic capture.
const FILE_HEADER: usize = 24;
/// Numbers that lengths and counts are attacked with, the low bytes of each counting where one has less room.
const LENGTHS: [u32; 10] = [0, 1, 3, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x8000_0000, u32::MAX];

/// A damaged copy of a capture that has these frames.
pub(super) fn damaged(bytes: &[u8], frames: &[OwnedFrame], random: &mut SplitMix64) -> Vec<u8> {
    if random.below(8) == 0 {
        return damaged_file(bytes.to_vec(), random);
    }
    let mut frames = frames.to_vec();
    for _ in 0..=random.below(6) {
        damage(&mut frames, random);
    }
    written(&frames)
}

fn damaged_file(mut bytes: Vec<u8>, random: &mut SplitMix64) -> Vec<u8> {
    let at = |random: &mut SplitMix64, bytes: &[u8]| {
        let room = bytes.len().saturating_sub(FILE_HEADER).max(1) as u64;
        (FILE_HEADER + random.below(room) as usize).min(bytes.len())
    };
    for _ in 0..=random.below(4) {
        let (one, other) = (at(random, &bytes), at(random, &bytes));
        match random.below(4) {
            0 => bytes.truncate(one),
            1 => drop(bytes.drain(one.min(other)..one.max(other).min(one.min(other) + 64))),
            2 => write(&mut bytes, one, random),
            _ => flip(&mut bytes, one, random),
        }
    }
    bytes
}

fn damage(frames: &mut Vec<OwnedFrame>, random: &mut SplitMix64) {
    if frames.is_empty() {
        return;
    }
    let (one, other) = (place(frames.len(), random), place(frames.len(), random));
    match random.below(10) {
        0 => frames.swap(one, other),
        1 => frames.insert(one, frames[other].clone()),
        2 if frames.len() > 1 => drop(frames.remove(one)),
        // Cut by a snap length: what the frame says of itself stays.
        3 => {
            let kept = random.below(frames[one].bytes.len() as u64 + 1);
            frames[one] = frames[one].clone().cut(kept as u32);
        }
        4 => splice(frames, one, other, random),
        5 => {
            let step = random.below(1 << 40) as i64 - (1 << 39);
            frames[one].time.0 = frames[one].time.0.saturating_add(step);
        }
        6 | 7 => {
            let at = place(frames[one].bytes.len(), random);
            write(&mut frames[one].bytes, at, random);
        }
        _ => {
            for _ in 0..=random.below(5) {
                let at = place(frames[one].bytes.len(), random);
                flip(&mut frames[one].bytes, at, random);
            }
        }
    }
}

/// Puts a stretch of one frame into another: the rest moves, or is written over.
fn splice(frames: &mut [OwnedFrame], one: usize, other: usize, random: &mut SplitMix64) {
    let from = place(frames[other].bytes.len(), random);
    let stretch: Vec<u8> =
        frames[other].bytes.iter().skip(from).take(1 + random.below(60) as usize).copied().collect();
    let target = &mut frames[one];
    let at = place(target.bytes.len(), random).min(target.bytes.len());
    let over = if random.below(2) == 0 { 0 } else { stretch.len().min(target.bytes.len() - at) };
    target.bytes.splice(at..at + over, stretch);
    target.wire_length = target.wire_length.max(target.bytes.len() as u32);
}

fn place(length: usize, random: &mut SplitMix64) -> usize {
    random.below(length.max(1) as u64) as usize
}

fn flip(bytes: &mut [u8], at: usize, random: &mut SplitMix64) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

/// Writes a length of one, two or four bytes in either order.
fn write(bytes: &mut [u8], at: usize, random: &mut SplitMix64) {
    let number = LENGTHS[place(LENGTHS.len(), random)];
    let width = [1, 2, 4][place(3, random)];
    let all = if random.below(2) == 0 { number.to_be_bytes() } else { number.swap_bytes().to_be_bytes() };
    let written = if random.below(2) == 0 { &all[4 - width..] } else { &all[..width] };
    for (byte, written) in bytes.iter_mut().skip(at).zip(written) {
        *byte = *written;
    }
}

/// A classic capture where the frames are of one link type, else one in pcapng.
fn written(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut types: Vec<_> = frames.iter().map(|frame| frame.link_type).collect();
    types.sort_unstable_by_key(|link_type| link_type.0);
    types.dedup();
    if types.len() < 2 {
        return Classic { nanoseconds: true, ..Classic::default() }.write(frames);
    }
    let mut ng = Ng::new(false);
    for &link_type in &types {
        ng.interface(Interface { link_type, ..Interface::default() });
    }
    for frame in frames {
        let interface = types.iter().position(|link_type| *link_type == frame.link_type).unwrap_or(0);
        ng.enhanced(interface as u32, frame);
    }
    ng.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::random_traffic;

    #[test]
    fn damage_is_drawn_from_its_seed_alone_and_is_damage() {
        let frames = random_traffic(1, 40);
        let whole = written(&frames);
        let of = |seed| damaged(&whole, &frames, &mut SplitMix64::new(seed));
        assert!((0..200).all(|seed| of(seed) == of(seed)));
        let changed = (0..200).filter(|&seed| of(seed) != whole).count();
        assert!(changed > 190, "{changed} of 200");
    }

    #[test]
    fn nothing_is_too_small_to_be_damaged() {
        for seed in 0..300 {
            let mut random = SplitMix64::new(seed);
            damaged(&[], &[], &mut random);
            let tiny = [random_traffic(1, 1)[0].clone().cut(0)];
            damaged(&[0; 3], &tiny, &mut random);
        }
    }
}
