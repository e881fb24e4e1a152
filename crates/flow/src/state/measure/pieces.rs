//! Uploads that are cut over many flows: what each sent is little, and together it is content.
//!
//! A camera posts 700 kB as a hundred pieces of 7 kB, each over a connection of its own: none of them holds content, and one
//! party has all of them. Each flow decides by itself whether it sends and not fetches, so that a download beside it hides
//! nothing; only how much that is, is asked of all together. What every connection sends before it carries anything, such as
//! a hello of TLS, is no piece: who tries again each second uploads nothing. Of very many flows at once each is one, whatever its
//! size: a datagram from each of a thousand ports.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::content::Seen;
use super::{ContentLimits, Keeps, WINDOW};
use crate::state::spell::buckets::Buckets;

/// What flows sent in one bucket that each sent more than came back.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
struct Sums {
    /// In packets of any size, and in large ones.
    all: u64,
    large: u64,
    /// What of it is content of a flow alone.
    alone: u64,
    /// The same of flows that sent too little to be pieces where they are few, and how many these are.
    small: [u64; 2],
    flows: u64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.all += other.all;
        self.large += other.large;
        self.alone += other.alone;
        self.small = [self.small[0] + other.small[0], self.small[1] + other.small[1]];
        self.flows += other.flows;
    }

    /// What pieces sent, in packets of any size and in large ones, if small flows are pieces or not.
    fn sent(&self, many: bool) -> [u64; 2] {
        let small = if many { self.small } else { [0; 2] };
        [self.all + small[0], self.large + small[1]]
    }

    /// Whether nothing but small flows are in it.
    fn is_little(&self) -> bool {
        [self.all, self.large, self.alone] == [0; 3]
    }

    /// Whether small flows are so many that they are pieces.
    fn is_many(&self) -> bool {
        self.flows >= Pieces::MANY
    }

    /// Whether it is content by all packets, and by large ones.
    fn holds(&self, rule: &ContentLimits) -> [bool; 2] {
        let [all, large] = self.sent(self.is_many());
        [all >= rule.any.max(1), large >= rule.large.max(1)]
    }
}

/// Pieces by bucket of the finest width: a function of the set of flows.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct Pieces {
    by_bucket: BTreeMap<i64, Sums>,
}

impl Pieces {
    /// Flows in a bucket, or two that follow each other, that are pieces whatever they send: nobody begins so many connections in half a
    /// minute to be told that he cannot.
    const MANY: u64 = 96;

    /// Adds what a flow sent in the bucket that begins at `start`, of which so much is content of it alone.
    pub(super) fn add(&mut self, rule: &ContentLimits, least: u64, start: i64, seen: &Seen, alone: u64) {
        let sends = |[sent, received]: [u64; 2]| {
            if sent >= received.saturating_mul(rule.ratio) { sent } else { 0 }
        };
        let sent = [sends(seen.all), sends(seen.large)];
        let [all, large] = sent.map(|sent| if sent >= least { sent } else { 0 });
        let small = [sent[0] - all, sent[1] - large];
        let sums = Sums { all, large, alone, small, flows: u64::from(small != [0; 2]) };
        if sums != Sums::default() {
            self.put(start >> Buckets::SHIFT, &sums);
        }
    }

    /// Adds those of other flows.
    pub(super) fn join(&mut self, other: Self) {
        for (bucket, sums) in other.by_bucket {
            self.put(bucket, &sums);
        }
    }

    fn put(&mut self, bucket: i64, sums: &Sums) {
        self.by_bucket.entry(bucket).or_default().add(sums);
    }

    /// What is content beside that of flows alone, by window in which content is summed. Two neighbouring buckets are content
    /// where both together are.
    pub(super) fn content(&self, rule: &ContentLimits) -> impl Iterator<Item = (i64, u64)> {
        self.by_bucket.keys().map(move |&bucket| (window(bucket), self.more(rule, bucket)))
    }

    fn more(&self, rule: &ContentLimits, bucket: i64) -> u64 {
        let of = |by: i64| bucket.checked_add(by).and_then(|bucket| self.by_bucket.get(&bucket));
        let Some(here) = of(0) else { return 0 };
        let (mut holds, mut many) = (here.holds(rule), here.is_many());
        for near in [of(-1), of(1)].into_iter().flatten() {
            let mut both = *here;
            both.add(near);
            holds = [0, 1].map(|kind| holds[kind] || both.holds(rule)[kind]);
            many |= both.is_many();
        }
        let content = here.sent(many).into_iter().zip(holds);
        let content = content.map(|(sent, holds)| if holds { sent } else { 0 }).max().unwrap_or(0);
        content.saturating_sub(here.alone)
    }

