//! What the first screen says of one camera: cells that stand in columns, and what follows them in words.

use super::View;
use super::words;
use crate::escape::escape;
use crate::reason;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{
    Attribution, DeviceClass, Finding, FindingKind, LookUp, Outcome, PacketAt, Party, Report, Rule, Severity,
    Standing, Told,
};

/// Evidence that is named.
const NAMED: usize = 2;

/// One camera.
pub(super) struct Row {
    /// Severity of the label, for its colour.
    pub(super) severity: Option<Severity>,
    pub(super) label: String,
    pub(super) is_possible: bool,
    pub(super) address: String,
    pub(super) make: String,
    pub(super) amount: String,
    pub(super) to: String,
    pub(super) id: String,
    /// What else is to be said, the most important first.
    pub(super) words: Vec<String>,
    /// Which of the words says how sure it is: that is never left out.
    pub(super) sure: usize,
}

/// The row of a camera.
pub(super) fn row(report: &Report<'_>, told: &Told<'_, '_>, view: &View) -> Row {
    let device = told.device;
    let first = told.first();
    let label = match (device.standing, first) {
        (Standing::Suspected, _) => "POSSIBLE".into(),
        (_, Some(finding)) => finding.severity.word().to_uppercase(),
        _ => String::new(),
    };
    let (words, sure) = all_words(report, told, view);
    Row {
        severity: first.map(|finding| finding.severity),
        label,
        is_possible: device.standing == Standing::Suspected,
        address: words::address(device),
        make: make(told),
        amount: first.map_or_else(|| none_left().into(), |finding| amount(finding, view)),
        to: first.map(to).unwrap_or_default(),
        id: first.map(|finding| words::short_id(report, &finding.id)).unwrap_or_default(),
        words,
        sure,
    }
}

const fn none_left() -> &'static str {
    "0 B seen leaving"
}

fn make(told: &Told<'_, '_>) -> String {
    let make = words::maker_cell(told.device);
    match told.device.class {
        None | Some(DeviceClass::Camera) => make,
        Some(class) => format!("{make}, {}", class.word()),
    }
}

/// How much the device sent, and whether that was an upload.
fn amount(finding: &Finding<'_>, view: &View) -> String {
    let about = match (finding.headers_cut, finding.estimated || finding.is_mixed()) {
        (true, _) => "at least ",
        (_, true) => "about ",
        _ => "",
    };
    let bytes = about.to_string() + &view.numbers.bytes(finding.bytes_out);
    match (finding.kind, finding.unseen()) {
        (_, Some(least)) if finding.headers_cut && least > 0 => {
            format!("at least {} sent", view.numbers.bytes(least))
        }
        (FindingKind::Exfiltration, Some(least)) => {
            let what = if finding.bytes_out == 0 { "acknowledged" } else { "more not captured" };
            format!("{} {what}", view.numbers.bytes(least))
        }
        _ if finding.bytes_out == 0 && (finding.headers_cut || finding.is_mixed()) => {
            "amount not known".into()
        }
        _ if finding.bytes_out == 0 => none_left().into(),
        (FindingKind::Exfiltration, _) if finding.outcome == Outcome::Refused => format!("{bytes} sent"),
        (FindingKind::Exfiltration, _) => format!("{bytes} uploaded"),
        _ => format!("{bytes} sent"),
    }
}

/// To which address; a name is only what was asked for.
fn to(finding: &Finding<'_>) -> String {
    if let Some((proxies, true)) = finding.proxies() {
        let more = if proxies.len() > 1 { format!(" and {} more", proxies.len() - 1) } else { String::new() };
        return proxies.first().map(|proxy| format!("through {proxy}{more}")).unwrap_or_default();
    }
    let called_in = if finding.kind == FindingKind::Exposure { ", which called in" } else { "" };
    match finding.addresses.as_slice() {
        [] => String::new(),
        [one] => format!("to {one}{called_in}"),
        [one, more @ ..] => format!("to {one} and {} more{called_in}", more.len()),
    }
}

