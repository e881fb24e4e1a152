//! What the other end acknowledges of a TCP half of which no packet was captured, as by a tap of one direction.
//!
//! A server acknowledges 600 kB of a camera, whose packets go another way: so much was sent at the least. Where a half that was
//! captured keeps the numbers of its segments, one that was not keeps those that are acknowledged: the first, the last, and how
//! far they moved. They move by steps that a window without a scale allows: whoever sends one acknowledgement of 2 GB makes
//! none of them sent, and by one that fits in a window no more than that, until the next true one takes it back.

use lenscap_wire::{Tcp, TcpFlags};

use super::{Cold, Hot, Spell, flag};
use crate::state::key::{Side, TCP};
use crate::state::spell::sequence::Trouble;

impl Hot {
    /// Notes that the other end acknowledges a half of which nothing was captured so far. Returns whether that took memory.
    ///
    /// A RST acknowledges whatever its sender likes, and 0 stands for what is not known.
    pub(super) fn acknowledge(&mut self, cold: &mut Cold, tcp: &Tcp, side: Side) -> bool {
        let (last, now) = (self.next[side], tcp.acknowledgement);
        let seen = self.low.packets[side] > 0
            || self.flags & flag::SEQUENCED << side != 0
            || self.counters(cold).packets[side] > 0;
        let is_sure = tcp.flags.has(TcpFlags::ACK) && !tcp.flags.has(TcpFlags::RST);
        if seen || !is_sure || now == last || now == 0 {
            return false;
        }
        self.next[side] = now;
        if last == 0 {
            return false;
        }
        let known = &mut cold.extra.get_or_insert_default().trouble[side];
        known.get_or_insert_with(|| Box::new(Trouble::unseen(last))).acknowledge(last, now);
        true
    }

    /// Forgets what was acknowledged of a half of which something was captured now. Returns whether memory was given back.
    pub(super) fn see(cold: &mut Cold, side: Side) -> bool {
        cold.extra.as_mut().is_some_and(|extra| extra.trouble[side].take().is_some())
    }

    /// Payload of one side that the other end acknowledges, where no packet of that side was captured: at least so much.
    pub(crate) fn acknowledged(&self, cold: &Cold, side: Side) -> u64 {
        let known = cold.extra.as_ref().and_then(|extra| extra.trouble[side & 1].as_ref());
        let is_silent = || self.key.protocol == TCP && self.counters(cold).packets[side & 1] == 0;
        known.filter(|_| is_silent()).map_or(0, |known| known.acknowledged())
    }
}

impl Spell {
    /// Appends what a later part has acknowledged of a half of which neither shows payload.
    pub(super) fn join_unseen(&mut self, later: &mut Self, side: Side) {
        let theirs = later.cold.extra.as_mut().and_then(|extra| extra.trouble.get_mut(side)?.take());
        let (last, now) = (self.hot.next[side], later.hot.next[side]);
        let seen = self.hot.counters(&self.cold).packets[side] > 0;
        if self.hot.key.protocol != TCP || self.hot.flags & flag::SEQUENCED << side != 0 || seen || now == 0 {
            return;
        }
        self.hot.next[side] = now;
        if last == 0 {
            if theirs.is_some() {
                self.cold.extra.get_or_insert_default().trouble[side] = theirs;
            }
        } else if theirs.is_some() || now != last {
            let theirs = theirs.unwrap_or_else(|| Box::new(Trouble::unseen(now)));
            let known = &mut self.cold.extra.get_or_insert_default().trouble[side];
            known.get_or_insert_with(|| Box::new(Trouble::unseen(last))).join_unseen(last, &theirs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::Key;
    use proptest::prelude::*;

    /// A segment of the server's that acknowledges so much, or one of the client's with so much payload.
    fn entry(acknowledgement: u32, payload: u32, flags: u8) -> Entry {
        let tcp = Tcp { flags: TcpFlags(flags), sequence: 7, acknowledgement, window: 9 };
        Entry { share: Share { payload, ..Share::default() }, tcp: Some(tcp), ..Entry::default() }
    }

    fn fold(segments: &[(Side, u32, u32)]) -> Option<Spell> {
        let (&(side, number, payload), rest) = segments.split_first()?;
        let key = Key { protocol: TCP, ..Key::default() };
        let mut spell = Spell::begin(key, side, &entry(number, payload, TcpFlags::ACK));
        for &(side, number, payload) in rest {
            spell.hot.absorb(&mut spell.cold, &entry(number, payload, TcpFlags::ACK), side);
        }
        Some(spell)
    }

    fn acknowledged(numbers: &[u32]) -> u64 {
        let segments: Vec<_> = numbers.iter().map(|&number| (1, number, 0)).collect();
        let Spell { hot, cold } = fold(&segments).unwrap();
        hot.acknowledged(&cold, 0)
    }

    /// One of them may be a FIN, which is no payload.
    #[test]
    fn what_moves_by_windows_was_sent_but_for_a_fin() {
        assert_eq!(acknowledged(&[1000, 1000, 41_000, 81_001, 81_001]), 80_000);
        assert_eq!(acknowledged(&[u32::MAX - 9, 40_000]), 40_009, "numbers wrap");
        let steps: Vec<_> = (0..200_000_u32).map(|n| n.wrapping_mul(50_000).wrapping_add(1)).collect();
        assert_eq!(acknowledged(&steps), 199_999 * 50_000 - 1, "more than 4 GB");
        assert_eq!((acknowledged(&[5]), acknowledged(&[5, 6])), (0, 0));
    }

    #[test]
    fn who_jumps_ahead_claims_nothing() {
        assert_eq!(acknowledged(&[1000, 1 << 31, 1500]), 0, "nothing moves from the one to the other");
        assert_eq!(acknowledged(&[1000, 2000, 1 << 31]), 999);
        assert_eq!(acknowledged(&[1000, 60_000, 2000]), 999, "what is true takes back what fits in a window");
        assert_eq!(acknowledged(&[1000, 0, 2000]), 999);
    }

    #[test]
    fn what_was_captured_is_told_by_itself() {
        let Spell { hot, cold } = fold(&[(1, 1000, 0), (1, 9000, 0), (0, 5, 100)]).unwrap();
        assert_eq!((hot.acknowledged(&cold, 0), hot.payload_once(&cold, 0).bytes), (0, 100));
        let mut reset = fold(&[(1, 1000, 0)]).unwrap();
        reset.hot.absorb(&mut reset.cold, &entry(9000, 0, TcpFlags::ACK | TcpFlags::RST), 1);
        assert_eq!(reset.hot.acknowledged(&reset.cold, 0), 0);
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(
            segments in prop::collection::vec(
                (prop::sample::select(vec![1usize, 1, 1, 1, 0]), prop::sample::select(vec![0u32, 1, 2, 900, 70_000, 1 << 31, u32::MAX]), prop::sample::select(vec![0u32, 0, 0, 50])),
                1..12,
            ),
            cut in 0usize..12,
        ) {
            let (left, right) = segments.split_at(cut.min(segments.len()));
            if let (Some(mut joined), Some(mut right)) = (fold(left), fold(right)) {
                joined.join(&mut right);
                let whole = fold(&segments).unwrap();
                let of = |spell: &Spell| {
                    let trouble = spell.cold.extra.as_ref().map_or([None, None], |extra| extra.trouble.clone());
                    let told = [0, 1].map(|side| spell.hot.acknowledged(&spell.cold, side));
                    (spell.hot.next, trouble, told)
                };
                prop_assert_eq!(of(&joined), of(&whole));
            }
        }
    }
}
