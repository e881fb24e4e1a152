//! From a claim to its packets, in words: why it is a camera, whose the other end is, the bytes, the kind, what could be
//! wrong, and the commands that show the packets.

mod doubts;
mod rule;

pub use rule::{explain_rule, kinds};

use super::commands;
use super::findings::{headline, when};
use super::list::payload;
use super::page::{Page, broken};
use super::row::is_by_protocol;
use super::words;
use super::{Typed, View};
use crate::escape::escape;
use crate::protocol;
use crate::reason::{Digits, sentence};
use crate::units;
use crate::vendor;
use lenscap_flow::report::{
    DeviceClass, DeviceRecord, EndView, Evidence, Finding, FlowView, Measure, PacketAt, Party, Report, Rule,
    Standing, WhyRecord,
};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Pieces of evidence, flows and packets that are shown.
const SHOWN: usize = 8;
/// Protocols of IP whose payload the command adds up.
const TCP: u8 = 6;
const UDP: u8 = 17;
/// Column of the text beside the headings.
const INDENT: usize = 24;

/// Explains a finding. `flows` are the largest of it.
pub fn explain_finding(
    report: &Report<'_>,
    finding: &Finding<'_>,
    flows: &[FlowView<'_>],
    view: &View,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut page = view.page();
    let severity = page.style.severity(finding.severity, &finding.severity.word().to_uppercase());
    let head = format!("confidence {}: {}", finding.confidence, headline(report, finding, view));
    let label = format!("{}, ", finding.severity.word().to_uppercase());
    for (n, line) in broken(&format!("{label}{head}"), page.width).into_iter().enumerate() {
        page.line(&match line.strip_prefix(&label) {
            Some(rest) if n == 0 => format!("{severity}, {rest}"),
            _ => line,
        });
    }
    let device = report.devices().iter().find(|device| device.id == finding.device);
    page.gap();
    push_device(&mut page, device, finding);
    push_party(&mut page, finding, view);
    push_bytes(&mut page, finding, (device, flows), view);
    push_kind(&mut page, finding, view);
    item(&mut page, "5 What could be wrong", &doubts::of_finding(report, finding, device));
    page.gap();
    push_commands(&mut page, report, (finding, device, flows), &view.typed);
    out.write_all(page.text().as_bytes())
}

/// A heading and what stands beside it; below it on a narrow page.
fn item(page: &mut Page, heading: &str, clauses: &[String]) {
    let styled = page.style.bold(heading);
    let beside = page.width >= 4 * INDENT;
    let indent = if beside { INDENT } else { 4 };
    let mut first = beside;
    if !beside {
        page.line(&styled);
    }
    let most = page.width.saturating_sub(indent);
    for line in clauses.iter().flat_map(|clause| broken(clause, most)) {
        if std::mem::take(&mut first) {
            let space = INDENT.saturating_sub(super::page::width(heading));
            page.line(&format!("{styled}{:space$}{line}", ""));
        } else {
            page.line(&format!("{:indent$}{line}", ""));
        }
    }
}

fn push_device(page: &mut Page, device: Option<&DeviceRecord<'_>>, finding: &Finding<'_>) {
    let Some(device) = device else {
        item(page, "1 The device", &["It is in no record of this report.".into()]);
        return;
    };
    let (heading, mut clauses) = match finding.standing {
        Standing::Other => ("1 The device".into(), vec!["Nothing that was seen makes it a camera.".into()]),
        standing => (heading(device, standing), evidence(device)),
    };
    if let Some(mac) = device.mac {
        clauses.push(format!("MAC {mac}, addresses {}", addresses(device)));
    }
    item(page, &heading, &clauses);
}

/// What the device is, with its class where that is known: `1 It is a doorbell`.
fn heading(device: &DeviceRecord<'_>, standing: Standing) -> String {
    match standing {
        Standing::Camera => {
            let class = device.class.map_or("camera", DeviceClass::word);
            let article = if class.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            format!("1 It is {article} {class}")
        }
        Standing::Suspected => "1 It may be a camera".into(),
        Standing::Viewer => "1 It views cameras".into(),
        Standing::Other => "1 What it is".into(),
    }
}

fn addresses(device: &DeviceRecord<'_>) -> String {
    let shown: Vec<String> = device.addresses.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = device.addresses.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// What counts, strongest first, and then what names the maker alone.
fn evidence(device: &DeviceRecord<'_>) -> Vec<String> {
    let counts = device.why.iter().filter(|why| !why.claimed && why.weight > 0);
    let counts = counts.map(|why| {
        let added = if words::adds(device, why) { "" } else { " of the same kind as one above: not added" };
        format!("It {}, {} points{added}", verb(&words::why_words(device, why)), why.weight)
    });
    // A label may name a maker that builds much else: whose the device is rests on it, and not that it is a camera.
    let names = |why: &&WhyRecord<'_>| why.names_maker && why.weight == 0 && why.kind != Evidence::Owner;
    let maker = device.made_by().map(|vendor| {
        let says = |why| {
            format!("It {}, which names {}", verb(&words::why_words(device, why)), vendor::name(vendor))
        };
        device.why.iter().filter(names).map(says)
    });
    let stated = device.why.iter().filter(|why| why.kind == Evidence::Owner);
    let stated = stated.map(|why| format!("It is {}", words::why_words(device, why)));
    let mut all: Vec<String> = stated.chain(counts).chain(maker.into_iter().flatten()).take(SHOWN).collect();
    if all.is_empty() {
        all.push("No evidence of its own is in this report.".into());
    }
    all
}

/// `answers as …` is a sentence after `It`; what is none gets a verb.
fn verb(words: &str) -> String {
    let is_verb = ["answers", "called", "calls", "sends", "serves", "speaks", "asked", "shows", "uploads"]
        .iter()
        .any(|verb| words.starts_with(verb));
    match words {
        _ if is_verb => words.to_owned(),
        _ if ["the camera's side", "the device's side"].iter().any(|side| words.starts_with(side)) => {
            format!("takes {words}")
        }
        _ if words.starts_with("stated") => format!("is {words}"),
        _ => format!("has {words}"),
    }
}

fn push_party(page: &mut Page, finding: &Finding<'_>, view: &View) {
    let mut clauses = Vec::new();
    let name = escape(finding.endpoint.as_bytes());
    let is_address = finding.addresses.iter().any(|address| address.to_string() == finding.endpoint);
    clauses.push(if is_address {
        format!("No name was seen for {name}.")
    } else {
        format!("The device called it {name}.")
    });
    let by_name = finding.party != Party::Peer && !is_by_protocol(finding);
    if let Some(vendor) = finding.vendor.filter(|_| by_name) {
        clauses.push(format!("The catalogue has that as {}.", vendor::name(vendor)));
    }
    for reason in &finding.reasons {
        if matches!(
            reason.rule,
            Rule::PartyBy { .. }
                | Rule::LookedUp { .. }
                | Rule::Hosts { .. }
                | Rule::SameAddress { .. }
                | Rule::AskedFor { .. }
                | Rule::InTunnel { .. }
                | Rule::ThroughProxy { .. }
        ) {
            let said = sentence(finding, reason, Digits::Grouped(view.numbers));
            clauses.push(format!("{}{}", escape(said.as_bytes()), packets(&reason.packets)));
        }
    }
    let shown: Vec<String> = finding.addresses.iter().take(SHOWN).map(ToString::to_string).collect();
    if !shown.is_empty() {
        let more = finding.addresses.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        clauses.push(format!("Addresses that took part: {}{more}", shown.join(", ")));
    }
    item(page, "2 The party", &clauses);
}

/// `, packets 118 and 402`.
fn packets(all: &[PacketAt]) -> String {
    let shown: Vec<String> = all.iter().take(SHOWN).map(|at| units::count(at.packet)).collect();
    match shown.len() {
        0 => String::new(),
        1 => format!(", packet {}", words::listed(&shown)),
        _ => format!(", packets {}", words::listed(&shown)),
    }
}

fn push_bytes(
    page: &mut Page,
    finding: &Finding<'_>,
    (device, flows): (Option<&DeviceRecord<'_>>, &[FlowView<'_>]),
    view: &View,
) {
    let about = if finding.estimated || finding.is_mixed() { "about " } else { "" };
    let about = if finding.headers_cut { "at least " } else { about };
    let exact = |n: u64| format!("{about}{} B", units::count(n));
    let again = match finding.repeated {
        0 => String::new(),
        bytes => format!("; {} came again and are not counted", exact(bytes)),
    };
    let sent = if finding.unseen().is_some() { "of what it sent captured" } else { "of payload sent" };
    let mut clauses = vec![
        format!("{} {sent}, {} received{again}", exact(finding.bytes_out), exact(finding.bytes_in)),
        when(finding),
    ];
    let text = |flow: &FlowView<'_>| {
        // Who began it may not be known: bytes are told from the device's side.
        let is_own = |end: &EndView| device.is_some_and(|device| device.addresses.contains(&end.address));
        let ends = (&flow.orig, &flow.resp);
        let (own, other) = if is_own(ends.1) && !is_own(ends.0) { (ends.1, ends.0) } else { ends };
        let protocol = protocol::word(flow.protocol).unwrap_or("flow").to_uppercase();
        let port = |port: Option<u16>| port.map(|port| format!(" port {port}")).unwrap_or_default();
        format!(
            "{protocol} of {}{} with {}{}: {} sent, {} received, first packet {}  {}",
            own.address,
            port(own.port),
            other.address,
            port(other.port),
            view.numbers.bytes(payload(own)),
            view.numbers.bytes(payload(other)),
            units::count(flow.first_packet.packet),
            flow.community_id,
        )
    };
    clauses.extend(flows.iter().take(SHOWN).map(text));
    item(page, "3 The bytes", &clauses);
}

