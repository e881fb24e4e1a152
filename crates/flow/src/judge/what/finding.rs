//! Findings: one for each device and party outside, with bytes, reasons and the packets of its largest flows.
//!
//! All parties of a camera and a possible camera are told, named or not: a recipient without a name is worse, not better. Of
//! other devices those are told that belong to a vendor of the catalogue.

use lenscap_wire::{Mac, PacketRef, Timestamp};
use rayon::prelude::*;
use sha1::{Digest, Sha1};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::contact::{Asked, Contact, ContactKey, Dealing, contacts};
use super::decide::{Decision, decide};
use super::filter::display_filter;
use super::party::{Called, PartyName};
use super::question::unanswered;
use crate::judge::judged::Judged;
use crate::judge::uid::identifier;
use crate::judge::walk::Undelivered;
use crate::judge::who::device::{Device, Stations};
use crate::judge::who::identity::Identity;
use crate::judge::{Court, Flow, rules};
use crate::report::{Finding, PacketAt, Reason, Rule, Standing};

/// Every finding, worst first, then by start and id.
pub(crate) fn findings<'a>(
    court: &Court<'a>,
    judged: &[Vec<Judged>],
    undelivered: &Undelivered,
    stations: &Stations<'a>,
) -> Vec<Finding<'a>> {
    let dealings = stations.dealings_outside(judged);
    let mut asked: HashMap<usize, Vec<(ContactKey, Asked)>> = HashMap::new();
    for (place, question) in unanswered(court, stations) {
        asked.entry(place).or_default().push(question);
    }
    let evicted = evicted(court);
    let of_station = |place: usize| {
        let questions = asked.get(&place);
        if dealings.of(place).len() == 0 && questions.is_none() {
            return Vec::new();
        }
        let flows: Vec<Dealing<'a>> = dealings
            .of(place)
            .filter_map(|dealing| {
                let (at, side) = (dealing.at(), dealing.side());
                Some(Dealing { flow: court.flow(at)?, side, judged: *at.of(judged)? })
            })
            .collect();
        let mut all = contacts(court, undelivered, &flows);
        for (key, question) in questions.into_iter().flatten() {
            all.entry(key.clone()).or_default().ask(*question);
        }
        let Some(device) = stations.device(place) else { return Vec::new() };
        let identity = device.identity(court, judged);
        let evicted = device.key.mac().and_then(|mac| evicted.get(&mac).copied()).unwrap_or(0);
        let case = Case { court, judged, device, standing: identity.standing(), identity, evicted };
        all.iter().filter_map(|(key, contact)| case.finding(key, contact)).collect()
    };
    let mut all: Vec<Finding<'a>> = (0..stations.len()).into_par_iter().flat_map_iter(of_station).collect();
    all.sort_by(|a, b| (b.severity, a.start, &a.id).cmp(&(a.severity, b.start, &b.id)));
    all
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
struct Case<'c, 'a> {
    court: &'c Court<'a>,
    judged: &'c [Vec<Judged>],
    device: Device<'c, 'a>,
    identity: Cow<'c, Identity<'a>>,
    standing: Standing,
    /// Flows of it that left memory.
    evicted: u64,
}

