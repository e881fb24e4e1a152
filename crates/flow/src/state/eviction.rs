//! What flows that left memory leave: their sums by ends, service and name, and the one with most payload as it was.
//!
//! A camera's ninety flows to `dev.example.com` that a cap put out of memory are one record: the largest of them, with its name,
//! its time and its first packet, and beside it the sums of the others. So an upload stays a finding though its flow is gone. A
//! flow that goes on after it was put out, and is put out again, is joined to what was left of it.
//!
//! The records have a share of memory of their own. Where that is full, the station that has most gives up those with the least
//! payload: their sums become residuals. All of this is serial, and two summaries are only joined where none of it happened on
//! the right.

mod gone;
mod key;

pub(crate) use gone::{Cite, Gone};
pub(crate) use key::{EvictedKey, holder};

use hashbrown::HashMap;
use lenscap_wire::PacketRef;
use std::cmp::Reverse;

use self::key::key;
use crate::state::cost;
use crate::state::flows::Flows;
use crate::state::measure::{Keeps, Measures};
use crate::state::names::Names;
use crate::state::residual::Residuals;
use crate::state::settled::{Kept, Settled};
use crate::state::share::{cleared, stay};
use crate::state::spell::counters::Counters;
use crate::state::spell::{Spell, flag};
use crate::state::text::TextId;
use crate::state::transcript::TranscriptId;

/// Flows of one kind that left memory.
#[derive(Clone, Debug)]
pub(crate) struct Evicted {
    /// The one with most payload; of equal ones the first.
    pub(crate) largest: Spell,
    /// By side: the packet that says that what the largest sent was not delivered, where it may have left memory.
    pub(crate) refused: [Option<PacketRef>; 2],
    pub(crate) gone: Gone,
    price: usize,
}

impl Evicted {
    /// What a record costs beside what its largest flow keeps, its measures and its name.
    const COST: usize = size_of::<EvictedKey>() + size_of::<Self>();

    fn new(largest: Spell, refused: [Option<PacketRef>; 2]) -> Self {
        Self { largest, refused, gone: Gone::default(), price: 0 }
    }

    /// Packets by side of all flows, IP bytes, payload and wire bytes.
    pub(crate) fn counters(&self) -> Counters {
        let mut all = self.gone.counters;
        all.join(&self.largest.hot.counters(&self.largest.cold));
        all
    }

    /// Takes in another flow; `refused` are, by side, the packets of others that say that what it sent was not delivered.
    fn add(&mut self, mut flow: Spell, mut refused: [Option<PacketRef>; 2], idle: i64) {
        let ours = &mut self.largest;
        // Long flows are evicted last, so what comes may have been before: that is no continuation.
        let is_later = flow.cold.first >= ours.hot.latest(&ours.cold);
        if ours.hot.key == flow.hot.key && is_later && ours.goes_on(&flow, idle) {
            for side in [0, 1] {
                if ours.cold.transcripts[side] == TranscriptId::NONE {
                    ours.cold.transcripts[side] = flow.cold.transcripts[side];
                    ours.cold.ask(&mut ours.hot, side, flow.cold.asked(&flow.hot, side));
                    if let Some(packet) = flow.cold.decided(side) {
                        ours.cold.decide(side, packet);
                    }
                }
            }
            ours.join(&mut flow);
        } else {
            if size(&flow) > size(ours) {
                std::mem::swap(ours, &mut flow);
                std::mem::swap(&mut self.refused, &mut refused);
            }
            self.gone.add(&flow, refused, Keeps::Few);
        }
    }

    fn price(&self, name: TextId, flows: &Flows) -> usize {
        let Spell { hot, cold } = &self.largest;
        let beside = cost::beside(hot, cold, &flows.transcripts, &flows.texts);
        let measures: usize = self.gone.measures.iter().map(Measures::price).sum();
        Self::COST + beside + measures + flows.texts.text(name).len()
    }
}

/// By what the largest is chosen.
fn size(Spell { hot, cold }: &Spell) -> (u64, Reverse<(i64, PacketRef)>) {
    let once = [0, 1].map(|side| hot.payload_once(cold, side).bytes);
    (once[0] + once[1], Reverse((cold.first, cold.at())))
}

/// All records. A table doubles, so what is large lies beside it: a slot that is free takes two words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evictions {
    all: HashMap<Box<EvictedKey>, Box<Evicted>>,
    cost: usize,
}

