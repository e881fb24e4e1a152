use super::*;
use crate::escape::is_unseen;
use crate::sample::{devices, flows, nothing, office, office_of, office_over_memory, office_with};
use lenscap_flow::report::{
    Amount, Coverage, DeviceRecord, Finding, Ledger, LookUp, Overview, Reason, Report, Rule,
};

fn rendered(report: &Report<'_>, style: Style) -> String {
    let mut out = Vec::new();
    write(report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_office() {
    let text = rendered(&office(), Style::PLAIN);
    assert_eq!(text, include_str!("office.txt"));
}

#[test]
fn nothing_found_is_said_with_its_limits() {
    let text = rendered(&nothing(), Style::PLAIN);
    assert!(
        text.starts_with(
            "No camera was recognised among 0 devices. No finding. The capture could not be read"
        )
    );
    let text = text.replace('\n', " ");
    assert!(text.contains("Not seen: no packet could be read;"));
    assert!(text.contains("What was not seen may still have happened."));
    assert!(text.contains("Balanced."));
}

#[test]
fn lines_fit_and_nothing_steers_a_terminal() {
    let mut devices = devices();
    for device in &mut devices {
        device.model = Some("M\u{1b}]0;pwn\u{7}\u{202e}".repeat(50));
    }
    let mut report = office_of(devices, flows());
    for finding in &mut report.findings {
        finding.endpoint = "x".repeat(300);
        let rule = Rule::AskedFor { name: "\u{9b}2J".repeat(80), outcome: LookUp::Denied };
        finding.reasons.push(Reason { rule, packets: vec![] });
    }
    let text = rendered(&report, Style::PLAIN);
    assert!(text.chars().all(|c| c == '\n' || !is_unseen(c)));
    for line in text.lines().filter(|line| !line.contains("tshark") && !line.contains("lenscap scan")) {
        assert!(page::width(line) <= WIDTH, "{line}");
    }
}

#[test]
fn colours_only_where_wanted() {
    assert!(!rendered(&office(), Style::PLAIN).contains('\x1b'));
    let text = rendered(&office(), Style::COLOR);
    assert!(text.contains("\x1b[31mHIGH\x1b[0m"));
    let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m"]
        .iter()
        .fold(text, |t, code| t.replace(code, ""));
    assert_eq!(stripped, rendered(&office(), Style::PLAIN));
}

#[test]
fn long_lists_say_how_many_more() {
    let mut report = office_of(devices().into_iter().cycle().take(1000).collect(), flows());
    let many: Vec<Finding<'_>> = report.findings.iter().cycle().take(500).cloned().collect();
    report.findings = many;
    let text = rendered(&report, Style::PLAIN);
    assert!(text.lines().count() < 500);
    assert!(text.contains("  470 more: lenscap scan FILES --json --select finding"));
    assert!(text.contains("  650 more: lenscap scan FILES --json --select device"));
}

#[test]
fn words_that_promise_too_much_never_occur() {
    let text = rendered(&office_with(flows()), Style::PLAIN).to_lowercase();
    for word in ["safe", "secure", "clean"] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn an_imbalance_cannot_be_overlooked() {
    let mut report = office();
    report.ledger.packets += 1;
    report.overview = Overview { exact: false, ..report.overview };
    let text = rendered(&report, Style::PLAIN);
    assert!(text.contains("NOT BALANCED: do not rely on this report. Exact: no."));
}

#[test]
fn brackets_in_a_name_are_no_parent() {
    let mut vendor = devices()[0].vendor.unwrap().clone();
    vendor.name = "D-Link (mydlink)".into();
    let named = devices().into_iter().map(|device| DeviceRecord { vendor: Some(&vendor), ..device });
    let report = office_of(named.collect(), flows());
    let text = rendered(&report, Style::PLAIN);
    assert!(text.contains("Vendors: D-Link (mydlink) 3.\n"), "{text}");
}

#[test]
fn the_moment_of_the_first_cap_is_told() {
    let text = rendered(&office_over_memory(), Style::PLAIN).replace('\n', " ");
    let limit = "limits that were reached from 2026-03-02 10:54:07 UTC on: flows-evicted 40 and names 2;";
    assert!(text.contains(limit), "{text}");
}

#[test]
fn what_a_capture_says_was_lost_is_told_by_layer() {
    let lost = "what was lost while capturing, as the captures state it:";
    let text = rendered(&office(), Style::PLAIN).replace('\n', " ");
    assert!(text.contains(&format!("{lost} 777 by the interface and 3 between packets;")), "{text}");
    let mut none = office();
    none.captures.truncate(1);
    none.captures[0].drops = lenscap_flow::report::DropCounts::default();
    assert!(!rendered(&none, Style::PLAIN).replace('\n', " ").contains(lost));
}

#[test]
fn one_of_a_thing_is_singular() {
    let mut report = office();
    report.captures.truncate(1);
    let problem = report.captures[0].problems[0].clone();
    report.captures[0].problems = vec![problem; 11];
    let coverage = report.overview.coverage.clone();
    let hazards = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, 1)).into();
    report.overview = Overview {
        packets: 1,
        flows: 1,
        devices: 1,
        findings: [1, 0, 0, 0, 0],
        coverage: Coverage { hazards, ..coverage },
        ..report.overview
    };
    let one = Amount { packets: 1, bytes: 1 };
    report.ledger = Ledger { packets: 1, bytes_wire: 1, undecodable: one, ..report.ledger };
    let text = rendered(&report, Style::PLAIN);
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.windows(2).filter(|pair| matches!(pair[0], "1" | "(1")) {
        let noun = pair[1].trim_end_matches(|c: char| !c.is_alphanumeric());
        assert!(!noun.ends_with('s') || ["s", "ms"].contains(&noun), "1 {noun}:\n{text}");
    }
    let joined = words.join(" ");
    for said in ["1 packet and 1 flow in 1 capture", "1 more kind.", "1 more problem:", "1 byte on the wire"]
    {
        assert!(joined.contains(said), "{said}:\n{text}");
    }
}