fn push_kind(page: &mut Page, finding: &Finding<'_>, view: &View) {
    let mut clauses = vec![format!(
        "It is told as {}, severity {}:",
        words::kind(finding.kind.word()),
        finding.severity.word()
    )];
    for reason in &finding.reasons {
        if matches!(
            reason.rule,
            Rule::PartyBy { .. }
                | Rule::LookedUp { .. }
                | Rule::Hosts { .. }
                | Rule::SameAddress { .. }
                | Rule::AskedFor { .. }
                | Rule::InTunnel { .. }
                | Rule::ThroughProxy { .. }
        ) {
            continue;
        }
        let said = sentence(finding, reason, Digits::Grouped(view.numbers));
        clauses.push(format!("{}{}", escape(said.as_bytes()), packets(&reason.packets)));
    }
    if let Some(id) = finding.reasons.iter().find_map(|reason| match &reason.rule {
        Rule::Measured { rule, .. } => Some(AsRef::<str>::as_ref(&rule.id)),
        _ => None,
    }) {
        clauses.push(format!("The rule and its numbers: lenscap explain {id}"));
    } else {
        clauses.push("Nothing but the look-up was seen, which stands above.".into());
        clauses.push(format!("The rules of this kind: lenscap explain {}", finding.kind.word()));
    }
    item(page, "4 The kind", &clauses);
}

