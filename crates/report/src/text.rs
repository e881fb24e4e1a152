//! Text for people: the answer on one screen, and behind it, where it is asked for, the findings, tables and books.
//!
//! The first screen is for whoever must act: at most [`SCREEN`] lines at any width, one or two for each camera, the worst
//! first. The long form is for whoever must check. Lines keep to the width of the page, but for commands, which stay whole
//! so that they can be copied. Numbers have human units, or are exact to the byte. Long lists end in a line that says how
//! many more there are and how to have them. The wording never says more than the packets show: a device without traffic
//! to the outside "was not seen" to have any.

mod commands;
mod coverage;
mod explain;
mod findings;
mod ground;
mod limits;
mod list;
mod page;
mod row;
mod screen;
mod style;
mod table;
mod tables;
mod words;

pub use explain::{explain_device, explain_finding, explain_rule, kinds as explained_kinds};
pub use list::{Shown, payload, write_devices, write_flows};
pub use page::cut;
pub use style::Style;
pub use words::{called, class};

use crate::units::Numbers;
use lenscap_flow::report::Report;
use page::Page;
use std::io::{self, Write};

/// Lines of the first screen: those of a small terminal, less one for the prompt.
pub const SCREEN: usize = 23;
/// Columns of the narrowest and of the widest page.
pub const WIDTHS: (usize, usize) = (60, 200);

/// How the text is to look.
#[derive(Clone, Debug)]
pub struct View {
    /// Colours.
    pub style: Style,
    /// Columns of a line; [`WIDTHS`] bounds them.
    pub width: usize,
    /// How amounts of bytes are written.
    pub numbers: Numbers,
    /// Whether findings, devices, parties and ledger follow the first screen.
    pub long: bool,
    /// What was typed, to name what may be typed next.
    pub typed: Typed,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// The command, such as `scan`.
    pub command: &'static str,
    /// Its inputs, as a shell takes them, with the options that change what is reported of them; empty where they cannot be read again,
    /// such as a pipe.
    pub inputs: String,
    /// Whether the inputs hold packets, and are no saved summaries.
    pub packets: bool,
}

impl View {
    fn page(&self) -> Page {
        Page::new(self.style, self.width.clamp(WIDTHS.0, WIDTHS.1))
    }
}

/// Writes the report: the first screen, and all else where the view is long. Errors are those of `out`.
pub fn write(report: &Report<'_>, view: &View, out: &mut impl Write) -> io::Result<()> {
    let mut page = view.page();
    screen::push(&mut page, report, view);
    if view.long {
        findings::push(&mut page, report, view);
        tables::push(&mut page, report, view);
        coverage::push(&mut page, report);
        coverage::push_ledger(&mut page, report);
    }
    out.write_all(page.text().as_bytes())
}

#[cfg(test)]
mod tests;
