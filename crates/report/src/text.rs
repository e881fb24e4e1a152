//! Text for people: the answer in sentences, the findings, what could and what could not be seen, then tables.
//!
//! The first screen is for whoever must act, the rest for whoever must check. Lines keep to 100 columns, but for commands,
//! which stay whole so that they can be copied. Numbers have human units; the exact ones are in the other formats.
//! Long lists end in a line that says how many more there are and how to have them. The wording never says more than
//! the packets show: a device without traffic to the outside "was not seen" to have any.

mod coverage;
mod findings;
mod page;
mod sentences;
mod style;
mod table;
mod tables;
mod words;

pub use style::Style;

use lenscap_flow::report::Report;
use page::Page;
use std::io::{self, Write};

/// Columns of a page.
const WIDTH: usize = 100;

/// Writes the whole text. Errors are those of `out`.
pub fn write(report: &Report<'_>, style: Style, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(style);
    sentences::push(&mut page, report);
    findings::push(&mut page, report);
    coverage::push(&mut page, report);
    tables::push(&mut page, report);
    coverage::push_ledger(&mut page, report);
    findings::push_next(&mut page, report);
    out.write_all(page.text().as_bytes())
}

#[cfg(test)]
mod tests;
