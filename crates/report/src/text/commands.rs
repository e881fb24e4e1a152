//! Commands of tshark that show the packets of a finding, whole lines that can be copied.
//!
//! A number of a packet is that in its own capture. What is told by time and address may lie in several: there the command goes
//! through all of them, each on its own, for a merge would end where the first of them is torn.

use super::findings::path;
use crate::shell;
use lenscap_flow::report::{CaptureRecord, DeviceRecord, Finding, PacketAt, Report};
use std::net::IpAddr;

/// Addresses of a device that the sum is of.
const SHOWN: usize = 8;

/// Shows packets of one capture by their numbers; nothing where nobody can read them again.
pub(super) fn named(report: &Report<'_>, of_input: &[PacketAt]) -> Option<String> {
    let first = of_input.first()?;
    if report.captures.get(first.input as usize).is_some_and(is_gone) {
        return None;
    }
    let numbers: Vec<String> = of_input.iter().map(|at| at.packet.to_string()).collect();
    let filter = match numbers.as_slice() {
        [only] => format!("frame.number=={only}"),
        several => format!("frame.number in {{{}}}", several.join(", ")),
    };
    Some(format!("tshark -r {} -Y '{filter}'", shell::word(path(report, *first))))
}

/// Shows all packets of a finding; nothing where it has none, or where nobody can read all of them again.
pub(super) fn all(report: &Report<'_>, finding: &Finding<'_>) -> Option<String> {
    each(report, finding, |file| format!("tshark -r {file} -Y '{}'", finding.filter))
}

/// Adds up what the device sent: TCP's payload, and UDP's length less its header of 8 bytes. Errors of ICMP are left out: they
/// quote headers that the device sent, and the filter would take each of these for a packet of it.
pub(super) fn sum(
    report: &Report<'_>,
    finding: &Finding<'_>,
    device: Option<&DeviceRecord<'_>>,
) -> Option<String> {
    let own = device.map(|device| {
        let from =
            |address: &IpAddr| format!("{}.src=={address}", if address.is_ipv4() { "ip" } else { "ipv6" });
        device.addresses.iter().take(SHOWN).map(from).collect::<Vec<_>>().join(" || ")
    });
    let own = own.filter(|own| !own.is_empty()).map(|own| format!(" && ({own})")).unwrap_or_default();
    let lengths = each(report, finding, |file| {
        format!(
            "tshark -n -r {file} -Y '{}{own} && !icmp && !icmpv6' -T fields -E occurrence=l -e tcp.len -e udp.length",
            finding.filter
        )
    })?;
    // Where it is 0, because the capture in which it was sent is not there any more, awk's variable would be nothing.
    Some(format!("{lengths} | awk -F '\\t' '{{n += $1 != \"\" ? $1 : $2 - 8}} END {{print n+0}}'"))
}

/// Counts the spans of 2^35 ns in which sending began again or went on, as the rule of recurrence does: one for each burst
/// that a silence of so long ends, and one more for each such time that it lasts.
pub(super) fn spans(report: &Report<'_>, finding: &Finding<'_>) -> Option<String> {
    let times = each(report, finding, |file| {
        format!(
            "tshark -n -r {file} -Y '{} && !icmp && !icmpv6' -T fields -e frame.time_epoch",
            finding.filter
        )
    })?;
    Some(format!(
        "{times} | sort -n | awk '{{d = $1 - t; t = $1; if (NR == 1 || d >= 34.359738368) {{n += 1 + int(s / 34.359738368); s = 0}} \
         else s += d}} END {{print n + int(s / 34.359738368)}}'"
    ))
}

/// A command of one file for all captures in whose time the finding lies: a loop where they are several.
fn each(report: &Report<'_>, finding: &Finding<'_>, command: impl FnOnce(&str) -> String) -> Option<String> {
    let lies_in = |capture: &&CaptureRecord| {
        let window = capture.start.zip(capture.end);
        window.is_some_and(|(start, end)| start <= finding.end && end >= finding.start)
    };
    let captures: Vec<&CaptureRecord> = report.captures.iter().filter(lies_in).collect();
    if finding.filter.is_empty() || captures.iter().any(|capture| is_gone(capture)) {
        return None;
    }
    let files: Vec<String> = captures.iter().map(|capture| shell::word(&capture.path)).collect();
    match files.as_slice() {
        [] => None,
        [only] => Some(command(only)),
        several => Some(format!("for f in {}; do {}; done", several.join(" "), command("\"$f\""))),
    }
}

/// Whether nobody can read its packets again.
fn is_gone(capture: &CaptureRecord) -> bool {
    capture.path == "-" || capture.format == "live"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::office;

    #[test]
    fn what_lies_in_several_captures_is_read_of_all() {
        let mut report = office();
        let finding = report.findings[0].clone();
        let one = all(&report, &finding).unwrap();
        assert!(one.starts_with("tshark -r "), "{one}");
        // Another capture of the same time, one of a time before, and one that could not be read.
        let first = report.captures[0].clone();
        let second = CaptureRecord { path: "b c.pcap".into(), ..first.clone() };
        let before = CaptureRecord { path: "old.pcap".into(), end: first.start, ..first.clone() };
        let unread = CaptureRecord { path: "unread.pcap".into(), start: None, end: None, ..first.clone() };
        report.captures = vec![first.clone(), second.clone(), before, unread];
        report.captures[2].start = Some(lenscap_wire::Timestamp(0));
        report.captures[2].end = Some(lenscap_wire::Timestamp(1));
        let path = shell::word(&first.path);
        let head = format!("for f in {path} 'b c.pcap'; do tshark -r \"$f\" -Y '");
        let both = all(&report, &finding).unwrap();
        assert!(both.starts_with(&head) && both.ends_with("'; done"), "{both}");
        let added = sum(&report, &finding, None).unwrap();
        assert!(added.starts_with("for f in ") && added.contains("; done | awk "), "{added}");
        assert!(added.ends_with("print n+0}'"), "{added}");
        // Of a part of them nothing is added up.
        report.captures[1].path = "-".into();
        assert!(all(&report, &finding).is_none() && sum(&report, &finding, None).is_none());
        let at = |input| PacketAt { input, packet: 7, offset: 0, length: 1 };
        assert!(named(&report, &[at(1)]).is_none());
        assert_eq!(named(&report, &[at(0)]), Some(format!("tshark -r {path} -Y 'frame.number==7'")));
    }
}