impl Evictions {
    /// What all records cost.
    pub(crate) const fn cost(&self) -> usize {
        self.cost
    }

    /// Takes in a flow that leaves memory. Of one that has not told yet what it is, what was read of it is lost.
    pub(crate) fn add(&mut self, flow: Spell, names: &Names, flows: &Flows, idle: i64) {
        let key = key(&flow, TextId::EMPTY, names);
        self.put(key, flow, [None; 2], flows, idle);
    }

    fn put(
        &mut self,
        key: EvictedKey,
        mut flow: Spell,
        refused: [Option<PacketRef>; 2],
        flows: &Flows,
        idle: i64,
    ) {
        let of_side = flag::UNDECIDED | flag::LISTING | flag::SHORT;
        flow.hot.flags &= !(of_side | of_side << 1 | flag::FIRST);
        for side in [0, 1] {
            flow.cold.close(side, false, false);
        }
        if let Some(extra) = &mut flow.cold.extra {
            extra.forget_learned();
        }
        let record = match self.all.entry(Box::new(key)) {
            hashbrown::hash_map::Entry::Occupied(known) => {
                let known = known.into_mut();
                known.add(flow, refused, idle);
                known
            }
            hashbrown::hash_map::Entry::Vacant(new) => new.insert(Box::new(Evicted::new(flow, refused))),
        };
        let price = record.price(key.name, flows);
        cost::reprice(&mut self.cost, &mut record.price, price);
    }

    /// Takes in a record of flows that ended, which tells more apart.
    pub(crate) fn take(&mut self, record: Box<Settled>, names: &Names, flows: &Flows, idle: i64) {
        let told = record.told();
        let Settled { kept, gone, .. } = *record;
        let Some(largest) = kept.first().map(|kept| key(&kept.spell, told, names)) else { return };
        for Kept { spell, refused } in kept {
            self.put(key(&spell, told, names), spell, refused, flows, idle);
        }
        if let Some(known) = self.all.get_mut(&largest) {
            known.gone.join(gone, Keeps::Few);
            let price = known.price(largest.name, flows);
            cost::reprice(&mut self.cost, &mut known.price, price);
        }
    }

    /// Where they cost more than `room`, those who have most give up what carried least. Returns how many.
    pub(crate) fn limit(&mut self, room: usize, residuals: &mut Residuals) -> u64 {
        if self.cost <= room {
            return 0;
        }
        let rank = |(_, record): &(Box<EvictedKey>, Box<Evicted>)| {
            let once = [0, 1].map(|side| record.largest.hot.payload_once(&record.largest.cold, side).bytes);
            let payload = once[0] + once[1] + record.gone.once[0] + record.gone.once[1];
            (Reverse((payload, record.largest.hot.last)), record.largest.cold.at(), record.largest.hot.key)
        };
        let mut all: Vec<_> = self.all.drain().collect();
        all.sort_by_cached_key(rank);
        let prices: Vec<_> = all.iter().map(|(_, record)| (holder(&record.largest), record.price)).collect();
        let mut given_up = 0;
        for ((key, record), stays) in all.into_iter().zip(stay(&prices, cleared(room))) {
            if stays {
                self.all.insert(key, record);
            } else {
                given_up += 1;
                self.cost -= record.price;
                residuals.put(&record);
            }
        }
        given_up
    }

    /// Every record, by the first packet of its largest flow.
    pub(crate) fn sorted(&self) -> Vec<(&EvictedKey, &Evicted)> {
        let mut all: Vec<_> = self.all.iter().map(|(key, record)| (&**key, &**record)).collect();
        all.sort_by_key(|(_, record)| (record.largest.cold.at(), record.largest.hot.key));
        all
    }

    /// Every spell that stays whole, to be changed in its texts, and the name that its record goes by.
    pub(crate) fn rename(&mut self, mut change: impl FnMut(&mut Spell, &mut TextId)) {
        let mut all: Vec<_> = self.all.drain().collect();
        all.sort_by_key(|(_, record)| (record.largest.cold.at(), record.largest.hot.key));
        for (mut key, mut record) in all {
            change(&mut record.largest, &mut key.name);
            self.all.insert(key, record);
        }
    }

