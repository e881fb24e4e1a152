//! What flows leave that ended and were told: sums of all that are judged alike, and the largest of them as they were.
//!
//! A camera that reports each minute over a new connection has 1,440 flows a day to one server, by one name. The eight largest
//! of them stay whole, and the first; the others are sums. As long as there is room nothing of what a report says of stations
//! and parties hangs on whether a flow was drained: flows share a record only where all that judging asks of each is equal, so
//! the first upload and the flow that an ICMP error speaks of have records of their own.
//!
//! Where the records are too many, those that were silent for longest become [`Evictions`](super::eviction::Evictions), which
//! tell less apart: a cap that bites, and is counted.

use hashbrown::HashMap;
use lenscap_wire::PacketRef;
use std::cmp::Reverse;

use crate::state::cost;
use crate::state::eviction::{Gone, holder};
use crate::state::flows::Flows;
use crate::state::heir::Teller;
use crate::state::key::{Key, Side};
use crate::state::leaving::Leaver;
use crate::state::measure::{Keeps, Measures};
use crate::state::share::stay;
use crate::state::spell::way::Way;
use crate::state::spell::{Spell, flag};
use crate::state::text::TextId;
use crate::state::transcript::{Asked, TranscriptId};

/// What a spell says by itself: the transcripts of its halves, what they asked for, its reader, and names of later requests.
type Words = ([TranscriptId; 2], [Asked; 2], u8, Vec<TextId>);

/// All that judging asks of a flow beside its sums.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct SettledKey {
    /// With the class of a port in its place that differs from flow to flow.
    key: Key,
    masked: Option<bool>,
    macs: [[u8; 6]; 2],
    ways: [Way; 2],
    flags: u32,
    words: Words,
    /// Who began the connection, and the words of the spell that tells so, where it is an earlier one.
    heritage: Option<(Side, bool, Words)>,
    class: u32,
    named: Option<(PacketRef, u8)>,
    /// The first packet of a flow that is like no other.
    alone: Option<PacketRef>,
}

/// A flow that stays whole.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) spell: Spell,
    /// By side: the packet that says that what it sent was not delivered.
    pub(crate) refused: [Option<PacketRef>; 2],
}

impl Kept {
    fn size(&self) -> (Reverse<u64>, i64, PacketRef) {
        let Spell { hot, cold } = &self.spell;
        let once = [0, 1].map(|side| hot.payload_once(cold, side).bytes);
        (Reverse(once[0] + once[1]), cold.first, cold.at())
    }

    fn start(&self) -> (i64, PacketRef) {
        (self.spell.cold.first, self.spell.cold.at())
    }
}

/// Flows of one kind that ended.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    /// The largest, in order, and the first behind them where it is none of these.
    pub(crate) kept: Vec<Kept>,
    /// The others.
    pub(crate) gone: Gone,
    /// Who began the connection by an earlier spell of it, whether a handshake showed that, and what that spell tells.
    pub(crate) heritage: Option<(Side, bool, Teller)>,
    /// Latest stamp of all.
    latest: i64,
    price: usize,
}

impl Settled {
    /// Flows that stay whole beside the first: as many as a finding lists.
    const KEPT: usize = 8;
    const COST: usize = 2 * size_of::<SettledKey>() + size_of::<Self>();

    fn add(&mut self, kept: Kept, masked: Option<Side>) {
        let Spell { hot, cold } = &kept.spell;
        self.latest = self.latest.max(hot.latest(cold));
        // Most records are of one flow or two: room is made for each as it comes.
        self.kept.reserve_exact(1);
        self.kept.push(kept);
        self.kept.sort_by_key(Kept::size);
        if self.kept.len() <= Self::KEPT {
            return;
        }
        // Behind the largest there is the first at most.
        let behind = self.kept.split_off(Self::KEPT);
        let first = self.kept.iter().chain(&behind).map(Kept::start).min();
        for kept in behind {
            if Some(kept.start()) == first {
                self.kept.push(kept);
            } else {
                self.put(&kept, masked);
            }
        }
    }

