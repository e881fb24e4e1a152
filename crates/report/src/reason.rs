//! The sentence for each rule behind a finding, the same in every format: the rule's id, a colon, and words.

mod named;

pub(crate) use named::{is_one_of_hosts, look_up};

use crate::units::{self, Numbers};
use crate::vendor;
use lenscap_flow::report::{Attribution, ContactRule, Finding, LookUp, Measure, Party, Reason, Rule};
use lenscap_flow::rules;

/// How numbers are written in a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Digits {
    /// As digits alone: programs read these, too.
    Bare,
    /// For people.
    Grouped(Numbers),
}

impl Digits {
    fn payload(self, n: u64) -> String {
        match self {
            Self::Bare => counted(n, "payload byte"),
            Self::Grouped(numbers) => numbers.bytes(n),
        }
    }

    /// An amount beside one whose unit was said.
    fn amount(self, n: u64) -> String {
        match self {
            Self::Bare => n.to_string(),
            Self::Grouped(numbers) => numbers.bytes(n),
        }
    }
}

/// The reasons of a finding in words, without packet numbers. Names in them come out of packets: escape before printing.
pub(crate) fn sentences<'f>(
    finding: &'f Finding<'_>,
    digits: Digits,
) -> impl Iterator<Item = String> + use<'f> {
    finding
        .reasons
        .iter()
        .map(move |reason| format!("{}: {}", reason.rule.id(), sentence(finding, reason, digits)))
}

/// One reason in words, without the rule's id.
pub(crate) fn sentence(finding: &Finding<'_>, reason: &Reason, digits: Digits) -> String {
    match &reason.rule {
        Rule::Measured { rule, measured, flows, sent, received } => {
            let sums = sums((*flows, *sent, *received), digits);
            let span = finding.end.0.saturating_sub(finding.start.0);
            measured_by(rule, (*measured, *flows), span, digits)
                .map_or_else(|| sums.clone(), |measured| format!("{measured}; {sums}"))
        }
        Rule::TwoStations { flows } => named::two_stations(*flows),
        Rule::Answers { flows, answered, refused } if finding.headers_cut => {
            answers(*flows, *answered, *refused).replace("no answer was captured", "none can be told, since headers were cut")
        }
        Rule::Answers { flows, answered, refused } => answers(*flows, *answered, *refused),
        Rule::Unseen { flows, of, partly: true, acknowledged } => {
            let all = counted(*of, "flow");
            let flows = if flows == of { all } else { format!("{flows} of {all}") };
            let amount = digits.payload(*acknowledged);
            format!("of {flows} headers show at least {amount} that the device sent and the capture lacks")
        }
        Rule::Unseen { flows, of, acknowledged, .. } => {
            let all = counted(*of, "flow");
            let flows = if flows == of { all } else { format!("{flows} of {all}") };
            let amount = match acknowledged {
                0 => "what it sent".into(),
                bytes => format!("at least {} that it sent", digits.payload(*bytes)),
            };
            format!("of {flows} no packet of the device was captured, and the other end acknowledges {amount}")
        }
        Rule::Largest { shown, flows, carried, payload } => format!(
            "the {shown} largest of {} carry {} of {}",
            counted(*flows, "flow"),
            digits.amount(*carried),
            digits.payload(*payload)
        ),
        Rule::Repeated { bytes } => {
            format!("{} came more than once and counted once", digits.payload(*bytes))
        }
        Rule::HeadersCut => {
            "headers of TCP were cut by the snap length: bytes are at least so many, and whether it was answered may not be told".into()
        }
        Rule::Estimated => {
            "bytes are about so many, datagrams came again too far apart to be told one by one, or so often that the sender himself may have repeated them".into()
        }
        Rule::PartyBy { sources } => {
            format!("the other end is {}{}", whose(finding, sources), beside(finding, " by", sources))
        }
        Rule::PartOf { vendor, served, payload, of, sources } => {
            let who = if *served { "a server of" } else { "somebody in the protocol of" };
            format!(
                "of {} no more than {} were with {who} {vendor}{}: whose the other end is, is not known",
                digits.payload(*of),
                digits.amount(*payload),
                if *served || !by_protocol(sources) { by(", by", sources) } else { String::new() }
            )
        }
        Rule::SameAddress { flows, payload } => format!(
            "{} with {} named nobody: in other flows the device called this address by that name",
            counted(*flows, "flow"),
            digits.payload(*payload)
        ),
        Rule::LookedUp { age, names } => named::looked_up(*age, *names),
        Rule::Hosts { hosts } => named::hosts(*hosts),
        Rule::IsCamera { class, confidence } => format!("the device is a {class}, confidence {confidence}"),
        Rule::MayBeCamera { confidence } => format!("the device may be a camera, confidence {confidence}"),
        Rule::AskedFor { name, outcome } => format!("asked for {name}; {}", looked_up(*outcome)),
        Rule::InTunnel { ends } => {
            let ends: Vec<_> = ends.iter().map(ToString::to_string).collect();
            format!("inside of a tunnel to {}", ends.join(", "))
        }
        Rule::ThroughProxy { proxies, flows, of } => {
            let ends: Vec<_> = proxies.iter().map(ToString::to_string).collect();
            let asked = if flows == of { counted(*of, "flow") } else { format!("{flows} of {}", counted(*of, "flow")) };
            format!("in {asked} the device asked a proxy of the site for the other end: {}", ends.join(", "))
        }
        Rule::Evicted { flows } => format!(
            "{} of the device left memory before the end: counts and bytes are at least so much",
            counted(*flows, "flow")
        ),
    }
}