/// The commands that show the packets, whole lines that can be copied.
fn push_commands(
    page: &mut Page,
    report: &Report<'_>,
    (finding, device, flows): (&Finding<'_>, Option<&DeviceRecord<'_>>, &[FlowView<'_>]),
    typed: &Typed,
) {
    // What shows the device is proof, too: without it nobody sees that a camera sent this.
    let who = device.into_iter().flat_map(DeviceRecord::identified).map(|(at, _)| at);
    let named: BTreeSet<PacketAt> = finding.evidence.iter().copied().chain(who).collect();
    let named: Vec<PacketAt> = named.into_iter().collect();
    let of_each = named.chunk_by(|one, other| one.input == other.input).take(SHOWN);
    for command in of_each.filter_map(|of_input| commands::named(report, of_input)) {
        page.line(&format!("The packets named:  {command}"));
    }
    if let Some(command) = commands::all(report, finding) {
        page.line(&format!("All of its packets: {command}"));
    }
    // The commands take what TCP and UDP carry: of others they would say 0.
    if flows.iter().all(|flow| matches!(flow.protocol, TCP | UDP)) {
        if let Some(command) = commands::sum(report, finding, device) {
            page.line(&format!("To add up its bytes, copies included: {command}"));
        }
        if let Some((label, command)) = spans(finding).zip(commands::spans(report, finding)) {
            page.line(&format!("{label} {command}"));
        }
    }
    if typed.packets && !typed.inputs.is_empty() {
        let id = words::short_id(report, &finding.id);
        page.line(&format!("A file of them:     lenscap extract {id} {} -w proof.pcapng", typed.inputs));
    }
}

/// What the command counts that counts the spans of a finding by the rule of recurrence. It takes all packets for such with
/// payload, so it may count more.
fn spans(finding: &Finding<'_>) -> Option<&'static str> {
    finding.reasons.iter().find_map(|reason| match &reason.rule {
        Rule::Measured { rule, flows, .. } if rule.measure == Measure::Recurrence => Some(match flows {
            1 => "To count its spans of 34 s:",
            _ => "To count its spans of 34 s, its flows as one:",
        }),
        _ => None,
    })
}

/// Explains a device.
pub fn explain_device(
    report: &Report<'_>,
    device: &DeviceRecord<'_>,
    view: &View,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut page = view.page();
    let what = words::capital(&words::device(report, device));
    let sure = match device.standing {
        Standing::Camera | Standing::Suspected => format!(", camera confidence {}", device.confidence),
        Standing::Viewer | Standing::Other => String::new(),
    };
    let head = format!("{what}: {}{sure}.", words::maker(device));
    page.paragraph(0, &head);
    page.gap();
    item(&mut page, &heading(device, device.standing), &evidence(device));
    item(&mut page, "2 Who it is", &identity(device));
    let bytes = |n| format!("{} B", units::count(n));
    let inside = device.bytes_inside();
    let clauses = [
        format!(
            "outside: {} sent, {} received, as IP bytes",
            bytes(device.bytes_out_external),
            bytes(device.bytes_in_external)
        ),
        format!("inside the site and to groups: {} sent, {} received", bytes(inside.0), bytes(inside.1)),
    ];
    item(&mut page, "3 The bytes", &clauses);
    let findings: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.device == device.id)
        .map(|finding| {
            format!("{}  {}", words::short_id(report, &finding.id), headline(report, finding, view))
        })
        .collect();
    let none = vec!["none".to_owned()];
    item(&mut page, "4 Findings", if findings.is_empty() { &none } else { &findings });
    item(&mut page, "5 What could be wrong", &doubts::of_device(report, device));
    out.write_all(page.text().as_bytes())
}

fn identity(device: &DeviceRecord<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    let mut say = |what: &str, value: Option<&str>| {
        clauses.extend(value.map(|value| format!("{what} {}", escape(value.as_bytes()))));
    };
    let mac = device.mac.map(|mac| mac.to_string());
    say("MAC", mac.as_deref());
    say("addresses", Some(&addresses(device)));
    say("model", device.model.as_deref());
    say("serial number", device.serial.as_deref());
    say("firmware", device.firmware.as_deref());
    say("uses the cloud of", device.cloud_of.map(vendor::name));
    clauses.extend(words::listed_firm(device));
    let makers = device.made_by().into_iter().chain(device.reported_makers.iter().copied());
    clauses.extend(makers.filter_map(words::all_lists));
    clauses
}
