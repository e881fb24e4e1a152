//! Whose contacts are told, and a contact as it is told: the row that findings and contact records share.
//!
//! All parties of a camera, a possible camera and a viewer are told, named or not: a recipient without a name is worse, not
//! better. Of other devices those are told that belong to a vendor of the catalogue.

use lenscap_wire::{Mac, Timestamp};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::contact::{Asked, Contact, ContactKey, Dealing};
use super::contacts::{Parties, contacts};
use super::party::PartyName;
use super::proof::Proof;
use super::question::unanswered;
use super::votes::{Votes, Whose};
use crate::judge::by_flow::ByFlow;
use crate::judge::judged::Judged;
use crate::judge::walk::Undelivered;
use crate::judge::who::dealings::DealingAt;
use crate::judge::who::device::{Device, Stations};
use crate::judge::who::grouped::Grouped;
use crate::judge::who::identity::Identity;
use crate::judge::{Court, Flow};
use crate::report::{ContactRecord, Standing};

/// What contacts are made of, by the places of their stations.
pub(crate) struct Cases<'c, 'a> {
    pub(crate) court: &'c Court<'a>,
    pub(crate) judged: &'c ByFlow<Judged>,
    undelivered: &'c Undelivered,
    stations: &'c Stations<'a>,
    /// The flows with parties that are told.
    dealings: Grouped<DealingAt>,
    /// Look-ups that gave no address.
    asked: HashMap<usize, Vec<(ContactKey, Asked)>>,
    /// Flows that left memory, by the MACs of their ends.
    evicted: HashMap<Mac, u64>,
}

impl<'c, 'a> Cases<'c, 'a> {
    pub(crate) fn new(
        court: &'c Court<'a>,
        judged: &'c ByFlow<Judged>,
        undelivered: &'c Undelivered,
        stations: &'c Stations<'a>,
    ) -> Self {
        let mut asked: HashMap<usize, Vec<(ContactKey, Asked)>> = HashMap::new();
        for (place, question) in unanswered(court, stations) {
            asked.entry(place).or_default().push(question);
        }
        let dealings = stations.dealings_outside(court, judged);
        Self { court, judged, undelivered, stations, dealings, asked, evicted: evicted(court) }
    }