/// The clauses of the second line, the weightiest first: those that do not fit are left out. Beside them which says how sure
/// it is.
fn all_words(report: &Report<'_>, told: &Told<'_, '_>, view: &View) -> (Vec<String>, usize) {
    let device = told.device;
    let mut all = Vec::new();
    if let Some(finding) = told.first() {
        all.push(called(finding));
        // Who else received something matters more than for how long: a line without it reads as if there were nobody.
        all.extend(others(told, view));
    }
    let sure = all.len();
    all.push(confidence(told));
    // One reason stands before all that can be left out.
    let reason =
        |after, most| Some(words::evidence(device, after, most)).filter(|evidence| !evidence.is_empty());
    all.extend(reason(0, 1));
    all.extend(words::listed_firm(device));
    all.extend(told.first().and_then(|finding| how(finding, view)));
    all.extend(inside(told, view));
    all.extend(reason(1, NAMED - 1));
    all.extend(words::owner(report, device));
    all.extend(words::conflict(report, device));
    all.extend(words::address_doubts(device));
    (all, sure)
}

/// How sure the finding is, as a line below says of all of them; else that it is a camera. Of a possible camera, whose label says so, also how bad the finding is.
fn confidence(told: &Told<'_, '_>) -> String {
    match told.first() {
        Some(finding) if told.device.standing == Standing::Suspected => {
            format!("{}, confidence {}", finding.severity.word(), finding.confidence)
        }
        Some(finding) => format!("confidence {}", finding.confidence),
        None => format!("camera confidence {}", told.device.confidence),
    }
}

/// By which name the device knew the other end, whose that is, and which packet shows it.
fn called(finding: &Finding<'_>) -> String {
    let name = escape(finding.endpoint.as_bytes());
    let vendor = finding.vendor.map(vendor::name);
    let whose = match (finding.party, vendor) {
        (_, None) => String::new(),
        (Party::Peer, Some(vendor)) => format!("a viewer or relay, by the protocol of {vendor}"),
        (_, Some(vendor)) => vendor.to_owned(),
    };
    let is_bare = whose.is_empty() || reason::is_one_of_hosts(finding);
    let bracketed = if is_bare { String::new() } else { format!(" ({whose})") };
    if let Some((outcome, packets)) = looked_up(finding) {
        return format!("asked for {name}{bracketed}{}; {outcome}", at(packets));
    }
    let is_address = finding.addresses.first().is_some_and(|address| address.to_string() == finding.endpoint);
    let shown = at(named_by(finding));
    if let Some((_, all)) = finding.proxies() {
        let part = if all {
            "a proxy of the site asked for"
        } else {
            "in part through a proxy of the site asked for"
        };
        return format!("{part} {name}{bracketed}{shown}{}", reason::look_up(finding));
    }
    match (is_address, finding.party) {
        (true, _) if whose.is_empty() => "no name seen".into(),
        (true, Party::Peer) => format!("{whose}{shown}"),
        (true, _) if is_by_protocol(finding) => format!("a server, by the protocol of {whose}{shown}"),
        (true, _) if is_by(finding, &[Attribution::PublishedPort]) => {
            format!("no name seen; a port that {whose} publishes")
        }
        // Anybody can issue a certificate in anybody's name.
        (true, _) if is_by(finding, &[Attribution::Certificate]) => {
            format!("whose certificate names {whose}{shown}")
        }
        (true, _) => format!("an address of {whose}{shown}"),
        _ => format!("which it called {name}{bracketed}{shown}{}", reason::look_up(finding)),
    }
}

/// Whether nothing but a protocol tells whose the other end is.
pub(super) fn is_by_protocol(finding: &Finding<'_>) -> bool {
    is_by(finding, &[Attribution::Protocol, Attribution::Learned])
}

/// Whether nothing but some of these tells it.
fn is_by(finding: &Finding<'_>, these: &[Attribution]) -> bool {
    finding.reasons.iter().any(|reason| match &reason.rule {
        Rule::PartyBy { sources } => sources.iter().all(|source| these.contains(source)),
        _ => false,
    })
}

/// ` #13`, the first of the packets.
fn at(packets: &[PacketAt]) -> String {
    packets.first().map(|at| format!(" #{}", units::count(at.packet))).unwrap_or_default()
}

/// The packets by which the name is known.
fn named_by<'f>(finding: &'f Finding<'_>) -> &'f [PacketAt] {
    let by = finding.reasons.iter().find(|reason| matches!(reason.rule, Rule::PartyBy { .. }));
    by.map_or(&[], |reason| &reason.packets)
}

/// How a look-up ended that the finding rests on alone.
pub(super) fn looked_up<'f>(finding: &'f Finding<'_>) -> Option<(&'static str, &'f [PacketAt])> {
    if !finding.flows.is_empty() {
        return None;
    }
    finding.reasons.iter().find_map(|reason| match reason.rule {
        Rule::AskedFor { outcome, .. } => Some((outcome_words(outcome), reason.packets.as_slice())),
        _ => None,
    })
}

