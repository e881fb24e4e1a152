//! A table that fits the page: columns as wide as they need, those that may be cut giving way.

use super::WIDTH;
use super::page::{Page, cut, width};
use std::fmt::Write as _;

/// A column.
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Whether cells stand at the right edge.
    pub(super) right: bool,
    /// The width down to which the column may be cut; never below, and no cut where `None`.
    pub(super) least: Option<usize>,
}

impl Column {
    /// Text that is never cut.
    pub(super) const fn whole(title: &'static str) -> Self {
        Self { title, right: false, least: None }
    }

    /// Text that may be cut to `least` columns.
    pub(super) const fn text(title: &'static str, least: usize) -> Self {
        Self { title, right: false, least: Some(least) }
    }

    /// A number.
    pub(super) const fn number(title: &'static str) -> Self {
        Self { title, right: true, least: None }
    }
}

/// Columns between two cells, and before the first.
const GAP: usize = 2;

/// Writes a heading and rows.
pub(super) fn push<const N: usize>(
    page: &mut Page,
    heading: &str,
    columns: &[Column; N],
    rows: &[[String; N]],
) {
    page.gap();
    let heading = page.style.bold(heading);
    page.line(&heading);
    let widths = widths(columns, rows);
    let titles = columns.each_ref().map(|column| column.title.to_owned());
    let line = line(columns, &widths, &titles);
    let titles = page.style.dim(&line);
    page.line(&titles);
    for row in rows {
        page.line(&self::line(columns, &widths, row));
    }
}

fn line<const N: usize>(columns: &[Column; N], widths: &[usize; N], cells: &[String; N]) -> String {
    let mut line = String::new();
    for ((column, &wide), cell) in columns.iter().zip(widths).zip(cells) {
        let cell = cut(cell, wide);
        let space = wide.saturating_sub(width(&cell));
        let (before, after) = if column.right { (space, 0) } else { (0, space) };
        _ = write!(line, "{:GAP$}{:before$}{cell}{:after$}", "", "", "");
    }
    line.trim_end().to_owned()
}

/// Natural widths; where their sum is too much, the widest that may be cut gives way, column by column.
fn widths<const N: usize>(columns: &[Column; N], rows: &[[String; N]]) -> [usize; N] {
    let mut widths = columns.each_ref().map(|column| width(column.title));
    for row in rows {
        for (wide, cell) in widths.iter_mut().zip(row) {
            *wide = width(cell).max(*wide);
        }
    }
    let mut over = (widths.iter().sum::<usize>() + GAP * N).saturating_sub(WIDTH);
    while over > 0 {
        let widest = widths
            .iter_mut()
            .zip(columns)
            .filter(|(wide, column)| column.least.is_some_and(|least| **wide > least))
            .max_by_key(|(wide, _)| **wide);
        let Some((wide, _)) = widest else { break };
        *wide -= 1;
        over -= 1;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::super::style::Style;
    use super::*;

    #[test]
    fn long_cells_give_way() {
        let columns = [Column::whole("address"), Column::text("name", 6), Column::number("sent")];
        let rows = [
            ["192.0.2.1".to_owned(), "n".repeat(500), "1.0 kB".to_owned()],
            ["192.0.2.100".to_owned(), "short".to_owned(), "12 B".to_owned()],
        ];
        let mut page = Page::new(Style::PLAIN);
        push(&mut page, "TABLE", &columns, &rows);
        let lines: Vec<&str> = page.text().lines().collect();
        assert_eq!(lines[0], "TABLE");
        assert_eq!(width(lines[2]), WIDTH);
        assert!(lines[2].ends_with("n…  1.0 kB"));
        assert!(lines[3].ends_with("    12 B"));
    }
}
