//! Why a finding is made: each rule that held, with its numbers and the packets that show it.

use super::case::Case;
use super::contact::Contact;
use super::decide::Decision;
use super::party::PartyName;
use super::proof::Proof;
use super::votes::Whose;
use crate::judge::rules;
use crate::report::{PacketAt, Reason, Rule, Standing};
use lenscap_catalog::Measure;

impl Case<'_, '_> {
    /// Why, the rule that chose the kind first.
    pub(super) fn reasons(
        &self,
        (party, contact, whose): (&PartyName, &Contact, Option<&Whose>),
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
            if answered < flows && rule.measure != Measure::Accepts {
                push(Rule::Answers { flows, answered, refused }, &proof.refusals);
            }
        }
        if contact.unseen > 0 {
            let Contact { unseen, partly, acknowledged, .. } = *contact;
            push(Rule::Unseen { flows: unseen, of: flows, partly, acknowledged }, &proof.flows);
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
        if contact.headers_cut {
            push(Rule::HeadersCut, &[]);
        }
        if contact.mixed > 0 {
            push(Rule::TwoStations { flows: contact.mixed }, &[]);
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
        if !contact.proxies.is_empty() {
            let proxies = contact.proxies.iter().map(|proxy| proxy.ip()).collect();
            push(Rule::ThroughProxy { proxies, flows: contact.proxied, of: flows }, &[]);
        }
        let mut sources: Vec<_> = contact.votes.sources.iter().copied().collect();
        sources.sort_by_key(|source| source.word());
        match whose.filter(|whose| !whose.is_most) {
            Some(&Whose { vendor, served, payload, .. }) => {
                let vendor = self.court.catalog.vendor(vendor).name.to_string();
                let of = contact.payload();
                push(Rule::PartOf { vendor, served, payload, of, sources }, &proof.names);
            }
            None if !sources.is_empty() => push(Rule::PartyBy { sources }, &proof.names),
            None => {}
        }
        let is_name = matches!(party, PartyName::Name(_));
        if let Some((age, names)) = proof.looked_up.filter(|_| is_name)
            && (age >= rules::OLD_NAME || names > 1)
        {
            push(Rule::LookedUp { age, names }, &[]);
        }
        if proof.hosts > 1 && is_name {
            push(Rule::Hosts { hosts: proof.hosts }, &[]);
        }
        let [flows, payload] = contact.votes.bound;
        if flows > 0 && whose.is_some() {
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
}
