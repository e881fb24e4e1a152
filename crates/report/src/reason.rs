//! The sentence for each rule behind a finding, the same in every format.

use crate::vendor;
use lenscap_flow::report::{Attribution, Finding, Reason, Rule};

/// The reasons of a finding in words, without packet numbers. Names in them come out of packets: escape before printing.
pub(crate) fn sentences<'f>(finding: &'f Finding<'_>) -> impl Iterator<Item = String> + use<'f> {
    let vendor = finding.vendor.map_or("not known", vendor::name);
    finding.reasons.iter().map(move |reason| sentence(reason, vendor))
}

fn sentence(reason: &Reason, vendor: &str) -> String {
    match &reason.rule {
        Rule::NoUsefulAnswer { flows } => format!("{} without a useful answer", counted(*flows, "flow")),
        Rule::Contact { flows, sent, received } => contact(*flows, *sent, *received),
        Rule::Recurring { flows, sent, received } => {
            format!("recurring contact: {}", contact(*flows, *sent, *received))
        }
        Rule::SentMore { sent, received, least, ratio } => format!(
            "{} sent and {received} received: at least {least} sent, and {ratio} times what came back",
            counted(*sent, "payload byte")
        ),
        Rule::PartyBy { sources } => {
            let words: Vec<_> = sources.iter().copied().map(Attribution::word).collect();
            format!("the other end is {vendor} by {}", words.join(", "))
        }
        Rule::IsCamera { class, confidence } => format!("the device is a {class}, confidence {confidence}"),
        Rule::NoAddress { names } => format!("asked for {} and was given no address", names.join(", ")),
    }
}

fn contact(flows: u64, sent: u64, received: u64) -> String {
    format!("{}, {} sent and {received} received", counted(flows, "flow"), counted(sent, "payload byte"))
}

/// Digits are not grouped: programs read reasons too.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::findings;
    use lenscap_flow::report::DeviceClass;

    #[test]
    fn every_rule_has_its_sentence_and_its_id() {
        let names = vec!["a.example".into(), "b.example".into()];
        let all = [
            (Rule::NoUsefulAnswer { flows: 1 }, "1 flow without a useful answer"),
            (Rule::Contact { flows: 2, sent: 1, received: 0 }, "2 flows, 1 payload byte sent and 0 received"),
            (
                Rule::Recurring { flows: 3, sent: 4000, received: 5 },
                "recurring contact: 3 flows, 4000 payload bytes sent and 5 received",
            ),
            (
                Rule::SentMore { sent: 9, received: 1, least: 8, ratio: 2 },
                "9 payload bytes sent and 1 received: at least 8 sent, and 2 times what came back",
            ),
            (
                Rule::PartyBy { sources: vec![Attribution::Dns, Attribution::Sni] },
                "the other end is Hikvision by dns, sni",
            ),
            (
                Rule::IsCamera { class: DeviceClass::Camera, confidence: 80 },
                "the device is a camera, confidence 80",
            ),
            (Rule::NoAddress { names }, "asked for a.example, b.example and was given no address"),
        ];
        let mut finding = findings().remove(0);
        let mut ids: Vec<_> = all.iter().map(|(rule, _)| rule.id()).collect();
        finding.reasons =
            all.iter().map(|(rule, _)| Reason { rule: rule.clone(), packets: vec![] }).collect();
        assert!(sentences(&finding).eq(all.iter().map(|(_, said)| (*said).to_owned())));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
    }
}
