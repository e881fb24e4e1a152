//! `[[endpoint]]` of a vendor file: a name that its devices or viewers call, and what makes one well-formed.
//!
//! The build script reads this file too.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::Diagnostic;
use crate::roles::Roles;
use crate::schema::SourceFile;
use crate::words::{Caller, Confidence, Match, Reach, Role, Serves};

/// `[[endpoint]]`: a name that a vendor's devices call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointEntry {
    pub(crate) domain: Spanned<String>,
    #[serde(rename = "match")]
    pub(crate) reach: Reach,
    pub(crate) label: Option<LabelEntry>,
    pub(crate) caller: Option<Caller>,
    pub(crate) roles: Vec<Role>,
    pub(crate) confidence: Confidence,
    pub(crate) source: Spanned<String>,
    pub(crate) proves_camera: Option<bool>,
    pub(crate) note: Option<String>,
}

impl EndpointEntry {
    /// Whether only cameras' services stand behind the name: what the file says, else not where the name is only a web site,
    /// only viewers call it, the tie is weak, or the vendor's clouds serve more than cameras.
    pub(crate) fn proves_camera(&self, serves: Serves) -> bool {
        self.proves_camera.unwrap_or_else(|| {
            let roles: Roles = self.roles.iter().copied().collect();
            let by_viewers = self.caller == Some(Caller::App);
            !by_viewers && !roles.only_web() && self.confidence > Confidence::Low && serves == Serves::Cameras
        })
    }
}

/// `label`: how the label right in front of the domain is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelEntry {
    #[serde(rename = "match")]
    pub(crate) how: Match,
    pub(crate) value: Spanned<String>,
}

impl LabelEntry {
    /// Whether some label is like both and neither is the longer: it could not be said which holds.
    fn clashes(&self, other: &Self) -> bool {
        let (one, two) = (self.value.get_ref(), other.value.get_ref());
        let same_end = self.how == other.how && self.how != Match::Contains;
        one.len() == two.len() && (one == two || !same_end)
    }
}

impl SourceFile<'_> {
    /// Endpoints are well-formed, each there once, and no two labels of a domain hold for one name.
    pub(crate) fn check_endpoints(&self, endpoints: &[EndpointEntry]) -> Result<(), Diagnostic> {
        let mut domains = BTreeSet::new();
        let mut labels: BTreeMap<&str, Vec<&LabelEntry>> = BTreeMap::new();
        for endpoint in endpoints {
            let domain = &endpoint.domain;
            self.check_domain(domain)?;
            if !domain.get_ref().contains('.') {
                return Err(self.diagnostic(domain, "a top-level domain is no vendor's"));
            }
            self.check_roles(domain, &endpoint.roles)?;
            self.check_text(&endpoint.source, "a source")?;
            if let Some(label) = &endpoint.label {
                self.check_label(endpoint, label)?;
                let others = labels.entry(domain.get_ref()).or_default();
                if let Some(other) = others.iter().find(|other| label.clashes(other)) {
                    let what = format!("one label may be like this and like `{}`", other.value.get_ref());
                    return Err(self.diagnostic(&label.value, what));
                }
                others.push(label);
            } else if !domains.insert(domain.get_ref().as_str()) {
                return Err(self.diagnostic(domain, format!("`{}` stands here twice", domain.get_ref())));
            }
        }
        let lonely = labels.into_iter().find(|(domain, _)| !domains.contains(domain));
        lonely.and_then(|(_, labels)| labels.first().copied()).map_or(Ok(()), |label| {
            Err(self.diagnostic(&label.value, "`label` needs an entry of the domain without one beside it"))
        })
    }

    fn check_label(&self, endpoint: &EndpointEntry, label: &LabelEntry) -> Result<(), Diagnostic> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let text = label.value.get_ref();
        if endpoint.reach != Reach::Suffix {
            return Err(self.diagnostic(&label.value, "`label` needs match = \"suffix\""));
        }
        if label.how == Match::Exact {
            return Err(
                self.diagnostic(&label.value, "name the full host: this label is a domain of its own")
            );
        }
        if !(2..=63).contains(&text.len()) || !text.bytes().all(fits) {
            let what = "a label is like 2 to 63 lower-case letters, digits and hyphens";
            return Err(self.diagnostic(&label.value, what));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::VendorEntry;

    fn check(labels: &[(&str, &str)]) -> Result<(), String> {
        let domain = "[[endpoint]]\ndomain = \"acme.example\"\nmatch = \"suffix\"\nroles = [\"api\"]\n\
                      confidence = \"high\"\nsource = \"a manual\"\n";
        let like = |(how, value): &(&str, &str)| {
            format!("{domain}label = {{ match = \"{how}\", value = \"{value}\" }}\n")
        };
        let labels: String = labels.iter().map(like).collect();
        let text = format!("id = \"acme\"\n{domain}{labels}");
        let file = SourceFile { origin: "acme.toml", text: &text };
        let read = file.read::<VendorEntry>().and_then(|entry| file.check(&entry));
        read.map_err(|diagnostic| diagnostic.what)
    }

    #[test]
    fn labels_that_may_both_hold_clash_unless_one_is_longer() {
        for right in [
            &[("prefix", "api"), ("prefix", "dev")][..],
            &[("prefix", "api"), ("prefix", "apii")],
            &[("prefix", "api"), ("suffix", "eu")],
            &[("suffix", "-eu"), ("suffix", "-us"), ("contains", "cloud")],
        ] {
            assert_eq!(check(right), Ok(()), "{right:?}");
        }
        for wrong in [
            &[("prefix", "api"), ("suffix", "dev")][..],
            &[("prefix", "api"), ("contains", "dev")],
            &[("contains", "api"), ("contains", "dev")],
            &[("prefix", "api"), ("prefix", "api")],
        ] {
            assert!(check(wrong).unwrap_err().contains("one label may be like this"), "{wrong:?}");
        }
        assert!(check(&[("exact", "api")]).unwrap_err().contains("name the full host"));
        assert!(check(&[("prefix", "A.")]).unwrap_err().contains("a label is like"));
    }
}
