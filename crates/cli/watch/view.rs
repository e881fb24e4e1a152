//! What a watch says in text: a line of rates, a line a finding, and what is new. On a terminal it is drawn anew every second;
//! elsewhere news are lines as they come, and the rates are a line a minute.

use super::loss::Loss;
use super::news::{How, News};
use lenscap_flow::report::{DeviceRecord, Finding, FindingKind, Outcome, Report, Severity, Standing};
use lenscap_report::escape::escape;
use lenscap_report::{text, time, units};
use lenscap_wire::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Findings that are shown at once.
const FINDINGS: usize = 20;
/// News that stay on a terminal.
const NEWS: usize = 8;
/// Digits of an id that are drawn: there is more room where a line is written once.
const ID: usize = 8;
/// How often the rates are said where nobody draws over them.
const RATES: Duration = Duration::from_mins(1);

/// What the rates are told from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Packets that were lost.
    pub(super) lost: Loss,
    /// Bytes that were acknowledged and never captured, of flows that ended.
    pub(super) missed: u64,
    pub(super) flows: u64,
    /// Bytes of state, and how many there may be.
    pub(super) memory: (u64, u64),
    /// How long it has run.
    pub(super) up: Duration,
}

/// Text as it is said.
pub(super) struct View {
    name: String,
    /// How many columns and rows there are to draw over; nothing where lines are written one below another.
    screen: Option<fn() -> (usize, usize)>,
    before: Sums,
    /// When the rates were last said.
    rated: Duration,
    /// Bytes that each finding had sent before, by id.
    sent: HashMap<String, u64>,
    news: VecDeque<String>,
    /// Lines that are drawn over.
    drawn: usize,
}

impl View {
    /// A view of what is called `name`, on a screen that says how large it is.
    pub(super) fn new(name: &str, screen: Option<fn() -> (usize, usize)>) -> Self {
        Self {
            name: escape(name.as_bytes()).into_owned(),
            screen,
            before: Sums::default(),
            rated: Duration::ZERO,
            sent: HashMap::new(),
            news: VecDeque::new(),
            drawn: 0,
        }
    }

    /// How long nothing is said at most.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs(if self.screen.is_some() { 1 } else { 5 })
    }

    /// What is to be written now.
    pub(super) fn say(
        &mut self,
        report: &Report<'_>,
        news: &[News<'_, '_>],
        now: Timestamp,
        sums: Sums,
    ) -> String {
        let devices = by_id(report);
        let digits = if self.screen.is_some() { ID } else { usize::MAX };
        let new: Vec<_> = news.iter().filter_map(|news| sentence(&devices, news, digits)).collect();
        let new = new.into_iter().map(|sentence| format!("{}  {sentence}", clock(now)));
        let Some(screen) = self.screen else {
            let mut text: String = new.map(|line| line + "\n").collect();
            if sums.up.saturating_sub(self.rated) >= RATES {
                text += &self.rates(sums);
                text.push('\n');
            }
            return text;
        };
        let (columns, rows) = screen();
        self.news.extend(new);
        self.news.drain(..self.news.len().saturating_sub(NEWS));
        let mut lines = vec![self.rates(sums)];
        let passed = sums.up.saturating_sub(self.before.up).as_millis().max(1) as u64;
        // What is above the screen is not drawn over: one row is the rates', one the cursor's.
        let room = rows.saturating_sub(2);
        let told = self.news.len().min(room / 2);
        let most = FINDINGS.min(room - told);
        let shown = if report.findings.len() > most { most.saturating_sub(1) } else { most };
        lines.extend(
            report.findings.iter().take(shown).map(|finding| self.finding(&devices, finding, passed)),
        );
        let more = report.findings.len().saturating_sub(shown);
        if more > 0 {
            lines.push(format!("  and {}", units::counted(more as u64, "more finding")));
        }
        lines.extend(self.news.iter().skip(self.news.len() - told).cloned());
        self.sent = report.findings.iter().map(|finding| (finding.id.clone(), finding.bytes_out)).collect();
        self.before = sums;
        self.draw(&lines, columns)
    }

    /// Takes away what was drawn.
    pub(super) fn clear(&mut self) -> String {
        self.draw(&[], 0)
    }

    fn draw(&mut self, lines: &[String], columns: usize) -> String {
        let mut text = match std::mem::replace(&mut self.drawn, lines.len()) {
            0 => String::new(),
            up => format!("\x1b[{up}A\x1b[J"),
        };
        for line in lines {
            // A line that wraps would be drawn over in part only.
            text += &text::cut(line, columns);
            text.push('\n');
        }
        text
    }

    fn rates(&mut self, sums: Sums) -> String {
        let since =
            if self.screen.is_some() { self.before.up } else { std::mem::replace(&mut self.rated, sums.up) };
        let passed = sums.up.saturating_sub(since).as_millis().max(1) as u64;
        let rate = |now: u64, before: u64| now.saturating_sub(before).saturating_mul(1000) / passed;
        let lost = lost(sums.lost, sums.lost - self.before.lost);
        let missed = match sums.missed {
            0 => String::new(),
            bytes => format!("  missed {}", units::bytes(bytes)),
        };
        let line = format!(
            "{}  {} packets/s  {}/s  {lost}{missed}  {}  {} of {}  up {}",
            self.name,
            units::count(rate(sums.packets, self.before.packets)),
            units::bytes(rate(sums.bytes, self.before.bytes)),
            units::counted(sums.flows, "flow"),
            units::bytes(sums.memory.0),
            units::bytes(sums.memory.1),
            units::span(i64::try_from(sums.up.as_nanos()).unwrap_or(i64::MAX)),
        );
        if self.screen.is_none() {
            self.before = sums;
        }
        line
    }

    fn finding(&self, devices: &Devices<'_, '_>, finding: &Finding<'_>, passed: u64) -> String {
        let before = self.sent.get(&finding.id).copied().unwrap_or(finding.bytes_out);
        let now = finding.bytes_out.saturating_sub(before).saturating_mul(1000) / passed;
        format!("  {}", told(devices, finding, ID, now))
    }
}

