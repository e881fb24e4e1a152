//! Datagrams that were seen twice: a mirror of both ports of a switch shows each one on its way in and on its way out.
//!
//! A datagram is a copy where its [print](print) is that of the one before it in its half, or, if it is large, of one of the
//! last large ones ([`window`]), within a tenth of a second. It is counted like every packet, and once more as a copy; payload
//! seen once is what is left. Where a whole half comes again further apart, a [`sample`] of it tells about how often it was
//! seen. In TCP nothing of this is needed: sequence numbers tell what was seen before.
//!
//! At a joint only the first datagram of each right-hand half is in doubt, and its first large ones; so its print, time and length are kept, and
//! print and time of the last. They stand in words of the spell that only TCP uses otherwise.

mod print;
mod sample;
mod window;

use serde::{Deserialize, Serialize};

use crate::state::entry::Entry;
use crate::state::key::{Side, TCP, UDP};
use crate::state::spell::{Cold, Extra, Hot, Once, flag};
pub(crate) use print::print;
use print::{Datagram, WINDOW, tick};
use sample::Sample;
use window::Window;

/// Copies by side, and what they are known by.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Copies {
    pub(crate) packets: [u64; 2],
    pub(crate) payload: [u64; 2],
    windows: [Option<Box<Window>>; 2],
    samples: [Option<Box<Sample>>; 2],
}

impl Copies {
    /// Payload of a side that sent so many bytes in so many datagrams, each of them once, and how many of these came again.
    pub(crate) fn once(&self, side: Side, payload: u64, packets: u64) -> (Once, u64) {
        let side = side & 1;
        // Four observers make three copies of each datagram. Where there are more, by number or by bytes, the sender repeats
        // himself.
        let (copies, seen_before) = (self.packets[side], self.payload[side]);
        let fits = |copies: u64, all: u64| copies.saturating_mul(4) <= all.saturating_mul(3);
        let told = fits(copies, packets) && fits(seen_before, payload);
        let (copies, seen_before) = if told { (copies, seen_before) } else { (0, 0) };
        // More than a mirror's double may be the sender's who makes what differs look alike.
        let exact = copies <= packets / 2 && seen_before <= payload / 2;
        let counted = Once { bytes: payload.saturating_sub(seen_before), exact };
        let share = |all: u64, (times, known): (u64, u64)| {
            u64::try_from(u128::from(all) * u128::from(known) / u128::from(times.max(1))).unwrap_or(all)
        };
        let times = self.samples[side].as_ref().and_then(|sample| sample.times());
        let about = times.map(|times| (share(payload, times), packets - share(packets, times)));
        // What was counted is better than an estimate, if the two agree.
        match about {
            Some((bytes, copies)) if bytes < counted.bytes - counted.bytes / 10 => {
                (Once { bytes, exact: false }, copies)
            }
            _ => (counted, copies),
        }
    }

    /// What it costs beside the box that it stands in.
    pub(crate) fn price(&self) -> usize {
        let windows = self.windows.iter().flatten().count() * size_of::<Window>();
        size_of::<Self>()
            + windows
            + self.samples.iter().flatten().map(|sample| sample.price()).sum::<usize>()
    }

    /// Whether these can be numbers of a fold of so many packets and bytes of payload: a saved summary may hold anything.
    pub(crate) fn is_sound(&self, packets: [u64; 2], payload: [u64; 2]) -> bool {
        let fits = |ours: [u64; 2], all: [u64; 2]| ours.iter().zip(all).all(|(ours, all)| *ours <= all);
        fits(self.packets, packets)
            && fits(self.payload, payload)
            && self.windows.iter().flatten().all(|window| window.is_sound())
            && self.samples.iter().flatten().all(|sample| sample.is_sound())
    }

    fn add(&mut self, side: Side, payload: u64) {
        self.packets[side & 1] += 1;
        self.payload[side & 1] += payload;
    }

    fn join(&mut self, later: &Self) {
        for side in [0, 1] {
            self.packets[side] += later.packets[side];
            self.payload[side] += later.payload[side];
            if let Some(sample) = &later.samples[side] {
                self.samples[side].get_or_insert_default().join(sample);
            }
        }
    }
}

