//! The form of `data/lists.toml`, what makes it well-formed, and what must agree in it and in the files of vendors.
//!
//! The build script alone reads this file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, nearest};
use crate::lists::{Basis, List, ListId, ListKind, ListStatus, Listed, OemFact, Proof};
use crate::record::VendorId;
use crate::schema::{SourceFile, VendorEntry};
use crate::words::Confidence;

/// The list that `ndaa_889` of a vendor file speaks of.
const SECTION_889: &str = "us-ndaa-889";

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListEntries {
    pub(crate) date: Spanned<String>,
    list: Vec<ListEntry>,
    listed: Vec<ListedEntry>,
    oem: Vec<OemEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListEntry {
    id: Spanned<String>,
    title: String,
    #[serde(default)]
    short: String,
    issuer: String,
    country: String,
    #[serde(default)]
    date: String,
    kind: ListKind,
    status: ListStatus,
    #[serde(default)]
    by_seat: bool,
    says: Spanned<String>,
    source: Spanned<String>,
    url: String,
    confidence: Confidence,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedEntry {
    list: Spanned<String>,
    vendor: Spanned<String>,
    basis: Basis,
    #[serde(default)]
    name: String,
    #[serde(default)]
    date: String,
    confidence: Confidence,
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OemEntry {
    badge: Spanned<String>,
    maker: Spanned<String>,
    #[serde(default)]
    date: String,
    #[serde(default)]
    scope: String,
    proof: Proof,
    confidence: Confidence,
    source: Spanned<String>,
}

/// The tables that the file makes: lists by id, firms by vendor, reports by badge.
pub(crate) struct Tables {
    pub(crate) lists: Vec<List>,
    pub(crate) listed: Vec<Listed>,
    pub(crate) oem: Vec<OemFact>,
}

impl ListEntries {
    /// The file's tables, where everything in it is well-formed and every firm is one of `vendors`.
    pub(crate) fn tables(
        &self,
        file: SourceFile<'_>,
        vendors: &BTreeMap<&str, VendorId>,
    ) -> Result<Tables, Diagnostic> {
        file.check_date(&self.date)?;
        let mut seen = BTreeSet::new();
        for list in &self.list {
            if !seen.insert(list.id.get_ref().as_str()) {
                return Err(file.diagnostic(&list.id, format!("`{}` stands here twice", list.id.get_ref())));
            }
            file.check_text(&list.says, "what a list says")?;
            file.check_text(&list.source, "a source")?;
        }
        let ids: BTreeMap<&str, ListId> = seen.into_iter().zip((0..).map(ListId)).collect();
        let mut lists: Vec<List> = self.list.iter().map(ListEntry::record).collect();
        lists.sort_by(|a, b| a.id.cmp(&b.id));
        let mut listed = Vec::new();
        for entry in &self.listed {
            let list = known(file, &ids, &entry.list, "list")?;
            if self.list.iter().any(|list| list.by_seat && list.id.get_ref() == entry.list.get_ref()) {
                return Err(file.diagnostic(&entry.list, "this list names no firm"));
            }
            listed.push(entry.record(known(file, vendors, &entry.vendor, "vendor")?, list));
        }
        listed.sort_by_key(|entry| (entry.vendor, entry.list));
        let mut oem = Vec::new();
        for entry in &self.oem {
            file.check_text(&entry.source, "a source")?;
            let badge = known(file, vendors, &entry.badge, "vendor")?;
            let maker = known(file, vendors, &entry.maker, "vendor")?;
            if badge == maker {
                return Err(file.diagnostic(&entry.maker, "a vendor is not its own OEM"));
            }
            oem.push(entry.record(badge, maker));
        }
        oem.sort_by_key(|fact| (fact.badge, fact.maker, std::cmp::Reverse(fact.confidence)));
        Ok(Tables { lists, listed, oem })
    }
}

impl Tables {
    /// What a vendor file says must agree with the lists: `ndaa_889` is true of whom section 889 names or reaches, and of
    /// nobody else. The maker of a report that is not weak owns the badge or stands in its `oem_of`: makers are judged by these.
    pub(crate) fn check(&self, vendors: &[(SourceFile<'_>, VendorEntry)]) -> Result<(), Diagnostic> {
        for ((file, entry), id) in vendors.iter().zip((0..).map(VendorId)) {
            let on = self.listed.iter().any(|listed| listed.vendor == id && self.is_section_889(listed));
            if entry.ndaa_889 != Some(on) {
                return Err(file.diagnostic(&entry.id, format!("by lists.toml `ndaa_889` is {on}")));
            }
            let sure = self.oem.iter().filter(|fact| fact.badge == id && fact.confidence > Confidence::Low);
            for fact in sure {
                let maker = vendors.get(fact.maker.0 as usize).map(|(_, maker)| maker.id.get_ref());
                let mut owned =
                    entry.parent.iter().chain(entry.oem_of.iter().flatten().map(Spanned::get_ref));
                if !owned.any(|known| Some(known) == maker) {
                    let maker = maker.map_or("", String::as_str);
                    return Err(
                        file.diagnostic(&entry.id, format!("lists.toml reports hardware of `{maker}`"))
                    );
                }
            }
        }
        Ok(())
    }

    fn is_section_889(&self, listed: &Listed) -> bool {
        let list = self.lists.get(listed.list.0 as usize);
        list.is_some_and(|list| list.id == SECTION_889)
            && matches!(listed.basis, Basis::Named | Basis::Subsidiary)
    }
}

/// What `id` names among `ids`.
fn known<T: Copy>(
    file: SourceFile<'_>,
    ids: &BTreeMap<&str, T>,
    id: &Spanned<String>,
    what: &str,
) -> Result<T, Diagnostic> {
    ids.get(id.get_ref().as_str()).copied().ok_or_else(|| {
        let guess = nearest(id.get_ref(), ids.keys().copied());
        let hint = guess.map_or(String::new(), |guess| format!("; did you mean `{guess}`?"));
        file.diagnostic(id, format!("no {what} `{}`{hint}", id.get_ref()))
    })
}

impl ListEntry {
    fn record(&self) -> List {
        List {
            id: self.id.get_ref().clone().into(),
            title: self.title.clone().into(),
            short: self.short.clone().into(),
            issuer: self.issuer.clone().into(),
            country: self.country.clone().into(),
            date: self.date.clone().into(),
            kind: self.kind,
            status: self.status,
            by_seat: self.by_seat,
            says: self.says.get_ref().clone().into(),
            source: self.source.get_ref().clone().into(),
            url: self.url.clone().into(),
            confidence: self.confidence,
            note: self.note.clone().into(),
        }
    }
}

impl ListedEntry {
    fn record(&self, vendor: VendorId, list: ListId) -> Listed {
        Listed {
            vendor,
            list,
            basis: self.basis,
            name: self.name.clone().into(),
            date: self.date.clone().into(),
            confidence: self.confidence,
            note: self.note.clone().into(),
        }
    }
}

impl OemEntry {
    fn record(&self, badge: VendorId, maker: VendorId) -> OemFact {
        OemFact {
            badge,
            maker,
            date: self.date.clone().into(),
            scope: self.scope.clone().into(),
            proof: self.proof,
            confidence: self.confidence,
            source: self.source.get_ref().clone().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../data/lists.toml");

    fn tables(text: &str) -> Result<Tables, String> {
        let file = SourceFile { origin: "lists.toml", text };
        let catalog = crate::Catalog::builtin();
        let vendors = catalog.vendors().map(|(id, vendor)| (vendor.id.as_ref(), id)).collect();
        let entries: Result<ListEntries, _> = file.read();
        entries
            .and_then(|entries| entries.tables(file, &vendors))
            .map_err(|diagnostic| diagnostic.to_string())
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        assert!(tables(FILE).is_ok());
        let spoilt = |right: &str, wrong: &str| {
            assert!(FILE.contains(right), "{right}");
            tables(&FILE.replacen(right, wrong, 1)).err().expect("it is a mistake")
        };
        for (right, wrong, what) in [
            ("list = \"us-ndaa-889\"", "list = \"us-ndaa-898\"", "did you mean `us-ndaa-889`?"),
            ("vendor = \"hikvision\"", "vendor = \"hikvison\"", "did you mean `hikvision`?"),
            ("basis = \"named\"", "basis = \"nmed\"", "did you mean `named`?"),
            ("maker = \"dahua\"", "maker = \"amcrest\"", "a vendor is not its own OEM"),
            ("list = \"us-ndaa-889\"", "list = \"uk-wms-2022-11-24\"", "this list names no firm"),
            ("id = \"us-ndaa-889\"", "id = \"us-fcc-22-84\"", "stands here twice"),
        ] {
            let error = spoilt(right, wrong);
            assert!(error.contains(what) && error.contains("lists.toml:"), "{error}");
        }
    }
}
