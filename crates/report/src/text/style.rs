//! Colours, where the caller wants them.

use lenscap_flow::report::Severity;

/// How text is set off. The caller decides: a terminal, `NO_COLOR`, an option.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Style {
    /// Whether colours and weights (ANSI, SGR) are used.
    pub color: bool,
}

impl Style {
    /// No colours.
    pub const PLAIN: Self = Self { color: false };
    /// Colours.
    pub const COLOR: Self = Self { color: true };

    /// Text with weight.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Info => "2",
            Severity::Low => "36",
            Severity::Medium => "33",
            Severity::High => "31",
            Severity::Critical => "1;31",
        };
        self.wrap(code, text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
