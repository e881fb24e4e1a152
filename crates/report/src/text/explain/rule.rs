//! A rule by its id: what it measures, from which number on, how bad that is, and who says so.

use super::item;
use crate::text::{View, words};
use crate::units;
use lenscap_flow::report::{ContactRule, ContentRule, Measure};
use std::io::{self, Write};

/// Explains a rule of the catalogue, or one of the reasons that stand beside those; `false` where none has this id.
pub fn explain_rule(
    id: &str,
    rules: &[ContactRule],
    content: &ContentRule,
    view: &View,
    out: &mut impl Write,
) -> io::Result<bool> {
    let mut page = view.page();
    if let Some(rule) = rules.iter().find(|rule| rule.id == id) {
        page.paragraph(0, &format!("Rule {id}: a contact is told as {}.", words::kind(rule.kind.word())));
        page.gap();
        item(&mut page, "1 Who began it", &[began(rule).to_owned()]);
        item(&mut page, "2 What is measured", &measured(rule, content));
        item(&mut page, "3 How bad it is", &severity(rule));
        let mut sure = vec![format!(
            "Never surer than {} of 100; the rule itself is of {} confidence.",
            rule.most,
            rule.confidence.word()
        )];
        let (source, note): (&str, &str) = (rule.source.as_ref(), rule.note.as_ref());
        sure.push(format!("Source: {source}."));
        sure.extend((!note.is_empty()).then(|| format!("Note: {note}.")));
        item(&mut page, "4 How sure that is", &sure);
    } else if let Some(words) = reason(id) {
        page.paragraph(0, &format!("Reason {id}: {words}"));
    } else {
        return Ok(false);
    }
    out.write_all(page.text().as_bytes())?;
    Ok(true)
}

fn began(rule: &ContactRule) -> &'static str {
    match rule.called.word() {
        "in" => "The party outside called the device.",
        _ => "The device called the party, or who called is not known.",
    }
}

fn measured(rule: &ContactRule, content: &ContentRule) -> Vec<String> {
    let least = units::count(rule.least);
    let of_content = format!(
        "Content is a flow's payload in 17 s, or in 34 s about a border between two such, that sends {} B or more in packets with 512 B of payload or more, or {} B in \
         packets of any size, and {} times what came back.",
        units::count(content.large),
        units::count(content.any),
        content.ratio
    );
    let mut clauses = vec![match rule.measure {
        Measure::Window => format!("Content sent in two neighbouring windows of 73 min: {least} B or more."),
        Measure::BothWays => format!("The same where as much may have come back: {least} B or more."),
        Measure::LongWindow => {
            format!("Content sent in large packets in two neighbouring windows of 19.5 h: {least} B or more.")
        }
        Measure::Service => "All flows are look-ups, clocks or address finding, which every host has.".into(),
        Measure::Recurrence => format!("Moments with payload sent, 34 s apart or more: {least} or more."),
        Measure::Answers => format!("Flows that were answered: {least} or more."),
        Measure::Refusals => format!(
            "Packets that refuse, such as a reset before any byte was acknowledged, an ICMP error, a name that does not \
             exist: {least} or more."
        ),
        Measure::Any => "Nothing: it holds where no rule before it does.".into(),
    }];
    let counts_content = matches!(rule.measure, Measure::Window | Measure::BothWays | Measure::LongWindow);
    clauses.extend(counts_content.then_some(of_content));
    clauses.push("Bytes are payload, each once. The first rule that holds decides.".into());
    clauses
}

fn severity(rule: &ContactRule) -> Vec<String> {
    let mut clauses = vec![format!(
        "{} for a camera, one step less for a possible camera and for other devices.",
        words::capital(rule.severity.word())
    )];
    if rule.severity_media != rule.severity {
        clauses.push(format!(
            "{} where the party is there to take pictures or video.",
            words::capital(rule.severity_media.word())
        ));
    }
    clauses
}

/// The reasons that no number of the catalogue decides.
fn reason(id: &str) -> Option<&'static str> {
    Some(match id {
        "answers" => {
            "how many of the flows were answered, how many refused; of the rest no answer was captured, which is not that there was none."
        }
        "largest-flows" => "how much of the payload the flows carry whose packets are named.",
        "repeated" => {
            "payload that was seen more than once, such as retransmissions and copies of a mirror port, counts once."
        }
        "estimated" => {
            "either every datagram came again after hundreds of others, as from two observers whose clocks differ: of those kept in a sample, at least eight, nine of ten were seen more than once, and what was sent once is the payload divided by how often they were seen on average. Or more than half of the datagrams were copies of others, more than the double of a mirror: one who sends different datagrams that look alike is seen so, too. What is sent this way is judged by half of it at the least, unless the other direction was seen as often."
        }
        "party-by" => {
            "what tells whose the other end is: sni is the server name of a TLS hello, host that of an HTTP request, dns a name that the address was given for, cert a name of the server's certificate, address a range of addresses."
        }
        "same-address" => {
            "flows that said of nobody themselves: in other flows the device called their address by that name."
        }
        "is-camera" => "the device is a camera by its own evidence; explain the device's address to see it.",
        "may-be-camera" => {
            "the evidence is not enough to call the device a camera; explain its address to see it."
        }
        "asked-for" => "the device asked for the name, and the look-up gave no address outside.",
        "in-tunnel" => "the flows were inside of a tunnel; the addresses are where that ends.",
        "evicted" => {
            "flows of the device left memory before the end: counts and bytes are at least so much (--memory)."
        }
        _ => return None,
    })
}