    /// Adds a flow to the sums.
    fn put(&mut self, Kept { spell, refused }: &Kept, masked: Option<Side>) {
        self.gone.add(spell, *refused, Keeps::Months);
        self.gone.missed += (0..2).filter_map(|side| spell.cold.missed(&spell.hot, side)).sum::<u64>();
        if let Some(side) = masked {
            self.gone.note_port(side, spell.hot.key.ports[side & 1]);
        }
    }

    /// The name that an earlier spell of the connection asked for.
    pub(crate) fn told(&self) -> TextId {
        let Some((.., teller)) = &self.heritage else { return TextId::EMPTY };
        let Spell { hot, cold } = teller.spell();
        let asked = [0, 1].into_iter().map(|side| cold.asked(hot, side).name);
        asked.into_iter().find(|name| *name != TextId::EMPTY).unwrap_or_default()
    }

    /// How many flows they are.
    pub(crate) fn flows(&self) -> u64 {
        self.kept.len() as u64 + self.gone.flows
    }

    fn price(&self, flows: &Flows) -> usize {
        let of = |Kept { spell: Spell { hot, cold }, .. }: &Kept| {
            size_of::<Kept>() + cost::beside(hot, cold, &flows.transcripts, &flows.texts)
        };
        let measures: usize = self.gone.measures.iter().map(Measures::price).sum();
        let teller = match &self.heritage {
            Some((.., teller)) => teller.price(flows),
            None => 0,
        };
        Self::COST + self.kept.iter().map(of).sum::<usize>() + measures + teller
    }
}

/// All records of flows that ended. A table doubles, so what is large lies beside it: a slot that is free takes two words.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettledFlows {
    all: HashMap<Box<SettledKey>, Box<Settled>>,
    cost: usize,
}

impl SettledFlows {
    /// What all records cost.
    pub(crate) const fn cost(&self) -> usize {
        self.cost
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Takes in a flow that ended, of which `leaver` says what hangs on others.
    pub(crate) fn add(
        &mut self,
        spell: Spell,
        heritage: Option<(Side, bool, Teller)>,
        leaver: &Leaver,
        flows: &Flows,
    ) {
        let key = Box::new(key(&spell, heritage.as_ref(), leaver));
        let record = self.all.entry(key).or_insert_with(|| {
            let (kept, gone) = (Vec::new(), Gone::default());
            Box::new(Settled { kept, gone, heritage, latest: i64::MIN, price: 0 })
        });
        record.add(Kept { spell, refused: leaver.refused }, leaver.masked);
        let price = record.price(flows);
        cost::reprice(&mut self.cost, &mut record.price, price);
    }

    /// Every record, by the first packet of its largest flow.
    pub(crate) fn sorted(&self) -> Vec<&Settled> {
        let mut all: Vec<_> = self.all.values().map(|record| &**record).collect();
        all.sort_by_key(|record| record.kept.first().map(|kept| kept.spell.cold.at()));
        all
    }

    /// Every record, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Settled> {
        self.all.values().map(|record| &**record)
    }

    /// Takes out those that were silent for longest, of the stations that have most, until the others cost no more than `room`.
    #[expect(clippy::vec_box, reason = "that is how they lie")]
    pub(crate) fn take(&mut self, room: usize) -> Vec<Box<Settled>> {
        let rank = |record: &Settled| (record.latest, record.kept.first().map(|kept| kept.spell.cold.at()));
        let mut all: Vec<_> = self.all.drain().collect();
        all.sort_by_key(|(_, record)| Reverse(rank(record)));
        let holder =
            |record: &Settled| record.kept.first().map(|kept| holder(&kept.spell)).unwrap_or_default();
        let prices: Vec<_> = all.iter().map(|(_, record)| (holder(record), record.price)).collect();
        let mut taken = Vec::new();
        for ((key, record), stays) in all.into_iter().zip(stay(&prices, room)) {
            if stays {
                self.all.insert(key, record);
            } else {
                self.cost -= record.price;
                taken.push(record);
            }
        }
        taken.reverse();
        taken
    }