    /// The stations that may have contacts, by place: most have none.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.dealings.groups().collect();
        all.extend(self.asked.keys());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The flows of a station that its contacts are made of.
    fn dealings(&self, place: usize) -> Vec<Dealing<'a>> {
        let dealing = |dealing: &DealingAt| {
            let flow = self.court.flow(dealing.at())?;
            Some(Dealing { flow, side: dealing.side(), judged: dealing.judged(self.judged)? })
        };
        self.dealings.of(place).filter_map(dealing).collect()
    }

    /// Which contact each of these flows of a station is of.
    fn parties_of(&self, place: usize, flows: &[Dealing<'a>]) -> Parties {
        if self.stations.standing(place) == Standing::Other {
            Parties::of_other(self.court, flows)
        } else {
            Parties::new(self.court, flows)
        }
    }

    /// The same, each with the contact that it is of, and what is said of whose the parties of those are.
    pub(crate) fn parties(
        &self,
        place: usize,
    ) -> (Vec<(Dealing<'a>, ContactKey)>, BTreeMap<ContactKey, Votes>) {
        let flows = self.dealings(place);
        let (keys, mut votes) = self.parties_of(place, &flows).votes(self.court, &flows);
        for (key, asked) in self.asked.get(&place).into_iter().flatten() {
            if let Some(votes) = votes.get_mut(key) {
                votes.ask(asked.vendor);
            }
        }
        (flows.into_iter().zip(keys).collect(), votes)
    }

    /// The station at a place and its contacts; nothing where it has none.
    pub(crate) fn of(&self, place: usize) -> Option<(Case<'c, 'a>, BTreeMap<ContactKey, Contact>)> {
        let questions = self.asked.get(&place);
        if self.dealings.of(place).len() == 0 && questions.is_none() {
            return None;
        }
        let flows = self.dealings(place);
        let parties = self.parties_of(place, &flows);
        let mut all = contacts(self.court, self.undelivered, &flows, &parties);
        for (key, question) in questions.into_iter().flatten() {
            all.entry(key.clone()).or_default().ask(*question);
        }
        let device = self.stations.device(place)?;
        let identity = device.identity(self.court, self.judged);
        let evicted = device.key.mac().and_then(|mac| self.evicted.get(&mac).copied()).unwrap_or(0);
        let standing = identity.standing();
        if standing == Standing::Other {
            // Another name at an address of a vendor may be nobody's.
            all.retain(|_, contact| contact.votes.whose().is_some());
        }
        let case = Case { court: self.court, judged: self.judged, device, standing, identity, evicted };
        Some((case, all))
    }
}

/// Flows that left memory, by the MACs of their ends.
fn evicted(court: &Court<'_>) -> HashMap<Mac, u64> {
    let mut all: HashMap<Mac, u64> = HashMap::new();
    for (key, sums) in court.summary.site.residuals.sorted() {
        for mac in key.macs {
            *all.entry(mac).or_default() += sums.flows;
        }
    }
    for record in &court.evicted {
        for mac in record.largest.cold.macs {
            *all.entry(mac).or_default() += 1 + record.gone.flows;
        }
    }
    all
}

/// One device.
pub(crate) struct Case<'c, 'a> {
    pub(crate) court: &'c Court<'a>,
    pub(crate) judged: &'c ByFlow<Judged>,
    pub(crate) device: Device<'c, 'a>,
    pub(crate) identity: Cow<'c, Identity<'a>>,
    pub(crate) standing: Standing,
    /// Flows of it that left memory.
    pub(crate) evicted: u64,
}

/// A contact as it is told, with the packets that show it, and whose its party or a part of it is.
pub(crate) struct Row<'a> {
    pub(crate) record: ContactRecord<'a>,
    pub(crate) proof: Proof,
    pub(crate) whose: Option<Whose>,
}

impl<'a> Case<'_, 'a> {
    /// The row of a contact, given whose its party or a part of it is; nothing where all of it was seen in other flows.
    pub(crate) fn row(
        &self,
        (called, party): &ContactKey,
        contact: &Contact,
        whose: Option<Whose>,
    ) -> Option<Row<'a>> {
        let (start, end) = contact.span?;
        let most = whose.as_ref().filter(|whose| whose.is_most);
        let flows: Vec<Flow<'a>> =
            contact.largest.iter().filter_map(|large| self.court.flow(large.at)).collect();
        let proof = Proof::of(self, contact, &flows);
        let mut largest: Vec<String> = Vec::new();
        for id in flows.iter().map(Flow::community_id) {
            if !largest.contains(&id) {
                largest.push(id);
            }
        }
        let first = contact.largest.first().zip(flows.first());
        let address = first.map(|(large, flow)| self.court.party_address(flow, 1 - large.side).ip());
        let mut activity = contact.activity.to_vec();
        activity.sort_unstable_by_key(|activity| activity.word());
        let record = ContactRecord {
            device: self.device.key.id(),
            party: contact.votes.kind_of_party(most),
            name: matches!(party, PartyName::Name(_)).then(|| party.text()),
            address: address.filter(|_| *party != PartyName::Others),
            protocol: first.map(|(_, flow)| flow.hot.key.protocol),
            called: *called,
            vendor: most.map(|whose| self.court.catalog.vendor(whose.vendor)),
            role: most.and_then(|whose| whose.roles.iter().next()),
            attribution: most.and_then(|_| contact.votes.sources.first().copied()),
            confidence: most.map(|whose| whose.confidence),
            activity,
            flows: contact.flows,
            payload_out: contact.once[0],
            payload_in: contact.once[1],
            bytes_out: contact.bytes[0],
            bytes_in: contact.bytes[1],
            copies: contact.repeated,
            start: Timestamp(start),
            end: Timestamp(end),
            largest,
            evidence: proof.evidence(),
            addresses: contact.addresses.iter().map(|address| address.ip()).collect(),
            ports: contact.ports.iter().copied().collect(),
            finding: None,
        };
        Some(Row { record, proof, whose })
    }
}
