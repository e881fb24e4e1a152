//! What of a flow's time is content: each bucket alone, and with its neighbour.
//!
//! A picture of 20 kB that is sent in two seconds lies in one bucket of 17 s, or in two where a border happens to fall between:
//! 7 kB and 13 kB are content together as 20 kB are alone. A flow no longer than a bucket has one in any case.

use std::collections::VecDeque;

use super::ContentLimits;
use crate::state::key::{Side, TCP};
use crate::state::spell::buckets::{Bucket, Buckets};
use crate::state::spell::{Cold, Hot};

/// What of the payload sent and received is judged, and all of it: a fraction, by which each bucket is taken less.
///
/// In TCP that is payload seen once. Whether a datagram is a copy is the sender's to feign, who makes what differs look alike,
/// so that two limits hold, of which neither touches what mirrors and taps show:
///
/// - What he sent is judged by half of it at the least, a mirror's double, and by less only as far as the other half was seen
///   as often, as three taps see both.
/// - What came back is taken less by what he sent, too: they compare as they were captured, whatever he feigned. A mirror
///   shows both halves twice, and they compare as they do once.
pub(super) fn share(hot: &Hot, cold: &Cold, sides: [Side; 2]) -> [(u64, u64); 2] {
    let counters = hot.counters(cold);
    let raw = counters.payload;
    // Of a half without payload nothing came again: in flows of media that is one of the two.
    let seen_once = |side: Side| if raw[side] == 0 { 0 } else { hot.once_of(cold, side, &counters).bytes };
    let once = sides.map(|side| (seen_once(side), raw[side]));
    // As in nearly all captures: nothing came again.
    if hot.key.protocol == TCP || once.iter().all(|(once, all)| once == all) {
        return once;
    }
    let less = |(one, of_one): (u64, u64), (two, of_two): (u64, u64)| {
        u128::from(one) * u128::from(of_two) < u128::from(two) * u128::from(of_one)
    };
    let [mut sent, mut received] = once;
    let least = if less(received, (1, 2)) { received } else { (1, 2) };
    if less(sent, least) {
        sent = least;
    }
    if less(sent, received) {
        received = sent;
    }
    [sent, received]
}

/// Payload that came back and was not captured, by the numbers of both ends, and all payload that was sent and seen. When it came
/// nothing tells: it is shared out as what was sent is, so that losing what came back makes no finding surer.
pub(super) fn lacking(hot: &Hot, cold: &Cold, sides: [Side; 2]) -> (u64, u64) {
    match hot.lacking(cold, sides[1]) {
        0 => (0, 1),
        lacking => (lacking, hot.payload_once(cold, sides[0]).bytes.max(1)),
    }
}

/// A bucket from the device's side, sent and received, repeated bytes taken off in proportion as [`share`] says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) all: [u64; 2],
    pub(super) large: [u64; 2],
}

impl Seen {
    /// A bucket of a flow of which so much is judged of what it sent and received, and so much was seen in all.
    pub(super) fn of(share: [(u64, u64); 2], sides: [Side; 2], bucket: &Bucket) -> Self {
        let scaled = |bytes: u64, (once, all): (u64, u64)| {
            if once >= all { bytes } else { (u128::from(bytes) * u128::from(once) / u128::from(all)) as u64 }
        };
        let both =
            |bytes: [u64; 2]| [scaled(bytes[sides[0] & 1], share[0]), scaled(bytes[sides[1] & 1], share[1])];
        Self { all: both(bucket.payload), large: both(bucket.large) }
    }

    /// The same where so much more came back in all, for so much that was sent.
    pub(super) fn answered(mut self, (lacking, of): (u64, u64)) -> Self {
        if lacking > 0 {
            let more = |sent: u64| (u128::from(sent) * u128::from(lacking) / u128::from(of)) as u64;
            let more = more(self.all[0]);
            self.all[1] = self.all[1].saturating_add(more);
            self.large[1] = self.large[1].saturating_add(more);
        }
        self
    }

