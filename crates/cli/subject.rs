//! What an id on the command line means: a finding or a device of a report.

use crate::devices::is_called;
use crate::failure::Failure;
use lenscap_flow::report::{DeviceRecord, Finding, FlowView, Report};
use lenscap_report::escape::escape;
use lenscap_report::text::Typed;
use lenscap_wire::Timestamp;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Ids that are named where several fit.
const NAMED: usize = 5;

/// What an id means.
pub(crate) enum Subject<'r, 'a> {
    Finding(&'r Finding<'a>),
    Device(&'r DeviceRecord<'a>),
}

impl<'r, 'a> Subject<'r, 'a> {
    /// The finding whose id begins so, now or as an older capture of the same gave it; else the device whose address, MAC
    /// or id does, or is that.
    pub(crate) fn find(report: &'r Report<'a>, id: &str, typed: &Typed) -> Result<Self, Failure> {
        let lower = id.to_ascii_lowercase();
        let now = report.findings.iter().filter(|finding| finding.id.starts_with(&lower));
        let mut found: Vec<&Finding<'_>> = now.collect();
        if found.is_empty() {
            let was = |finding: &&Finding<'_>| finding.was.iter().any(|was| was.starts_with(&lower));
            found = report.findings.iter().filter(was).collect();
        }
        // The MAC of a device may begin like an id: a MAC as a whole is meant as one.
        let devices = report.devices();
        let exact = devices.iter().find(|device| is_exactly(device, &lower));
        if let Some(device) = exact {
            return Ok(Self::Device(device));
        }
        let devices: Vec<_> = devices.iter().filter(|device| is_called(device, &lower)).collect();
        match (found.as_slice(), devices.as_slice()) {
            (_, _) if id.is_empty() => Err(none(id, typed)),
            ([finding], _) => Ok(Self::Finding(finding)),
            ([], [device]) => Ok(Self::Device(device)),
            ([], []) => Err(none(id, typed)),
            ([], several) => Err(many(id, &several.iter().map(|device| name(device)).collect::<Vec<_>>())),
            (several, _) => {
                Err(many(id, &several.iter().map(|finding| finding.id.clone()).collect::<Vec<_>>()))
            }
        }
    }
}

fn is_exactly(device: &DeviceRecord<'_>, text: &str) -> bool {
    device.addresses.iter().any(|address| address.to_string() == text)
        || device.mac.is_some_and(|mac| mac.to_string() == text)
}

fn name(device: &DeviceRecord<'_>) -> String {
    device.addresses.first().map_or_else(|| device.id.clone(), ToString::to_string)
}

fn none(id: &str, typed: &Typed) -> Failure {
    let id = escape(id.as_bytes());
    let failure = Failure::new(format!("{id} is the id of no finding and no device in these captures"));
    match typed.inputs.as_str() {
        "" => failure,
        inputs => failure.next(format!("See what there is: lenscap scan {inputs} --long")),
    }
}

fn many(id: &str, names: &[String]) -> Failure {
    let id = escape(id.as_bytes()).into_owned();
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED { ", …" } else { "" };
    Failure::new(format!("{id} may be {} of them: {shown}{more}", names.len())).next("Write more of it")
}

/// The largest flows of a finding, those that it names, in its order.
pub(crate) fn flows_of<'a>(report: &Report<'a>, finding: &Finding<'_>) -> Vec<FlowView<'a>> {
    let is_named = |flow: &FlowView<'_>| finding.flows.contains(&flow.community_id);
    let mut flows = flows_that(report, |flow| is_in_time(finding, flow) && is_named(flow));
    flows.sort_by_key(|flow| finding.flows.iter().position(|id| *id == flow.community_id));
    flows
}

/// All flows of a finding: those that it names, and those between its device and its addresses that are called the same.
pub(crate) fn flows_between<'a>(report: &Report<'a>, finding: &Finding<'_>) -> Vec<FlowView<'a>> {
    let device = report.devices().iter().find(|device| device.id == finding.device);
    let own: BTreeSet<IpAddr> = device.iter().flat_map(|device| device.addresses.iter().copied()).collect();
    let is_between = |flow: &FlowView<'_>| {
        let (a, b) = (flow.orig.address, flow.resp.address);
        let party = |address| finding.addresses.contains(&address);
        (own.contains(&a) && party(b)) || (own.contains(&b) && party(a))
    };
    let is_address = finding.addresses.iter().any(|address| address.to_string() == finding.endpoint);
    let is_called = |flow: &FlowView<'_>| {
        let called = |name: &[u8]| name.eq_ignore_ascii_case(finding.endpoint.as_bytes());
        is_address || flow.names.is_empty() || flow.names.iter().any(|name| called(name.name))
    };
    flows_that(report, |flow| {
        let is_named = finding.flows.contains(&flow.community_id);
        is_in_time(finding, flow) && (is_named || (is_between(flow) && is_called(flow)))
    })
}

/// The flows in which the names were looked up whose answers a finding cites.
pub(crate) fn look_ups<'a>(report: &Report<'a>, finding: &Finding<'_>) -> Vec<FlowView<'a>> {
    let reasons = finding.reasons.iter().flat_map(|reason| &reason.packets);
    let cited: Vec<_> = reasons.chain(&finding.evidence).collect();
    let names = report.names().into_iter().filter(|name| cited.contains(&&name.packet));
    let told: Vec<_> = names.filter_map(|name| Some((name.asker?, name.first))).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let is_told = |flow: &FlowView<'_>| {
        let of = |(asker, at): &(IpAddr, Timestamp)| {
            [flow.orig.address, flow.resp.address].contains(asker) && flow.start <= *at && *at <= flow.end
        };
        flow.app == Some("dns") && told.iter().any(of)
    };
    flows_that(report, is_told)
}

/// Whether a flow goes on in the time of a finding.
fn is_in_time(finding: &Finding<'_>, flow: &FlowView<'_>) -> bool {
    flow.start <= finding.end && flow.end >= finding.start
}

/// Flows for which something holds.
fn flows_that<'a>(report: &Report<'a>, holds: impl Fn(&FlowView<'_>) -> bool) -> Vec<FlowView<'a>> {
    let list = report.flows();
    (0..list.len()).filter_map(|n| list.view(n)).filter(|flow| holds(flow)).collect()
}