    /// Changes every packet that is cited.
    pub(crate) fn packets(&mut self, spell: impl Fn(&mut Spell), at: impl Fn(&mut PacketRef)) {
        for record in self.all.values_mut() {
            spell(&mut record.largest);
            record.gone.refusal.iter_mut().flatten().for_each(|Cite(packet)| at(packet));
            record.refused.iter_mut().flatten().for_each(&at);
        }
    }

    /// Takes in those of another part, whose ids become ours by `rename`.
    pub(crate) fn join(
        &mut self,
        other: Self,
        rename: impl Fn(&mut EvictedKey, &mut Spell),
        flows: &Flows,
        idle: i64,
    ) {
        for (mut key, record) in other.all {
            let Evicted { mut largest, refused, gone, .. } = *record;
            rename(&mut key, &mut largest);
            let name = key.name;
            let known = match self.all.entry(key) {
                hashbrown::hash_map::Entry::Occupied(known) => {
                    let known = known.into_mut();
                    known.add(largest, refused, idle);
                    known
                }
                hashbrown::hash_map::Entry::Vacant(new) => {
                    new.insert(Box::new(Evicted::new(largest, refused)))
                }
            };
            known.gone.join(gone, Keeps::Few);
            let price = known.price(name, flows);
            cost::reprice(&mut self.cost, &mut known.price, price);
        }
    }

    /// Puts back a saved record.
    pub(crate) fn restore(&mut self, key: EvictedKey, largest: Spell, gone: Gone, flows: &Flows) {
        let mut record = Evicted { gone, ..Evicted::new(largest, [None; 2]) };
        record.price = record.price(key.name, flows);
        self.cost += record.price;
        self.all.insert(Box::new(key), Box::new(record));
    }

