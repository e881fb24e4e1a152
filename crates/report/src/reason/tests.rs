use super::*;
use crate::sample::{findings, rule};
use lenscap_flow::report::DeviceClass;

fn measured(id: &str, measured: u64, flows: u64) -> Rule {
    Rule::Measured { rule: rule(id), measured, flows, sent: 9000, received: 1 }
}

#[test]
fn every_rule_has_its_sentence_and_its_id() {
    let asked = |outcome| Rule::AskedFor { name: "a.example".into(), outcome };
    let all = [
        (
            measured("upload", 8000, 2),
            "upload: 8000 payload bytes of content sent within 31 min, at least 262144; 2 flows, 9000 payload bytes \
             sent and 1 received",
        ),
        (
            measured("recurring", 4, 1),
            "recurring: sending began again or went on in 4 spans of 34 s, at least 3; 1 flow, 9000 payload bytes sent \
             and 1 received",
        ),
        (measured("answered", 1, 2), "answered: 2 flows, 9000 payload bytes sent and 1 received"),
        (measured("refused", 1, 1), "refused: refused once; 1 flow, 9000 payload bytes sent and 1 received"),
        (Rule::Answers { flows: 1, answered: 0, refused: 0 }, "answers: no answer was captured"),
        (
            Rule::Answers { flows: 6, answered: 2, refused: 1 },
            "answers: 2 of 6 flows answered, 1 refused, of 3 no answer was captured",
        ),
        (
            Rule::Largest { shown: 8, flows: 70, carried: 9, payload: 10 },
            "largest-flows: the 8 largest of 70 flows carry 9 of 10 payload bytes",
        ),
        (
            Rule::Unseen { flows: 2, of: 3, partly: false, acknowledged: 900 },
            "unseen: of 2 of 3 flows no packet of the device was captured, and the other end acknowledges at least \
             900 payload bytes that it sent",
        ),
        (Rule::Repeated { bytes: 1 }, "repeated: 1 payload byte came more than once and counted once"),
        (
            Rule::Estimated,
            "estimated: bytes are about so many, datagrams came again too far apart to be told one by one, or so often that the sender himself may have repeated them",
        ),
        (
            Rule::PartyBy { sources: vec![Attribution::Dns, Attribution::Sni] },
            "party-by: the other end is Hikvision by dns, sni",
        ),
        (
            Rule::PartOf {
                vendor: "Example".into(),
                served: false,
                payload: 44,
                of: 440,
                sources: vec![Attribution::Protocol],
            },
            "part-of: of 440 payload bytes no more than 44 were with somebody in the protocol of Example: \
             whose the other end is, is not known",
        ),
        (
            Rule::SameAddress { flows: 1, payload: 700 },
            "same-address: 1 flow with 700 payload bytes named nobody: in other flows the device called this \
             address by that name",
        ),
        (
            Rule::IsCamera { class: DeviceClass::Camera, confidence: 80 },
            "is-camera: the device is a camera, confidence 80",
        ),
        (Rule::MayBeCamera { confidence: 40 }, "may-be-camera: the device may be a camera, confidence 40"),
        (asked(LookUp::Unanswered), "asked-for: asked for a.example; no answer was captured"),
        (
            asked(LookUp::Denied),
            "asked-for: asked for a.example; refused: the name does not exist (NXDOMAIN)",
        ),
        (asked(LookUp::Failed(2)), "asked-for: asked for a.example; the name service failed (code 2)"),
        (asked(LookUp::WithoutAddress), "asked-for: asked for a.example; the answer held no address"),
        (
            asked(LookUp::Diverted),
            "asked-for: asked for a.example; answered with an inside address (blocked or intercepted)",
        ),
        (
            Rule::InTunnel { ends: vec![[203, 0, 113, 9].into()] },
            "in-tunnel: inside of a tunnel to 203.0.113.9",
        ),
        (
            Rule::ThroughProxy { proxies: vec![[192, 168, 1, 8].into()], flows: 1, of: 3 },
            "through-proxy: in 1 of 3 flows the device asked a proxy of the site for the other end: 192.168.1.8",
        ),
        (
            Rule::Evicted { flows: 2 },
            "evicted: 2 flows of the device left memory before the end: counts and bytes are at least so much",
        ),
    ];
    let mut finding = findings().remove(0);
    finding.reasons = all.iter().map(|(rule, _)| Reason { rule: rule.clone(), packets: vec![] }).collect();
    let said: Vec<String> = sentences(&finding, Digits::Bare).collect();
    assert_eq!(said, all.map(|(_, sentence)| sentence));
}

#[test]
fn a_protocol_is_told_once() {
    let mut finding = findings().remove(0);
    let mut said = |party, sources| {
        finding.party = party;
        finding.reasons = vec![Reason { rule: Rule::PartyBy { sources }, packets: vec![] }];
        sentences(&finding, Digits::Bare).next().unwrap()
    };
    let server = "party-by: the other end is a server of the protocol of Hikvision";
    assert_eq!(said(Party::Vendor, vec![Attribution::Protocol]), server);
    let both = said(Party::Vendor, vec![Attribution::Protocol, Attribution::Sni]);
    assert_eq!(both, "party-by: the other end is Hikvision by protocol, sni");
    let peer = "party-by: the other end is a viewer or relay in the protocol of Hikvision";
    assert_eq!(said(Party::Peer, vec![Attribution::Protocol]), peer);
}

#[test]
fn people_read_units_and_no_window_that_nobody_saw() {
    let mut finding = findings().remove(0);
    let rule = measured("upload", 48_200_000, 6);
    finding.reasons = vec![Reason { rule, packets: vec![] }];
    let said = |finding: &Finding<'_>, numbers| sentences(finding, Digits::Grouped(numbers)).next().unwrap();
    assert_eq!(
        said(&finding, Numbers::Short),
        "upload: 48.2 MB of content sent within 31 min, at least 262 kB; 6 flows, 9.0 kB sent and 1 B received"
    );
    assert!(said(&finding, Numbers::Exact).starts_with("upload: 48,200,000 B of content"));
    finding.end.0 = finding.start.0 + (100 << 42);
    assert!(said(&finding, Numbers::Short).contains("sent within 2 h 27 min, at"));
}