impl<'a> Case<'_, 'a> {
    fn finding(&self, (called, party): &ContactKey, contact: &Contact) -> Option<Finding<'a>> {
        let decision = decide(self.court, *called, contact, self.standing)?;
        let vendor = contact.vendor();
        let (start, end) = contact.span?;
        let flows: Vec<Flow<'a>> =
            contact.largest.iter().filter_map(|large| self.court.flow(large.at)).collect();
        let proof = Proof::of(self, contact, &flows);
        let reasons = self.reasons(party, contact, &decision, &proof);
        let filter = || display_filter(&contact.own, &contact.addresses, &contact.ports, (start, end));
        let mut ids: Vec<String> = Vec::new();
        for id in flows.iter().map(Flow::community_id) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Some(Finding {
            id: self.id(*called, party),
            kind: decision.kind,
            severity: decision.severity,
            confidence: self.confidence(&decision, vendor.map(|(_, confidence, _)| confidence)),
            device: self.device.key.id(),
            standing: self.standing,
            party: contact.kind_of_party(),
            vendor: vendor.map(|(vendor, ..)| self.court.catalog.vendor(vendor)),
            endpoint: party.text(),
            addresses: contact.addresses.iter().map(|address| address.ip()).collect(),
            bytes_out: contact.once[0],
            bytes_in: contact.once[1],
            repeated: contact.repeated,
            estimated: contact.estimated,
            encrypted: contact.hidden > 0 && contact.hidden >= contact.payload() / 2,
            outcome: contact.outcome(),
            start: Timestamp(start),
            end: Timestamp(end),
            flows: ids,
            reasons,
            evidence: proof.evidence(),
            was: self.was(*called, party, contact),
            filter: if contact.flows > 0 { filter() } else { String::new() },
        })
    }

    /// Never above the weakest premise: the rule, whose the party is, what the device is.
    fn confidence(&self, decision: &Decision, party: Option<u8>) -> u8 {
        let device = match self.standing {
            Standing::Viewer | Standing::Other => None,
            Standing::Camera | Standing::Suspected => Some(self.identity.confidence()),
        };
        [Some(decision.rule.most), party, device].into_iter().flatten().min().unwrap_or(0)
    }

    fn reasons(
        &self,
        party: &PartyName,
        contact: &Contact,
        decision: &Decision,
        proof: &Proof,
    ) -> Vec<Reason> {
        let [sent, received] = contact.once;
        let flows = contact.flows;
        let mut all = Vec::new();
        let mut push = |rule, packets: &[PacketAt]| all.push(Reason { rule, packets: packets.to_vec() });
        if flows > 0 || contact.asked.is_empty() {
            let &Decision { rule, measured, .. } = decision;
            push(Rule::Measured { rule, measured, flows, sent, received }, &proof.flows);
            let Contact { answered, refused, .. } = *contact;
            if answered < flows {
                push(Rule::Answers { flows, answered, refused }, &proof.refusals);
            }
        }
        for asked in &contact.asked {
            let rule = Rule::AskedFor { name: party.text(), outcome: asked.outcome };
            push(rule, &[self.court.numbering.locate(&asked.at)]);
        }
        if flows > contact.largest.len() as u64 && contact.payload() > 0 {
            let (shown, carried, payload) =
                (contact.largest.len() as u64, contact.shown(), contact.payload());
            push(Rule::Largest { shown, flows, carried, payload }, &proof.flows);
        }
        if contact.repeated > 0 {
            push(Rule::Repeated { bytes: contact.repeated }, &[]);
        }
        if contact.estimated {
            push(Rule::Estimated, &[]);
        }
        if self.evicted > 0 {
            push(Rule::Evicted { flows: self.evicted }, &[]);
        }
        if !contact.tunnels.is_empty() {
            let ends = contact.tunnels.iter().map(|end| end.ip()).collect();
            push(Rule::InTunnel { ends }, &[]);
        }
        if !contact.sources.is_empty() {
            let mut sources: Vec<_> = contact.sources.iter().copied().collect();
            sources.sort_by_key(|source| source.word());
            push(Rule::PartyBy { sources }, &proof.names);
        }
        let [flows, payload] = contact.bound;
        if flows > 0 && contact.vendor().is_some() {
            push(Rule::SameAddress { flows, payload }, &[]);
        }
        let confidence = self.identity.confidence();
        match (self.standing, self.identity.class()) {
            (Standing::Camera, Some(class)) => push(Rule::IsCamera { class, confidence }, &[]),
            (Standing::Suspected, _) => push(Rule::MayBeCamera { confidence }, &[]),
            _ => {}
        }
        all
    }

    /// Of the matter, the device and the party: the same in every capture of it.
    fn id(&self, called: Called, party: &PartyName) -> String {
        let matter: &[u8] = match called {
            Called::Out => b"traffic",
            Called::In => b"called-in",
        };
        let text = party.text();
        let party = if let PartyName::Name(name) = party { name.as_slice() } else { text.as_bytes() };
        let mut hash = Sha1::new();
        for part in [matter, self.device.key.id().as_bytes(), party] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        identifier(hash)
    }

    fn was(&self, called: Called, party: &PartyName, contact: &Contact) -> Vec<String> {
        if !matches!(party, PartyName::Name(_)) {
            return Vec::new();
        }
        let address = |address: &_| self.id(called, &PartyName::Address(*address));
        contact.addresses.iter().take(rules::LARGEST_FLOWS).map(address).collect()
    }
}

/// The packets of a finding.
struct Proof {
    /// First packets of the largest flows.
    flows: Vec<PacketAt>,
    /// Packets of the attributions that decided.
    names: Vec<PacketAt>,
    refusals: Vec<PacketAt>,
    asked: Vec<PacketAt>,
}

impl Proof {
    fn of(case: &Case<'_, '_>, contact: &Contact, flows: &[Flow<'_>]) -> Self {
        let located = |all: BTreeSet<PacketRef>| {
            let all = all.into_iter().take(rules::EVIDENCE);
            let mut all: Vec<_> = all.map(|at| case.court.numbering.locate(&at)).collect();
            all.sort_unstable();
            all
        };
        let mut firsts: Vec<PacketAt> =
            flows.iter().map(|flow| case.court.numbering.locate(&flow.cold.at())).collect();
        firsts.sort_unstable();
        let names = contact.largest.iter().filter_map(|large| {
            let flow = case.court.flow(large.at)?;
            let judged = large.at.of(case.judged)?;
            case.court.shows_party(&flow, judged)
        });
        Self {
            flows: firsts,
            names: located(names.collect()),
            refusals: located(contact.refusals.clone()),
            asked: located(contact.asked.iter().map(|asked| asked.at).collect()),
        }
    }

    fn evidence(&self) -> Vec<PacketAt> {
        let all = [&self.flows, &self.names, &self.refusals, &self.asked].into_iter().flatten();
        let all: BTreeSet<PacketAt> = all.copied().collect();
        all.into_iter().collect()
    }
}
