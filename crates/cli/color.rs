//! Whether text has colours.

use clap::ValueEnum;
use std::env;
use std::ffi::OsStr;
use std::io::{IsTerminal, stdout};

/// When text has colours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Decides for standard output.
pub(crate) fn decide(when: When) -> bool {
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    decide_for(when, stdout().is_terminal() && !dumb, env::var_os("NO_COLOR").as_deref())
}

/// An empty `NO_COLOR` counts as none (no-color.org).
fn decide_for(when: When, terminal: bool, no_color: Option<&OsStr>) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && no_color.is_none_or(OsStr::is_empty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_outweighs_the_environment() {
        let set = Some(OsStr::new("1"));
        assert!(decide_for(When::Always, false, set));
        assert!(!decide_for(When::Never, true, None));
        assert!(decide_for(When::Auto, true, None) && decide_for(When::Auto, true, Some(OsStr::new(""))));
        assert!(!decide_for(When::Auto, true, set) && !decide_for(When::Auto, false, None));
    }
}