    /// Every spell that stays whole or tells of one, to be changed, and every key.
    pub(crate) fn change(&mut self, mut spell: impl FnMut(&mut Spell)) {
        let mut all: Vec<_> = self.all.drain().collect();
        all.sort_by_key(|(_, record)| record.kept.first().map(|kept| kept.spell.cold.at()));
        for (mut key, mut record) in all {
            record.kept.iter_mut().for_each(|kept| spell(&mut kept.spell));
            if let Some((.., Teller::Spell(teller))) = &mut record.heritage {
                spell(teller);
            }
            let Some(first) = record.kept.first() else { continue };
            key.words = words(&first.spell);
            key.key.path = first.spell.hot.key.path;
            if let (Some((.., theirs)), Some((.., teller))) = (&mut key.heritage, &record.heritage) {
                *theirs = words(teller.spell());
            }
            self.all.insert(key, record);
        }
    }

    /// Takes in those of another part, of which every id is ours.
    pub(crate) fn join(&mut self, other: Self, flows: &Flows) {
        for (key, record) in other.all {
            let masked = key.masked.map(usize::from);
            match self.all.entry(key) {
                hashbrown::hash_map::Entry::Occupied(known) => {
                    let known = known.into_mut();
                    let record = *record;
                    record.kept.into_iter().for_each(|kept| known.add(kept, masked));
                    known.gone.join(record.gone, Keeps::Months);
                    known.latest = known.latest.max(record.latest);
                    let price = known.price(flows);
                    cost::reprice(&mut self.cost, &mut known.price, price);
                }
                hashbrown::hash_map::Entry::Vacant(new) => {
                    self.cost += record.price;
                    new.insert(record);
                }
            }
        }
    }
}

fn words(Spell { hot, cold }: &Spell) -> Words {
    let asked = [0, 1].map(|side| cold.asked(hot, side));
    (cold.transcripts, asked, (hot.flags >> flag::APP) as u8, cold.later_names().collect())
}

fn key(spell: &Spell, heritage: Option<&(Side, bool, Teller)>, leaver: &Leaver) -> SettledKey {
    let Spell { hot, cold } = spell;
    let mut key = hot.key;
    if let Some(side) = leaver.masked {
        let port = &mut key.ports[side & 1];
        *port = class(*port);
    }
    SettledKey {
        key,
        masked: leaver.masked.map(|side| side == 1),
        macs: cold.macs.map(|mac| mac.0),
        ways: hot.ways,
        flags: hot.flags
            & (flag::MAC
                | flag::MAC << 1
                | flag::FIRST_HIGH
                | flag::CLIENT_HIGH
                | flag::OPENS
                | flag::SERVER_ISN),
        words: words(spell),
        heritage: heritage.map(|(orig, by_syn, teller)| (*orig, *by_syn, words(teller.spell()))),
        class: leaver.class,
        named: leaver.named,
        alone: leaver.alone.then(|| cold.at()),
    }
}

