//! What evidence is worth that a device is a camera, and that a maker made it: `data/standing.toml`.
//!
//! The host name `DS-2CD2042WD-I` is evidence `model`, worth so many points for "is a camera" and so many for "Hikvision".
//! Who weighs is the judge; this is his table. The build script reads this file too.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::Diagnostic;
use crate::record::{StandingLimits, StandingRow};
use crate::schema::SourceFile;
use crate::words::{Confidence, Evidence};

/// `standing.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandingEntries {
    date: Spanned<String>,
    pub(crate) limits: StandingLimits,
    row: Vec<RowEntry>,
}

/// `[[row]]`: what one piece of evidence is worth.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEntry {
    row: u8,
    evidence: Spanned<Evidence>,
    of: Option<Confidence>,
    #[serde(default)]
    not_beside: u8,
    kind: Spanned<u8>,
    maker: u8,
    confidence: Confidence,
    source: Spanned<String>,
    #[serde(default)]
    note: String,
}

impl StandingEntries {
    /// The rows, once they are found sound: each piece of evidence has its points, and has them once.
    pub(crate) fn rows(&self, file: SourceFile<'_>) -> Result<Vec<StandingRow>, Diagnostic> {
        file.check_date(&self.date)?;
        let mut known = BTreeSet::new();
        for row in &self.row {
            let evidence = *row.evidence.get_ref();
            if !known.insert((evidence, row.of)) {
                return Err(file.diagnostic(&row.evidence, format!("`{evidence}` stands here twice")));
            }
            if row.maker > 100 || *row.kind.get_ref() > 100 {
                return Err(file.diagnostic(&row.kind, "points are 0 to 100"));
            }
            file.check_text(&row.source, "a source")?;
        }
        let missing =
            Evidence::ALL.iter().find(|evidence| !known.iter().any(|(known, _)| known == *evidence));
        match missing {
            Some(evidence) => {
                Err(file.diagnostic(&self.date, format!("no row says what `{evidence}` is worth")))
            }
            None => Ok(self.row.iter().map(RowEntry::record).collect()),
        }
    }
}

impl RowEntry {
    fn record(&self) -> StandingRow {
        StandingRow {
            row: self.row,
            evidence: *self.evidence.get_ref(),
            of: self.of,
            not_beside: self.not_beside,
            kind: *self.kind.get_ref(),
            maker: self.maker,
            confidence: self.confidence,
            source: self.source.get_ref().clone().into(),
            note: self.note.clone().into(),
        }
    }
}