/// What was lost in all, by layer, and since it was last said.
fn lost(all: Loss, since: Loss) -> String {
    let layers = all.layers().into_iter().enumerate();
    // Between is said of streams and files alone.
    let layers = layers.filter(|(n, (_, count))| *n < 2 || *count > 0);
    let layers: Vec<_> =
        layers.map(|(_, (layer, count))| format!("{layer} {}", units::count(count))).collect();
    let now = match since.packets() {
        0 => String::new(),
        count => format!("; {} now", units::count(count)),
    };
    format!("lost {} ({}{now})", units::count(all.packets()), layers.join(", "))
}

/// Devices by their ids: a network may have as many findings as devices.
type Devices<'r, 'a> = HashMap<&'r str, &'r DeviceRecord<'a>>;

fn by_id<'r, 'a>(report: &'r Report<'a>) -> Devices<'r, 'a> {
    report.devices().iter().map(|device| (device.id.as_str(), device)).collect()
}

/// The time of day, in UTC.
fn clock(now: Timestamp) -> String {
    let plain = time::plain(now);
    plain.split_once(' ').map_or_else(|| plain.clone(), |(_, clock)| clock.to_string())
}

/// News as a sentence; nothing where it is none to people, such as another laptop.
fn sentence(devices: &Devices<'_, '_>, news: &News<'_, '_>, digits: usize) -> Option<String> {
    match *news {
        News::Device(device, how) => {
            let is_told = matches!(device.standing, Standing::Camera | Standing::Suspected);
            let new = if how == How::New { "new " } else { "" };
            is_told.then(|| format!("{new}{} {}", text::class(device), text::called(device)))
        }
        News::Finding(_, How::Grown) => None,
        News::Finding(finding, _) => Some(told(devices, finding, digits, 0)),
    }
}

