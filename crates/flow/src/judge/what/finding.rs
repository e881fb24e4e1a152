//! Findings: one for each device and party outside, with bytes, reasons and the packets of its largest flows; and the records of
//! all contacts, of which findings are those that are worth saying.

use lenscap_catalog::Called;
use rayon::prelude::*;
use sha1::{Digest, Sha1};

use super::case::{Case, Cases, Row};
use super::contact::{Contact, ContactKey};
use super::decide::{Decision, decide};
use super::filter::display_filter;
use super::party::PartyName;
use super::votes::Whose;
use crate::judge::rules;
use crate::judge::uid::identifier;
use crate::report::{ContactRecord, Finding, Standing};

/// Every finding, worst first, then by start and id; and how much payload of flows that say nothing of their other end is of
/// contacts that do.
pub(crate) fn findings<'a>(cases: &Cases<'_, 'a>) -> (Vec<Finding<'a>>, u64) {
    let of_station = |place: usize| {
        let (case, contacts) = cases.of(place)?;
        let tells = |(key, contact): &(&ContactKey, &Contact)| {
            matches!(key.1, PartyName::Name(_)) || contact.votes.most().is_some()
        };
        let told = contacts.iter().filter(tells).map(|(_, contact)| contact.nameless).sum();
        let found = contacts.iter().filter_map(|(key, contact)| {
            let whose = contact.votes.whose();
            // What is not worth saying is not put into a row either.
            let decision = case.decide(key, contact, whose.as_ref())?;
            Some(case.finding(key, contact, decision, case.row(key, contact, whose)?))
        });
        Some((found.collect(), told))
    };
    let found: Vec<(Vec<_>, u64)> = cases.places().into_par_iter().filter_map(of_station).collect();
    let told = found.iter().map(|(_, told)| told).sum();
    let mut all: Vec<Finding<'a>> = found.into_iter().flat_map(|(found, _)| found).collect();
    all.sort_by(|a, b| (b.severity, a.start, &a.id).cmp(&(a.severity, b.start, &b.id)));
    (all, told)
}

/// The record of every contact, by start, device, and who called whom.
pub(crate) fn records<'a>(cases: &Cases<'_, 'a>) -> Vec<ContactRecord<'a>> {
    let of_station = |place: usize| {
        let (case, contacts) = cases.of(place)?;
        let rows = contacts.iter().filter_map(|(key, contact)| {
            let whose = contact.votes.whose();
            let finding = case.decide(key, contact, whose.as_ref()).map(|_| case.id(key.0, &key.1));
            Some(ContactRecord { finding, ..case.row(key, contact, whose)?.record })
        });
        Some(rows.collect::<Vec<_>>())
    };
    let rows = cases.places().into_par_iter().flat_map_iter(|place| of_station(place).into_iter().flatten());
    let mut all: Vec<ContactRecord<'a>> = rows.collect();
    let order = |row: &ContactRecord<'a>| (row.start, row.called, row.address);
    all.sort_by(|a, b| {
        let by_name = || (&a.device, &a.name).cmp(&(&b.device, &b.name));
        order(a).cmp(&order(b)).then_with(by_name)
    });
    all
}

impl<'a> Case<'_, 'a> {
    fn decide(&self, (called, _): &ContactKey, contact: &Contact, whose: Option<&Whose>) -> Option<Decision> {
        let most = whose.filter(|whose| whose.is_most);
        decide(self.court, *called, contact, most, self.standing)
    }

    fn finding(
        &self,
        (called, party): &ContactKey,
        contact: &Contact,
        decision: Decision,
        Row { record: row, proof, whose }: Row<'a>,
    ) -> Finding<'a> {
        let reasons = self.reasons((party, contact, whose.as_ref()), &decision, &proof);
        let span = (row.start.0, row.end.0);
        let filter = || display_filter(&contact.own, &contact.addresses, &contact.ports, span);
        Finding {
            id: self.id(*called, party),
            kind: decision.kind,
            severity: decision.severity,
            confidence: self.confidence(&decision, row.confidence),
            device: row.device,
            standing: self.standing,
            party: row.party,
            vendor: row.vendor,
            endpoint: party.text(),
            addresses: row.addresses,
            bytes_out: row.payload_out,
            bytes_in: row.payload_in,
            repeated: row.copies,
            estimated: contact.estimated,
            headers_cut: contact.headers_cut,
            encrypted: contact.hidden > 0 && contact.hidden >= contact.payload() / 2,
            opaque: contact.unknown + contact.packed,
            packed: contact.packed,
            outcome: contact.outcome(),
            start: row.start,
            end: row.end,
            flows: row.largest,
            reasons,
            evidence: row.evidence,
            was: self.was(*called, party, contact),
            filter: if contact.flows > 0 { filter() } else { String::new() },
        }
    }

    /// Never above the weakest premise: the rule, whose the party is, what the device is.
    fn confidence(&self, decision: &Decision, party: Option<u8>) -> u8 {
        let device = match self.standing {
            Standing::Viewer | Standing::Other => None,
            Standing::Camera | Standing::Suspected => Some(self.identity.confidence()),
        };
        [Some(decision.rule.most), party, device].into_iter().flatten().min().unwrap_or(0)
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
