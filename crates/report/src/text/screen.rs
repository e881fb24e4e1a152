//! The first screen: what was found in one sentence, a line or two for each camera, what could not be seen, what to type
//! next. It never takes more than [`SCREEN`](super::SCREEN) lines: of many cameras the worst are told, one line each.

use super::limits::limits;
use super::page::{Page, broken, cut, width};
use super::row::{Row, row};
use super::words;
use super::{SCREEN, View};
use crate::time;
use crate::units;
use lenscap_flow::report::{Answer, Report, Severity};
use std::cmp::Reverse;
use std::fmt::Write as _;

/// Columns before and between cells.
const GAP: usize = 2;
/// Columns of the severity, and where all else begins.
const LABEL: usize = 8;
const INDENT: usize = GAP + LABEL + GAP;
/// Lines of what could not be seen.
const LIMITS: usize = 3;
/// Lines of what to type next; the first command is named however long its paths are.
const NEXT: usize = 6;
/// Columns down to which the maker and the other end may be cut.
const LEAST: (usize, usize) = (16, 20);

pub(super) fn push(page: &mut Page, report: &Report<'_>, view: &View) {
    let answer = report.answer();
    let head = headline(report, &answer);
    let rows: Vec<Row> = answer.told.iter().take(SCREEN).map(|told| row(report, told, view)).collect();
    let tail = tail(page, report, view, &answer);
    let head_lines = broken(&format!("{} {}", head.0, head.1), page.width);
    let taken: usize = head_lines.len() + tail.iter().map(|line| lines(line, page.width)).sum::<usize>();
    push_headline(page, &head);
    if !rows.is_empty() {
        page.gap();
        push_rows(page, &rows, answer.told.len(), SCREEN.saturating_sub(taken + 2), view);
    }
    page.gap();
    for line in tail {
        page.line(&line);
    }
}

/// Lines of a terminal that a line takes.
fn lines(line: &str, columns: usize) -> usize {
    width(line).div_ceil(columns).max(1)
}

/// What was found, and in what.
fn headline(report: &Report<'_>, answer: &Answer<'_, '_>) -> (String, String) {
    let mut found: Vec<String> =
        answer.classes.iter().map(|(class, count)| units::counted(*count, class.word())).collect();
    if answer.suspected > 0 {
        found.push(units::counted(answer.suspected, "possible camera"));
    }
    let devices = units::counted(answer.devices, "device");
    let found = match found.as_slice() {
        [] => format!("No camera and no possible camera among {devices}."),
        found => format!("{} among {devices}.", found.join(", ")),
    };
    (found, format!("{}{}", seen(report), whole(report, answer)))
}

/// In what it was found: for how long, how much.
fn seen(report: &Report<'_>) -> String {
    let overview = &report.overview;
    let packets = units::counted(overview.packets, "packet");
    let of = match report.captures.as_slice() {
        [only] => only
            .sha256
            .as_deref()
            .map_or_else(String::new, |hash| format!(", sha256 {}…", hash.get(..8).unwrap_or(hash))),
        many => format!(" in {}", units::counted(many.len() as u64, "capture")),
    };
    let stop = if of.ends_with('…') { "" } else { "." };
    let Some((start, end)) = overview.coverage.window else { return format!("{packets}{of}{stop}") };
    let span = units::span(end.0.saturating_sub(start.0));
    format!("{span} from {} UTC, {packets}{of}", time::plain(start)) + stop
}

/// Why the answer is not about everything.
fn whole(report: &Report<'_>, answer: &Answer<'_, '_>) -> String {
    let mut text = match answer.not_whole {
        (0, _) => String::new(),
        (_, 1) => " The capture could not be read whole.".into(),
        (some, all) => {
            format!(" {} of {} could not be read whole.", units::count(some), units::counted(all, "capture"))
        }
    };
    if !report.overview.exact {
        text.push_str(" Memory did not do: counts are at least so much.");
    }
    if !report.ledger.balanced() {
        text.push_str(" NOT BALANCED: do not rely on this report.");
    }
    text
}

fn push_headline(page: &mut Page, (found, rest): &(String, String)) {
    let text = format!("{found} {rest}");
    for (n, line) in broken(&text, page.width).into_iter().enumerate() {
        let styled = match line.strip_prefix(found.as_str()) {
            Some(rest) => format!("{}{rest}", page.style.bold(found)),
            None if n == 0 => page.style.bold(&line),
            None => line,
        };
        page.line(&styled);
    }
}

