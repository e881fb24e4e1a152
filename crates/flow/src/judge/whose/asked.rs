//! What stations were given by name services for what they had asked, by their MACs.
//!
//! A camera asks from 192.168.1.64, or from `fe80::64`, where `cloud.example` is, is told `2001:db8:9::9` and sends there from
//! `2001:db8:5::64`: it is the same station that asked. Which of its addresses a station asks from hangs on where its name service
//! stands (RFC 6724), and not on what it asks for.

use hashbrown::HashMap;
use lenscap_wire::{Address, Mac, Resolver};

use crate::state::names::{Names, Question, Run};

/// An answer, and the address that had asked.
type Given = (Address, Run);

/// Answers by address and the MAC that had asked, each list in order of time. A MAC that asked from several IPv4 addresses has none:
/// it is a router's, or an address was lent on.
#[derive(Debug, Default)]
pub(crate) struct ByMac(HashMap<(Address, Mac), Vec<Given>>);

impl ByMac {
    pub(crate) fn new(names: &Names) -> Self {
        let mut from: HashMap<Mac, Option<Address>> = HashMap::new();
        for ((asker, _), question) in names.each_question() {
            if let (Some(mac), Some(_)) = (of_one(question), asker.octets()) {
                let known = from.entry(mac).or_insert(Some(*asker));
                *known = known.filter(|known| known == asker);
            }
        }
        let mut all: HashMap<(Address, Mac), Vec<Given>> = HashMap::new();
        for (&(address, asker), runs) in names.each() {
            for run in runs.iter().filter(|run| run.by == Resolver::Dns) {
                let question = names.question(asker, run.name).filter(|question| question.first <= run.last);
                let one = question.and_then(of_one).filter(|mac| from.get(mac) != Some(&None));
                if let Some(mac) = one {
                    all.entry((address, mac)).or_default().push((asker, *run));
                }
            }
        }
        for given in all.values_mut() {
            given.sort_by_key(|(asker, run)| (run.first, run.at, *asker));
        }
        Self(all)
    }

    /// Whether a station was given an address that it had asked for.
    pub(crate) fn has(&self, address: Address, mac: Mac) -> bool {
        self.0.contains_key(&(address, mac))
    }

    /// The latest answer for an address at or before a moment to the station with a MAC, where it had asked from another address
    /// than this one, and either is of IPv6.
    pub(crate) fn latest(
        &self,
        address: Address,
        (other, mac): (Address, Mac),
        moment: i64,
    ) -> Option<Given> {
        let given = self.0.get(&(address, mac))?;
        let before = given.get(..given.partition_point(|(_, run)| run.first <= moment))?;
        let is_v6 = |address: Address| address.octets().is_none();
        before.iter().rev().find(|(asker, _)| is_v6(*asker) || is_v6(other)).copied()
    }
}

/// The MAC that alone asked.
fn of_one(question: &Question) -> Option<Mac> {
    let is_known = ![[0; 6], Question::SEVERAL].contains(&question.from);
    (question.asked > 0 && is_known).then_some(Mac(question.from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::names::{Notice, Reply};
    use crate::state::text::TextId;
    use lenscap_wire::PacketRef;

    const STATION: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn address(text: &str) -> Address {
        Address::from(text.parse::<std::net::IpAddr>().unwrap())
    }

    /// What is known where addresses asked from the station's MAC and were given one.
    fn told(askers: &[&str]) -> Names {
        let mut names = Names::default();
        for (asker, time) in askers.iter().zip(0..) {
            let (asker, name, at) = (address(asker), TextId(2), PacketRef::default());
            names.hear(asker, name, Notice::Asked(STATION, None), time, at);
            let (chain, reply) = (TextId::EMPTY, Reply::stream());
            let run = Run { name, chain, by: Resolver::Dns, reply, first: time, last: time, count: 1, at };
            names.answer((address("2001:db8:9::9"), asker), run);
        }
        names
    }

    #[test]
    fn a_station_asks_from_any_of_its_addresses() {
        let cloud = address("2001:db8:9::9");
        let knows = |askers: &[&str], other: &str, moment| {
            ByMac::new(&told(askers)).latest(cloud, (address(other), STATION), moment).is_some()
        };
        assert!(knows(&["192.168.1.64"], "2001:db8:5::64", 0));
        assert!(knows(&["fe80::64"], "192.168.1.64", 0));
        assert!(!knows(&["192.168.1.64"], "2001:db8:5::64", -1), "it had not asked yet");
        assert!(!knows(&["192.168.1.64"], "192.168.1.65", 0), "an address may have been lent on");
        assert!(!knows(&["192.168.1.64", "192.168.1.65"], "2001:db8:5::64", 9), "several stand behind it");
    }
}