impl Cold {
    fn first_datagram(&self, side: Side) -> Datagram {
        let print = [self.client_isn, self.server_isn][side & 1];
        let word = self.history.word(side);
        Datagram { print, tick: (word >> 16) as u16, payload: word as u16 }
    }

    fn keep_first_datagram(&mut self, side: Side, first: Datagram) {
        if side == 0 {
            self.client_isn = first.print;
        } else {
            self.server_isn = first.print;
        }
        self.history.set_word(side, u32::from(first.tick) << 16 | u32::from(first.payload));
    }

    /// Datagrams that were seen twice.
    pub(crate) fn copies(&self) -> Option<&Copies> {
        self.extra.as_ref()?.copies.as_deref()
    }

    /// Counts a copy. Returns whether that took memory.
    #[cold]
    fn copy(&mut self, side: Side, payload: u64) -> bool {
        let new = self.copies().is_none();
        self.copies_mut().add(side, payload);
        new
    }

    /// Forgets what of copies only an earlier part of the flow would ask for.
    pub(crate) fn settle_copies(&mut self) {
        if let Some(copies) = self.extra.as_mut().and_then(|extra| extra.copies.as_mut()) {
            copies.windows.iter_mut().flatten().for_each(|window| window.settle());
        }
    }

    fn copies_mut(&mut self) -> &mut Copies {
        self.extra.get_or_insert_default().copies.get_or_insert_default()
    }

    /// The window of a half, if it has one.
    #[inline]
    fn window_mut(&mut self, side: Side) -> Option<&mut Window> {
        self.extra.as_mut()?.copies.as_mut()?.windows[side & 1].as_deref_mut()
    }

    /// The window of a half that shows a large datagram behind its first. `early` says whether an earlier part may come.
    #[cold]
    fn window(&mut self, side: Side, early: bool) -> &mut Window {
        let first = self.first_datagram(side);
        let window = &mut self.copies_mut().windows[side & 1];
        window.get_or_insert_with(|| Box::new(Window::of_first(first, early)))
    }

    /// Adds a print to the sample of a half. Returns whether the price changes by that.
    #[cold]
    fn sample(&mut self, side: Side, print: u32) -> bool {
        let sample = &mut self.copies_mut().samples[side & 1];
        let before = sample.as_ref().map(|sample| sample.price());
        let sample = sample.get_or_insert_default();
        sample.add(print, 1);
        Some(sample.price()) != before
    }

    /// Whether a half has a window.
    fn has_window(&self, side: Side) -> bool {
        self.copies().is_some_and(|copies| copies.windows[side & 1].is_some())
    }
}

impl Hot {
    /// Whether a datagram that came at a tick is a copy of the last one of its half.
    #[inline]
    fn is_copied(&self, side: Side, print: u32, tick: u16) -> bool {
        let side = side & 1;
        print != 0 && self.next[side] == print && tick.wrapping_sub(self.seen[side]) <= WINDOW
    }

    /// Whether payload seen once is an estimate, for one half or both.
    pub(crate) fn is_estimated(&self, cold: &Cold) -> bool {
        cold.copies().is_some() && [0, 1].iter().any(|&side| !self.payload_once(cold, side).exact)
    }

    /// Whether an earlier part of the flow may come to stand in front of this one.
    fn is_early(&self) -> bool {
        self.flags & flag::FIRST != 0
    }

    /// Compares a datagram with those before it in its half. Returns whether that took memory.
    #[inline]
    pub(super) fn absorb_datagram(&mut self, cold: &mut Cold, entry: &Entry, side: Side) -> bool {
        let side = side & 1;
        let tick = tick(entry.share.time);
        let datagram = Datagram { print: entry.print, tick, payload: entry.share.payload as u16 };
        let first = self.low.packets[side] == 1 && self.counters(cold).packets[side] == 1;
        let (copied, mut grew);
        if first || !datagram.is_large() {
            (copied, grew) = (self.is_copied(side, entry.print, tick), false);
            if first {
                cold.keep_first_datagram(side, datagram);
            }
        } else {
            let early = self.is_early();
            (copied, grew) = match cold.window_mut(side) {
                Some(window) => (window.add(datagram, early), false),
                None => (cold.window(side, early).add(datagram, early), true),
            };
            grew |= Sample::takes(entry.print) && cold.sample(side, entry.print);
        }
        (self.next[side], self.seen[side]) = (entry.print, tick);
        copied && cold.copy(side, entry.share.payload.into()) || grew
    }

