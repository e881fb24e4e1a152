//! `scan --each`: captures that have nothing to do with each other, each with a report of its own.

use crate::engine::{self, Input};
use crate::failure::{Failure, Outcome};
use crate::output::to_stdout;
use crate::plan::{self, Form, Printing};
use crate::scan::{One, path};
use lenscap_report::Kind;
use lenscap_report::escape::escape;
use lenscap_report::text::View;
use std::io::Write;

/// Scans each input, those of folders one by one. The outcome is the worst of all: what could not be done before what was
/// found. What goes wrong with one is said, and the next one follows.
pub(crate) fn run(all: &One<'_>, inputs: &[Input]) -> Result<Outcome, Failure> {
    let mut worst = Outcome::Nothing;
    for (n, input) in engine::expand(inputs).iter().enumerate() {
        let file = path(input);
        let typed = plan::typed("scan", std::slice::from_ref(&file), all.changing);
        let view = View { typed, ..all.printing.view.clone() };
        // Each report begins with its capture, or nobody could tell whose the records are.
        let form = match all.printing.form {
            Form::Json(select) => Form::Json(select.with(Kind::Capture)),
            other => other,
        };
        let printing = Printing { form, view, ..all.printing.clone() };
        if printing.form == Form::Text {
            let name = file.to_string_lossy().into_owned();
            let heading = printing.view.style.bold(&format!("== {}", escape(name.as_bytes())));
            to_stdout(|out| writeln!(out, "{}{heading}", if n > 0 { "\n" } else { "" }))?;
        }
        let one = One { printing, options: all.options.clone(), ..*all };
        let outcome = match one.run(std::slice::from_ref(input)) {
            Ok(outcome) => outcome,
            Err(failure) if failure.is_broken_pipe() => return Err(failure),
            Err(failure) => {
                crate::failure::say(&failure);
                Outcome::Incomplete
            }
        };
        worst = match (worst, outcome) {
            (Outcome::Incomplete, _) | (_, Outcome::Incomplete) => Outcome::Incomplete,
            (Outcome::Found, _) | (_, Outcome::Found) => Outcome::Found,
            _ => Outcome::Nothing,
        };
    }
    Ok(worst)
}