    /// Whether it holds content by all packets and by large ones, and whether it would if nothing had come back.
    fn holds(&self, rule: &ContentLimits, shift: u32) -> Holds {
        let wider = shift.saturating_sub(Buckets::SHIFT).min(24);
        let enough = |[sent, received]: [u64; 2], least: u64, ratio: u64| {
            sent >= least.max(1) && sent >= received.saturating_mul(ratio)
        };
        [rule.ratio, 0]
            .map(|ratio| [enough(self.all, rule.any << wider, ratio), enough(self.large, rule.large, ratio)])
    }

    /// What of it is content where that holds.
    fn content(&self, holds: Holds) -> [u64; 2] {
        holds.map(|[all, large]| {
            let of = |holds: bool, [sent, _]: [u64; 2]| if holds { sent } else { 0 };
            of(all, self.all).max(of(large, self.large))
        })
    }

    fn with(&self, other: &Self) -> Self {
        let sum = |one: [u64; 2], two: [u64; 2]| [one[0] + two[0], one[1] + two[1]];
        Self { all: sum(self.all, other.all), large: sum(self.large, other.large) }
    }
}

/// Whether a bucket holds content: as it was, and if nothing had come back; by all packets, and by large ones.
type Holds = [[bool; 2]; 2];

fn either(one: Holds, other: Holds) -> Holds {
    [0, 1].map(|ratio| [0, 1].map(|kind| one[ratio][kind] || other[ratio][kind]))
}

impl Hot {
    /// Start and width (as a power of two, in ns) of each bucket of time, what of it is content, and what it holds as `seen`.
    /// A flow that is no longer than the finest bucket has one, whether or not a border lies within.
    ///
    /// Two neighbours hold content where both together do: what was sent within one width is content wherever a border lies. Those of
    /// large packets lie behind the one that they are in, and hold nothing else.
    pub(super) fn each_content(
        &self,
        cold: &Cold,
        rule: &ContentLimits,
        seen: impl Fn(&Bucket) -> Seen,
        mut each: impl FnMut(i64, u32, [u64; 2], Seen),
    ) {
        let (earliest, latest) = self.span(cold);
        let short = latest.saturating_sub(earliest) >> Buckets::SHIFT == 0;
        let Some(closed) = (if short { None } else { self.buckets(cold) }) else {
            let (start, here) = (self.last >> Buckets::SHIFT << Buckets::SHIFT, seen(&self.totals(cold)));
            return each(start, Buckets::SHIFT, here.content(here.holds(rule, Buckets::SHIFT)), here);
        };
        // What went in large packets is asked apart where it is known finer: the most of both counts.
        let mut fine = VecDeque::new();
        if let Some((width, large)) = closed.large() {
            let large =
                large.map(|(start, large)| (start, seen(&Bucket { payload: large, large, packets: 0 })));
            with_neighbours(rule, width, large, |start, seen, holds| {
                fine.push_back((start, width, seen.content(holds)));
            });
        }
        let shift = closed.shift();
        let all = closed.iter().map(|(start, bucket)| (start, seen(bucket)));
        with_neighbours(rule, shift, all, |start, seen, holds| {
            let within = |at: i64| at >> shift == start >> shift;
            let those = fine.iter().take_while(|(at, ..)| within(*at));
            let known = those.fold([0; 2], |sum, (.., content)| [sum[0] + content[0], sum[1] + content[1]]);
            let content = seen.content(holds);
            each(start, shift, [0, 1].map(|kind| content[kind].saturating_sub(known[kind])), seen);
            while let Some((at, width, content)) = fine.pop_front_if(|(at, ..)| within(*at)) {
                each(at, width, content, Seen::default());
            }
        });
    }
}

