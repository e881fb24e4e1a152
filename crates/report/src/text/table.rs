//! A table that fits the page: columns as wide as they need, those that may be cut giving way, and where that is not
//! enough, those that may be missing left out.

use super::page::{Page, broken, cut, cut_clause, width};
use std::fmt::Write as _;

/// A column.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Whether cells stand at the right edge.
    right: bool,
    /// The width down to which the column may be cut; never below, and no cut where `None`.
    least: Option<usize>,
    /// Whether what does not fit goes on below, and is not cut.
    wraps: bool,
    /// Whether a name in it is cut at its beginning.
    names: bool,
    /// Which columns are left out first on a narrow page: the highest number. One of 0 never is.
    rank: u8,
}

impl Column {
    /// Text that is never cut.
    pub(super) const fn whole(title: &'static str) -> Self {
        Self { title, right: false, least: None, wraps: false, names: false, rank: 0 }
    }

    /// Text that may be cut to `least` columns.
    pub(super) const fn text(title: &'static str, least: usize) -> Self {
        Self { least: Some(least), ..Self::whole(title) }
    }

    /// Text that may be cut to `least` columns, a name in it at its beginning.
    pub(super) const fn name(title: &'static str, least: usize) -> Self {
        Self { names: true, ..Self::text(title, least) }
    }

    /// Text that goes on in further lines where the column is too narrow for it, down to `least` columns.
    pub(super) const fn wrapped(title: &'static str, least: usize) -> Self {
        Self { wraps: true, ..Self::text(title, least) }
    }

    /// A number.
    pub(super) const fn number(title: &'static str) -> Self {
        Self { right: true, ..Self::whole(title) }
    }

    /// The same column, that may be left out.
    pub(super) const fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }
}

/// Columns between two cells, and before the first.
const GAP: usize = 2;
/// Lines that a cell takes at most.
const LINES: usize = 6;
/// Columns of the longest word that a column which wraps makes room for.
const WORD: usize = 16;

/// Writes a heading, where there is one, and rows. Returns the titles of the columns that there was room for.
pub(super) fn push(
    page: &mut Page,
    heading: &str,
    columns: &[Column],
    rows: &[Vec<String>],
) -> Vec<&'static str> {
    if !heading.is_empty() {
        page.gap();
        let heading = page.style.bold(heading);
        page.line(&heading);
    }
    let columns = widths(columns, rows, page.width);
    let titles: Vec<String> = columns.iter().map(|(_, column, _)| column.title.to_owned()).collect();
    let titles = line(&columns, |shown| titles.get(shown).map_or("", String::as_str));
    let titles = page.style.dim(&titles);
    page.line(&titles);
    for row in rows {
        let cells: Vec<Vec<String>> = columns.iter().map(|column| cell(row, column)).collect();
        for n in 0..cells.iter().map(Vec::len).max().unwrap_or(0).max(1) {
            let part =
                |shown: usize| cells.get(shown).and_then(|cell| cell.get(n)).map_or("", String::as_str);
            page.line(&line(&columns, part));
        }
    }
    columns.iter().map(|(_, column, _)| column.title).collect()
}

/// The lines of a cell: one, or several where its column wraps.
fn cell(row: &[String], &(place, column, wide): &Shown) -> Vec<String> {
    let text = row.get(place).map_or("", String::as_str);
    if !column.wraps {
        return vec![if column.names { cut_clause(text, wide) } else { cut(text, wide) }];
    }
    let mut lines = broken(text, wide.max(2));
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} …"), wide);
        }
    }
    lines
}

/// A column that is shown: its place among all, and its width.
type Shown = (usize, Column, usize);

/// One line, of the cells of the columns that are shown.
fn line<'c>(columns: &[Shown], cell: impl Fn(usize) -> &'c str) -> String {
    let mut line = String::new();
    for (n, &(_, column, wide)) in columns.iter().enumerate() {
        let cell = cut(cell(n), wide);
        let space = wide.saturating_sub(width(&cell));
        let (before, after) = if column.right { (space, 0) } else { (0, space) };
        _ = write!(line, "{:GAP$}{:before$}{cell}{:after$}", "", "", "");
    }
    line.trim_end().to_owned()
}

