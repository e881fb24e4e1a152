//! A rule by its id: what it measures, from which number on, how bad that is, and who says so.

use super::item;
use crate::text::{View, words};
use crate::units;
use lenscap_flow::report::{ContactRule, ContentRule, FindingKind, Measure};
use std::io::{self, Write};

/// The kinds of findings, as JSON and a watch have them, and what each claims.
const KINDS: [(FindingKind, &str); 6] = [
    (FindingKind::Exfiltration, "the device uploaded content to the party."),
    (FindingKind::Exposure, "the party called the device from outside and was answered."),
    (FindingKind::Telemetry, "the device reports to the party again and again."),
    (FindingKind::VendorContact, "the same as contact, with a vendor of the catalogue."),
    (
        FindingKind::Contact,
        "the device was in contact with a party that is no vendor's, or tried to be and nothing says how that ended.",
    ),
    (
        FindingKind::Attempt,
        "the device tried to reach the party and was refused, or the look-up of its name was.",
    ),
];

/// How spans of sending are counted.
const SPANS: [&str; 3] = [
    "A flow has one for each burst in which the device sent payload, and one more for each 34 s that its bursts last together. \
     A burst ends where neither side sends for 34 s. In TCP a burst with one byte is a keep-alive, and where the device sent \
     fewer bytes than packets, or less than a 64th of what came back, its bursts have no more spans beside their first than it \
     sent kB.",
    "Flows side by side, or less than 34 s apart, are added up: to no more than one for each 34 s from the first packet to the \
     last, and one. Of several flows it may so be more than of all their packets taken as one flow.",
    "64 are told apart.",
];

/// The words for kinds of findings that [`explain_rule`] takes.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(kind, _)| kind.word())
}

/// Explains a rule of the catalogue, a kind of findings, or one of the reasons that stand beside the rules; `false` where nothing
/// has this id.
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
    } else if let Some((kind, claim)) = KINDS.iter().find(|(kind, _)| kind.word() == id) {
        page.paragraph(0, &format!("Kind {id}: {claim}"));
        page.gap();
        item(&mut page, "Rules that lead to it", &leading_to(*kind, rules));
    } else if let Some(words) = reason(id) {
        page.paragraph(0, &format!("Reason {id}: {words}"));
    } else {
        return Ok(false);
    }
    out.write_all(page.text().as_bytes())?;
    Ok(true)
}