    /// Keeps the latest, and gives out the content of those that go, by window. What comes late for one that went counts as far as it
    /// is content without it: past this cap it is "at least" so much.
    pub(super) fn limit(&mut self, rule: &ContentLimits, keeps: Keeps, mut goes: impl FnMut(i64, u64)) {
        let most = match keeps {
            Keeps::Few => 64,
            Keeps::Months => 256,
        };
        // Small flows are nothing without very many beside them: as time goes on, those before are let go of.
        let before = self.by_bucket.iter().rev().nth(2);
        if let Some((&bucket, _)) = before.filter(|(_, sums)| sums.is_little())
            && self.more(rule, bucket) == 0
        {
            self.by_bucket.remove(&bucket);
        }
        while self.by_bucket.len() > most {
            let Some((&first, _)) = self.by_bucket.first_key_value() else { return };
            let more = self.more(rule, first);
            if more > 0 {
                goes(window(first), more);
            }
            self.by_bucket.pop_first();
        }
    }

    /// All amounts.
    pub(super) fn amounts(&self) -> impl Iterator<Item = u64> {
        self.by_bucket
            .values()
            .flat_map(|sums| [sums.all, sums.large, sums.alone, sums.small[0], sums.small[1], sums.flows])
    }

    /// How many buckets there are.
    pub(super) fn len(&self) -> usize {
        self.by_bucket.len()
    }
}

const fn window(bucket: i64) -> i64 {
    bucket >> (WINDOW - Buckets::SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: ContentLimits = ContentLimits::LEAVING;

    /// Content of flows beside one another, each in large packets: bucket, sent and received.
    fn content(flows: &[(i64, [u64; 2])]) -> u64 {
        let mut pieces = Pieces::default();
        for &(bucket, bytes) in flows {
            let seen = Seen { all: bytes, large: bytes };
            pieces.add(&RULE, RULE.piece, bucket << Buckets::SHIFT, &seen, 0);
        }
        pieces.content(&RULE).map(|(_, content)| content).sum()
    }

    #[test]
    fn pieces_are_content_together_within_a_bucket_or_two() {
        assert_eq!(content(&[(0, [7000, 200]); 100]), 700_000);
        assert_eq!(content(&[(0, [7000, 200]), (1, [7000, 200])]), 14_000);
        assert_eq!(content(&[(0, [7000, 200]), (2, [7000, 200])]), 0, "as slow as a report now and then");
    }

    #[test]
    fn a_download_hides_nothing_and_is_none() {
        assert_eq!(content(&[(0, [7000, 200]), (0, [7000, 0]), (0, [300, 1 << 30])]), 14_000);
        assert_eq!(content(&[(0, [7000, 3501]); 100]), 0);
    }

    #[test]
    fn what_connections_begin_with_is_no_piece() {
        assert_eq!(content(&[(0, [RULE.piece - 1, 7]); Pieces::MANY as usize - 1]), 0);
        assert_eq!(content(&[(0, [RULE.piece, 7]); 4]), 4 * RULE.piece);
    }

    /// As from a port of its own for each datagram, wherever the border of a bucket lies; what is answered with more is none of them.
    #[test]
    fn of_very_many_flows_each_is_a_piece() {
        assert_eq!(content(&[(0, [1000, 2]); 96]), 96_000);
        let apart: Vec<_> = (0..96).map(|n| (n % 2, [1000, 2])).collect();
        assert_eq!((content(&apart), content(&apart[1..])), (96_000, 0));
        assert_eq!(content(&[(0, [1000, 501]); 500]), 0);
    }

    /// What a flow has by itself is counted there, and its bytes make those beside it content.
    #[test]
    fn content_of_a_flow_alone_counts_once() {
        let mut pieces = Pieces::default();
        let seen = |sent| Seen { all: [sent, 0], large: [sent, 0] };
        pieces.add(&RULE, RULE.piece, 0, &seen(9000), 9000);
        pieces.add(&RULE, RULE.piece, 0, &seen(3000), 0);
        assert_eq!(pieces.content(&RULE).collect::<Vec<_>>(), [(0, 3000)]);
    }

    #[test]
    fn what_goes_is_counted_before_it_goes() {
        let (mut pieces, mut gone) = (Pieces::default(), 0);
        let seen = Seen { all: [5000, 0], large: [5000, 0] };
        for bucket in 0..1000 {
            pieces.add(&RULE, RULE.piece, bucket << Buckets::SHIFT, &seen, 0);
            pieces.limit(&RULE, Keeps::Few, |_, more| gone += more);
        }
        let stays: u64 = pieces.content(&RULE).map(|(_, content)| content).sum();
        assert_eq!((pieces.len(), gone + stays), (64, 5_000_000));
    }
}