/// Gives each bucket of a width, in order, with whether it holds content by itself or together with a neighbour.
fn with_neighbours(
    rule: &ContentLimits,
    shift: u32,
    all: impl Iterator<Item = (i64, Seen)>,
    mut each: impl FnMut(i64, Seen, Holds),
) {
    let mut before: Option<(i64, Seen, Holds)> = None;
    for (start, here) in all {
        let mut holds = here.holds(rule, shift);
        if let Some((earlier, there, theirs)) = before.take() {
            let near = start.checked_sub(earlier) == 1i64.checked_shl(shift);
            let both = if near { there.with(&here).holds(rule, shift) } else { Holds::default() };
            each(earlier, there, either(theirs, both));
            holds = either(holds, both);
        }
        before = Some((start, here, holds));
    }
    if let Some((start, seen, holds)) = before {
        each(start, seen, holds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::{Key, UDP};
    use crate::state::measure::Measures;
    use crate::state::spell::Spell;

    /// Content of a flow of datagrams of 1000 bytes sent and so many received, each so often in a row.
    fn content_of_datagrams([sent, often]: [u32; 2], [received, times]: [u32; 2], bytes: u32) -> u64 {
        let half = |side, count, times, payload| {
            (0..count * times).map(move |n| (side, (n / times + 1) << 8, payload))
        };
        let mut spell: Option<Spell> = None;
        for (side, print, payload) in half(0, sent, often, 1000).chain(half(1, received, times, bytes)) {
            let entry = Entry { share: Share { payload, ..Share::default() }, print, ..Entry::default() };
            match &mut spell {
                Some(spell) => _ = spell.hot.absorb(&mut spell.cold, &entry, side),
                None => spell = Some(Spell::begin(Key { protocol: UDP, ..Key::default() }, side, &entry)),
            }
        }
        let spell = spell.unwrap();
        Measures::content_of(&ContentLimits::LEAVING, (&spell.hot, &spell.cold), 0)
    }

    /// A mirror and three taps show both halves as often: nothing gets bigger or smaller by them, even where
    /// none among what comes back is known to be a copy, as of small ones behind others.
    #[test]
    fn content_is_the_same_however_often_both_halves_are_seen() {
        for times in 1..=4 {
            assert_eq!(content_of_datagrams([300, times], [100, times], 1000), 300_000, "{times} times");
            assert_eq!(content_of_datagrams([300, times], [160, times], 1000), 0, "{times} times");
        }
        for times in 1..=2 {
            assert_eq!(content_of_datagrams([300, times], [0, 1], 0), 300_000, "{times} times, one way");
            assert_eq!(content_of_datagrams([300, times], [140 * times, 1], 1000), 300_000, "no copy known");
            assert_eq!(content_of_datagrams([300, times], [160 * times, 1], 1000), 0, "no copy known");
        }
    }

    /// A sender that makes four datagrams look alike halves what is judged at the most, and hides nothing behind what comes
    /// back.
    #[test]
    fn a_sender_that_makes_datagrams_look_alike_hides_no_content() {
        assert_eq!(content_of_datagrams([250, 4], [0, 1], 0), 500_000);
        assert_eq!(content_of_datagrams([250, 4], [200, 1], 1000), 500_000);
        assert_eq!(content_of_datagrams([250, 4], [500, 1], 1000), 500_000);
        assert_eq!(content_of_datagrams([250, 4], [501, 1], 1000), 0, "as much as of what differs");
    }

    fn content(all: [u64; 2], large: [u64; 2], shift: u32) -> [u64; 2] {
        let seen = Seen { all, large };
        seen.content(seen.holds(&ContentLimits::LEAVING, shift))
    }

    #[test]
    fn a_keep_alive_is_no_content_in_buckets_of_any_width() {
        for wider in 0..12 {
            let times = 1 << wider;
            assert_eq!(content([190 * times, 86 * times], [0; 2], Buckets::SHIFT + wider as u32), [0; 2]);
        }
    }

    #[test]
    fn content_is_large_packets_or_much_and_twice_what_came_back() {
        assert_eq!(content([9000, 80_000], [8192, 4096], Buckets::SHIFT), [8192; 2]);
        assert_eq!(content([9000, 80_000], [8192, 4097], Buckets::SHIFT), [0, 8192]);
        assert_eq!(content([32_768, 16_384], [0; 2], Buckets::SHIFT), [32_768; 2]);
        assert_eq!(content([32_767, 0], [8191, 0], Buckets::SHIFT), [0; 2]);
        // A picture each hour stays content where the bucket is an hour wide.
        assert_eq!(content([120_000, 9000], [100_000, 0], Buckets::SHIFT + 7), [100_000; 2]);
    }
}
