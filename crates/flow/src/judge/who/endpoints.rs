//! The parties of a station in short, and what it exchanged with the outside.
//!
//! A party outside is whose its contact says that it is: 40 kB to 203.0.113.7 without a name are the cloud's that the camera
//! called by its name at that address. A server inside has no contact, and is what the flows with it say.

use hashbrown::HashMap;
use lenscap_catalog::{SharedGroup, VendorId};
use lenscap_wire::Address;
use std::collections::BTreeMap;

use super::dealings::DealingAt;
use crate::judge::by_flow::ByFlow;
use crate::judge::judged::Judged;
use crate::judge::what::case::Cases;
use crate::judge::what::contact::ContactKey;
use crate::judge::what::party::{Content, PartyName};
use crate::judge::{Court, Flow, FlowAt};
use crate::report::{EndpointRecord, Party};
use crate::state::key::Side;

/// Payload of a station to and from the outside, each byte once, as its contacts count it.
pub(super) fn payload_outside<'c>(
    court: &Court<'_>,
    judged: &ByFlow<Judged>,
    dealings: impl Iterator<Item = &'c DealingAt>,
) -> (u64, u64) {
    let mut sums = (0, 0);
    for dealing in dealings {
        let (at, side) = (dealing.at(), dealing.side());
        let outside = dealing.judged(judged).is_some_and(|judged| judged.is_outside(1 - side));
        let Some(flow) = court.flow(at).filter(|_| outside && !court.halves.is_copy(at)) else { continue };
        if flow.hot.key.is_icmp_error(flow.hot.first_side()) {
            continue;
        }
        let gone = flow.gone_once();
        sums.0 += flow.once(side) + gone[side & 1];
        sums.1 += flow.once(1 - side) + gone[1 - (side & 1)];
    }
    sums
}

/// Which party, whose it is, its name and address.
type EndpointKey<'n> = (Party, Option<VendorId>, Option<&'n [u8]>, Address);

/// What a contact says of its party: what kind it is, whose, and a name that its flows gave it.
type Says<'n> = (Party, Option<VendorId>, Option<&'n [u8]>);

/// What the contacts of a station say of the parties of its flows.
struct Told<'a> {
    contacts: HashMap<(FlowAt, Side), ContactKey>,
    parties: BTreeMap<ContactKey, Says<'a>>,
}

impl<'a> Told<'a> {
    fn new(cases: &Cases<'_, 'a>, place: usize) -> Self {
        let (flows, votes) = cases.parties(place);
        let of_votes = votes.into_iter().map(|(key, votes)| {
            let most = votes.most();
            (key, (votes.kind_of_party(most.as_ref()), most.map(|whose| whose.vendor), None))
        });
        let mut parties: BTreeMap<ContactKey, Says<'a>> = of_votes.collect();
        for (dealing, key) in &flows {
            let Some((.., known)) = parties.get_mut(key) else { continue };
            let name = cases.court.best_name(&dealing.flow, &dealing.judged).map(|name| name.text);
            let is_its = |name: &&[u8]| PartyName::named(name).map(PartyName::Name).as_ref() == Some(&key.1);
            *known = [*known, name.filter(is_its)].into_iter().flatten().min();
        }
        let contacts = flows.into_iter().map(|(dealing, key)| ((dealing.flow.at, dealing.side), key));
        Self { contacts: contacts.collect(), parties }
    }

    /// The party of a flow: as its contact says, where it has one that is told by itself, else as the flow does.
    fn key(&self, court: &Court<'a>, flow: &Flow<'a>, side: Side, judged: &Judged) -> EndpointKey<'a> {
        let address = court.party_address(flow, 1 - side);
        let name = court.best_name(flow, judged).map(|named| named.text);
        let contact = self.contacts.get(&(flow.at, side)).filter(|(_, party)| *party != PartyName::Others);
        match contact.and_then(|contact| self.parties.get(contact)) {
            Some(&(party, vendor, known)) => (party, vendor, name.or(known), address),
            None => (judged.party, judged.vendor(), name, address),
        }
    }
}

/// Whether a flow with one end hides what that is asked for: it speaks a protocol that hides what it carries, with what is named as
/// a name server or at the port that is for look-ups alone (RFC 7858, RFC 9250). An echo, a SYN and a question in clear hide nothing.
fn hides_look_ups(court: &Court<'_>, flow: &Flow<'_>, (party, end): (Party, Side)) -> bool {
    const HIDDEN_DNS: u16 = 853;
    let for_look_ups = party == Party::Shared(SharedGroup::Dns) || flow.hot.key.port(end) == Some(HIDDEN_DNS);
    for_look_ups && court.content(flow) == Content::Hidden
}

/// The parties of a station, by bytes sent.
pub(super) fn endpoints<'a, 'c>(
    cases: &Cases<'_, 'a>,
    place: usize,
    dealings: impl Iterator<Item = &'c DealingAt>,
) -> Vec<EndpointRecord<'a>> {
    let &Cases { court, judged, .. } = cases;
    let told = Told::new(cases, place);
    let mut all: BTreeMap<EndpointKey<'a>, EndpointRecord<'a>> = BTreeMap::new();
    for dealing in dealings {
        let (at, side) = (dealing.at(), dealing.side());
        let (Some(flow), Some(judged)) = (court.flow(at), dealing.judged(judged)) else { continue };
        let key = told.key(court, &flow, side, &judged);
        let (party, vendor, name, address) = key;
        let record = all.entry(key).or_insert_with(|| EndpointRecord {
            party,
            vendor: vendor.map(|id| court.catalog.vendor(id)),
            name,
            address: address.ip(),
            bytes_out: 0,
            bytes_in: 0,
            flows: 0,
            activity: Vec::new(),
            hides_look_ups: false,
        });
        let bytes = flow.whole_counters().bytes;
        record.bytes_out += bytes[side];
        record.bytes_in += bytes[1 - side];
        record.flows += flow.count();
        if !record.activity.contains(&judged.activity) {
            record.activity.push(judged.activity);
            record.activity.sort_unstable_by_key(|activity| activity.word());
        }
        record.hides_look_ups |= hides_look_ups(court, &flow, (party, 1 - side));
    }
    let mut all: Vec<_> = all.into_values().collect();
    all.sort_by(|a, b| (b.bytes_out, a.name, a.address).cmp(&(a.bytes_out, b.name, b.address)));
    all
}