/// Natural widths; where their sum is too much, the widest that may be cut gives way, column by column, once those are
/// left out without which the rest fits.
fn widths(columns: &[Column], rows: &[Vec<String>], most: usize) -> Vec<Shown> {
    let natural = |(place, column): (usize, &Column)| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| width(cell));
        (place, *column, cells.chain([width(column.title)]).max().unwrap_or(0))
    };
    let mut shown: Vec<Shown> = columns.iter().enumerate().map(natural).collect();
    // A word stays whole where other columns can be left out, or give way, for it.
    let whole = |(place, column, wide): &Shown| {
        let words = rows.iter().filter_map(|row| row.get(*place)).flat_map(|cell| cell.split(' '));
        let longest = words.filter(|_| column.wraps).map(width).max().unwrap_or(0).min(WORD);
        column.least.map_or(*wide, |least| least.max(longest).min(*wide))
    };
    let words: Vec<usize> = shown.iter().map(whole).collect();
    let least = |(place, ..): &Shown| words.get(*place).map_or(0, |least| least + GAP);
    while shown.iter().map(least).sum::<usize>() > most {
        let Some(out) = (0..shown.len()).max_by_key(|n| shown.get(*n).map(|(_, column, _)| column.rank))
        else {
            break;
        };
        if shown.get(out).is_none_or(|(_, column, _)| column.rank == 0) {
            break;
        }
        shown.remove(out);
    }
    let all: usize = shown.iter().map(|(.., wide)| wide + GAP).sum();
    let mut over = all.saturating_sub(most);
    for keeps_words in [true, false] {
        while over > 0 {
            let may = |(place, column, wide): &&mut Shown| {
                let word = words.get(*place).copied().unwrap_or(0);
                column.least.is_some_and(|least| *wide > if keeps_words { least.max(word) } else { least })
            };
            let Some((.., wide)) = shown.iter_mut().filter(may).max_by_key(|(.., wide)| *wide) else { break };
            *wide -= 1;
            over -= 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::*;

    fn pushed(columns: &[Column], most: usize) -> Vec<String> {
        let rows = [
            vec!["192.0.2.1".to_owned(), "n".repeat(500), "1.0 kB".to_owned()],
            vec!["192.0.2.100".to_owned(), "short".to_owned(), "12 B".to_owned()],
        ];
        let mut page = Page::new(Style::PLAIN, most);
        push(&mut page, "TABLE", columns, &rows);
        page.text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn long_cells_give_way() {
        let columns = [Column::whole("address"), Column::text("name", 6), Column::number("sent")];
        let lines = pushed(&columns, 100);
        assert_eq!(lines[0], "TABLE");
        assert_eq!(width(&lines[2]), 100);
        assert!(lines[2].ends_with("n…  1.0 kB"));
        assert!(lines[3].ends_with("    12 B"));
    }

    #[test]
    fn what_does_not_fit_goes_on_below() {
        let columns = [Column::whole("address"), Column::wrapped("why", 6)];
        let rows = [vec!["192.0.2.1".to_owned(), "answers as a camera in sadp".to_owned()]];
        let pushed = |text: &str, most| {
            let rows = [vec!["192.0.2.1".to_owned(), text.to_owned()]];
            let mut page = Page::new(Style::PLAIN, most);
            push(&mut page, "", &columns, &rows);
            page.text().lines().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            pushed(&rows[0][1], 27),
            ["  address    why", "  192.0.2.1  answers as a", "             camera in sadp"]
        );
        let long = pushed(&"word ".repeat(500), 60);
        assert_eq!(long.len(), 1 + LINES);
        assert!(long.iter().all(|line| width(line) <= 60) && long[LINES].ends_with('…'), "{long:?}");
    }

    #[test]
    fn a_word_stays_whole_where_another_column_can_be_left_out() {
        let columns = [Column::whole("address"), Column::wrapped("maker", 6), Column::number("in").ranked(1)];
        let rows = [vec!["192.0.2.1".into(), "Foo Systemtechnik GmbH".into(), "1,000,000".into()]];
        let of = |most| {
            let mut page = Page::new(Style::PLAIN, most);
            let titles = push(&mut page, "", &columns, &rows);
            (titles, page.text().contains("Systemtechnik"))
        };
        assert_eq!(of(37), (vec!["address", "maker", "in"], true));
        assert_eq!(of(36), (vec!["address", "maker"], true));
        assert_eq!(of(22), (vec!["address", "maker"], false));
    }

    #[test]
    fn a_column_that_has_no_room_is_left_out_and_the_others_stay_whole() {
        let columns = [Column::whole("address"), Column::text("name", 40).ranked(1), Column::number("sent")];
        assert_eq!(pushed(&columns, 60)[1].split_whitespace().count(), 2);
        assert_eq!(pushed(&columns, 61)[1], "  address        sent");
        assert_eq!(pushed(&columns, 63)[1].split_whitespace().count(), 3);
    }
}