/// A finding in a line, with so many digits of its id, and how many bytes a second it sends now. What is cut off a narrow screen is
/// the least.
fn told(devices: &Devices<'_, '_>, finding: &Finding<'_>, digits: usize, now: u64) -> String {
    let device = devices.get(finding.device.as_str()).copied();
    let severity = if finding.severity >= Severity::Medium {
        finding.severity.word().to_uppercase()
    } else {
        finding.severity.word().to_string()
    };
    let possible = if finding.standing == Standing::Suspected { "possible camera " } else { "" };
    let now = if now > 0 { format!(", now {}/s", units::bytes(now)) } else { String::new() };
    format!(
        "{severity:8} {}  {possible}{}  {} sent{now}  {} {}  {} received",
        finding.id.get(..digits).unwrap_or(&finding.id),
        device.map_or_else(|| escape(finding.device.as_bytes()).into_owned(), text::called),
        units::bytes(finding.unseen().unwrap_or(finding.bytes_out)),
        deed(finding),
        escape(finding.endpoint.as_bytes()),
        units::bytes(finding.bytes_in),
    )
}

/// What the device did to the other end, in the words of the report.
fn deed(finding: &Finding<'_>) -> &'static str {
    match finding.kind {
        FindingKind::Exfiltration if finding.outcome == Outcome::Refused => "upload, refused, to",
        FindingKind::Exfiltration if finding.unseen().is_some() => "not captured, acknowledged by",
        FindingKind::Exfiltration => "uploads to",
        FindingKind::Telemetry => "reports to",
        FindingKind::Exposure => "called from outside by",
        FindingKind::Attempt => "tried to reach",
        FindingKind::Contact | FindingKind::VendorContact if finding.outcome == Outcome::NotCaptured => {
            "sent, no answer captured, to"
        }
        FindingKind::Contact | FindingKind::VendorContact => "in contact with",
    }
}

#[cfg(test)]
mod tests {
    use super::super::news::Heard;
    use super::*;
    use lenscap_flow::report::{Ledger, Overview, RecordLists};

    fn nothing() -> Report<'static> {
        Report::new(vec![], RecordLists::default(), vec![], Ledger::default(), Overview::default())
    }

    fn sums(seconds: u64, packets: u64) -> Sums {
        let memory = (1 << 20, 1 << 30);
        Sums {
            packets,
            bytes: packets * 100,
            lost: Loss { interface: 1, ring: 2, between: 0 },
            missed: 1460,
            flows: 3,
            memory,
            up: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn the_rates_are_a_line_a_minute() {
        let mut view = View::new("eth0\x1b", None);
        let mut say = |seconds, packets| {
            let report = nothing();
            let news = Heard::default().news(&report);
            view.say(&report, &news, Timestamp(0), sums(seconds, packets))
        };
        assert_eq!(say(30, 3000), "");
        let line = "eth0\\x1b  100 packets/s  10.0 kB/s  lost 3 (interface 1, ring 2; 3 now)  missed 1.5 kB  3 flows  1.0 MB of 1.1 GB  up 1 min\n";
        assert_eq!(say(60, 6000), line);
        assert_eq!(say(119, 9000), "");
        let line = say(120, 18_000);
        assert!(line.contains("  200 packets/s"), "since the last time that it was said");
        assert!(line.contains("lost 3 (interface 1, ring 2)  "), "and none was lost since");
    }

    #[test]
    fn a_terminal_is_drawn_over() {
        let mut view = View::new("eth0", Some(|| (100, 24)));
        assert!(!view.say(&nothing(), &[], Timestamp(0), sums(1, 10)).contains('\x1b'));
        assert!(view.say(&nothing(), &[], Timestamp(0), sums(2, 10)).starts_with("\x1b[1A\x1b[J"));
        assert_eq!(view.clear(), "\x1b[1A\x1b[J");
        assert_eq!(view.clear(), "");
    }

    /// A line that wraps, or one above the first row, would never be drawn over.
    #[test]
    fn what_is_drawn_fits_the_screen() {
        let mut view = View::new(&"eth0 ".repeat(40), Some(|| (40, 7)));
        view.news = (0..30).map(|n| format!("09:00:00  {n} {}", "門".repeat(60))).collect();
        let drawn = view.say(&nothing(), &[], Timestamp(0), sums(1, 10));
        assert!(drawn.lines().count() <= 6, "{drawn}");
        assert!(drawn.lines().all(|line| line.chars().count() <= 40 && line.ends_with('…')), "{drawn}");
        assert!(drawn.contains("09:00:00  29 "), "the last is news");
        let wide = |line: &str| line.chars().filter(|c| *c == '門').count();
        assert!(drawn.lines().all(|line| wide(line) <= 14), "{drawn}");
    }
}