/// The rules of a kind, in the order in which they are tried.
fn leading_to(kind: FindingKind, rules: &[ContactRule]) -> Vec<String> {
    // Whose the party is, no rule decides.
    let word = if kind == FindingKind::VendorContact { FindingKind::Contact.word() } else { kind.word() };
    let of_kind = rules.iter().filter(|rule| rule.kind.word() == word);
    let line = |rule: &ContactRule| {
        format!("{}, {} for a camera: lenscap explain {}", rule.id, rule.severity.word(), rule.id)
    };
    of_kind.map(line).collect()
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
    let of_pieces = format!(
        "What is cut over several flows is content where they send so much together: flows that each send {} times what comes \
         back to them, and {} B or more in one connection of TCP, or {} B without one.",
        content.ratio,
        units::count(content.piece),
        units::count(content.datagrams)
    );
    let mut clauses = vec![match rule.measure {
        Measure::Window => format!("Content sent in two neighbouring windows of 73 min: {least} B or more."),
        Measure::BothWays => format!("The same where as much may have come back: {least} B or more."),
        Measure::Acknowledged => format!(
            "What the numbers of TCP show that the device sent and that was not captured, at least, in two \
             neighbouring windows of 73 min: {least} B or more. It counts where it is {} B or more for each 17 s of a flow, and {} \
             times what came back.",
            units::count(content.large),
            content.ratio
        ),
        Measure::LongWindow => {
            format!("Content sent in large packets in two neighbouring windows of 19.5 h: {least} B or more.")
        }
        Measure::Service => "All flows are look-ups, clocks or address finding, which every host has.".into(),
        Measure::Recurrence => {
            format!("Spans of 34 s (2^35 ns) in which sending began again or went on: {least} or more.")
        }
        Measure::Answers => format!("Flows that were answered: {least} or more."),
        Measure::Accepts => {
            format!(
                "Flows that the other end began with a SYN and the device accepted with a SYN-ACK: {least} or more."
            )
        }
        Measure::Refusals => format!(
            "Packets that refuse, such as a reset before any byte was acknowledged, an ICMP error, a name that does not \
             exist: {least} or more."
        ),
        Measure::Any => "Nothing: it holds where no rule before it does.".into(),
    }];
    clauses.extend(
        SPANS.iter().filter(|_| rule.measure == Measure::Recurrence).map(|clause| (*clause).to_owned()),
    );
    let counts_content = matches!(rule.measure, Measure::Window | Measure::BothWays | Measure::LongWindow);
    clauses.extend(counts_content.then_some(of_content));
    clauses.extend((rule.measure == Measure::Window).then_some(of_pieces));
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
        "unseen" => {
            "flows of TCP of which packets of the other end alone were captured, or not all of the device's: what the other end acknowledges was sent, and is not in the capture. How much it was at least is told by how far these numbers move, by steps of 64 kB at most or to where both ends agree, and by gaps between what was captured, wider ones only with as much on either side; behind headers that were cut, by the lengths of their packets: one packet that somebody else sends claims no more than 64 kB."
        }
        "largest-flows" => "how much of the payload the flows carry whose packets are named.",
        "repeated" => {
            "payload that was seen more than once, such as retransmissions and copies of a mirror port, counts once."
        }
        "headers-cut" => {
            "where the snap length cut a TCP header, its length is not known: what lies behind is counted apart, as if every header of the flow were the longest, 120 bytes with that of IP. Without its flags it is not known whether a packet accepts or refuses."
        }
        "two-stations" => {
            "another station with another MAC began a connection with the same addresses and ports before this one had ended, as where one capture holds two sites: a flow is told by addresses and ports, and so the segments of both are in one."
        }
        "estimated" => {
            "either every datagram came again after hundreds of others, as from two observers whose clocks differ: of those kept in a sample, at least eight, nine of ten were seen more than once, and what was sent once is the payload divided by how often they were seen on average. Or more than half of the datagrams were copies of others, more than the double of a mirror: one who sends different datagrams that look alike is seen so, too. What is sent this way is judged by half of it at the least, unless the other direction was seen as often."
        }
        "party-by" => {
            "what tells whose the other end is: sni is the server name of a TLS hello, host that of an HTTP request, dns a name that the address was given for, cert a name of the server's certificate, address a range of addresses; protocol that it speaks the vendor's, learned that a message in the vendor's protocol told of its address, published-port that a device with the vendor's prefix calls a port that the vendor publishes for its servers."
        }
        "part-of" => {
            "the party is nobody's that is known, but flows with so much of its payload were with a server of this vendor, or with somebody in its protocol."
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
        "through-proxy" => {
            "the device asked a proxy of the site, by CONNECT, SOCKS or the whole address of a request, for the other end: what it sent went to the proxy, whose own flows show what it sends on."
        }
        "evicted" => {
            "flows of the device left memory before the end: counts and bytes are at least so much (--memory)."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tests::plain;
    use lenscap_catalog::Catalog;

    fn explained(id: &str) -> String {
        let (catalog, mut out) = (Catalog::builtin(), Vec::new());
        let known =
            explain_rule(id, catalog.contact_rules(), catalog.content(), &plain(100), &mut out).unwrap();
        assert!(known, "{id}");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whatever_tells_whose_the_other_end_is_is_explained() {
        use lenscap_flow::report::Attribution::*;
        let said = explained("party-by").replace('\n', " ");
        for source in [Sni, Host, Dns, Certificate, Protocol, Learned, Address, PublishedPort] {
            assert!(said.contains(&format!(" {} ", source.word())), "{}", source.word());
        }
    }

    #[test]
    fn every_kind_has_its_rules_and_every_rule_a_kind() {
        let said: String = kinds().map(explained).collect();
        for rule in Catalog::builtin().contact_rules() {
            let line = format!("lenscap explain {}\n", rule.id);
            assert!(said.contains(&line), "{}", rule.id);
        }
        assert!(kinds().all(|kind| explained(kind).contains("lenscap explain ")));
    }
}