const fn outcome_words(outcome: LookUp) -> &'static str {
    match outcome {
        LookUp::Denied => "the name does not exist",
        LookUp::Unanswered => "no answer was captured",
        LookUp::Unread => "its answer could not be read",
        LookUp::WithoutAddress => "the answer held no address",
        LookUp::Failed(_) => "the name service failed",
        LookUp::Diverted => "an inside address was the answer",
    }
}

/// In which manner, and for how long.
fn how(finding: &Finding<'_>, view: &View) -> Option<String> {
    let lasted = units::lasted(finding.end.0.saturating_sub(finding.start.0));
    let manner = match finding.outcome {
        _ if looked_up(finding).is_some() => return None,
        Outcome::NotCaptured if finding.headers_cut => "headers cut, ",
        _ if finding.is_mixed() => "not told apart from another station's, ",
        Outcome::NotCaptured => "no answer was captured, ",
        Outcome::Refused => "refused, ",
        Outcome::Inferred => "no packet of the other end was captured, ",
        Outcome::Answered if finding.encrypted => "encrypted protocol, ",
        Outcome::Answered => "",
    };
    let again = if finding.kind == FindingKind::Telemetry { "recurring " } else { "" };
    Some(format!("{manner}{}{again}{lasted}", opaque(finding, view)))
}

/// `1.7 MB of unknown content both ways, `, where that is no matter of an encryption that is known.
fn opaque(finding: &Finding<'_>, view: &View) -> String {
    let payload = finding.bytes_out + finding.bytes_in;
    match finding.opaque {
        0 => String::new(),
        all if all == payload => "unknown content, ".into(),
        part => format!("{} of unknown content both ways, ", view.numbers.bytes(part)),
    }
}

/// What went to other parties, and to how many of them; who was only called, and got nothing, is none.
fn others(told: &Told<'_, '_>, view: &View) -> Option<String> {
    let rest = told.findings.get(1..)?.iter().filter(|finding| finding.bytes_out > 0);
    let (count, sent) = rest.fold((0, 0), |(count, sent), finding| (count + 1, sent + finding.bytes_out));
    let others = units::counted(count, "other");
    (count > 0).then(|| format!("{} to {others}", view.numbers.bytes(sent)))
}

/// IP bytes inside the site and to groups, where nothing outside is told or they are more than that.
fn inside(told: &Told<'_, '_>, view: &View) -> Option<String> {
    let (sent, received) = told.device.bytes_inside();
    let outside = told.payload();
    (sent + received > outside.0 + outside.1).then(|| {
        let (sent, received) = (view.numbers.bytes(sent), view.numbers.bytes(received));
        format!("inside the site and to groups {sent} sent and {received} received, as IP bytes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::office;
    use crate::text::tests::plain;
    use lenscap_flow::report::Reason;
    use lenscap_wire::Timestamp;

    #[test]
    fn what_is_not_known_is_no_fault_of_the_reader_and_a_moment_has_no_length() {
        let (report, view) = (office(), plain(100));
        let said = |opaque, lasted| {
            let start = Timestamp(1_772_442_847_000_000_000);
            let (encrypted, end) = (false, Timestamp(start.0 + lasted));
            let sizes = Finding { bytes_out: 80, bytes_in: 8, ..report.findings[0].clone() };
            how(&Finding { encrypted, opaque, start, end, ..sizes }, &view).unwrap()
        };
        assert_eq!(said(88, 31_000_000_000), "unknown content, within 31 s");
        assert_eq!(said(7, 2_000_000), "7 B of unknown content both ways, within 2 ms");
        assert_eq!(said(0, 0), "at one moment");
    }

    /// `backup.example` is not the vendor's because another host of the connection is.
    #[test]
    fn of_several_hosts_none_is_said_to_be_the_vendors() {
        let report = office();
        let is_named = |finding: &&Finding<'_>| called(finding).starts_with("which it called");
        let finding = report.findings.iter().find(|finding| finding.vendor.is_some() && is_named(finding));
        let mut finding = finding.unwrap().clone();
        let vendor = vendor::name(finding.vendor.unwrap());
        assert!(called(&finding).contains(&format!(" ({vendor})")), "{}", called(&finding));
        finding.reasons.push(Reason { rule: Rule::Hosts { hosts: 2 }, packets: Vec::new() });
        let said = called(&finding);
        assert!(!said.contains('('), "{said}");
        assert!(
            said.ends_with(&format!(", one of 2 hosts asked for there, at least one of them of {vendor}")),
            "{said}"
        );
    }
}