/// ` by dns, sni`.
fn by(word: &str, sources: &[Attribution]) -> String {
    let sources: Vec<_> = sources.iter().copied().map(Attribution::word).collect();
    format!("{word} {}", sources.join(", "))
}

/// Whether the protocol alone tells.
fn by_protocol(sources: &[Attribution]) -> bool {
    sources.iter().all(|source| *source == Attribution::Protocol)
}

/// The same beside whose the other end is: where the protocol alone tells that, it has been named.
fn beside(finding: &Finding<'_>, word: &str, sources: &[Attribution]) -> String {
    let is_named = finding.vendor.is_some() && matches!(finding.party, Party::Peer | Party::Vendor);
    if is_named && by_protocol(sources) { String::new() } else { by(word, sources) }
}

/// Whose the other end is. A protocol tells whose it is itself: its server may be run by somebody else, and who views or
/// relays is anybody.
fn whose(finding: &Finding<'_>, sources: &[Attribution]) -> String {
    let vendor = finding.vendor.map_or("not known", vendor::name);
    let by_name = |source: &Attribution| !matches!(source, Attribution::Protocol | Attribution::Learned);
    match finding.party {
        Party::Peer if finding.vendor.is_none() => "a viewer or relay".into(),
        Party::Peer => format!("a viewer or relay in the protocol of {vendor}"),
        Party::Vendor if sources == [Attribution::PublishedPort] => {
            format!("a server at a port that {vendor} publishes for its own")
        }
        Party::Vendor if !sources.iter().any(by_name) => format!("a server of the protocol of {vendor}"),
        _ => vendor.into(),
    }
}

/// Nanoseconds of the windows in which content is summed: two neighbouring ones of 2^42, or one of 2^46.
const WINDOW: i64 = 2 << 42;
const LONG_WINDOW: i64 = 2 << 46;

/// What a rule of the catalogue measured; nothing where the sums say it all. What was seen in less time than the window is
/// said to have been sent in that.
fn measured_by(
    rule: &ContactRule,
    (measured, flows): (u64, u64),
    span: i64,
    digits: Digits,
) -> Option<String> {
    let (bytes, least) = (digits.payload(measured), digits.amount(rule.least));
    let within = |window: i64| units::lasted(span.clamp(0, window));
    Some(match rule.measure {
        Measure::Window => {
            format!("{bytes} of content sent {}, at least {least}", within(WINDOW))
        }
        Measure::BothWays => {
            format!("{bytes} sent {}, at least {least}, and as much came back", within(WINDOW))
        }
        Measure::Acknowledged => {
            format!("{bytes} sent by what headers show that the capture lacks, at least {least}")
        }
        Measure::LongWindow => {
            format!("{bytes} sent slowly in large packets {}, at least {least}", within(LONG_WINDOW))
        }
        Measure::Recurrence => {
            let more = if measured >= rules::MOMENTS { " or more" } else { "" };
            // What flows sent side by side counts once.
            let added = if flows > 1 { ", its flows taken as one" } else { "" };
            let spans = if measured == 1 { "span" } else { "spans" };
            format!(
                "sending began again or went on in {measured}{more} {spans} of 34 s{added}, at least {}",
                rule.least
            )
        }
        Measure::Refusals => format!("refused {}", times(measured)),
        Measure::Service => "protocols that every host uses".into(),
        Measure::Accepts => {
            format!("called by the other end, the device accepted {}", times(measured))
        }
        Measure::Answers | Measure::Any => return None,
    })
}

fn answers(flows: u64, answered: u64, refused: u64) -> String {
    let mut parts = Vec::new();
    if answered > 0 {
        parts.push(format!("{} answered", of(answered, flows)));
    }
    match refused {
        0 => {}
        _ if answered > 0 => parts.push(format!("{refused} refused")),
        _ => parts.push(format!("{} refused", of(refused, flows))),
    }
    match flows - answered - refused {
        0 => {}
        rest if rest == flows => parts.push("no answer was captured".into()),
        rest => parts.push(format!("of {rest} no answer was captured")),
    }
    parts.join(", ")
}

fn looked_up(outcome: LookUp) -> String {
    match outcome {
        LookUp::Unanswered => "no answer was captured".into(),
        LookUp::Unread => "an answer came that could not be read".into(),
        LookUp::WithoutAddress => "the answer held no address".into(),
        LookUp::Failed(code) => format!("the name service failed (code {code})"),
        LookUp::Denied => "refused: the name does not exist (NXDOMAIN)".into(),
        LookUp::Diverted => "answered with an inside address (blocked or intercepted)".into(),
    }
}

fn of(part: u64, whole: u64) -> String {
    if part == whole { counted(whole, "flow") } else { format!("{part} of {}", counted(whole, "flow")) }
}

fn times(count: u64) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

fn sums((flows, sent, received): (u64, u64, u64), digits: Digits) -> String {
    let (sent, received) = (digits.payload(sent), digits.amount(received));
    format!("{}, {sent} sent and {received} received", counted(flows, "flow"))
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
