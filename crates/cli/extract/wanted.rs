//! Which packets are wanted, and why.

use crate::subject::{Subject, flows_between, look_ups};
use lenscap_flow::report::{DeviceRecord, EndView, Finding, FlowView, Report};
use lenscap_wire::{Address, Packet, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

/// Both ends of a flow and its protocol, the lesser end first; ports are 0 where they do not count.
type Key = ((IpAddr, u16), (IpAddr, u16), u8);

fn key(a: (IpAddr, u16), b: (IpAddr, u16), protocol: u8) -> Key {
    if a <= b { (a, b, protocol) } else { (b, a, protocol) }
}

/// First and last moment.
type Span = (Timestamp, Timestamp);

const ALWAYS: Span = (Timestamp(i64::MIN), Timestamp(i64::MAX));

/// A flow that is wanted: what is said of its packets, and of which time they are.
struct WantedFlow {
    said: String,
    span: Span,
}

/// What is wanted.
pub(super) struct Wanted {
    /// Packets that are named, by input and number.
    named: BTreeMap<(u32, u64), String>,
    flows: HashMap<Key, WantedFlow>,
    /// Pairs of addresses of the finding's own flows: of them fragments are wanted whose ports are not known.
    pairs: HashSet<Key>,
    /// Addresses all of whose packets are wanted, and what is said of them.
    addresses: HashSet<IpAddr>,
    /// MACs of the same, for packets without IP.
    macs: HashSet<[u8; 6]>,
    said: String,
    /// The time of the finding.
    span: Span,
}

impl Wanted {
    /// What shows a finding or a device.
    pub(super) fn of(report: &Report<'_>, subject: &Subject<'_, '_>) -> Self {
        let mut wanted = Self {
            named: BTreeMap::new(),
            flows: HashMap::new(),
            pairs: HashSet::new(),
            addresses: HashSet::new(),
            macs: HashSet::new(),
            said: String::new(),
            span: ALWAYS,
        };
        match subject {
            Subject::Finding(finding) => wanted.finding(report, finding),
            Subject::Device(device) => {
                wanted.addresses.extend(&device.addresses);
                wanted.macs.extend(device.mac.map(|mac| mac.0));
                wanted.said = format!("lenscap: from or to the device {}", device.id);
                wanted.identity(device, "lenscap");
            }
        }
        wanted
    }

    /// The packets that show what a device is.
    fn identity(&mut self, device: &DeviceRecord<'_>, whose: &str) {
        for (at, why) in device.identified() {
            let why = lenscap_report::escape::escape(why.as_bytes());
            self.name((at.input, at.packet), &format!("{whose}: {why}"));
        }
    }

    fn finding(&mut self, report: &Report<'_>, finding: &Finding<'_>) {
        let id = &finding.id;
        self.span = (finding.start, finding.end);
        if let Some(device) = report.devices().iter().find(|device| device.id == finding.device) {
            self.identity(device, &format!("lenscap finding {id}: shows the device"));
        }
        for reason in &finding.reasons {
            for at in &reason.packets {
                let text = format!("lenscap finding {id}: shows {}", reason.rule.id());
                self.name((at.input, at.packet), &text);
            }
        }
        for at in &finding.evidence {
            self.named
                .entry((at.input, at.packet))
                .or_insert_with(|| format!("lenscap finding {id}: named as evidence"));
        }
        let of = |flow: &FlowView<'_>| {
            let end = |end: &EndView| (end.address, end.port.unwrap_or(0));
            key(end(&flow.orig), end(&flow.resp), flow.protocol)
        };
        for flow in flows_between(report, finding) {
            let said = format!("lenscap finding {id}: flow {}", flow.community_id);
            self.flows.insert(of(&flow), WantedFlow { said, span: self.span });
            self.pairs.insert(key((flow.orig.address, 0), (flow.resp.address, 0), flow.protocol));
        }
        // An answer counts where it was asked for, and both came before the finding began.
        for flow in look_ups(report, finding) {
            let said = format!("lenscap finding {id}: look-up {}", flow.community_id);
            self.flows.insert(of(&flow), WantedFlow { said, span: ALWAYS });
        }
    }

    /// A packet may show several things.
    fn name(&mut self, at: (u32, u64), text: &str) {
        let said = self.named.entry(at).or_default();
        if said.contains(text) {
            return;
        }
        if !said.is_empty() {
            said.push_str("; ");
        }
        said.push_str(text);
    }

    /// Why a packet is wanted; nothing where it is not.
    pub(super) fn why(
        &self,
        input: u32,
        number: u64,
        time: Timestamp,
        packet: &Packet<'_>,
    ) -> Option<String> {
        let named = self.named.get(&(input, number)).cloned();
        named.or_else(|| self.of_flow(time, packet)).or_else(|| self.of_device(packet))
    }

    fn of_flow(&self, time: Timestamp, packet: &Packet<'_>) -> Option<String> {
        if packet.version == 0 {
            return None;
        }
        let (from, to) = (ip(packet.source), ip(packet.destination));
        let is_ported = matches!(packet.protocol, 6 | 17 | 132);
        let ports = if is_ported { packet.ports } else { (0, 0) };
        let in_time = |(first, last): Span| first <= time && time <= last;
        let flow = self.flows.get(&key((from, ports.0), (to, ports.1), packet.protocol));
        if let Some(flow) = flow.filter(|flow| in_time(flow.span)) {
            return Some(flow.said.clone());
        }
        let is_part = packet.fragment.is_some()
            && in_time(self.span)
            && self.pairs.contains(&key((from, 0), (to, 0), packet.protocol));
        is_part.then(|| "lenscap: fragment between the same addresses".into())
    }

    fn of_device(&self, packet: &Packet<'_>) -> Option<String> {
        let by_address = packet.version != 0
            && [packet.source, packet.destination]
                .into_iter()
                .any(|address| self.addresses.contains(&ip(address)));
        let by_mac =
            || packet.macs.is_some_and(|(from, to)| self.macs.contains(&from.0) || self.macs.contains(&to.0));
        (by_address || by_mac()).then(|| self.said.clone())
    }
}

fn ip(address: Address) -> IpAddr {
    address.ip()
}
