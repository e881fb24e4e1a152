//! The first screen: what was found in one sentence, a line or two for each camera, what could not be seen, what to type
//! next. It never takes more than [`SCREEN`](super::SCREEN) lines: of many cameras the worst are told, one line each.

mod tail;

use super::limits;
use super::page::{Page, broken, cut, cut_clause, width};
use super::row::{Row, row};
use super::{SCREEN, View};
use crate::time;
use crate::units;
use lenscap_flow::report::{Answer, Report};
use std::fmt::Write as _;
use tail::{BESIDE, again, tail};

/// Columns before and between cells.
const GAP: usize = 2;
/// Columns of the severity, and where all else begins.
const LABEL: usize = 8;
const INDENT: usize = GAP + LABEL + GAP;
/// Lines that a camera needs for whom it called, how sure that is, and a reason; and for how many a command is given up.
const EACH: usize = 4;
const FEW: usize = 3;
/// Columns below which a camera takes more lines.
const NARROW: usize = 100;
/// Columns down to which the maker and the other end may be cut.
const LEAST: (usize, usize) = (16, 20);

pub(super) fn push(page: &mut Page, report: &Report<'_>, view: &View) {
    let answer = report.answer();
    let head = headline(report, &answer);
    let rows: Vec<Row> = answer.told.iter().take(SCREEN).map(|told| row(report, told, view)).collect();
    let mut tail = tail(page, report, view, &answer);
    let head_lines = broken(&format!("{} {}", head.0, head.1), page.width);
    let mut taken: usize = head_lines.len() + tail.iter().map(|line| lines(line, page.width)).sum::<usize>();
    // A reason for a camera comes before a second command, where there are few of both.
    let few = (1..=FEW).contains(&rows.len());
    while few
        && taken + 2 + rows.len() * EACH > SCREEN
        && let Some(line) = tail.pop_if(|line| line.starts_with(BESIDE))
    {
        taken -= lines(&line, page.width);
    }
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
        [] if limits::is_mostly_unread(report) => {
            format!(
                "No camera was seen among {devices}, and most of the capture was not read: that is no all-clear."
            )
        }
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
    let (span, start) = (end.0.saturating_sub(start.0), time::plain(start));
    let when =
        if span > 0 { format!("{} from {start} UTC", units::within(span)) } else { format!("{start} UTC") };
    format!("{when}, {packets}{of}{stop}")
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
    // As many lines as there is room for, up to three of words, five on a narrow page; one line each where two do not fit, if the
    // first line says it all.
    let most = if page.width < NARROW { EACH + 2 } else { EACH };
    let can_be_one = layout.amount.is_some();
    let each = (room / all.max(1)).clamp(if can_be_one { 1 } else { 2 }, most);
    let shown = if all * each <= room { all } else { room.saturating_sub(1) / each };
    // What is left over goes to the worst, which stand first: what has no room is left out of the least. On a narrow page possible
    // cameras come before them: their clause of how sure that is takes a line there, and without a reason they are but a claim.
    let over = if all == shown && (EACH - 1..most).contains(&each) { room - all * each } else { 0 };
    let narrow = page.width < NARROW;
    let mut wants: Vec<(bool, usize)> =
        rows.iter().take(shown).enumerate().map(|(n, row)| (narrow && !row.is_possible, n)).collect();
    wants.sort_unstable();
    wants.truncate(over);
    for (n, row) in rows.iter().take(shown).enumerate() {
        let has_more = wants.iter().any(|(_, wanting)| *wanting == n);
        push_row(page, row, &layout, each - usize::from(!has_more));
    }
    if all > shown {
        let more = units::counted((all - shown) as u64, "more");
        let more = more.trim_end_matches('s');
        let whole = again(view, "--long").map(|command| format!("  {more}: {command}"));
        let whole = whole.filter(|line| width(line) <= page.width);
        page.line(&whole.unwrap_or_else(|| format!("  {more} (--long)")));
    }
}

