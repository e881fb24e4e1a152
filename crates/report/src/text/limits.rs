//! What could not be seen: only what is wrong with this capture, the weightiest first, each as one clause.

use super::View;
use super::words;
use crate::escape::escape;
use crate::protocol;
use crate::units;
use lenscap_flow::report::{Amount, Between, CaptureRecord, Coverage, Report, UnreadFrames};
use std::fmt::Write;
use std::net::IpAddr;

/// A gap between captures that is told, in nanoseconds.
const GAP: i64 = 60_000_000_000;
/// Unread payload that is told, in bytes: less is a look-up or two.
const UNREAD: u64 = 10_000;

/// Bytes behind packets that are told: fewer are what network cards and switches add to a few.
const SURPLUS: u64 = 1 << 16;

/// The clauses.
pub(super) fn limits(report: &Report<'_>, view: &View) -> Vec<String> {
    let (overview, ledger) = (&report.overview, &report.ledger);
    let coverage = &overview.coverage;
    let bytes = |n| view.numbers.bytes(n);
    let mut all = Vec::new();
    all.extend(torn(&report.captures));
    all.extend(dropped(&report.captures));
    all.extend(caps(report));
    let amount = |what: &str, Amount { packets, bytes: size }: Amount| {
        (packets > 0).then(|| format!("{} of {} {what}", units::counted(packets, "packet"), bytes(size)))
    };
    all.extend(amount("could not be decoded", ledger.undecodable));
    all.extend(amount("were too short to decode", ledger.truncated));
    all.extend(amount("were left out by the filters given", ledger.filtered));
    all.extend(amount("were kept only as sums", ledger.in_residuals));
    all.extend(unread(report, view));
    all.extend(frames(coverage, view));
    if coverage.surplus_bytes >= SURPLUS {
        all.push(format!(
            "{} behind IP packets, or behind datagrams in them, were not read",
            bytes(coverage.surplus_bytes)
        ));
    }
    all.extend(between(report, view));
    all.extend(opaque(report, view));
    all.extend(look_ups(report.census().hide_look_ups));
    if coverage.cut_bytes > 0 {
        all.push(format!("{} were cut off by the snap length", bytes(coverage.cut_bytes)));
    }
    all.extend(lacking(coverage, view));
    if coverage.portless_bytes > 0 {
        let amount = bytes(coverage.portless_bytes);
        all.push(format!("the ports of {amount} were not captured: fragments of datagrams that never were whole, or headers that were cut"));
    }
    let (nameless, outside) = coverage.unattributed;
    if let Some(share) = units::share(nameless, outside).filter(|_| nameless > 0) {
        all.push(format!("{share} of the payload to and from outside has neither name nor vendor"));
    }
    let (both, flows) = coverage.two_way;
    if let Some(share) = units::share(flows.saturating_sub(both), flows).filter(|_| both * 2 < flows) {
        all.push(format!("the other direction of {share} of the flows, if there was one"));
    }
    all.extend(gaps(&report.captures));
    let packets = |hazard: &str, what: &str| {
        let (_, count) = coverage.hazards.iter().find(|(name, _)| *name == hazard)?;
        Some(format!("{} {what}", units::counted(*count, "packet")))
    };
    all.extend(packets("encrypted-link", "encrypted below IP (802.11, MACsec)"));
    all.extend(packets("unopened-tunnel", "in tunnels that were not opened"));
    all
}

/// Whether more than half of all bytes was not read, so that nothing can be said of what it held.
pub(super) fn is_mostly_unread(report: &Report<'_>) -> bool {
    let (ledger, coverage) = (&report.ledger, &report.overview.coverage);
    let not_read = [ledger.undecodable.bytes, ledger.truncated.bytes, coverage.frames.amount.bytes];
    let not_read = not_read.iter().sum::<u64>() + coverage.unread.payload;
    not_read >= UNREAD && not_read > (ledger.bytes_wire.saturating_sub(ledger.filtered.bytes)) / 2
}

fn torn(captures: &[CaptureRecord]) -> Option<String> {
    let torn = || captures.iter().filter(|capture| !capture.is_whole());
    let first = torn().next()?;
    let problem = first.problems.last().map(|problem| {
        let packet =
            problem.packet.map(|n| format!(" from packet {} on", units::count(n))).unwrap_or_default();
        format!("{packet}: {}", escape(problem.what.as_bytes()))
    });
    let (first, problem) = (escape(first.path.as_bytes()), problem.unwrap_or_default());
    Some(match torn().count() {
        1 => format!("{first} could not be read whole{problem}"),
        several => {
            let captures = units::counted(several as u64, "capture");
            format!("{captures} could not be read whole, such as {first}{problem}")
        }
    })
}

/// Packets that captures say they do not hold. The same loss may be counted by several layers, so nothing is added up.
pub(super) fn dropped(captures: &[CaptureRecord]) -> Option<String> {
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    for (layer, count) in captures.iter().flat_map(|capture| capture.drops.named()) {
        match sums.iter_mut().find(|(known, _)| *known == layer) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => sums.push((layer, count)),
        }
    }
    let by = |(layer, count): &(&'static str, u64)| {
        let layer = match *layer {
            "interface" => "by the interface",
            "ring" => "by the capturing system",
            _ => "between packets",
        };
        format!("{} {layer}", units::count(*count))
    };
    let parts: Vec<String> = sums.iter().map(by).collect();
    (!parts.is_empty())
        .then(|| format!("packets lost while capturing, as the captures state it: {}", words::listed(&parts)))
}