/// How wide the cells of the first line are; those that have no room begin the second.
struct Layout {
    address: usize,
    make: usize,
    amount: Option<usize>,
    to: Option<usize>,
    id: bool,
}

fn layout(rows: &[Row], columns: usize) -> Layout {
    let widest = |cell: fn(&Row) -> &str| rows.iter().map(|row| width(cell(row))).max().unwrap_or(0);
    let (address, amount) = (widest(|row| &row.address), widest(|row| &row.amount));
    let (make, to, id) = (widest(|row| &row.make), widest(|row| &row.to), widest(|row| &row.id));
    let least = (make.min(LEAST.0), to.min(LEAST.1));
    let room = |taken: &[usize]| {
        let taken: usize = taken.iter().map(|wide| wide + GAP).sum();
        columns.saturating_sub(INDENT + address + GAP + taken)
    };
    // All in one line; else the other end in the second; else the id, too; else all but the address and the maker.
    let all = room(&[amount, id]).saturating_sub(GAP);
    if all >= least.0 + least.1 {
        // The other end is whole before the maker is.
        let to = to.min(all - least.0);
        return Layout { address, make: make.min(all - to), amount: Some(amount), to: Some(to), id: true };
    }
    let (with_id, without) = (room(&[amount, id]), room(&[amount]));
    if with_id >= make.min(LEAST.0 / 2) {
        return Layout { address, make: make.min(with_id), amount: Some(amount), to: None, id: true };
    }
    if without >= make.min(LEAST.0 / 2) {
        return Layout { address, make: make.min(without), amount: Some(amount), to: None, id: false };
    }
    Layout { address, make: make.min(room(&[])), amount: None, to: None, id: false }
}

fn push_rows(page: &mut Page, rows: &[Row], all: usize, room: usize, view: &View) {
    let layout = layout(rows, page.width);
    // One line each where two do not fit, if the first line says it all.
    let can_be_one = layout.amount.is_some();
    let each = if all * 2 <= room || !can_be_one { 2 } else { 1 };
    let shown = if all * each <= room { all } else { room.saturating_sub(1) / each };
    for row in rows.iter().take(shown.min(rows.len())) {
        push_row(page, row, &layout, each == 2);
    }
    if all > shown {
        let more = units::counted((all - shown) as u64, "more");
        let more = more.trim_end_matches('s');
        let whole = again(view, "--long").map(|command| format!("  {more}: {command}"));
        let whole = whole.filter(|line| width(line) <= page.width);
        page.line(&whole.unwrap_or_else(|| format!("  {more} (--long)")));
    }
}

fn push_row(page: &mut Page, row: &Row, layout: &Layout, second: bool) {
    let style = page.style;
    let label = format!("{:LABEL$}", row.label);
    let label = row.severity.map_or_else(|| label.clone(), |severity| style.severity(severity, &label));
    let pad = |text: &str, wide: usize| format!("{text}{:1$}", "", wide.saturating_sub(width(text)));
    let make = cut(&row.make, layout.make);
    let mut line =
        format!("  {label}  {}  {}", style.bold(&pad(&row.address, layout.address)), pad(&make, layout.make));
    let mut words = Vec::new();
    match layout.amount {
        Some(wide) => {
            let space = wide.saturating_sub(width(&row.amount));
            _ = write!(line, "  {:space$}{}", "", style.bold(&row.amount));
        }
        None => words.push(row.amount.clone()),
    }
    match layout.to {
        Some(wide) => _ = write!(line, "  {}", pad(&cut(&row.to, wide), wide)),
        None => words.extend(Some(row.to.clone()).filter(|to| !to.is_empty())),
    }
    if !row.id.is_empty() {
        if layout.id {
            _ = write!(line, "  {}", style.dim(&row.id));
        } else {
            words.push(format!("id {}", row.id));
        }
    }
    page.line(&line);
    if second {
        let whose = words.len();
        words.extend(row.words.iter().cloned());
        // What was cut in the first line is whole in the second, behind who received and how.
        if row.make != make {
            words.insert((whose + 2).min(words.len()), row.make.clone());
        }
        let line = fitted(&words, whose, page.width.saturating_sub(INDENT));
        page.line(&format!("{:INDENT$}{line}", ""));
    }
}

/// Columns from which on a clause is worth its beginning.
const WORTH: usize = 28;

/// The clauses that fit in so many columns, in their order. One that is `told` in any case is cut where it does not fit.
fn fitted(clauses: &[String], told: usize, columns: usize) -> String {
    let Some((first, rest)) = clauses.split_first() else { return String::new() };
    let mut line = cut(first, columns);
    for (n, clause) in rest.iter().enumerate() {
        let room = columns.saturating_sub(width(&line) + 2);
        let fits = width(clause) <= room;
        if fits || (n + 1 == told && room >= WORTH) {
            _ = write!(line, "; {}", cut(clause, room));
        }
    }
    line
}