/// Ports below the first are of services, ports from the second on are lent to clients (RFC 6335, and what systems do).
fn class(port: u16) -> u16 {
    u16::from(port >= 1024) + u16::from(port >= 32768)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::fragment::Fragments;
    use crate::state::key::UDP;

    const SECOND: i64 = 1_000_000_000;

    fn spell(port: u16, service: u16, time: i64, payload: u32) -> Spell {
        let addresses = [[10; 16], [20; 16]];
        let key = Key { addresses, ports: [port, service], protocol: UDP, version: 4, ..Key::default() };
        let at = PacketRef { record: u32::from(port), length: 60, ..PacketRef::default() };
        let share = Share { time: time * SECOND, wire: payload + 42, bytes: payload + 28, payload, at };
        Spell::begin(key, 0, &Entry { share, ..Entry::default() })
    }

    fn settled(all: impl IntoIterator<Item = Spell>) -> (SettledFlows, Flows) {
        let flows = Flows::new(Fragments::new(false, 1 << 20));
        let mut settled = SettledFlows::default();
        for spell in all {
            settled.add(spell, None, &Leaver { masked: Some(0), ..Leaver::default() }, &flows);
        }
        (settled, flows)
    }

    #[test]
    fn the_largest_and_the_first_stay_whole_and_the_others_are_sums() {
        let all = (0..100).map(|n| spell(40_000 + n, 443, i64::from(n), 100 + u32::from(n)));
        let (settled, _) = settled(all);
        let records = settled.sorted();
        let [record] = records.as_slice() else { panic!("{} records", records.len()) };
        let ports: Vec<_> = record.kept.iter().map(|kept| kept.spell.hot.key.ports[0] - 40_000).collect();
        assert_eq!(ports, [99, 98, 97, 96, 95, 94, 93, 92, 0]);
        assert_eq!((record.flows(), record.gone.flows, record.gone.once), (100, 91, [(101..192).sum(), 0]));
        assert_eq!(
            record.gone.ports[0].iter().copied().collect::<Vec<_>>(),
            (40_001..40_017).collect::<Vec<_>>()
        );
    }

    #[test]
    fn what_is_judged_otherwise_has_a_record_of_its_own() {
        let flows = Flows::new(Fragments::new(false, 1 << 20));
        let mut settled = SettledFlows::default();
        let named = Some((PacketRef::default(), 85));
        let all = [
            (spell(40_000, 443, 0, 1), Leaver::default()),
            (spell(40_000, 444, 1, 1), Leaver::default()),
            (spell(40_000, 443, 2, 1), Leaver { named, ..Leaver::default() }),
            (spell(40_000, 443, 3, 1), Leaver { class: 1, ..Leaver::default() }),
            (spell(40_000, 443, 4, 1), Leaver { alone: true, ..Leaver::default() }),
        ];
        for (spell, leaver) in all {
            settled.add(spell, None, &leaver, &flows);
        }
        assert_eq!(settled.sorted().len(), 5);
    }

    #[test]
    fn those_that_were_silent_for_longest_are_given_up_and_the_price_is_kept() {
        let (mut settled, _) = settled((0..100).map(|n| spell(40_000, 1000 + n, i64::from(n), 9)));
        let whole = settled.cost();
        let taken = settled.take(whole / 2);
        assert!(settled.cost() <= whole / 2 && taken.len() == 50, "{}", taken.len());
        assert!(taken.iter().all(|record| record.latest < 50 * SECOND));
        let counted: usize = settled.iter().map(|record| record.price).sum();
        assert_eq!(settled.cost(), counted);
    }

    #[test]
    fn slots_that_are_free_take_little() {
        let (settled, _) = settled((0..1000).map(|n| spell(40_000, 1000 + n, i64::from(n), 9)));
        assert!(settled.all.allocation_size() * 20 < settled.cost());
        assert_eq!(settled.iter().map(|record| record.kept.capacity()).max(), Some(1));
    }

    #[test]
    fn who_holds_most_gives_way() {
        let flood = (0..200).map(|n| spell(40_000, 1000 + n, 100 + i64::from(n), 9));
        let of = |station: u8, mut spell: Spell| {
            spell.cold.macs[0].0 = [2, 0, 0, 0, 0, station];
            spell
        };
        let camera = of(1, spell(40_000, 443, 0, 9));
        let (mut settled, _) = settled([camera].into_iter().chain(flood.map(|spell| of(2, spell))));
        let taken = settled.take(settled.cost() / 2);
        assert!(taken.len() > 90 && taken.iter().all(|record| record.latest > 0), "{}", taken.len());
    }

    #[test]
    fn two_workers_parts_are_what_one_would_have() {
        let all = || (0..60).map(|n| spell(40_000 + n, 443, i64::from(n), 100 + u32::from(n * 7 % 13)));
        let (whole, flows) = settled(all());
        let (mut one, _) = settled(all().step_by(2));
        let (other, _) = settled(all().skip(1).step_by(2));
        one.join(other, &flows);
        let told = |settled: &SettledFlows| {
            let of = |record: &&Settled| {
                let kept: Vec<_> = record.kept.iter().map(Kept::size).collect();
                (kept, record.gone.clone(), record.latest, record.price)
            };
            settled.sorted().iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!((told(&one), one.cost()), (told(&whole), whole.cost()));
    }
}
