//! All that is kept of one vendor beside its names: the badge, who is reported to make what bears it, where that maker sits,
//! and the lists that name one of them. Each is a fact of its own, with its source; none is drawn from another.

use std::fmt;

use crate::catalog::Catalog;
use crate::lists::{Basis, Listed, OemFact};
use crate::record::{Vendor, VendorId};

/// What is known of a vendor as a firm. `Display` says it in lines for people.
#[derive(Debug)]
pub struct Show<'c> {
    catalog: &'c Catalog,
    vendor: VendorId,
}

impl Catalog {
    /// What is known of a vendor as a firm.
    pub const fn show(&self, vendor: VendorId) -> Show<'_> {
        Show { catalog: self, vendor }
    }
}

impl fmt::Display for Show<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vendor = self.catalog.vendor(self.vendor);
        writeln!(f, "{} ({})", vendor.name, vendor.id)?;
        writeln!(f, "  badge: {}, {}; source: the catalogue, {}", vendor.name, vendor.kind, vendor.date)?;
        if !vendor.parent.is_empty() {
            let parent =
                self.catalog.parent(self.vendor).map_or(&vendor.parent, |id| &self.catalog.vendor(id).name);
            writeln!(f, "  owner: {parent}; source: the catalogue, {}", vendor.date)?;
        }
        for fact in vendor.oem_facts() {
            self.fact(f, fact)?;
        }
        self.others(f, vendor)?;
        seat(f, vendor)?;
        for maker in makers(vendor) {
            seat(f, self.catalog.vendor(maker))?;
        }
        self.lists(f, vendor)
    }
}

impl Show<'_> {
    fn fact(&self, f: &mut fmt::Formatter<'_>, fact: &OemFact) -> fmt::Result {
        let OemFact { maker, date, scope, proof, confidence, source, .. } = fact;
        write!(f, "  reported maker: {}", self.catalog.vendor(*maker).name)?;
        if !scope.is_empty() {
            write!(f, " ({scope})")?;
        }
        writeln!(f, "; by {proof}{}; confidence {confidence}; source: {source}", of_day(date))
    }

    /// Makers without a dated report, and platforms.
    fn others(&self, f: &mut fmt::Formatter<'_>, vendor: &Vendor) -> fmt::Result {
        let dated = |id: &&VendorId| vendor.oem_facts().iter().any(|fact| fact.maker == **id);
        for maker in vendor.oem_of.iter().filter(|id| !dated(id)) {
            writeln!(
                f,
                "  reported maker: {}; date not known; source: {}",
                self.catalog.vendor(*maker).name,
                vendor.oem_source
            )?;
        }
        for platform in vendor.platform_of.iter() {
            let platform = &self.catalog.vendor(*platform).name;
            writeln!(f, "  uses the platform of {platform}; source: {}", vendor.oem_source)?;
        }
        Ok(())
    }

    fn lists(&self, f: &mut fmt::Formatter<'_>, vendor: &Vendor) -> fmt::Result {
        for listed in vendor.listed() {
            entry(f, listed)?;
        }
        if vendor.listed().is_empty() {
            writeln!(f, "  on no list that the catalogue has")?;
        }
        for maker in makers(vendor) {
            let maker = self.catalog.vendor(maker);
            let own = |rule: &&Listed| vendor.rules().any(|own| own.list == rule.list);
            let rules = maker.rules().filter(|rule| !own(rule));
            let rules: Vec<&str> = rules.map(|rule| rule.list().id.as_ref()).collect();
            if !rules.is_empty() {
                writeln!(f, "  {}, not {}, is on {}", maker.name, vendor.name, rules.join(", "))?;
            }
        }
        if vendor.prc_headquartered {
            for list in self.catalog.lists().iter().filter(|list| list.by_seat) {
                writeln!(
                    f,
                    "  {} ({}, {}): names no firm; source: {}",
                    list.id, list.country, list.date, list.source
                )?;
                writeln!(f, "    {}", list.says)?;
            }
        }
        Ok(())
    }
}

/// Every maker that is reported behind the badge.
fn makers(vendor: &Vendor) -> Vec<VendorId> {
    let facts = vendor.oem_facts().iter().map(|fact| fact.maker);
    let mut makers: Vec<VendorId> = facts.chain(vendor.oem_of.iter().copied()).collect();
    makers.sort_unstable();
    makers.dedup();
    makers
}

fn seat(f: &mut fmt::Formatter<'_>, vendor: &Vendor) -> fmt::Result {
    let Vendor { name, country, date, prc_headquartered, .. } = vendor;
    match (*prc_headquartered, country.is_empty()) {
        (true, _) => write!(f, "  seat of {name}: in the PRC"),
        (false, false) => write!(f, "  seat of {name}: {country}"),
        (false, true) => return Ok(()),
    }?;
    writeln!(f, "; source: the catalogue, {date}")
}

fn entry(f: &mut fmt::Formatter<'_>, listed: &Listed) -> fmt::Result {
    let list = listed.list();
    write!(f, "  on {} ({}, {}; {}, {}): ", list.id, list.country, list.date, list.kind, list.status)?;
    match (listed.basis, listed.name.as_ref()) {
        (Basis::Named, name) => write!(f, "named as {name:?}")?,
        (basis, "") => write!(f, "{basis}, not named")?,
        (basis, name) => write!(f, "{basis}, as {name:?}")?,
    }
    if listed.date != list.date {
        write!(f, "{}", of_day(&listed.date))?;
    }
    writeln!(f, "; confidence {}; source: {}", listed.confidence, list.source)?;
    writeln!(f, "    {}: {}", list.title, list.says)?;
    if listed.note.is_empty() { Ok(()) } else { writeln!(f, "    {}", listed.note) }
}

fn of_day(date: &str) -> String {
    if date.is_empty() { ", date not known".to_owned() } else { format!(", {date}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(id: &str) -> String {
        let catalog = Catalog::builtin();
        catalog.show(catalog.vendor_id(id).unwrap()).to_string()
    }

    #[test]
    fn a_badge_is_not_said_to_be_on_its_makers_lists() {
        let amcrest = shown("amcrest");
        assert!(amcrest.contains("reported maker: Dahua; by protocol"), "{amcrest}");
        assert!(amcrest.contains("seat of Dahua: in the PRC"), "{amcrest}");
        assert!(amcrest.contains("  on no list that the catalogue has\n"), "{amcrest}");
        assert!(amcrest.contains("Dahua, not Amcrest, is on "), "{amcrest}");
    }

    #[test]
    fn each_list_is_said_with_its_basis_and_source() {
        assert!(shown("hikvision").contains(
            "): named as \"Hangzhou Hikvision Digital Technology Company\"; confidence high; source: "
        ));
        assert!(
            shown("ezviz").contains("): subsidiary-or-affiliate, not named; confidence medium; source: ")
        );
        let axis = shown("axis");
        assert!(!axis.contains("uk-wms") && axis.contains("seat of Axis Communications: SE;"), "{axis}");
        let reolink = shown("reolink");
        assert!(reolink.contains("uk-wms-2022-11-24 (GB, 2022-11-24): names no firm; source: "), "{reolink}");
    }
}
