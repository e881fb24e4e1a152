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
        all.push("Its protocol is encrypted: behind the hellos, which are in the clear, sizes are known, and not the content.".into());
    }
    let causes = [
        (finding.opaque.saturating_sub(finding.packed), "no reader knew the protocol"),
        (finding.packed, "the protocol was read, and what it carries is packed"),
    ];
    for (bytes, cause) in causes.into_iter().filter(|(bytes, _)| *bytes > 0) {
        all.push(format!("The content of {} is not known: {cause}.", Numbers::Exact.bytes(bytes)));
    }
    let is_address = finding.addresses.iter().any(|address| address.to_string() == finding.endpoint);
    if finding.proxies().is_some_and(|(_, all)| all) {
        all.push("It is whom the device asked the proxy for: what that sent on, and to whom, these packets do not show.".into());
    } else if !is_address {
        all.push("The name is what the device asked for; who received is an address.".into());
    } else if finding.vendor.is_none() {
        all.push("Whose the address is was not seen.".into());
    }
    if finding.headers_cut {
        all.push("Headers of TCP were cut by the snap length: bytes are at least so many, and it may have been answered or refused by packets whose flags were not captured.".into());
    } else if finding.is_mixed() {
        all.push("Another station with the same addresses and ports was captured at the same time: what is said of either may be the other's.".into());
    } else if finding.outcome == Outcome::NotCaptured {
        all.push("No answer was captured: that the bytes arrived is not shown.".into());
    }
    if finding.outcome == Outcome::Inferred {
        all.push(
            "No packet of the other end was captured: that it answered follows from what the device acknowledges or sent.".into(),
        );
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
    if let Some(told) = other_mac(device) {
        all.push(format!("It tells the MAC {told}, which is not the one that it sends from: it may speak for another device."));
    }
    let mut counted = device.why.iter().filter(|why| !why.claimed && why.weight > 0);
    // What says itself what it is, or speaks as a camera does, is no viewer.
    if counted.clone().any(|why| why.kind.is_contact()) && counted.all(|why| why.kind.is_circumstance()) {
        all.push("A viewer or another device of this cloud would look the same.".into());
    }
    for claim in device.why.iter().filter(|why| why.claimed).take(2) {
        let packet =
            claim.packet.map(|at| format!(" (packet {})", units::count(at.packet))).unwrap_or_default();
        let value = crate::escape::escape(&claim.value);
        all.push(format!("Others said of it: {value}{packet}; that counts for nothing."));
    }
    all.extend(words::address_doubts(device).map(|doubt| format!("{}.", words::capital(&doubt))));
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

/// A MAC that it tells over HTTP, of another prefix than its own.
fn other_mac(device: &DeviceRecord<'_>) -> Option<String> {
    let own = device.mac?.to_string().replace(':', "");
    let tells = |kind: &str| matches!(kind, "isapi.mac" | "cgi.mac" | "onvif.mac");
    let told = device.sightings.iter().filter(|seen| tells(seen.kind));
    let mut other = told.filter(|seen| {
        let digits = seen.value.iter().filter(|byte| byte.is_ascii_hexdigit());
        let digits: String = digits.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
        digits.get(..6) != own.get(..6)
    });
    other.next().map(|seen| crate::escape::escape(&seen.value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{devices, office};

    #[test]
    fn of_what_could_not_be_read_the_true_cause_is_told() {
        let report = office();
        let said = |opaque, packed| {
            let finding = Finding { encrypted: false, opaque, packed, ..report.findings[0].clone() };
            of_finding(&report, &finding, None).join(" ")
        };
        let (unknown, carried) = ("no reader knew", "what it carries is packed");
        for (opaque, packed, says) in
            [(0, 0, [false, false]), (7, 0, [true, false]), (7, 7, [false, true]), (9, 7, [true, true])]
        {
            let said = said(opaque, packed);
            assert_eq!([unknown, carried].map(|cause| said.contains(cause)), says, "{said}");
        }
        assert!(said(9, 7).contains("The content of 2 B is not known: no reader"));
    }

    #[test]
    fn who_else_calls_a_cloud_would_look_the_same() {
        let (report, mut device) = (office(), devices().remove(0));
        let said = |device: &DeviceRecord<'_>| of_device(&report, device).join(" ").contains("of this cloud");
        assert!(!said(&device));
        device.why[1].kind = Evidence::CloudOfDevices;
        assert!(!said(&device), "it says itself what it is");
        device.why[0].kind = Evidence::Prefix;
        assert!(said(&device));
    }
}
