use super::*;
use crate::escape::is_unseen;
use crate::sample::{devices, flows, nothing, office, office_of, office_over_memory, office_with};
use lenscap_flow::report::{
    Amount, Coverage, DeviceClass, DeviceRecord, Evidence, Finding, FlowView, Ledger, LookUp, Overview,
    Reason, Report, Rule, WhyRecord,
};

fn view(style: Style, width: usize, long: bool) -> View {
    let typed = Typed { command: "scan", inputs: "office.pcapng".into(), packets: true };
    View { style, width, numbers: Numbers::Short, long, typed }
}

/// The long form without colours.
pub(super) fn plain(width: usize) -> View {
    view(Style::PLAIN, width, true)
}

fn with(report: &Report<'_>, view: &View) -> String {
    let mut out = Vec::new();
    write(report, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The long form, 100 columns wide.
fn rendered(report: &Report<'_>, style: Style) -> String {
    with(report, &view(style, 100, true))
}

/// Compares with a file beside this one; `LENSCAP_BLESS=1` writes it.
fn golden(name: &str, text: &str) {
    let path = format!("{}/src/text/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("LENSCAP_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap());
}

#[test]
fn the_office() {
    golden("office.txt", &rendered(&office(), Style::PLAIN));
}

#[test]
fn the_first_screen_fits_at_any_width() {
    for count in [0, 1, 2, 3, 5, 8, 20, 3000] {
        let mut many: Vec<DeviceRecord<'_>> = devices().into_iter().cycle().take(count).collect();
        for device in &mut many {
            device.model = Some("A".repeat(90));
            device.addresses = vec!["2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap()];
        }
        for devices in [many, devices().into_iter().cycle().take(count).collect()] {
            let report = office_of(devices, flows());
            for width in WIDTHS.0..=WIDTHS.1 {
                let text = with(&report, &view(Style::PLAIN, width, false));
                assert!(text.lines().count() <= SCREEN, "{count} at {width}:\n{text}");
                for line in text.lines().filter(|line| !line.contains("lenscap ")) {
                    assert!(page::width(line) <= width, "{count} at {width}: {line}");
                }
            }
        }
    }
}

#[test]
fn a_long_path_leaves_room_for_the_answer() {
    let mut long = view(Style::PLAIN, 60, false);
    long.typed.inputs = "d/".repeat(200);
    let text = with(&office(), &long);
    let lines: usize = text.lines().map(|line| page::width(line).div_ceil(60).max(1)).sum();
    assert!(lines <= SCREEN && text.contains("HIGH") && text.contains("Next: lenscap explain"), "{text}");
}

#[test]
fn of_many_cameras_the_worst_are_told_and_the_others_counted() {
    let report = office_of(devices().into_iter().cycle().take(400).collect(), flows());
    let text = with(&report, &view(Style::PLAIN, 120, false));
    assert!(
        text.contains("HIGH      192.168.1.64") && text.contains(" more: lenscap scan office.pcapng --long"),
        "{text}"
    );
}

#[test]
fn exact_numbers_are_one_flag_away() {
    let exact = View { numbers: Numbers::Exact, ..view(Style::PLAIN, 100, false) };
    assert!(with(&office(), &exact).contains("48,217,906 B uploaded"));
    assert!(with(&office(), &view(Style::PLAIN, 100, false)).contains("48.2 MB uploaded"));
}

#[test]
fn what_cannot_be_read_again_is_no_part_of_a_command() {
    let mut pipe = view(Style::PLAIN, 100, false);
    pipe.typed.inputs = String::new();
    let text = with(&office(), &pipe);
    assert!(text.contains("Next: keep the packets in a file, then: lenscap explain f3a91c07 FILE"), "{text}");
    let saved = Typed { packets: false, ..view(Style::PLAIN, 100, false).typed };
    let text = with(&office(), &View { typed: saved, ..view(Style::PLAIN, 100, false) });
    assert!(text.contains("lenscap explain f3a91c07") && !text.contains("extract"), "{text}");
}

#[test]
fn nothing_found_is_said_with_its_limits() {
    let text = rendered(&nothing(), Style::PLAIN);
    assert!(text.starts_with("No camera and no possible camera among 0 devices. "), "{text}");
    let text = text.replace('\n', " ");
    assert!(text.contains("The capture could not be read whole."));
    assert!(text.contains("Not seen: no packet could be read."));
    assert!(text.contains("What was not captured may still have happened."));
    assert!(text.contains("Balanced."));
}

#[test]
fn nothing_found_in_what_was_not_read_is_no_all_clear() {
    let mut report = nothing();
    report.ledger.bytes_wire = 100_000;
    let first = |report: &Report<'_>| rendered(report, Style::PLAIN).replace('\n', " ");
    for (undecodable, unread) in [(51_000, 0), (0, 51_000), (30_000, 21_000)] {
        report.ledger.undecodable.bytes = undecodable;
        report.overview.coverage.unread.payload = unread;
        let text = first(&report);
        assert!(
            text.starts_with("No camera was seen among 0 devices, and most of the capture was not read"),
            "{text}"
        );
    }
    report.ledger.undecodable.bytes = 20_000;
    assert!(first(&report).starts_with("No camera and no possible camera among 0 devices."));
}

#[test]
fn lines_fit_and_nothing_steers_a_terminal() {
    let mut devices = devices();
    for device in &mut devices {
        device.model = Some("M\u{1b}]0;pwn\u{7}\u{202e}".repeat(50));
    }
    let mut report = office_of(devices, flows());
    for finding in &mut report.findings {
        finding.endpoint = "x\u{1b}[2J".repeat(30);
        let rule = Rule::AskedFor { name: "\u{9b}2J".repeat(80), outcome: LookUp::Denied };
        finding.reasons.push(Reason { rule, packets: vec![] });
    }
    let (view, mut out) = (view(Style::PLAIN, 100, true), Vec::new());
    write(&report, &view, &mut out).unwrap();
    explain_finding(&report, &report.findings[0], &flows(), &view, &mut out).unwrap();
    explain_device(&report, &report.devices()[0], &view, &mut out).unwrap();
    write_devices(&report.devices().iter().collect::<Vec<_>>(), &view, &mut out).unwrap();
    let shown = Shown { all: 2, by: "earliest" };
    write_flows(flows(), &shown, &view, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.chars().all(|c| c == '\n' || !is_unseen(c)));
    for line in text.lines().filter(|line| !line.contains("tshark") && !line.contains("lenscap ")) {
        assert!(page::width(line) <= 100, "{line}");
    }
}

#[test]
fn colours_only_where_wanted() {
    assert!(!rendered(&office(), Style::PLAIN).contains('\x1b'));
    let text = rendered(&office(), Style::COLOR);
    assert!(text.contains("\x1b[31mHIGH    \x1b[0m"));
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
    assert!(text.contains("  470 more: --json --select finding"));
    assert!(text.contains("  650 more: --json --select device"));
}

#[test]
fn a_finding_is_explained_down_to_its_packets() {
    let (report, mut out) = (office(), Vec::new());
    let view = view(Style::PLAIN, 100, false);
    explain_finding(&report, &report.findings[0], &flows()[..1], &view, &mut out).unwrap();
    golden("explained.txt", &String::from_utf8(out).unwrap());
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
    assert!(text.contains("NOT BALANCED: do not rely on this report."));
    assert!(text.replace('\n', " ").contains("Counting not complete."));
}

#[test]
fn brackets_in_a_name_are_no_parent() {
    let mut vendor = devices()[0].vendor.unwrap().clone();
    vendor.name = "D-Link (mydlink)".into();
    let named = devices().into_iter().map(|device| DeviceRecord { vendor: Some(&vendor), ..device });
    let report = office_of(named.collect(), flows());
    assert!(!rendered(&report, Style::PLAIN).contains("parent"));
}

#[test]
fn the_moment_of_the_first_cap_is_told() {
    let text = rendered(&office_over_memory(), Style::PLAIN).replace('\n', " ");
    let limit = "limits that were reached from 2026-03-02 10:54:07 UTC on: flows-evicted 40 and names 2;";
    assert!(text.contains(limit), "{text}");
}

#[test]
fn what_a_capture_says_was_lost_is_told_by_layer() {
    let lost = "packets lost while capturing, as the captures state it:";
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
    for said in ["1 packet and 1 flow in 1 capture", "1 more kind.", "1 more problem:", "1 packet, 1 byte ="]
    {
        assert!(joined.contains(said), "{said}:\n{text}");
    }
}

/// What `explain` says of the first finding, of a device and flows like these.
fn explained(device: DeviceRecord<'static>, flows: &[FlowView<'static>]) -> String {
    let (report, mut out) = (office_of(vec![device], vec![]), Vec::new());
    explain_finding(&report, &report.findings[0], flows, &plain(200), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_sum_leaves_out_what_errors_quote_and_is_not_told_of_what_it_cannot_add() {
    let (device, mut flow) = (devices().remove(0), flows().remove(0));
    assert!(explained(device.clone(), &[flow.clone()]).contains("&& !icmp && !icmpv6' -T fields"));
    flow.protocol = 1;
    assert!(!explained(device, &[flow]).contains("To add up its bytes"));
}

#[test]
fn a_doorbell_is_called_one() {
    let device = DeviceRecord { class: Some(DeviceClass::Doorbell), ..devices().remove(0) };
    assert!(explained(device, &flows()[..1]).contains("\n1 It is a doorbell"));
}

#[test]
fn evidence_of_one_kind_counts_once_and_names_its_protocol() {
    let mut device = devices().remove(0);
    let mut why = device.why[0].clone();
    (why.kind, why.value, why.weight) = (Evidence::DeviceRole, b"pppp".as_slice().into(), 70);
    let mut again = why.clone();
    again.packet = Some(crate::sample::at(550));
    device.why = vec![why, again];
    assert_eq!(words::evidence(&device, 0, 6), "sends the bulk of pppp #5");
    let text = explained(device, &flows()[..1]);
    assert!(text.contains("It sends the bulk of pppp #5, 70 points\n"), "{text}");
    assert!(text.contains("pppp #550, 70 points of the same kind as one above: not added"), "{text}");
}

#[test]
fn what_names_the_maker_alone_is_shown() {
    let mut device = devices().remove(0);
    let label = device.why[0].clone();
    device.why.push(WhyRecord {
        kind: Evidence::Banner,
        value: b"TNPUSAE-1".as_slice().into(),
        weight: 0,
        ..label
    });
    let text = explained(device.clone(), &flows()[..1]);
    assert!(text.contains("It shows TNPUSAE-1 #5, which names Hikvision\n"), "{text}");
    for why in &mut device.why {
        why.names_maker = false;
    }
    assert!(!explained(device, &flows()[..1]).contains("which names"));
}

#[test]
fn a_prefix_is_said_of_its_owner_and_a_cloud_is_no_protocol() {
    let mut platform = devices()[0].vendor.unwrap().clone();
    (platform.kind, platform.name) = (lenscap_catalog::VendorKind::IotPlatform, "Meari".into());
    let mut device: DeviceRecord<'_> = devices().remove(3);
    (device.maker, device.model) = (Some("Foo Co., Ltd."), Some("X1".into()));
    assert_eq!(words::maker_cell(&device), "Foo Co., Ltd. (by prefix) X1");
    (device.vendor, device.platform, device.cloud_of) = (Some(&platform), Some(&platform), Some(&platform));
    assert_eq!(words::maker_cell(&device), "Foo Co., Ltd. (by prefix), uses the cloud of Meari X1");
    device.cloud_of = None;
    assert_eq!(words::maker(&device), "prefix registered to Foo Co., Ltd., speaks the protocol of Meari X1");
}

#[test]
fn a_narrow_screen_keeps_a_reason_for_every_camera() {
    let reason = "calls itself DS-2CD2042WD-I #5";
    for width in [60, 80, 100, 120, 200] {
        let text = with(&office(), &view(Style::PLAIN, width, false));
        assert_eq!(text.matches(reason).count(), 3, "{width}:\n{text}");
    }
}

#[test]
fn what_is_said_of_columns_is_said_of_those_that_are_shown() {
    let said = |devices: &[&DeviceRecord<'_>], width| {
        let mut out = Vec::new();
        write_devices(devices, &view(Style::PLAIN, width, false), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap().replace('\n', " ");
        assert_eq!(text.contains("  inside"), text.contains("inside the site"), "{text}");
        assert_eq!(text.contains('('), text.contains("In brackets"), "{text}");
        text.contains("inside the site")
    };
    let mut all = devices();
    assert!(said(&all.iter().collect::<Vec<_>>(), 120));
    all[0].addresses = vec!["2001:db8:1234:5678:9abc:def0:1234:5678".parse().unwrap()];
    assert!(!said(&all.iter().collect::<Vec<_>>(), 60));
    let printer = DeviceRecord { maker: None, ..devices().remove(3) };
    assert!(said(&[&printer], 120));
}

#[test]
fn who_has_no_address_yet_is_called_by_its_mac() {
    let mut device = devices().remove(0);
    assert_eq!(called(&device), "192.168.1.64  Hikvision DS-2CD2042WD-I");
    device.addresses.clear();
    let mac = device.mac.unwrap().to_string();
    assert_eq!(called(&device), format!("{mac}  Hikvision DS-2CD2042WD-I"));
}

#[test]
fn the_screen_says_of_what_a_confidence_is() {
    let text = with(&office(), &view(Style::PLAIN, 100, false)).replace('\n', " ");
    assert!(
        text.contains("; confidence 93") && text.contains(", confidence the finding's. Checked: "),
        "{text}"
    );
    assert!(text.contains(" camera confidence 80;"), "{text}");
    let mut report = office();
    report.findings.clear();
    let text = with(&report, &view(Style::PLAIN, 100, false));
    assert!(text.contains("camera confidence ") && !text.contains("the finding's"), "{text}");
}

#[test]
fn bytes_are_told_from_the_side_of_the_device_whoever_began() {
    let (device, flow) = (devices().remove(0), flows().remove(0));
    let begun = explained(device.clone(), std::slice::from_ref(&flow));
    let turned = FlowView { orig: flow.resp, resp: flow.orig, ..flow };
    assert!(begun.contains("TCP of 192.168.1.64 port 49152 with 203.0.113.40 port 443: "), "{begun}");
    assert_eq!(explained(device, &[turned]), begun);
}

#[test]
fn doubts_about_addresses_are_clauses() {
    let devices = devices();
    let doubts = words::address_doubts(devices.last().expect("the printer")).collect::<Vec<_>>();
    assert_eq!(
        doubts,
        [
            "192.168.1.5 is used by two at once: 02:00:00:00:00:09 sends or answers for it, too",
            "sends from more than 4 sources that are not known as its own, to which nothing came back",
        ]
    );
}
