//! Fair shares of a memory that is full: who holds most gives way, and who holds little keeps all.
//!
//! A desk asked for 3,000 names and a camera for two, and there is room for 2,000: the camera keeps its two, and the desk
//! gives up those that it heard of longest ago. While there is room nobody gives up anything, however much he holds. What
//! stays is a function of what is held, so it is the same wherever a capture was cut before.

use hashbrown::HashMap;
use lenscap_wire::Address;
use std::hash::Hash;

/// A station that holds something: its MAC, or its address where it has none.
pub(crate) type Holder = ([u8; 6], Address);

/// Part of a full memory that is kept when it is cleared, in eighths: clearing costs a walk over all of it.
const KEPT: usize = 7;

/// What is kept of a full memory.
pub(crate) const fn cleared(room: usize) -> usize {
    room / 8 * KEPT
}

/// The most that each holder may keep so that all of them together stay within `room`.
fn level(mut holdings: Vec<usize>, room: usize) -> usize {
    holdings.sort_unstable();
    let mut left = room;
    for (before, &holding) in holdings.iter().enumerate() {
        let share = left / (holdings.len() - before);
        if holding > share {
            return share;
        }
        left -= holding;
    }
    usize::MAX
}

/// Which of these stay within `room`, given the holder and the price of each, the one that goes last first. Where there are
/// more holders than have room for anything, those stay that come first.
pub(crate) fn stay<H: Copy + Eq + Hash>(all: &[(H, usize)], room: usize) -> Vec<bool> {
    let mut holdings: HashMap<H, usize> = HashMap::new();
    for &(holder, price) in all {
        *holdings.entry(holder).or_default() += price;
    }
    let level = level(holdings.values().copied().collect(), room);
    let mut kept: HashMap<H, usize> = HashMap::new();
    let mut sum = 0;
    let mut stays: Vec<bool> = all
        .iter()
        .map(|&(holder, price)| {
            let own = kept.entry(holder).or_default();
            *own = own.saturating_add(price);
            let stays = *own <= level;
            sum += if stays { price } else { 0 };
            stays
        })
        .collect();
    // What the shares leave over, since nothing is kept in part.
    for (stays, &(_, price)) in stays.iter_mut().zip(all) {
        if !*stays && sum + price <= room {
            *stays = true;
            sum += price;
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_holds_little_keeps_all() {
        let flood = (0..3000).map(|_| ('d', 1)).chain([('c', 1), ('c', 1)]);
        let all: Vec<_> = flood.collect();
        let stays = stay(&all, 2000);
        assert!(stays[..1998].iter().all(|stays| *stays) && stays[1998..3000].iter().all(|stays| !*stays));
        assert_eq!(stays[3000..], [true, true]);
    }

    #[test]
    fn of_more_holders_than_there_is_room_for_the_first_stay() {
        assert_eq!(stay(&[(1, 5), (2, 5), (3, 5), (1, 5)], 12), [true, true, false, false]);
        assert_eq!(stay(&[(1, 20), (2, 5)], 12), [false, true]);
    }

    proptest! {
        #[test]
        fn nothing_goes_while_there_is_room_and_no_more_stays_than_has_room(
            all in prop::collection::vec((0u8..5, 1usize..30), 0..60),
            room in 0usize..900,
        ) {
            let stays = stay(&all, room);
            let price = |kept: bool| {
                let of = all.iter().zip(&stays).filter(|(_, stays)| **stays || !kept);
                of.map(|((_, price), _)| price).sum::<usize>()
            };
            prop_assert!(price(true) <= room);
            prop_assert!(price(false) > room || stays.iter().all(|stays| *stays));
        }

        /// Whoever gives up anything could not have kept it without holding more than any other keeps, or than has room.
        #[test]
        fn nobody_gives_way_to_who_holds_more(holdings in prop::collection::vec(0usize..40, 1..6)) {
            let all: Vec<_> =
                holdings.iter().enumerate().flat_map(|(holder, &count)| (0..count).map(move |_| (holder, 1))).collect();
            let stays = stay(&all, 60);
            let mut kept = vec![0; holdings.len()];
            for ((holder, _), _) in all.iter().zip(&stays).filter(|(_, stays)| **stays) {
                kept[*holder] += 1;
            }
            let most = kept.iter().copied().max().unwrap_or(0);
            for (kept, held) in kept.iter().zip(&holdings) {
                prop_assert!(kept == held || kept + holdings.len() >= most, "{kept} of {held}, another {most}");
            }
        }
    }
}
