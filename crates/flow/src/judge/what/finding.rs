//! Findings: one per device, party and kind, with flows, bytes, reasons and packets.

use hashbrown::HashMap;
use lenscap_catalog::VendorId;
use lenscap_wire::{Address, Timestamp};
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};

use crate::judge::judged::Judged;
use crate::judge::who::device::{Device, Stations};
use crate::judge::who::identity::Identity;
use crate::judge::who::roll::StationKey;
use crate::judge::whose::opinion::owner;
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, Finding, FindingKind, PacketAt, Reason, Rule, Severity};
use crate::state::key::{Side, TCP};
use crate::state::spell::counters::Counters;
use crate::state::spell::flag;

/// How bad a finding is, by whether the device is known to be a camera.
fn severity(kind: FindingKind, camera: bool) -> Severity {
    use FindingKind::{Attempt, Exfiltration, Telemetry, VendorContact};
    match (kind, camera) {
        (Exfiltration, true) => Severity::High,
        (Exfiltration, false) | (Telemetry, true) => Severity::Medium,
        (VendorContact | Attempt, true) | (Telemetry, false) => Severity::Low,
        (VendorContact | Attempt, false) => Severity::Info,
    }
}

/// A station by its key and its place on the roll, and a vendor.
type Parties = (StationKey, usize, VendorId);

/// What a device had to do with one vendor.
#[derive(Default)]
struct Dealings<'a> {
    flows: Vec<(Flow<'a>, Side, Judged)>,
    /// Names asked for without an answer, with the packet that asked.
    unanswered: Vec<(&'a [u8], i64, i64, PacketAt)>,
}

/// Every finding, worst first, then by start and id.
pub(crate) fn findings<'a>(
    court: &Court<'a>,
    judged: &[Vec<Judged>],
    stations: &Stations<'a>,
) -> Vec<Finding<'a>> {
    let mut contacts: BTreeMap<Parties, Dealings<'a>> = BTreeMap::new();
    for device in stations.iter() {
        for contact in device.dealings() {
            let (at, side) = (contact.at(), contact.side());
            let Some((judged, vendor)) = at.of(judged).and_then(|judged| Some((judged, judged.vendor()?)))
            else {
                continue;
            };
            if let Some(flow) = court.flow(at).filter(|_| judged.is_outside(1 - side)) {
                let parties = (device.key, device.place, vendor);
                contacts.entry(parties).or_default().flows.push((flow, side, *judged));
            }
        }
    }
    for contact in contacts.values_mut() {
        contact.flows.sort_by_key(|(flow, side, _)| (flow.cold.first, flow.cold.at(), *side));
    }
    add_questions(court, stations, &mut contacts);
    let mut all: Vec<Finding<'a>> = Vec::new();
    for ((_, place, vendor), contact) in &contacts {
        let Some(device) = stations.device(*place) else { continue };
        let case = Case { court, device, identity: device.identity(court, judged), vendor: *vendor };
        all.extend(case.of_flows(&contact.flows));
        all.extend(case.of_questions(&contact.unanswered));
    }
    all.sort_by(|a, b| (b.severity, a.start, &a.id).cmp(&(a.severity, b.start, &b.id)));
    all
}

/// Names of vendors that a station asked for and never had an address for.
fn add_questions<'a>(
    court: &Court<'a>,
    stations: &Stations<'a>,
    contacts: &mut BTreeMap<Parties, Dealings<'a>>,
) {
    let asked: Vec<_> = court
        .names
        .questions()
        .into_iter()
        .filter(|(_, _, question)| question.answered == 0)
        .filter_map(|(asker, name, question)| Some((asker, name, question, owner(court.catalog, name).0?)))
        .filter(|(.., endpoint)| !endpoint.roles.only_web())
        .collect();
    let mut owners: HashMap<Address, Option<(StationKey, usize)>> =
        asked.iter().map(|(asker, ..)| (*asker, None)).collect();
    if owners.is_empty() {
        return;
    }
    for device in stations.iter() {
        for address in device.addresses() {
            if let Some(owner) = owners.get_mut(&address) {
                let this = (device.key, device.place);
                *owner = Some(owner.map_or(this, |known| known.min(this)));
            }
        }
    }
    for (asker, name, question, endpoint) in asked {
        let Some((station, place)) = owners.get(&asker).copied().flatten() else { continue };
        let at = court.numbering.locate(&question.at);
        let unanswered = (name, question.first, question.last, at);
        contacts.entry((station, place, endpoint.vendor)).or_default().unanswered.push(unanswered);
    }
}

