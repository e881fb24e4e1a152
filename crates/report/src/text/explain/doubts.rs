//! What could be wrong with a claim: every limit that bears on it, said as such.

use crate::text::words;
use crate::units::{self, Numbers};
use lenscap_flow::report::{
    DeviceRecord, Evidence, Finding, FindingKind, Measure, Outcome, Report, Rule, Standing,
};

/// Of a finding.
pub(super) fn of_finding(
    report: &Report<'_>,
    finding: &Finding<'_>,
    device: Option<&DeviceRecord<'_>>,
) -> Vec<String> {
    let mut all = Vec::new();
    if finding.encrypted {
        all.push("The content is encrypted: its size is known, and not what it was.".into());
    }
    if finding.opaque > 0 {
        all.push(format!(
            "The content of {} could not be read: no reader knew the protocol, or it carries the content packed.",
            Numbers::Exact.bytes(finding.opaque)
        ));
    }
    let is_address = finding.addresses.iter().any(|address| address.to_string() == finding.endpoint);
    if !is_address {
        all.push("The name is what the device asked for; who received is an address.".into());
    } else if finding.vendor.is_none() {
        all.push("Whose the address is was not seen.".into());
    }
    if finding.outcome == Outcome::NotCaptured {
        all.push("No answer was captured: that the bytes arrived is not shown.".into());
    }
    if finding.kind == FindingKind::Exfiltration {
        all.push(
            "An upload is told by its size and direction: it may be other content than pictures.".into(),
        );
    }
    for reason in &finding.reasons {
        match &reason.rule {
            Rule::Measured { rule, .. } => {
                all.push(format!(
                    "A finding by the rule {} is never surer than {}.",
                    AsRef::<str>::as_ref(&rule.id),
                    rule.most
                ));
                let note: &str = rule.note.as_ref();
                if !note.is_empty() {
                    all.push(format!("{}.", words::capital(note)));
                }
                if matches!(rule.measure, Measure::Service) {
                    all.push("Every host speaks these protocols: they say little of a camera.".into());
                }
            }
            Rule::Evicted { .. } => {
                all.push("Counts and bytes are at least so much: memory did not do.".into());
            }
            _ => {}
        }
    }
    all.extend(device.into_iter().flat_map(|device| of_device(report, device)));
    all
}

/// Of a device.
pub(super) fn of_device(report: &Report<'_>, device: &DeviceRecord<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if device.standing == Standing::Suspected {
        all.push(format!("That it is a camera is not proven: its confidence is {}.", device.confidence));
    }
    if device
        .why
        .iter()
        .any(|why| matches!(why.kind, Evidence::Prefix | Evidence::MixedPrefix) && !why.claimed)
    {
        all.push("A hardware prefix says who registered it, not who made the device.".into());
    }
    for claim in device.why.iter().filter(|why| why.claimed).take(2) {
        let packet =
            claim.packet.map(|at| format!(" (packet {})", units::count(at.packet))).unwrap_or_default();
        let value = crate::escape::escape(&claim.value);
        all.push(format!("Others said of it: {value}{packet}; that counts for nothing."));
    }
    all.extend(words::conflict(report, device).map(|conflict| format!("{}.", words::capital(&conflict))));
    if report.overview.coverage.cut_bytes > 0 {
        all.push("Packets were cut by the snap length: bytes are those that headers state of them.".into());
    }
    if !report.overview.exact {
        all.push("Memory did not do for all flows: what left it is missing here.".into());
    }
    all.push("A device that stands behind this address or MAC would look the same.".into());
    all
}
