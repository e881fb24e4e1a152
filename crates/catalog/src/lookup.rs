//! Says everything the catalogue knows of one thing, with sources.

use std::fmt;
use std::net::IpAddr;

use crate::catalog::Catalog;
use crate::diagnostic::nearest;
use crate::lists::Basis;
use crate::record::{Endpoint, Label, OuiBlock, Prefix, SharedName, Vendor, VendorId};
use crate::words::Caller;

/// The list that the line of a vendor speaks of: `show` has all.
const SECTION_889: &str = "us-ndaa-889";

/// What the catalogue knows of a query. `Display` says it in lines for people.
#[derive(Debug)]
pub struct Lookup<'c> {
    catalog: &'c Catalog,
    /// The query, without blanks around it and control characters.
    pub query: String,
    /// What the query is, and what is known of it.
    pub subject: Subject<'c>,
}

/// What a query is: the first of these that its text can be.
#[derive(Debug, PartialEq)]
pub enum Subject<'c> {
    /// An address.
    Address {
        /// The address.
        address: IpAddr,
        /// The vendor's range that it lies in.
        prefix: Option<&'c Prefix>,
    },
    /// The id, name or alias of a vendor.
    Vendor(VendorId),
    /// A hardware address, or the beginning of one.
    Mac {
        /// The address in 48 bits, missing digits zero.
        address: u64,
        /// How many bits the query has.
        known: u8,
        /// The longest block that it lies in.
        block: Option<&'c OuiBlock>,
    },
    /// A host name.
    Name {
        /// The vendor's entry.
        endpoint: Option<&'c Endpoint>,
        /// The shared name that it is or lies under.
        shared: Option<&'c SharedName>,
        /// Entries of vendors below the name, by domain.
        below: Vec<&'c Endpoint>,
    },
}

impl Lookup<'_> {
    /// Whether anything is known of what was asked for.
    pub const fn is_known(&self) -> bool {
        match &self.subject {
            Subject::Address { prefix, .. } => prefix.is_some(),
            Subject::Vendor(_) => true,
            Subject::Mac { block, .. } => block.is_some(),
            Subject::Name { endpoint, shared, below } => {
                endpoint.is_some() || shared.is_some() || !below.is_empty()
            }
        }
    }
}

impl Catalog {
    /// Everything known of a name, an address, a hardware address (or its first 6, 7 or 9 digits) or a vendor.
    pub fn lookup(&self, query: &str) -> Lookup<'_> {
        let query: String = query.trim().chars().filter(|char| !char.is_control()).collect();
        let subject = self.subject(&query);
        Lookup { catalog: self, query, subject }
    }

    fn subject(&self, query: &str) -> Subject<'_> {
        if let Ok(address) = query.parse() {
            return Subject::Address { address, prefix: self.address(address) };
        }
        if let Some(vendor) = self.vendor_called(query) {
            return Subject::Vendor(vendor);
        }
        if let Some((address, known)) = hardware(query) {
            return Subject::Mac { address, known, block: self.block(address, known) };
        }
        let (endpoint, shared) = self.host(query);
        Subject::Name { endpoint, shared, below: self.below(query) }
    }

    /// The vendor of this id, else of this name or alias, ASCII case apart.
    pub fn vendor_called(&self, query: &str) -> Option<VendorId> {
        let called = |vendor: &Vendor| {
            let mut names = [&vendor.id, &vendor.name].into_iter().chain(vendor.aliases.iter());
            names.any(|name| name.eq_ignore_ascii_case(query))
        };
        let by_name = || self.vendors().find(|(_, vendor)| called(vendor)).map(|(id, _)| id);
        self.vendor_id(query).or_else(by_name)
    }

    /// Endpoints of whole domains, then those with labels.
    fn every_endpoint(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.iter().chain(self.labels.all())
    }

    fn below(&self, query: &str) -> Vec<&Endpoint> {
        let tail = format!(".{}", query.strip_suffix('.').unwrap_or(query).to_ascii_lowercase());
        let mut below: Vec<&Endpoint> =
            self.every_endpoint().filter(|endpoint| endpoint.domain.ends_with(&tail)).collect();
        below.sort_by(|a, b| a.domain.cmp(&b.domain));
        below
    }
}