    /// The first datagram that a later part of a half shows where ours shows some, too, so that it is one among others.
    fn met(&self, cold: &Cold, (later, later_cold): (&Self, &Cold), side: Side) -> Option<Datagram> {
        let shows = |hot: &Self, cold: &Cold| hot.counters(cold).packets[side & 1] > 0;
        (shows(self, cold) && shows(later, later_cold)).then(|| later_cold.first_datagram(side))
    }

    /// What a joint makes of copies, windows and samples where there are none yet costs at most so much.
    pub(crate) fn price_of_copies(&self, cold: &Cold, later: (&Self, &Cold)) -> usize {
        if self.key.protocol != UDP {
            return 0;
        }
        let (mut price, mut needed) = (0, false);
        for side in [0, 1] {
            let Some(first) = self.met(cold, later, side) else { continue };
            needed |= first.is_large() || self.is_copied(side, first.print, first.tick);
            if first.is_large() && !cold.has_window(side) && !later.1.has_window(side) {
                price += size_of::<Window>();
            }
            let sampled = |cold: &Cold| cold.copies().is_some_and(|copies| copies.samples[side].is_some());
            let more = first.is_large() && Sample::takes(first.print) || sampled(cold) && sampled(later.1);
            price += if more { Sample::MOST } else { 0 };
        }
        let new = needed && cold.copies().is_none() && later.1.copies().is_none();
        if new { price + size_of::<Extra>() + size_of::<Copies>() } else { price }
    }

    /// Appends the datagrams of a later part. Must run before the counters are joined.
    pub(crate) fn join_datagrams(&mut self, cold: &mut Cold, (later, later_cold): (&Self, &Cold)) {
        let early = self.is_early();
        for side in [0, 1] {
            if later.counters(later_cold).packets[side] == 0 {
                continue;
            }
            let theirs = later_cold.copies().and_then(|copies| copies.windows[side].as_ref());
            if let Some(first) = self.met(cold, (later, later_cold), side) {
                let alone = || Window::of_first(first, true);
                let theirs = theirs.map_or_else(alone, |window| (**window).clone());
                if !first.is_large() && self.is_copied(side, first.print, first.tick) {
                    cold.copy(side, first.payload.into());
                }
                if first.is_large() && Sample::takes(first.print) {
                    cold.sample(side, first.print);
                }
                if !theirs.is_empty() {
                    let mut copied = (0, 0);
                    cold.window(side, early).join(&theirs, early, |payload| {
                        copied = (copied.0 + 1, copied.1 + payload);
                    });
                    if copied.0 > 0 {
                        cold.copies_mut().packets[side] += copied.0;
                        cold.copies_mut().payload[side] += copied.1;
                    }
                }
            } else {
                cold.keep_first_datagram(side, later_cold.first_datagram(side));
                if let Some(theirs) = theirs {
                    let mut theirs = theirs.clone();
                    if !early {
                        theirs.settle();
                    }
                    cold.copies_mut().windows[side] = Some(theirs);
                }
            }
            (self.next[side], self.seen[side]) = (later.next[side], later.seen[side]);
        }
        if let Some(copies) = later_cold.copies() {
            cold.copies_mut().join(copies);
        }
    }

