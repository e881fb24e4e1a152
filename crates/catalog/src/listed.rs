//! What lists say of a vendor, and what is reported of the hardware behind its badge. A user's files change neither.

use crate::builtin::{LISTED, LISTS, OEM, VENDORS};
use crate::catalog::Catalog;
use crate::lists::{Basis, List, ListKind, ListStatus, Listed, OemFact};
use crate::record::{Vendor, VendorId};
use crate::words::Confidence;

impl Vendor {
    /// The lists on which the vendor stands, by id of the list. A vendor that is on none may still sell hardware of one that
    /// is: see [`oem_facts`](Self::oem_facts).
    pub fn listed(&self) -> &'static [Listed] {
        self.built_in().map_or(&[], |id| run(LISTED, |listed| listed.vendor, id))
    }

    /// The rules in force that name the vendor, or reach it by their words: what a report may say in one line. Reports,
    /// suits, court papers and open questions are not among them.
    pub fn rules(&self) -> impl Iterator<Item = &'static Listed> {
        self.listed().iter().filter(|listed| listed.is_rule())
    }

    /// Reports that hardware under its badge is another maker's, the surest of each maker first.
    pub fn oem_facts(&self) -> &'static [OemFact] {
        self.built_in().map_or(&[], |id| run(OEM, |fact| fact.badge, id))
    }

    fn built_in(&self) -> Option<VendorId> {
        let at = VENDORS.binary_search_by(|vendor| vendor.id.cmp(&self.id)).ok()?;
        Some(VendorId(at as u16))
    }
}

impl List {
    /// What people call it.
    pub fn called(&self) -> &str {
        if self.short.is_empty() { &self.id } else { &self.short }
    }
}

impl Listed {
    /// The list.
    ///
    /// # Panics
    /// Never: the build counts lists as they stand.
    pub fn list(&self) -> &'static List {
        LISTS.get(self.list.0 as usize).expect("the build counts lists as they stand")
    }

    /// Whether it is a rule in force that reaches the firm itself or a subsidiary of it, by a source that is not weak.
    pub fn is_rule(&self) -> bool {
        let list = self.list();
        list.status == ListStatus::InForce
            && self.confidence.min(list.confidence) > Confidence::Low
            && matches!(list.kind, ListKind::Law | ListKind::List | ListKind::Order | ListKind::Policy)
            && matches!(self.basis, Basis::Named | Basis::Subsidiary | Basis::SubsidiaryNamed)
    }
}

impl Catalog {
    /// Every list, by id.
    pub fn lists(&self) -> &'static [List] {
        LISTS
    }
}

/// The records whose vendor is `id`, of records in the order of their vendors.
fn run<T>(all: &'static [T], vendor: impl Fn(&T) -> VendorId, id: VendorId) -> &'static [T] {
    let start = all.partition_point(|record| vendor(record) < id);
    let end = all.partition_point(|record| vendor(record) <= id);
    all.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor(id: &str) -> Vendor {
        let catalog = Catalog::builtin();
        catalog.vendor(catalog.vendor_id(id).unwrap()).clone()
    }

    #[test]
    fn a_firm_stands_where_its_lists_say_and_no_further() {
        let on = |id: &str, list: &str| {
            vendor(id).listed().iter().find(|listed| listed.list().id == list).map(|listed| listed.basis)
        };
        assert_eq!(on("hikvision", "us-ndaa-889"), Some(Basis::Named));
        assert_eq!(on("ezviz", "us-ndaa-889"), Some(Basis::Subsidiary));
        assert_eq!(on("lorex", "us-ndaa-889"), Some(Basis::FormerSubsidiary));
        assert_eq!(on("uniview", "us-ndaa-889"), None);
        assert_eq!(on("uniview", "us-entity-list-2024-12-10"), Some(Basis::Named));
        assert_eq!(on("amcrest", "us-ndaa-889"), None);
        assert_eq!(on("hikvision", "uk-wms-2022-11-24"), None);
        assert!(vendor("axis").listed().is_empty());
    }

    #[test]
    fn suits_reports_and_open_questions_are_no_rules() {
        let rules = |id: &str| vendor(id).rules().map(|listed| listed.list().id.as_ref()).collect::<Vec<_>>();
        assert!(rules("dahua").contains(&"us-ndaa-889"));
        assert!(!rules("dahua").contains(&"us-tx-v-lorex-2026"));
        assert!(!rules("hikvision").iter().any(|id| id.starts_with("uk-")));
        assert!(rules("lorex").is_empty() && rules("prama").is_empty() && rules("nuuo").is_empty());
    }

    #[test]
    fn a_badge_its_makers_and_their_seats_are_facts_apart() {
        let amcrest = vendor("amcrest");
        assert!(!amcrest.ndaa_889 && !amcrest.prc_headquartered && amcrest.rules().next().is_none());
        let catalog = Catalog::builtin();
        let makers = amcrest.oem_facts().iter().map(|fact| catalog.vendor(fact.maker).id.as_ref());
        assert!(makers.eq(["dahua"; 3]));
        assert!(vendor("owlet").oem_of.is_empty() && !vendor("owlet").platform_of.is_empty());
    }
}