/// Writes a row: its first line, and its words in so many more.
fn push_row(page: &mut Page, row: &Row, layout: &Layout, more: usize) {
    let style = page.style;
    let label = format!("{:LABEL$}", row.label);
    let label = row.severity.map_or_else(|| label.clone(), |severity| style.severity(severity, &label));
    let pad = |text: &str, wide: usize| format!("{text}{:1$}", "", wide.saturating_sub(width(text)));
    let make = cut(&row.make, layout.make);
    let mut line =
        format!("  {label}  {}  {}", style.bold(&pad(&row.address, layout.address)), pad(&make, layout.make));
    // What has no room in the first line: how much and to whom stands before all else, the id behind who received it.
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
    let called = words.len();
    words.extend(row.words.iter().cloned());
    let mut sure = called + row.sure;
    let mut put = |words: &mut Vec<String>, at: usize, text: String| {
        let at = at.min(words.len());
        sure += usize::from(at <= sure);
        words.insert(at, text);
    };
    // What was cut in the first line is whole below, behind who received, how sure it is, and one reason.
    if row.make != make {
        put(&mut words, called + row.sure + 2, row.make.clone());
    }
    if !row.id.is_empty() {
        if layout.id {
            _ = write!(line, "  {}", style.dim(&row.id));
        } else {
            put(&mut words, if more > 1 { called + 1 } else { called }, format!("id {}", row.id));
        }
    }
    page.line(&line);
    if more == 0 {
        return;
    }
    let lines =
        clauses(words, (called, sure), (more, layout.to.is_none()), page.width.saturating_sub(INDENT));
    for text in lines {
        page.line(&format!("{:INDENT$}{text}", ""));
    }
}

/// Clauses in so many lines at most, each of so many columns. On a narrow page the first has what comes up to who was `called`;
/// how `sure` it is stands in one of them.
fn clauses(
    mut words: Vec<String>,
    (called, mut sure): (usize, usize),
    (most, narrow): (usize, bool),
    columns: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut told = Some(called);
    if narrow && most > 1 && called < sure {
        let behind = words.split_off((called + 1).min(words.len()));
        let (line, _) = fitted(&words, told, None, columns);
        lines.push(line);
        sure -= words.len();
        (words, told) = (behind, None);
    }
    while lines.len() < most && !words.is_empty() {
        let last = lines.len() + 1 == most;
        let (line, left) = fitted(&words, told, Some(sure).filter(|_| last), columns);
        lines.push(line);
        sure = left.iter().position(|&n| n == sure).unwrap_or(usize::MAX);
        words = left.into_iter().filter_map(|n| words.get(n).cloned()).collect();
        told = None;
    }
    lines
}

/// Columns from which on a clause is worth its beginning.
const WORTH: usize = 24;

/// The clauses that fit in so many columns, in their order, and the places of those that do not. One that is `told` in any case is
/// cut where it does not fit; how `sure` it is takes its room from those before it.
fn fitted(
    clauses: &[String],
    told: Option<usize>,
    sure: Option<usize>,
    columns: usize,
) -> (String, Vec<usize>) {
    let kept = sure.and_then(|sure| clauses.get(sure)).map_or(0, |clause| width(clause) + 2);
    let (mut line, mut left) = (String::new(), Vec::new());
    for (n, clause) in clauses.iter().enumerate() {
        let taken = if n == 0 { 0 } else { width(&line) + 2 };
        let room = columns.saturating_sub(taken + if sure.is_some_and(|sure| n < sure) { kept } else { 0 });
        if n == 0 {
            line = cut_clause(clause, room);
        } else if width(clause) <= room || (Some(n) == told && room >= WORTH) {
            _ = write!(line, "; {}", cut_clause(clause, room));
        } else {
            left.push(n);
        }
    }
    (line, left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tests::plain;

    #[test]
    fn what_has_no_room_is_left_out_of_the_least_row() {
        let words = ["which it called a.example #7", "confidence 80", "serves RTSP #9", "named in a list"];
        // Each is so long that two do not fit in one line.
        let long =
            |word: &str| format!("{word}, and whatever else is to be said of that here, up to its end");
        let row = |severity: &str| Row {
            severity: None,
            label: severity.to_owned(),
            is_possible: severity == "POSSIBLE",
            address: "192.168.1.64".into(),
            make: "Maker".into(),
            amount: "1 B sent".into(),
            to: "to 203.0.113.40".into(),
            id: "7e72532f".into(),
            words: words.iter().map(|word| long(word)).collect(),
            sure: 1,
        };
        let rows = ["HIGH", "MEDIUM", "LOW", "POSSIBLE"].map(row);
        let view = plain(100);
        let said = |room| {
            let mut page = view.page();
            push_rows(&mut page, &rows, rows.len(), room, &view);
            let text = page.text();
            let lines: Vec<usize> =
                text.split("192.168.1.64").skip(1).map(|row| row.lines().count()).collect();
            lines
        };
        let (least, more) = (said(12), said(14));
        assert!(more[0] > least[0] && more[1] > least[1], "{more:?}");
        assert_eq!(more[2..], least[2..]);
    }
}
