//! What is measured of a flow from one side: payload seen once, content in aligned windows.
//!
//! A camera sends 40 kB within 17 s over one connection and 300 bytes come back: that bucket of the flow is content. A
//! keep-alive of 95 bytes each 15 s never is, however long it runs, and a download over another flow in the same 17 s changes
//! nothing, since each flow's bucket decides before buckets are summed. What is cut over many flows is put together by `pieces.rs`.

mod content;
mod pieces;
pub(crate) mod recurrences;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::state::key::{Side, TCP};
use crate::state::spell::buckets::{Bucket, Buckets};
use crate::state::spell::{Cold, Hot};
use content::{Seen, lacking, share};
use pieces::Pieces;
use recurrences::Recurrences;

/// Width of the windows in which content is summed: 2^42 ns, 73 min.
const WINDOW: u32 = 42;
/// Width of those for what is sent slowly: 2^46 ns, 19.5 h.
const LONG: u32 = 46;

/// When a bucket of a flow holds content; see [`ContentRule`](lenscap_catalog::ContentRule).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ContentLimits {
    /// Least that was sent in large packets…
    pub(crate) large: u64,
    /// …or in packets of any size, for a bucket of the finest width.
    pub(crate) any: u64,
    /// How many times what came back.
    pub(crate) ratio: u64,
    /// Least that a connection sent in a bucket to be a piece of content that is cut over several…
    pub(crate) piece: u64,
    /// …and that was sent without one.
    pub(crate) datagrams: u64,
}

impl ContentLimits {
    /// Those for flows that leave memory before they are judged: fixed here, since no catalogue is at hand while packets are
    /// folded. The catalogue's are the same.
    pub(crate) const LEAVING: Self =
        Self { large: 8192, any: 32_768, ratio: 2, piece: 2048, datagrams: 1300 };
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
    /// What is little in each flow and may be content together.
    pieces: Pieces,
    /// What flows sent as fast as content that the numbers of both ends show and nobody captured, by window of 2^42 ns.
    unseen: Windows<1>,
    /// Moments at which payload was sent.
    recurrences: Recurrences,
}

/// What is measured of a flow beside its own content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Beside {
    /// It can be a report that recurs.
    pub(crate) recurs: bool,
    /// It can be a piece of an upload that is cut over many flows.
    pub(crate) pieces: bool,
    /// What it does not show of what a side sent no other flow shows.
    pub(crate) unseen: bool,
}

impl Beside {
    pub(crate) const ALL: Self = Self { recurs: true, pieces: true, unseen: true };
    pub(crate) const NOTHING: Self = Self { recurs: false, pieces: false, unseen: false };
}

/// How much is kept of flows that left memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keeps {
    /// Of those that a cap put out: a hundred windows of content, those of six days.
    Few,
    /// Of those that ended and were told: what is judged of them is to be what it was, for two months.
    Months,
}

impl Measures {
    /// Adds a flow.
    pub(crate) fn add(
        &mut self,
        rule: &ContentLimits,
        (hot, cold): (&Hot, &Cold),
        side: Side,
        beside: Beside,
    ) {
        let least = if hot.key.protocol == TCP { rule.piece } else { rule.datagrams };
        let sides = [side & 1, 1 - (side & 1)];
        let share = share(hot, cold, sides);
        let lacking = lacking(hot, cold, sides);
        let seen = |bucket: &Bucket| Seen::of(share, sides, bucket).answered(lacking);
        hot.each_content(cold, rule, seen, |start, shift, sent, seen| {
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
            // A wider bucket is content at a lower rate by itself.
            if beside.pieces && shift == Buckets::SHIFT && seen.all[0] > 0 {
                self.pieces.add(rule, least, start, &seen, sent[0]);
            }
        });
        let unseen = if beside.unseen { unseen_content(rule, (hot, cold), sides) } else { 0 };
        if unseen > 0 {
            self.unseen.entry(hot.last >> WINDOW).or_default()[0] += unseen;
        }
        if beside.recurs {
            self.recurrences.add((hot, cold), side);
        }
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
        for (window, [more]) in other.unseen {
            self.unseen.entry(window).or_default()[0] += more;
        }
        self.pieces.join(other.pieces);
        self.recurrences.join(other.recurrences);
    }

    /// Keeps the latest windows, of which nobody needs more than so many.
    pub(crate) fn limit(&mut self, keeps: Keeps) {
        let content = &mut self.content;
        self.pieces.limit(&ContentLimits::LEAVING, keeps, |window, more| {
            content.entry(window).or_default()[0] += more;
        });
        let windows = match keeps {
            Keeps::Few => 128,
            Keeps::Months => 1280,
        };
        while self.content.len() > windows {
            self.content.pop_first();
        }
        while self.large.len() > windows {
            self.large.pop_first();
        }
        while self.unseen.len() > windows {
            self.unseen.pop_first();
        }
    }

    /// All amounts of all windows.
    pub(crate) fn amounts(&self) -> impl Iterator<Item = u64> {
        self.content
            .values()
            .chain(self.large.values())
            .copied()
            .flatten()
            .chain(self.unseen.values().copied().flatten())
            .chain(self.pieces.amounts())
    }

    /// What they cost.
    pub(crate) fn price(&self) -> usize {
        (self.content.len() + self.large.len() + self.unseen.len() + self.pieces.len()) * 48
            + self.recurrences.price()
    }