/// A hardware address as `00:11:22:33:44:55`, `00-11-…`, `0011.2233.4455` or bare digits, or its first 6, 7 or 9 digits:
/// the address in 48 bits, and the bits known.
fn hardware(query: &str) -> Option<(u64, u8)> {
    let dotted = query.contains('.');
    let groups: Vec<&str> = query.split(if dotted { &['.'][..] } else { &[':', '-'] }).collect();
    let (_, whole) = groups.split_last()?;
    let width = if dotted { 4 } else { 2 };
    let digits = groups.concat();
    let shaped = whole.iter().all(|group| group.len() == width) && (!dotted || digits.len() == 12);
    let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !shaped || !hex || ![6, 7, 9, 12].contains(&digits.len()) {
        return None;
    }
    let known = digits.len() as u8 * 4;
    let value = u64::from_str_radix(&digits, 16).ok()?;
    Some((value << (48 - known), known))
}

impl fmt::Display for Lookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.query)?;
        match &self.subject {
            Subject::Address { prefix: None, .. } => writeln!(f, "  in no vendor's address range"),
            Subject::Address { prefix: Some(prefix), .. } => {
                self.vendor_line(f, prefix.vendor)?;
                let Prefix { net, roles, confidence, source, .. } = prefix;
                writeln!(f, "  range {net}: {roles}; confidence {confidence}; source: {source}")?;
                note(f, &prefix.note)
            }
            Subject::Vendor(id) => self.vendor_lines(f, *id),
            Subject::Mac { address, known, block } => self.mac_lines(f, *address, *known, *block),
            Subject::Name { endpoint, shared, below } => self.name_lines(f, *endpoint, *shared, below),
        }
    }
}