    /// Whether the first segment of a side that had a checksum to be wrong had a right one, or it is no TCP.
    pub(crate) fn began_sound(&self, cold: &Cold, side: Side) -> bool {
        self.key.protocol != TCP || cold.history.began_sound(self.seen, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::Share;
    use crate::state::key::Key;
    use crate::state::spell::Spell;

    const MS: i64 = 1_000_000;

    /// The spell of datagrams, each with its side, print, time in milliseconds and payload.
    fn spell(datagrams: &[(Side, u32, i64, u32)]) -> Spell {
        let entry = |&(_, print, ms, payload): &(Side, u32, i64, u32)| {
            let share = Share { time: ms * MS, payload, bytes: payload + 28, ..Share::default() };
            Entry { share, print, ..Entry::default() }
        };
        let key = Key { protocol: UDP, ..Key::default() };
        let mut spell = Spell::begin(key, datagrams[0].0, &entry(&datagrams[0]));
        for datagram in &datagrams[1..] {
            spell.hot.absorb(&mut spell.cold, &entry(datagram), datagram.0);
        }
        spell
    }

    fn copies(datagrams: &[(Side, u32, i64, u32)]) -> Copies {
        spell(datagrams).cold.copies().cloned().unwrap_or_default()
    }

    #[test]
    fn a_copy_is_the_datagram_before_it_in_its_half_once_more() {
        let doubled = copies(&[(0, 7, 0, 100), (1, 9, 1, 5), (0, 7, 2, 100), (1, 9, 3, 5), (1, 8, 4, 6)]);
        assert_eq!(doubled, Copies { packets: [1, 1], payload: [100, 5], ..Copies::default() });
        assert_eq!(copies(&[(0, 7, 0, 100), (1, 7, 1, 100)]), Copies::default(), "another half");
        assert_eq!(copies(&[(0, 7, 0, 100), (0, 7, 102, 100)]), Copies::default(), "too late");
        assert_eq!(copies(&[(0, 0, 0, 100), (0, 0, 1, 100)]), Copies::default(), "nothing to know it by");
        assert_eq!(copies(&[(0, 7, 0, 100), (0, 7, 1, 100), (0, 7, 2, 100)]).packets, [2, 0]);
    }

    #[test]
    fn payload_seen_once_is_what_is_no_copy() {
        let spell = spell(&[(0, 7, 0, 100), (0, 7, 1, 100), (0, 8, 2, 50)]);
        assert_eq!(spell.hot.payload_once(&spell.cold, 0).bytes, 150);
        assert_eq!(spell.hot.counters(&spell.cold).payload, [250, 0]);
    }

    /// What may be a mirror's double is counted; what is more may be the sender's own, and too much more is.
    #[test]
    fn more_copies_than_a_double_are_an_estimate_and_more_than_four_none() {
        let once = |datagrams: &[(Side, u32, i64, u32)]| {
            let spell = spell(datagrams);
            let Once { bytes, exact } = spell.hot.payload_once(&spell.cold, 0);
            (bytes, exact, spell.hot.is_estimated(&spell.cold))
        };
        let alike = |times: u32| -> Vec<_> { (0..12 * times).map(|n| (0, n / times + 1, 0, 100)).collect() };
        assert_eq!(once(&alike(1)), (1200, true, false));
        assert_eq!(once(&alike(2)), (1200, true, false));
        assert_eq!(once(&alike(3)), (1200, false, true));
        assert_eq!(once(&alike(4)), (1200, false, true));
        assert_eq!(once(&alike(5)), (6000, true, false));
        // Large ones that look alike between tiny ones that do not: few datagrams, nearly all bytes.
        let mixed: Vec<_> =
            (0..16).map(|n| (0, if n < 8 { 1 } else { n }, 0, if n < 8 { 1000 } else { 1 })).collect();
        assert_eq!(once(&mixed), (8008, true, false));
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        let all =
            [(0, 7, 0, 100), (0, 7, 2, 100), (1, 9, 3, 5), (1, 9, 9, 5), (0, 7, 11, 100), (1, 9, 300, 5)];
        let whole = spell(&all);
        for cut in 1..all.len() {
            let (mut left, mut right) = (spell(&all[..cut]), spell(&all[cut..]));
            left.join(&mut right);
            assert_eq!(left.cold.copies(), whole.cold.copies(), "cut at {cut}");
            for side in [0, 1] {
                assert_eq!(left.cold.first_datagram(side), whole.cold.first_datagram(side), "cut at {cut}");
            }
            assert_eq!((left.hot.next, left.hot.seen), (whole.hot.next, whole.hot.seen), "cut at {cut}");
        }
    }
    #[test]
    fn no_more_came_again_than_came() {
        let copies = Copies { packets: [3, 0], payload: [300, 0], ..Copies::default() };
        assert!(copies.is_sound([3, 0], [300, 0]));
        assert!(!copies.is_sound([2, 9], [300, 0]) && !copies.is_sound([3, 0], [299, 900]));
    }
}