    /// Forgets what cannot be beside content.
    pub(crate) fn keep(&mut self, beside: Beside) {
        if !beside.recurs {
            self.recurrences = Recurrences::default();
        }
        if !beside.pieces {
            self.pieces = Pieces::default();
        }
        if !beside.unseen {
            self.unseen.clear();
        }
    }

    /// The most content of flows alone in two neighbouring windows; with `both_ways` whatever came back.
    pub(crate) fn content(&self, both_ways: bool) -> u64 {
        most(&self.content, usize::from(both_ways))
    }

    /// The most content in two neighbouring windows, with what is content of several flows together.
    pub(crate) fn uploaded(&self, rule: &ContentLimits) -> u64 {
        let mut all = self.content.clone();
        for (window, more) in self.pieces.content(rule) {
            all.entry(window).or_default()[0] += more;
        }
        most(&all, 0)
    }

    /// The most that was acknowledged and not captured in two neighbouring windows.
    pub(crate) fn unseen(&self) -> u64 {
        most(&self.unseen, 0)
    }

    /// What [`Measures::content`] says of one flow alone: its buckets come in order of time, so that nothing is kept of them.
    pub(crate) fn content_of(rule: &ContentLimits, (hot, cold): (&Hot, &Cold), side: Side) -> u64 {
        let sides = [side & 1, 1 - (side & 1)];
        let (earliest, last) = hot.span(cold);
        if last.saturating_sub(earliest) >= 32 << WINDOW {
            // Its buckets may be wider than windows: then some that lie in one come behind the next.
            let mut measures = Self::default();
            measures.add(rule, (hot, cold), side, Beside::NOTHING);
            return measures.content(false);
        }
        let share = share(hot, cold, sides);
        let lacking = lacking(hot, cold, sides);
        // The latest window, its content, that of the window before it, and the most of two neighbours.
        let (mut latest, mut here, mut before, mut most) = (i64::MIN, 0, 0, 0);
        let seen = |bucket: &Bucket| Seen::of(share, sides, bucket).answered(lacking);
        hot.each_content(cold, rule, seen, |start, shift, [sent, _], _| {
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

    /// The most that was sent in large packets in two neighbouring long windows, where it was `ratio` times what came back in
    /// such in these and their neighbours: what lies within a day is not torn by a border.
    pub(crate) fn slow(&self, ratio: u64) -> u64 {
        let of = |window: i64, by: i64| {
            window.checked_add(by).and_then(|window| self.large.get(&window)).copied().unwrap_or_default()
        };
        let pair = |&window: &i64| {
            let near = [-1, 0, 1, 2].map(|by| of(window, by));
            let received = near.iter().map(|[_, received]| *received).fold(0, u64::saturating_add);
            let sent = near[1][0].saturating_add(near[2][0]);
            if sent >= received.saturating_mul(ratio) { sent } else { 0 }
        };
        self.large.keys().map(pair).max().unwrap_or(0)
    }

    /// At how many moments payload was sent.
    pub(crate) fn recurrences(&self) -> u64 {
        self.recurrences.count()
    }
}

/// What a flow sent that nobody captured, by the numbers of both ends, where it is content by its rate and by what came
/// back: when it was sent, nothing tells.
fn unseen_content(rule: &ContentLimits, (hot, cold): (&Hot, &Cold), sides: [Side; 2]) -> u64 {
    let sent = hot.lacking(cold, sides[0]);
    if sent < rule.large {
        return 0;
    }
    let (first, last) = hot.span(cold);
    let buckets = 1 + (last.saturating_sub(first).max(0) >> Buckets::SHIFT) as u64;
    let received = hot.payload_once(cold, sides[1]).bytes.saturating_add(hot.lacking(cold, sides[1]));
    let is_content =
        sent >= rule.large.saturating_mul(buckets) && sent >= received.saturating_mul(rule.ratio);
    if is_content { sent } else { 0 }
}

/// The most of two neighbouring windows.
fn most<const N: usize>(windows: &Windows<N>, of: usize) -> u64 {
    let pair = |(window, sums): (&i64, &[u64; N])| {
        sums[of] + window.checked_add(1).and_then(|next| windows.get(&next)).map_or(0, |next| next[of])
    };
    windows.iter().map(pair).max().unwrap_or(0)
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
            packets in prop::collection::vec((0i64..400, 0usize..2, prop_oneof![0u32..60, 0u32..30_000]), 1..200),
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
                measures.add(&ContentLimits::LEAVING, (&spell.0, &spell.1), side, Beside::ALL);
                let alone = Measures::content_of(&ContentLimits::LEAVING, (&spell.0, &spell.1), side);
                prop_assert_eq!((alone, alone), (measures.content(false), measures.uploaded(&ContentLimits::LEAVING)));
            }
        }
    }

    #[test]
    fn neighbouring_windows_add_up_and_others_do_not() {
        let mut measures = Measures::default();
        measures.content.extend([(-1, [10, 10]), (0, [20, 90]), (2, [25, 25]), (i64::MAX, [1, 1])]);
        assert_eq!((measures.content(false), measures.content(true)), (30, 100));
        measures.large.extend([(0, [50, 25]), (1, [90, 46])]);
        assert_eq!(measures.slow(2), 0, "141 came back for 140 or less");
        measures.large.insert(1, [90, 45]);
        assert_eq!(measures.slow(2), 140);
    }
}
