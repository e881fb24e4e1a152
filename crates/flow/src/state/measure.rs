//! What is measured of a flow from one side: payload seen once, content in aligned windows.
//!
//! A camera sends 40 kB within 17 s over one connection and 300 bytes come back: that bucket of the flow is content. A
//! keep-alive of 95 bytes each 15 s never is, however long it runs, and a download over another flow in the same 17 s changes
//! nothing, since each flow's bucket decides before buckets are summed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::state::key::{Side, TCP};
use crate::state::spell::buckets::{Bucket, Buckets};
use crate::state::spell::{Cold, Hot};

/// Width of the windows in which content is summed: 2^42 ns, 73 min.
const WINDOW: u32 = 42;
/// Width of those for what is sent slowly: 2^46 ns, 19.5 h.
const LONG: u32 = 46;
/// Width of those in which a contact recurs: 2^36 ns, 69 s.
const RECURRENCE: u32 = 36;

/// When a bucket of a flow holds content; see [`ContentRule`](lenscap_catalog::ContentRule).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ContentLimits {
    /// Least that was sent in large packets…
    pub(crate) large: u64,
    /// …or in packets of any size, for a bucket of the finest width.
    pub(crate) any: u64,
    /// How many times what came back.
    pub(crate) ratio: u64,
}

impl ContentLimits {
    /// Those for flows that leave memory before they are judged: fixed here, since no catalogue is at hand while packets are
    /// folded. The catalogue's are the same.
    pub(crate) const LEAVING: Self = Self { large: 8192, any: 32_768, ratio: 2 };
}

/// A whole number by window.
type Windows<const N: usize> = BTreeMap<i64, [u64; N]>;

/// What of many flows adds up: sums by aligned window, the same in every order.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measures {
    /// Content sent, and what was sent as fast whatever came back, by window of 2^42 ns.
    content: Windows<2>,
    /// Payload in large packets, sent and received, by window of 2^46 ns.
    large: Windows<2>,
    /// Windows of 2^36 ns with payload sent: 64 neighbours each, as bits.
    recurrences: BTreeMap<i64, u64>,
}

/// How much is kept of flows that left memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keeps {
    /// Of those that a cap put out: a hundred windows of content, those of six days, and more recurrences than any rule asks for.
    Few,
    /// Of those that ended and were told: what is judged of them is to be what it was, for two months.
    Months,
}

impl Measures {
    /// Adds a flow; `recurs` says whether it can be a report that recurs.
    pub(crate) fn add(&mut self, rule: &ContentLimits, (hot, cold): (&Hot, &Cold), side: Side, recurs: bool) {
        let sides = [side & 1, 1 - (side & 1)];
        let share = share(hot, cold, sides);
        hot.each_bucket(cold, |start, shift, bucket| {
            let seen = Seen::of(share, sides, &bucket);
            let sent = seen.content(rule, shift);
            if sent != [0; 2] {
                // A bucket wider than a window lies in several: its bytes are shared out, and two neighbours bear witness.
                let over = shift.saturating_sub(WINDOW);
                for window in 0..=i64::from(over > 0) {
                    let known = self.content.entry((start >> WINDOW) + window).or_default();
                    known[0] += sent[0] >> over;
                    known[1] += sent[1] >> over;
                }
            }
            if seen.large[0] > 0 {
                let known = self.large.entry(start >> LONG).or_default();
                known[0] += seen.large[0];
                known[1] += seen.large[1];
            }
            if recurs && seen.all[0] > 0 {
                let window = start >> RECURRENCE;
                *self.recurrences.entry(window >> 6).or_default() |= 1 << (window & 63);
            }
        });
    }

    /// Adds those of other flows.
    pub(crate) fn join(&mut self, other: Self) {
        for (ours, theirs) in [(&mut self.content, other.content), (&mut self.large, other.large)] {
            for (window, [one, two]) in theirs {
                let known = ours.entry(window).or_default();
                known[0] += one;
                known[1] += two;
            }
        }
        for (windows, bits) in other.recurrences {
            *self.recurrences.entry(windows).or_default() |= bits;
        }
    }