impl Lookup<'_> {
    fn vendor_line(&self, f: &mut fmt::Formatter<'_>, id: VendorId) -> fmt::Result {
        let vendor = self.catalog.vendor(id);
        write!(f, "  {} ({}), {}", vendor.name, vendor.id, vendor.kind)?;
        if !vendor.country.is_empty() {
            write!(f, ", {}", vendor.country)?;
        }
        if !vendor.parent.is_empty() {
            write!(f, ", owned by {}", vendor.parent)?;
        }
        let rules = vendor.rules().filter(|rule| rule.list().id == SECTION_889);
        for basis in rules.map(|rule| rule.basis) {
            let by_name = basis == Basis::Named;
            let what = if by_name { "named by" } else { "subsidiary or affiliate of a firm named by" };
            write!(f, ", {what} NDAA section 889")?;
        }
        if vendor.prc_headquartered {
            write!(f, ", head office in the PRC")?;
        }
        writeln!(f)?;
        if !vendor.oem_of.is_empty() {
            let makers: Vec<&str> =
                vendor.oem_of.iter().map(|maker| self.catalog.vendor(*maker).name.as_ref()).collect();
            writeln!(
                f,
                "  reported to sell hardware of {}; source: {}",
                makers.join(", "),
                vendor.oem_source
            )?;
        }
        if !vendor.platform_of.is_empty() {
            let platforms = vendor.platform_of.iter().map(|id| self.catalog.vendor(*id).name.as_ref());
            let platforms: Vec<&str> = platforms.collect();
            writeln!(
                f,
                "  reported to use the platform of {}; source: {}",
                platforms.join(", "),
                vendor.oem_source
            )?;
        }
        Ok(())
    }

    fn mac_lines(
        &self,
        f: &mut fmt::Formatter<'_>,
        address: u64,
        known: u8,
        block: Option<&OuiBlock>,
    ) -> fmt::Result {
        if address >> 40 & 2 != 0 {
            writeln!(f, "  locally administered: assigned by no registry")?;
        }
        let Some(block) = block else {
            return writeln!(f, "  in no camera vendor's block ({known} bits looked at)");
        };
        self.vendor_line(f, block.vendor)?;
        let digits = block.bits as usize / 4;
        write!(f, "  hardware prefix {:0digits$x}/{}", block.prefix >> (48 - block.bits), block.bits)?;
        writeln!(f, "; source: IEEE registry; a hint, never proof")?;
        if self.catalog.vendor(block.vendor).oui_camera_specific {
            writeln!(f, "  its prefixes are on little else than cameras")
        } else {
            writeln!(f, "  its prefixes are on other things than cameras too")
        }
    }

    fn name_lines(
        &self,
        f: &mut fmt::Formatter<'_>,
        endpoint: Option<&Endpoint>,
        shared: Option<&SharedName>,
        below: &[&Endpoint],
    ) -> fmt::Result {
        if let Some(endpoint) = endpoint {
            self.vendor_line(f, endpoint.vendor)?;
            endpoint_line(f, endpoint)?;
        }
        if let Some(SharedName { domain, group }) = shared {
            let what =
                if endpoint.is_some() { "under a shared name" } else { "shared name, never attributed" };
            writeln!(f, "  {what}: {domain} ({group})")?;
        } else if endpoint.is_none() {
            writeln!(f, "  not known")?;
        }
        for endpoint in below {
            write!(f, "  below it, of {}: ", self.catalog.vendor(endpoint.vendor).id)?;
            endpoint_line(f, endpoint)?;
        }
        if endpoint.is_none() && shared.is_none() && !self.query.contains('.') {
            let ids = self.catalog.vendors.iter().map(|vendor| vendor.id.as_ref());
            if let Some(id) = nearest(&self.query.to_ascii_lowercase(), ids) {
                writeln!(f, "  did you mean the vendor `{id}`?")?;
            }
        }
        Ok(())
    }

    fn vendor_lines(&self, f: &mut fmt::Formatter<'_>, id: VendorId) -> fmt::Result {
        self.vendor_line(f, id)?;
        let catalog = self.catalog;
        let vendor = catalog.vendor(id);
        if !vendor.aliases.is_empty() {
            writeln!(f, "  also called {}", vendor.aliases.join(", "))?;
        }
        if !vendor.date.is_empty() {
            writeln!(f, "  as of {}", vendor.date)?;
        }
        for endpoint in catalog.every_endpoint().filter(|endpoint| endpoint.vendor == id) {
            endpoint_line(f, endpoint)?;
        }
        for port in catalog.ports.iter().filter(|port| port.vendor == id) {
            writeln!(
                f,
                "  port {}/{}: {}; confidence {}; source: {}",
                port.transport, port.port, port.usage, port.confidence, port.source
            )?;
            note(f, &port.note)?;
        }
        for prefix in catalog.prefixes.iter().filter(|prefix| prefix.vendor == id) {
            writeln!(
                f,
                "  range {}: {}; confidence {}; source: {}",
                prefix.net, prefix.roles, prefix.confidence, prefix.source
            )?;
            note(f, &prefix.note)?;
        }
        for banner in catalog.all_banners().iter().filter(|banner| banner.vendor == Some(id)) {
            writeln!(
                f,
                "  banner {} {} {:?}: {}; confidence {}; source: {}",
                banner.field, banner.how, banner.value, banner.device_class, banner.confidence, banner.source
            )?;
            note(f, &banner.note)?;
        }
        let blocks = catalog.blocks.iter().filter(|block| block.vendor == id).count();
        if blocks > 0 {
            writeln!(f, "  {blocks} hardware prefixes; source: IEEE registry")?;
        }
        Ok(())
    }
}

fn endpoint_line(f: &mut fmt::Formatter<'_>, endpoint: &Endpoint) -> fmt::Result {
    let Endpoint { domain, reach, roles, confidence, source, .. } = endpoint;
    write!(f, "  endpoint {domain} ({reach}")?;
    if let Some(Label { how, value }) = &endpoint.label {
        write!(f, ", label {how} {value:?}")?;
    }
    write!(f, "): {roles}; ")?;
    if let Some(caller) = endpoint.caller {
        write!(f, "called by {}; ", caller_words(caller))?;
    }
    write!(f, "confidence {confidence}; source: {source}")?;
    writeln!(f, "{}", if endpoint.proves_camera { "" } else { "; proves no camera" })?;
    note(f, &endpoint.note)
}

const fn caller_words(caller: Caller) -> &'static str {
    match caller {
        Caller::Device => "devices",
        Caller::App => "viewers",
        Caller::Both => "devices and viewers",
    }
}

fn note(f: &mut fmt::Formatter<'_>, note: &str) -> fmt::Result {
    if note.is_empty() { Ok(()) } else { writeln!(f, "    {note}") }
}