/// Limits of memory and of work that were reached.
fn caps(report: &Report<'_>) -> Option<String> {
    let coverage = &report.overview.coverage;
    let since =
        report.overview.inexact_since.map(|time| format!(" from {} UTC on", crate::time::plain(time)));
    let parts: Vec<_> =
        coverage.caps.iter().map(|(name, count)| format!("{name} {}", units::count(*count))).collect();
    (!parts.is_empty())
        .then(|| format!("limits were reached{}: {}", since.unwrap_or_default(), words::listed(&parts)))
}

/// What TCP's numbers show that was not captured, and of which half most.
fn lacking(coverage: &Coverage, view: &View) -> Vec<String> {
    let bytes = |n| view.numbers.bytes(n);
    let mut all = Vec::new();
    if coverage.missed_bytes > 0 {
        let missed = bytes(coverage.missed_bytes);
        all.push(format!("{missed} of TCP are missing by the sequence numbers between what was captured"));
    }
    if coverage.acknowledged_bytes > 0 {
        let acknowledged = bytes(coverage.acknowledged_bytes);
        all.push(format!(
            "at least {acknowledged} of TCP that the other end acknowledges, whose packets were not captured"
        ));
    }
    if let (Some(last), Some(largest)) = (all.last_mut(), coverage.lacking.largest) {
        let [one, other] = largest.ends.map(end);
        let (payload, at) = (bytes(largest.payload), units::count(largest.first_packet.packet));
        _ = write!(last, ", most of what {one} sent to {other}, {payload} #{at}");
    }
    all
}

/// An address and port.
fn end(end: (IpAddr, u16)) -> String {
    match end {
        // A port that was not captured.
        (address, 0) => address.to_string(),
        (IpAddr::V4(four), port) => format!("{four}:{port}"),
        (IpAddr::V6(six), port) => format!("[{six}]:{port}"),
    }
}

/// Payload of protocols that no reader knew, and the largest conversation of it.
fn unread(report: &Report<'_>, view: &View) -> Option<String> {
    let unread = report.overview.coverage.unread;
    let largest = unread.largest.filter(|_| unread.payload >= UNREAD)?;
    let [one, other] = largest.ends.map(end);
    let kind = protocol::word(largest.protocol)
        .map_or_else(|| format!("IP protocol {}", largest.protocol), str::to_uppercase);
    let what = format!(
        "{kind} of {} between {one} and {other} #{}",
        view.numbers.bytes(largest.payload),
        units::count(largest.first_packet.packet)
    );
    Some(match unread.flows {
        1 => format!("the protocol of one flow was not read: {what}"),
        flows => format!(
            "the protocol of {} with {} was not read, the largest: {what}",
            units::counted(flows, "flow"),
            view.numbers.bytes(unread.payload)
        ),
    })
}

/// Frames without IP that nobody reads.
fn frames(coverage: &Coverage, view: &View) -> Option<String> {
    let UnreadFrames { amount, largest } = coverage.frames;
    let largest = largest.filter(|_| amount.bytes >= UNREAD)?;
    let source = largest.source.map_or_else(|| "several MACs".into(), |source| source.to_string());
    let most = if largest.bytes == amount.bytes {
        format!("EtherType {:#06x} from {source}", largest.ether_type)
    } else {
        let bytes = view.numbers.bytes(largest.bytes);
        format!("most of it EtherType {:#06x}, {bytes} from {source}", largest.ether_type)
    };
    Some(format!("{} in frames without IP were not read: {most}", view.numbers.bytes(amount.bytes)))
}

/// What went between outside addresses, as on the far side of a router that lends its own: it is no device's here.
fn between(report: &Report<'_>, view: &View) -> Option<String> {
    let Between { flows, vendor } = &report.overview.coverage.between;
    let largest = flows.largest.filter(|_| flows.payload >= UNREAD)?;
    let [one, other] = largest.ends.map(end);
    let whose =
        vendor.as_ref().map_or_else(String::new, |vendor| format!(" ({})", escape(vendor.as_bytes())));
    Some(format!(
        "{} between outside addresses are no device's here, most between {one} and {other}{whose} #{}: name those of the site with --local",
        view.numbers.bytes(flows.payload),
        units::count(largest.first_packet.packet)
    ))
}

/// What findings say was sent or received packed: a peer-to-peer protocol was read, and not what it carries.
fn opaque(report: &Report<'_>, view: &View) -> Option<String> {
    let packed: u64 = report.findings.iter().map(|finding| finding.packed).sum();
    (packed > 0).then(|| {
        format!("the content of {} in peer-to-peer protocols is not known", view.numbers.bytes(packed))
    })
}

/// Devices that asked name servers in a way that hides what they asked for.
fn look_ups(devices: u64) -> Option<String> {
    match devices {
        0 => None,
        count => Some(format!("look-ups of {} in protocols that hide them", units::counted(count, "device"))),
    }
}

/// Spans between captures of which no packet is there.
fn gaps(captures: &[CaptureRecord]) -> Option<String> {
    let mut spans: Vec<_> = captures.iter().filter_map(|capture| capture.start.zip(capture.end)).collect();
    spans.sort_unstable();
    let mut end = spans.first()?.1;
    let mut gaps = Vec::new();
    for (start, last) in spans {
        gaps.extend(Some(start.0.saturating_sub(end.0)).filter(|gap| *gap > GAP));
        end = end.max(last);
    }
    let longest = gaps.iter().max()?;
    Some(format!(
        "{} between captures, the longest {}",
        units::counted(gaps.len() as u64, "gap"),
        units::span(*longest)
    ))
}