    /// Flows, packets and wire bytes of all.
    pub(crate) fn total(&self) -> (u64, u64, u64) {
        self.all.values().fold((0, 0, 0), |(flows, packets, wire), record| {
            let all = record.counters();
            (flows + record.gone.flows + 1, packets + all.packets[0] + all.packets[1], wire + all.wire)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::fragment::Fragments;
    use crate::state::heir::Teller;
    use crate::state::key::{Key, UDP};
    use crate::state::leaving::Leaver;
    use crate::state::settled::SettledFlows;
    use crate::state::transcript::Asked;
    use lenscap_wire::{Address, Mac};

    const SECOND: i64 = 1_000_000_000;

    /// A flow of a station to a service outside: so many datagrams of a kilobyte, a second apart.
    fn flow(station: u8, port: u16, service: u16, start: i64, datagrams: i64) -> Spell {
        let address = |end: [u8; 4]| Address::v4(end).0;
        let addresses = [address([192, 168, 1, station]), address([203, 0, 113, 40])];
        let key = Key { addresses, ports: [port, service], protocol: UDP, version: 4, ..Key::default() };
        let entry = |n: i64| {
            let at = PacketRef { record: (start + n) as u32, ..PacketRef::default() };
            let share = Share { time: (start + n) * SECOND, wire: 1042, bytes: 1028, payload: 1000, at };
            Entry {
                share,
                macs: (Mac([2, 0, 0, 0, 0, station]), Mac([2, 0, 0, 0, 0, 1])).into(),
                ..Entry::default()
            }
        };
        let mut spell = Spell::begin(key, 0, &entry(0));
        for n in 1..datagrams {
            spell.hot.absorb(&mut spell.cold, &entry(n), 0);
        }
        spell
    }

    fn evicted(all: &[Spell]) -> (Evictions, u64, u64) {
        let flows = Flows::new(Fragments::new(false, 1 << 20));
        let mut evictions = Evictions::default();
        for spell in all {
            evictions.add(spell.clone(), &Names::default(), &flows, 300 * SECOND);
        }
        let counted: u64 = all.iter().map(|spell| spell.hot.counters(&spell.cold).wire).sum();
        let (_, _, wire) = evictions.total();
        (evictions, wire, counted)
    }

    #[test]
    fn flows_of_one_kind_leave_one_record_and_each_counts_once() {
        let all = [flow(7, 5000, 443, 0, 3), flow(7, 5001, 443, 5, 9), flow(7, 5002, 443, 50, 2)];
        let (evictions, wire, counted) = evicted(&all);
        let records = evictions.sorted();
        let [(_, record)] = records.as_slice() else { panic!("{} records", records.len()) };
        assert_eq!((record.largest.hot.key.ports, record.gone.flows, wire), ([5001, 443], 2, counted));
        assert_eq!((record.gone.once, record.gone.span), ([5000, 0], Some((0, 51 * SECOND))));
        assert_eq!(record.counters().packets, [14, 0]);
        let (other, ..) =
            evicted(&[flow(7, 5000, 443, 0, 3), flow(7, 5000, 444, 0, 3), flow(8, 5000, 443, 0, 3)]);
        assert_eq!(other.sorted().len(), 3, "another service, another station");
    }

    /// What is put out twice is one flow where it went on, and two where it was silent for long.
    #[test]
    fn a_flow_that_goes_on_is_joined_to_what_it_left() {
        let left = |again: i64| {
            let (evictions, wire, counted) =
                evicted(&[flow(7, 5000, 443, 0, 9), flow(7, 5000, 443, again, 9)]);
            let records = evictions.sorted();
            let record = records[0].1;
            assert_eq!(wire, counted);
            (record.gone.flows, record.largest.hot.payload_once(&record.largest.cold, 0).bytes)
        };
        assert_eq!((left(100), left(1000)), ((0, 18_000), (1, 9000)));
    }

    /// A station that scans has a thousand records, and a camera two: the scanner gives up those of least payload.
    #[test]
    fn who_has_most_records_gives_way_and_no_byte_is_lost() {
        let scan = (0..1000).map(|n| flow(9, 40_000, 10_000 + n, i64::from(n), 1 + i64::from(n == 500)));
        let all: Vec<_> = scan.chain([flow(7, 5000, 443, 2000, 1), flow(7, 5000, 444, 2000, 1)]).collect();
        let (mut evictions, wire, counted) = evicted(&all);
        let (mut residuals, before) = (Residuals::default(), evictions.cost);
        assert_eq!((evictions.limit(before, &mut residuals), wire), (0, counted));
        let given_up = evictions.limit(before / 4, &mut residuals);
        let kept: Vec<_> =
            evictions.sorted().iter().map(|(key, _)| (key.addresses[0][15], key.service)).collect();
        assert!(kept.contains(&(7, 443)) && kept.contains(&(7, 444)), "{kept:?}");
        assert!(kept.contains(&(9, 10_500)), "the scanner keeps what carried most");
        assert!(evictions.cost <= before / 4 && given_up > 600);
        assert_eq!(residuals.total().2 + evictions.total().2, counted);
    }

    /// Long flows are evicted last, so a flow may leave behind one that came after it.
    #[test]
    fn an_earlier_flow_does_not_go_on_with_a_later_one() {
        let mut record = Evicted::new(flow(7, 9000, 443, 1000, 1), [None; 2]);
        record.add(flow(7, 9000, 443, 0, 20), [None; 2], 300 * SECOND);
        assert_eq!((record.gone.flows, record.largest.cold.first), (1, 0));
        assert_eq!(record.counters().packets, [21, 0]);
    }
    /// A record of what ended keeps the name that an earlier spell asked for, and who was told that nothing was delivered.
    #[test]
    fn what_ended_keeps_its_name_and_its_refusals() {
        let mut flows = Flows::new(Fragments::new(false, 1 << 20));
        let name = flows.texts.intern(b"cloud.example.com");
        let mut first = flow(7, 5000, 443, 0, 1);
        first.cold.ask(&mut first.hot, 0, Asked { name, ..Asked::NOTHING });
        let leaver =
            Leaver { masked: Some(0), refused: [Some(PacketRef::default()), None], ..Leaver::default() };
        let mut settled = SettledFlows::default();
        for (port, datagrams) in [(5000, 3), (5001, 9), (5002, 2)] {
            let heritage = Some((0, true, Teller::of(&first)));
            settled.add(flow(7, port, 443, 1000, datagrams), heritage, &leaver, &flows);
        }
        let mut evictions = Evictions::default();
        for record in settled.take(0) {
            evictions.take(record, &Names::default(), &flows, 300 * SECOND);
        }
        let records = evictions.sorted();
        let [(key, record)] = records.as_slice() else { panic!("{} records", records.len()) };
        assert_eq!((key.name, record.gone.refused), (name, [2, 0]));
    }
}