/// One device and one vendor.
struct Case<'c, 'a> {
    court: &'c Court<'a>,
    device: Device<'c, 'a>,
    identity: Identity<'a>,
    vendor: VendorId,
}

impl<'a> Case<'_, 'a> {
    fn of_flows(&self, flows: &[(Flow<'a>, Side, Judged)]) -> Vec<Finding<'a>> {
        let (answered, silent): (Vec<_>, Vec<_>) =
            flows.iter().copied().partition(|(flow, side, _)| is_answered(flow, *side));
        let mut found = Vec::new();
        if !answered.is_empty() {
            found.push(self.finding(kind_of(&answered), &answered));
        }
        if !silent.is_empty() {
            found.push(self.finding(FindingKind::Attempt, &silent));
        }
        found
    }

    fn finding(&self, kind: FindingKind, flows: &[(Flow<'a>, Side, Judged)]) -> Finding<'a> {
        let (out, back) = volume(flows);
        let camera = self.identity.is_camera();
        let names: BTreeSet<String> =
            flows.iter().map(|(flow, side, judged)| self.endpoint(flow, *side, judged)).collect();
        let endpoint = names.iter().next().cloned().unwrap_or_default();
        let confidence = flows.iter().map(|(_, _, judged)| judged.confidence).max().unwrap_or(0);
        let spans = flows.iter().map(|(flow, ..)| flow.span());
        let (firsts, namings) = self.packets(flows);
        let evidence = firsts.union(&namings).copied().take(rules::EVIDENCE).collect();
        let mut reasons = vec![
            Reason { rule: rule(kind, flows.len() as u64, out, back), packets: bounded(firsts) },
            Reason { rule: Rule::PartyBy { sources: sources(flows) }, packets: bounded(namings) },
        ];
        if let Some(class) = self.identity.class() {
            let rule = Rule::IsCamera { class, confidence: self.identity.confidence() };
            reasons.push(Reason { rule, packets: Vec::new() });
        }
        Finding {
            id: self.id(kind, &names),
            kind,
            severity: severity(kind, camera),
            confidence,
            device: self.device.key.id(),
            vendor: Some(self.court.catalog.vendor(self.vendor)),
            endpoint,
            bytes_out: out,
            bytes_in: back,
            start: Timestamp(spans.clone().map(|span| span.0).min().unwrap_or(0)),
            end: Timestamp(spans.map(|span| span.1).max().unwrap_or(0)),
            flows: flows.iter().take(rules::FINDING_FLOWS).map(|(flow, ..)| flow.community_id()).collect(),
            reasons,
            evidence,
        }
    }

    /// First packets of the flows, and packets that named their other ends.
    fn packets(&self, flows: &[(Flow<'a>, Side, Judged)]) -> (BTreeSet<PacketAt>, BTreeSet<PacketAt>) {
        let (mut firsts, mut namings) = (BTreeSet::new(), BTreeSet::new());
        for (flow, _, judged) in flows.iter().take(rules::EVIDENCE) {
            firsts.insert(self.court.numbering.locate(&flow.cold.at()));
            let named = self.court.best_name(flow, judged).and_then(|name| name.at);
            namings.extend(named.map(|at| self.court.numbering.locate(&at)));
        }
        (firsts, namings)
    }

    fn of_questions(&self, unanswered: &[(&'a [u8], i64, i64, PacketAt)]) -> Option<Finding<'a>> {
        let names: BTreeSet<String> =
            unanswered.iter().map(|(name, ..)| String::from_utf8_lossy(name).into_owned()).collect();
        let endpoint = names.iter().next()?.clone();
        let camera = self.identity.is_camera();
        let mut evidence: Vec<_> = unanswered.iter().map(|(.., at)| *at).collect();
        evidence.sort_unstable();
        evidence.truncate(rules::EVIDENCE);
        let rule = Rule::NoAddress { names: names.iter().cloned().collect() };
        Some(Finding {
            id: self.id(FindingKind::Attempt, &names),
            kind: FindingKind::Attempt,
            severity: severity(FindingKind::Attempt, camera),
            confidence: rules::BY_OWN_DNS,
            device: self.device.key.id(),
            vendor: Some(self.court.catalog.vendor(self.vendor)),
            endpoint,
            bytes_out: 0,
            bytes_in: 0,
            start: Timestamp(unanswered.iter().map(|(_, first, ..)| *first).min().unwrap_or(0)),
            end: Timestamp(unanswered.iter().map(|(_, _, last, _)| *last).max().unwrap_or(0)),
            flows: Vec::new(),
            reasons: vec![Reason { rule, packets: evidence.clone() }],
            evidence,
        })
    }

    fn endpoint(&self, flow: &Flow<'a>, side: Side, judged: &Judged) -> String {
        let name =
            self.court.best_name(flow, judged).map(|name| String::from_utf8_lossy(name.text).into_owned());
        name.unwrap_or_else(|| flow.hot.key.address(1 - side).ip().to_string())
    }

    /// Of kind, device, vendor and names: the same for the same matter in every capture of it.
    fn id(&self, kind: FindingKind, names: &BTreeSet<String>) -> String {
        let mut hash = Sha1::new();
        let vendor = self.court.catalog.vendor(self.vendor);
        for part in [kind.word(), &self.device.key.id(), &vendor.id]
            .into_iter()
            .chain(names.iter().map(String::as_str))
        {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let [a, b, c, d, ..]: [u8; 20] = hash.finalize().into();
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }
}

/// Whether the other end ever answered with anything but a refusal.
fn is_answered(flow: &Flow<'_>, side: Side) -> bool {
    let remote = 1 - side;
    let refused = flow.hot.key.protocol == TCP && flow.hot.flags & flag::PURE != 0;
    let Counters { packets, payload, .. } = flow.counters();
    packets[remote] > 0 && !refused && (flow.hot.key.protocol != TCP || payload[side] + payload[remote] > 0)
}

/// Payload out and in.
fn volume(flows: &[(Flow<'_>, Side, Judged)]) -> (u64, u64) {
    flows.iter().fold((0, 0), |(out, back), (flow, side, _)| {
        let payload = flow.counters().payload;
        (out + payload[*side], back + payload[1 - side])
    })
}

/// The worst kind that the volume and the rhythm of a contact support.
fn kind_of(flows: &[(Flow<'_>, Side, Judged)]) -> FindingKind {
    let (out, back) = volume(flows);
    let browsing = flows.iter().all(|(_, _, judged)| judged.roles.only_web());
    let recurs = flows.len() as u64 >= rules::TELEMETRY_FLOWS
        || flows.iter().any(|(flow, side, _)| buckets_with_payload(flow, *side) >= rules::TELEMETRY_BUCKETS);
    if out >= rules::EXFILTRATION_BYTES && out >= back.saturating_mul(rules::EXFILTRATION_RATIO) {
        FindingKind::Exfiltration
    } else if recurs && out > 0 && !browsing {
        FindingKind::Telemetry
    } else {
        FindingKind::VendorContact
    }
}

fn buckets_with_payload(flow: &Flow<'_>, side: Side) -> u64 {
    let buckets = flow.cold.extra.as_ref().and_then(|extra| extra.buckets.as_ref());
    buckets.map_or(0, |buckets| {
        buckets
            .closed(flow.hot.last, flow.hot.totals(flow.cold))
            .iter()
            .filter(|(_, b)| b.payload[side] > 0)
            .count() as u64
    })
}

/// The rule that chose the kind, with its numbers.
fn rule(kind: FindingKind, flows: u64, sent: u64, received: u64) -> Rule {
    match kind {
        FindingKind::Attempt => Rule::NoUsefulAnswer { flows },
        FindingKind::VendorContact => Rule::Contact { flows, sent, received },
        FindingKind::Telemetry => Rule::Recurring { flows, sent, received },
        FindingKind::Exfiltration => Rule::SentMore {
            sent,
            received,
            least: rules::EXFILTRATION_BYTES,
            ratio: rules::EXFILTRATION_RATIO,
        },
    }
}

fn bounded(packets: BTreeSet<PacketAt>) -> Vec<PacketAt> {
    packets.into_iter().take(rules::EVIDENCE).collect()
}

/// The sources of the flows' attributions, each once, by word.
fn sources(flows: &[(Flow<'_>, Side, Judged)]) -> Vec<Attribution> {
    let all: BTreeSet<_> = flows.iter().filter_map(|(_, _, judged)| judged.attribution).collect();
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|source| source.word());
    all
}
