//! What could be seen and what could not, in numbers.

use lenscap_wire::{Hazards, Timestamp};
use rayon::prelude::*;

use super::attribution::{Attribution, Judged};
use super::{Court, Flow};
use crate::key::{TCP, UDP};
use crate::report::Coverage;

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    two_way: (u64, u64),
    encrypted: (u64, u64),
    unattributed: (u64, u64),
}

impl Sums {
    fn add<'a>(mut self, court: &Court<'a>, flow: &Flow<'a>, judged: &Judged) -> Self {
        let hot = flow.hot;
        if matches!(hot.key.protocol, TCP | UDP) {
            self.two_way.0 += u64::from(hot.packets[0] > 0 && hot.packets[1] > 0);
            self.two_way.1 += 1;
        }
        if judged.is_external() {
            let payload = hot.payload[0] + hot.payload[1];
            let reader = Court::reader(flow, &[court.testimony(flow, 0), court.testimony(flow, 1)]);
            let hidden = reader.is_some_and(|reader| court.protocols.hides(reader));
            self.encrypted.0 += if hidden { payload } else { 0 };
            self.encrypted.1 += payload;
            let nameless = judged.attribution == Attribution::None && judged.bits & Judged::NAMED == 0;
            self.unattributed.0 += if nameless { payload } else { 0 };
            self.unattributed.1 += payload;
        }
        self
    }

    fn join(self, other: Self) -> Self {
        let add = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
        Self {
            two_way: add(self.two_way, other.two_way),
            encrypted: add(self.encrypted, other.encrypted),
            unattributed: add(self.unattributed, other.unattributed),
        }
    }
}

/// The coverage of a summary.
pub(crate) fn coverage(court: &Court<'_>, judged: &[Vec<Judged>]) -> Coverage {
    let summary = court.summary;
    let sums = judged
        .par_iter()
        .enumerate()
        .map(|(shard, judged)| {
            court
                .flows(shard)
                .zip(judged)
                .fold(Sums::default(), |sums, (flow, judged)| sums.add(court, &flow, judged))
        })
        .reduce(Sums::default, Sums::join);
    let hazards = Hazards::NAMES.iter().map(|(hazard, name)| {
        let bit = hazard.0.trailing_zeros() as usize;
        (*name, summary.tally.hazards.get(bit).copied().unwrap_or(0))
    });
    Coverage {
        window: summary.captures.window().map(|(first, last)| (Timestamp(first), Timestamp(last))),
        two_way: sums.two_way,
        cut_bytes: summary.tally.bytes_wire - summary.tally.bytes_captured,
        encrypted: sums.encrypted,
        unattributed: sums.unattributed,
        hazards: hazards.filter(|(_, count)| *count > 0).collect(),
        caps: summary.caps().named().into_iter().filter(|(_, count)| *count > 0).collect(),
    }
}
