//! The rules of contacts as `data/rules.toml` has them, and what makes that file well-formed.
//!
//! `[content]` says what a bucket of content is; each `[[contact]]` is a rule, and the first that holds decides. The build
//! script reads this file too.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::Diagnostic;
use crate::record::{ContactRule, ContentRule};
use crate::schema::SourceFile;
use crate::words::{Called, Confidence, ContactKind, Level, Measure};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleEntries {
    pub(crate) date: Spanned<String>,
    pub(crate) content: ContentEntry,
    pub(crate) contact: Vec<ContactEntry>,
}

/// `[content]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentEntry {
    large: u64,
    any: u64,
    ratio: Spanned<u64>,
    piece: u64,
    datagrams: u64,
    confidence: Confidence,
    source: Spanned<String>,
    note: Option<String>,
}

/// `[[contact]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactEntry {
    id: Spanned<String>,
    kind: ContactKind,
    called: Called,
    measure: Measure,
    least: u64,
    severity: Level,
    severity_media: Option<Level>,
    most: Spanned<u8>,
    confidence: Confidence,
    source: Spanned<String>,
    note: Option<String>,
}

impl RuleEntries {
    /// What makes the file well-formed: a day, sources, ids that differ, numbers within their bounds.
    pub(crate) fn check(&self, file: SourceFile<'_>) -> Result<(), Diagnostic> {
        file.check_date(&self.date)?;
        file.check_text(&self.content.source, "a source")?;
        if *self.content.ratio.get_ref() == 0 {
            return Err(file.diagnostic(&self.content.ratio, "a ratio of 0 is none"));
        }
        let mut ids = BTreeSet::new();
        for rule in &self.contact {
            file.check_text(&rule.source, "a source")?;
            if !ids.insert(rule.id.get_ref()) {
                return Err(file.diagnostic(&rule.id, format!("`{}` stands here twice", rule.id.get_ref())));
            }
            if *rule.most.get_ref() > 100 {
                return Err(file.diagnostic(&rule.most, "a confidence is at most 100"));
            }
        }
        Ok(())
    }
}

impl ContentEntry {
    pub(crate) fn record(&self) -> ContentRule {
        ContentRule {
            large: self.large,
            any: self.any,
            ratio: *self.ratio.get_ref(),
            piece: self.piece,
            datagrams: self.datagrams,
            confidence: self.confidence,
            source: self.source.get_ref().clone().into(),
            note: self.note.clone().unwrap_or_default().into(),
        }
    }
}

impl ContactEntry {
    pub(crate) fn record(&self) -> ContactRule {
        ContactRule {
            id: self.id.get_ref().clone().into(),
            kind: self.kind,
            called: self.called,
            measure: self.measure,
            least: self.least,
            severity: self.severity,
            severity_media: self.severity_media.unwrap_or(self.severity),
            most: *self.most.get_ref(),
            confidence: self.confidence,
            source: self.source.get_ref().clone().into(),
            note: self.note.clone().unwrap_or_default().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../data/rules.toml");

    fn check(text: &str) -> Result<(), String> {
        let file = SourceFile { origin: "rules.toml", text };
        let read = || {
            let entries: RuleEntries = file.read()?;
            entries.check(file)
        };
        read().map_err(|diagnostic| diagnostic.to_string())
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        assert_eq!(check(FILE), Ok(()));
        for (right, wrong, what) in [
            ("ratio = 2", "ratio = 0", "a ratio of 0 is none"),
            ("id = \"upload-some\"", "id = \"upload\"", "stands here twice"),
            ("most = 60", "most = 101", "a confidence is at most 100"),
            ("kind = \"telemetry\"", "kind = \"telemtry\"", "did you mean `telemetry`?"),
            ("least = 3", "least = -3", "rules.toml:"),
            ("date = \"2026-11-28\"", "date = \"today\"", "a date is a day"),
        ] {
            assert!(FILE.contains(right), "{right}");
            let error = check(&FILE.replace(right, wrong)).unwrap_err();
            assert!(error.contains(what) && error.contains("rules.toml:"), "{error}");
        }
    }
}
