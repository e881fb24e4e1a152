//! `[[speaks]]`: a protocol that is a firm's or a platform's own.
//!
//! A camera that sends PPPP to 198.51.100.7 says whose protocol that is without a name: CS2 Network's. The word is that of
//! the reader (`app`), as flows have it in reports.
//!
//! The build script reads this file too.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::Diagnostic;
use crate::record::Protocol;
use crate::schema::SourceFile;
use crate::words::Confidence;

/// `[[speaks]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtocolEntry {
    app: Spanned<String>,
    p2p: bool,
    #[serde(default)]
    server_ports: Vec<Spanned<i64>>,
    confidence: Confidence,
    source: Spanned<String>,
    #[serde(default)]
    note: String,
}

impl ProtocolEntry {
    /// Everything that can be wrong in the protocols of one file.
    pub(crate) fn check(all: &[Self], file: SourceFile<'_>) -> Result<(), Diagnostic> {
        let mut apps = BTreeSet::new();
        for entry in all {
            let app = &entry.app;
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if app.get_ref().is_empty() || !app.get_ref().bytes().all(fits) {
                return Err(
                    file.diagnostic(app, "a protocol is called as its reader calls it, such as \"pppp\"")
                );
            }
            if !apps.insert(app.get_ref().as_str()) {
                return Err(file.diagnostic(app, format!("`{}` stands here twice", app.get_ref())));
            }
            for port in &entry.server_ports {
                file.port(port)?;
            }
            file.check_text(&entry.source, "a source")?;
        }
        Ok(())
    }

    /// The record of a checked entry.
    pub(crate) fn record(&self) -> Protocol {
        let ports = self.server_ports.iter().filter_map(|port| u16::try_from(*port.get_ref()).ok());
        Protocol {
            app: Cow::Owned(self.app.get_ref().clone()),
            p2p: self.p2p,
            server_ports: ports.collect(),
            confidence: self.confidence,
            source: Cow::Owned(self.source.get_ref().clone()),
            note: Cow::Owned(self.note.clone()),
        }
    }
}