/// What follows the rows: other findings, what could not be seen, the unit, what to type next.
fn tail(page: &Page, report: &Report<'_>, view: &View, answer: &Answer<'_, '_>) -> Vec<String> {
    let mut lines = Vec::new();
    if answer.told.is_empty() {
        let most = most_sent(report, view);
        lines.extend(most.iter().flat_map(|text| broken(text, page.width)));
    }
    if let Some((count, worst)) = answer.others().filter(|(_, worst)| *worst > Severity::Info) {
        let findings = units::counted(count, "finding");
        lines.extend(broken(
            &format!("Other devices: {findings}, the worst {} (--long).", worst.word()),
            page.width,
        ));
    }
    lines.extend(unseen(&limits(report, view), page.width));
    lines.extend(broken(&books(report, view), page.width));
    lines.extend(next(report, answer, view, page.width));
    lines
}

/// Which device sent most outside, where none is a camera that would be told.
fn most_sent(report: &Report<'_>, view: &View) -> Option<String> {
    let device =
        report.devices().iter().max_by_key(|device| (device.bytes_out_external, Reverse(&device.id)))?;
    let bytes = device.bytes_out_external;
    let maker = words::maker(device);
    (bytes > 0).then(|| {
        format!(
            "Most was sent outside by {} ({maker}): {} of IP bytes.",
            words::address(device),
            view.numbers.bytes(bytes)
        )
    })
}

/// `Could not be seen: …`, in so many lines at most.
fn unseen(limits: &[String], columns: usize) -> Vec<String> {
    const ALWAYS: &str = "What was not captured may still have happened.";
    for told in (1..=limits.len()).rev() {
        let more = limits.len() - told;
        let clauses = limits.get(..told).unwrap_or_default().join("; ");
        let more = if more > 0 {
            format!("; and {} more (--long)", units::count(more as u64))
        } else {
            String::new()
        };
        let lines = broken(&format!("Could not be seen: {clauses}{more}. {ALWAYS}"), columns);
        if lines.len() <= LIMITS || told == 1 {
            return lines;
        }
    }
    broken(ALWAYS, columns)
}

/// The unit of all bytes on the screen, and whether the counting holds.
fn books(report: &Report<'_>, view: &View) -> String {
    let repeated: u64 = report.findings.iter().map(|finding| finding.repeated).sum();
    let apart = match repeated {
        0 => String::new(),
        bytes => format!("; {} came again and are counted apart", view.numbers.bytes(bytes)),
    };
    let balanced = if report.ledger.balanced() { "Balanced" } else { "NOT BALANCED" };
    let complete = if report.overview.exact { "complete" } else { "not complete" };
    format!("Bytes are payload sent once{apart}. {balanced}. Counting {complete}.")
}

/// The same command over the same inputs with another option.
fn again(view: &View, option: &str) -> Option<String> {
    let typed = &view.typed;
    (!typed.inputs.is_empty()).then(|| format!("lenscap {} {} {option}", typed.command, typed.inputs))
}

fn next(report: &Report<'_>, answer: &Answer<'_, '_>, view: &View, columns: usize) -> Vec<String> {
    let inputs = &view.typed.inputs;
    let finding = answer.told.iter().find_map(lenscap_flow::report::Told::first).or(report.findings.first());
    let id = finding.map(|finding| words::short_id(report, &finding.id));
    let mut commands = Vec::new();
    if inputs.is_empty() {
        if let Some(id) = &id {
            commands.push(format!("keep the packets in a file, then: lenscap explain {id} FILE"));
        }
    } else {
        if let Some(id) = &id {
            commands.push(format!("lenscap explain {id} {inputs}"));
            if view.typed.packets {
                commands.push(format!("lenscap extract {id} {inputs} -w proof.pcapng"));
            }
        } else {
            commands.push(format!("lenscap devices {inputs}"));
        }
        if !view.long {
            commands.extend(again(view, "--long"));
        }
    }
    let line =
        |(n, command): (usize, String)| format!("{}{command}", if n == 0 { "Next: " } else { "      " });
    let mut all: Vec<String> = commands.into_iter().enumerate().map(line).collect();
    while all.len() > 1 && all.iter().map(|line| lines(line, columns)).sum::<usize>() > NEXT {
        all.pop();
    }
    all
}