    /// Keeps the latest windows, of which nobody needs more than so many.
    pub(crate) fn limit(&mut self, keeps: Keeps) {
        let (windows, recurrences) = match keeps {
            Keeps::Few => (128, 16),
            Keeps::Months => (1280, 1280),
        };
        while self.content.len() > windows {
            self.content.pop_first();
        }
        while self.large.len() > windows {
            self.large.pop_first();
        }
        while self.recurrences.len() > recurrences {
            self.recurrences.pop_first();
        }
    }

    /// All amounts of all windows.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = u64> {
        self.content.values().chain(self.large.values()).copied().flatten()
    }

    /// What they cost.
    pub(crate) fn price(&self) -> usize {
        (self.content.len() + self.large.len()) * 48 + self.recurrences.len() * 32
    }

    /// Forgets that payload was sent again and again, as by what is no report that recurs.
    pub(crate) fn recur_not(&mut self) {
        self.recurrences.clear();
    }

    /// The most content in two neighbouring windows; with `both_ways` whatever came back.
    pub(crate) fn content(&self, both_ways: bool) -> u64 {
        let of = |sums: &[u64; 2]| sums[usize::from(both_ways)];
        let pair = |(window, sums): (&i64, &[u64; 2])| {
            of(sums) + window.checked_add(1).and_then(|next| self.content.get(&next)).map_or(0, of)
        };
        self.content.iter().map(pair).max().unwrap_or(0)
    }

    /// What [`Measures::content`] says of one flow alone: its buckets come in order of time, so that nothing is kept of them.
    pub(crate) fn content_of(rule: &ContentLimits, (hot, cold): (&Hot, &Cold), side: Side) -> u64 {
        let sides = [side & 1, 1 - (side & 1)];
        let share = share(hot, cold, sides);
        // The latest window, its content, that of the window before it, and the most of two neighbours.
        let (mut latest, mut here, mut before, mut most) = (i64::MIN, 0, 0, 0);
        hot.each_bucket(cold, |start, shift, bucket| {
            let [sent, _] = Seen::of(share, sides, &bucket).content(rule, shift);
            let over = shift.saturating_sub(WINDOW);
            for window in 0..=i64::from(over > 0) {
                let window = (start >> WINDOW) + window;
                if window != latest {
                    before = if window == latest.saturating_add(1) { here } else { 0 };
                    (latest, here) = (window, 0);
                }
                here += sent >> over;
                most = most.max(before + here);
            }
        });
        most
    }

    /// The most that was sent in large packets in one long window, where it was `ratio` times what came back in such.
    pub(crate) fn slow(&self, ratio: u64) -> u64 {
        let uploads = self.large.values().filter(|[sent, received]| *sent >= received.saturating_mul(ratio));
        uploads.map(|[sent, _]| *sent).max().unwrap_or(0)
    }

    /// How many windows had payload sent.
    pub(crate) fn recurrences(&self) -> u64 {
        self.recurrences.values().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

/// What of the payload sent and received is judged, and all of it: a fraction, by which each bucket is taken less.
///
/// In TCP that is payload seen once. Whether a datagram is a copy is the sender's to feign, who makes what differs look alike,
/// so that two limits hold, of which neither touches what mirrors and taps show:
///
/// - What he sent is judged by half of it at the least, a mirror's double, and by less only as far as the other half was seen
///   as often, as three taps see both.
/// - What came back is taken less by what he sent, too: they compare as they were captured, whatever he feigned. A mirror
///   shows both halves twice, and they compare as they do once.
fn share(hot: &Hot, cold: &Cold, sides: [Side; 2]) -> [(u64, u64); 2] {
    let raw = hot.counters(cold).payload;
    let once = sides.map(|side| (hot.payload_once(cold, side).bytes, raw[side]));
    if hot.key.protocol == TCP {
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

/// A bucket from the device's side, sent and received, repeated bytes taken off in proportion as [`share`] says.
struct Seen {
    all: [u64; 2],
    large: [u64; 2],
}

impl Seen {
    /// A bucket of a flow of which so much is judged of what it sent and received, and so much was seen in all.
    fn of(share: [(u64, u64); 2], sides: [Side; 2], bucket: &Bucket) -> Self {
        let scaled = |bytes: u64, (once, all): (u64, u64)| {
            if once >= all { bytes } else { (u128::from(bytes) * u128::from(once) / u128::from(all)) as u64 }
        };
        let both =
            |bytes: [u64; 2]| [scaled(bytes[sides[0] & 1], share[0]), scaled(bytes[sides[1] & 1], share[1])];
        Self { all: both(bucket.payload), large: both(bucket.large) }
    }

    /// What of it is content, and what would be if nothing had come back.
    fn content(&self, rule: &ContentLimits, shift: u32) -> [u64; 2] {
        let wider = shift.saturating_sub(Buckets::SHIFT).min(24);
        let enough = |[sent, received]: [u64; 2], least: u64, ratio: u64| {
            if sent >= least.max(1) && sent >= received.saturating_mul(ratio) { sent } else { 0 }
        };
        [rule.ratio, 0].map(|ratio| {
            let (any, large) = (rule.any << wider, rule.large);
            enough(self.all, any, ratio).max(enough(self.large, large, ratio))
        })
    }
}

impl Hot {
    /// Start and width (as a power of two, in ns) of each bucket of time, and what was counted in it.
    fn each_bucket(&self, cold: &Cold, mut each: impl FnMut(i64, u32, Bucket)) {
        let (last, totals) = (self.last, self.totals(cold));
        match self.buckets(cold) {
            None => each(last >> Buckets::SHIFT << Buckets::SHIFT, Buckets::SHIFT, totals),
            Some(closed) => closed.iter().for_each(|(start, bucket)| each(start, closed.shift(), *bucket)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::{Key, UDP};
    use crate::state::spell::Spell;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_flow_has_the_content_of_its_windows(
            packets in prop::collection::vec((0i64..400, 0usize..2, 0u32..30_000), 1..60),
            step in prop::sample::select(vec![30, 34, 38, 42, 46]),
        ) {
            let entries = packets.iter().map(|&(time, side, payload)| {
                let share = Share { time: time << step, payload, ..Share::default() };
                (side, Entry { share, ..Entry::default() })
            });
            let mut spell: Option<Spell> = None;
            for (side, entry) in entries {
                match &mut spell {
                    Some(spell) => _ = spell.hot.absorb(&mut spell.cold, &entry, side),
                    None => spell = Some(Spell::begin(Key { protocol: UDP, ..Key::default() }, side, &entry)),
                }
            }
            let spell = spell.map(|spell| (spell.hot, spell.cold)).unwrap();
            for side in [0, 1] {
                let mut measures = Measures::default();
                measures.add(&ContentLimits::LEAVING, (&spell.0, &spell.1), side, false);
                let alone = Measures::content_of(&ContentLimits::LEAVING, (&spell.0, &spell.1), side);
                prop_assert_eq!(alone, measures.content(false));
            }
        }
    }

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
        Seen { all, large }.content(&ContentLimits::LEAVING, shift)
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

    #[test]
    fn neighbouring_windows_add_up_and_others_do_not() {
        let mut measures = Measures::default();
        measures.content.extend([(-1, [10, 10]), (0, [20, 90]), (2, [25, 25]), (i64::MAX, [1, 1])]);
        assert_eq!((measures.content(false), measures.content(true)), (30, 100));
        measures.large.extend([(0, [50, 25]), (1, [90, 46])]);
        assert_eq!(measures.slow(2), 50);
    }
}
