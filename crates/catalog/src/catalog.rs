//! The catalogue: built-in tables, and whatever a user's files put over them.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

use crate::banners::{BannerHit, BannerTable};
use crate::builtin;
use crate::field::Field;
use crate::labels::LabelTable;
use crate::names::NameTable;
use crate::record::{
    Banner, ContactRule, ContentRule, Endpoint, OuiBlock, Port, Prefix, SharedName, StandingLimits,
    StandingRow, Vendor, VendorId,
};
use crate::registrants;
use crate::sites::SiteTable;
use crate::spoken::SpokenTable;
use crate::words::{Confidence, Evidence, SharedGroup, Transport};

/// What is known of camera vendors. Look-ups neither allocate (but for lists of banners) nor lock.
#[derive(Debug)]
pub struct Catalog {
    pub(crate) vendors: Cow<'static, [Vendor]>,
    pub(crate) endpoints: Cow<'static, [Endpoint]>,
    pub(crate) shared: &'static [SharedName],
    pub(crate) names: NameTable,
    pub(crate) labels: LabelTable,
    pub(crate) sites: SiteTable,
    /// Sorted by prefix, then length.
    pub(crate) blocks: Cow<'static, [OuiBlock]>,
    /// Sorted by transport, then number.
    pub(crate) ports: Cow<'static, [Port]>,
    /// By 64 port numbers, those that a vendor publishes for servers of its own: few flows go to one.
    published: Vec<u64>,
    pub(crate) prefixes: Cow<'static, [Prefix]>,
    pub(crate) v4: PrefixMap<Ipv4Net, u32>,
    pub(crate) v6: PrefixMap<Ipv6Net, u32>,
    /// By the first byte of an IPv4 address, whether any range has it: of most addresses that is all that is asked.
    pub(crate) v4_begins: [bool; 256],
    pub(crate) banners: BannerTable,
    pub(crate) spoken: SpokenTable,
    pub(crate) digest: u64,
}

/// Who holds a block of hardware addresses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Oui {
    /// The vendor.
    pub vendor: VendorId,
    /// Length of the block's prefix: 24, 28 or 36.
    pub bits: u8,
    /// Whether the vendor's prefixes are on little else than cameras. A hint, never proof.
    pub camera_specific: bool,
}

impl Catalog {
    /// The catalogue that comes with the program.
    pub fn builtin() -> Self {
        let mut catalog = Self {
            vendors: Cow::Borrowed(builtin::VENDORS),
            endpoints: Cow::Borrowed(builtin::ENDPOINTS),
            shared: builtin::SHARED,
            names: NameTable::new(builtin::ENDPOINTS, builtin::SHARED),
            labels: LabelTable::new(Cow::Borrowed(builtin::LABELS)),
            sites: SiteTable::new(builtin::ENDPOINTS),
            blocks: Cow::Borrowed(builtin::BLOCKS),
            ports: Cow::Borrowed(builtin::PORTS),
            published: Vec::new(),
            prefixes: Cow::Borrowed(builtin::PREFIXES),
            v4: PrefixMap::new(),
            v6: PrefixMap::new(),
            v4_begins: [false; 256],
            banners: BannerTable::new(Cow::Borrowed(builtin::BANNERS)),
            spoken: SpokenTable::new(builtin::VENDORS),
            digest: builtin::DIGEST,
        };
        catalog.index_prefixes();
        catalog.index_ports();
        catalog
    }

    /// Notes anew which ports are published.
    pub(crate) fn index_ports(&mut self) {
        self.published = vec![0; 1 << 10];
        for port in self.ports.iter().filter(|port| port.published) {
            self.published[usize::from(port.port) / 64] |= 1 << (port.port % 64);
        }
    }

    /// Builds the tries of address ranges anew.
    pub(crate) fn index_prefixes(&mut self) {
        self.v4 = PrefixMap::new();
        self.v6 = PrefixMap::new();
        self.v4_begins = [false; 256];
        for (at, prefix) in self.prefixes.iter().enumerate() {
            match prefix.net {
                IpNet::V4(net) => {
                    let [first, last] =
                        [net.network(), net.broadcast()].map(|ip| usize::from(ip.octets()[0]));
                    self.v4_begins[first..=last].fill(true);
                    self.v4.insert(net, at as u32)
                }
                IpNet::V6(net) => self.v6.insert(net, at as u32),
            };
        }
    }

    /// The vendor of an id of this catalogue.
    ///
    /// # Panics
    /// Where `id` is another catalogue's and too large for this one.
    pub fn vendor(&self, id: VendorId) -> &Vendor {
        self.vendors.get(id.0 as usize).expect("ids are used with the catalogue they are from")
    }

    /// Every vendor: the built-in ones in the order of their ids, then a user's additions.
    pub fn vendors(&self) -> impl ExactSizeIterator<Item = (VendorId, &Vendor)> {
        self.vendors.iter().enumerate().map(|(at, vendor)| (VendorId(at as u16), vendor))
    }

    /// The vendor whose id is `id`, such as `hikvision`.
    pub fn vendor_id(&self, id: &str) -> Option<VendorId> {
        let (sorted, added) = self.vendors.split_at_checked(builtin::VENDORS.len())?;
        let at = match sorted.binary_search_by(|vendor| vendor.id.as_ref().cmp(id)) {
            Ok(at) => at,
            Err(_) => sorted.len() + added.iter().position(|vendor| vendor.id == id)?,
        };
        Some(VendorId(at as u16))
    }

    /// The vendor that owns another, where the catalogue has it.
    pub fn parent(&self, id: VendorId) -> Option<VendorId> {
        let parent = self.vendor(id).parent.as_ref();
        if parent.is_empty() { None } else { self.vendor_id(parent) }
    }

    /// The endpoint that `host` belongs to: the longest domain that it is or ends in, on label boundaries, ASCII case and
    /// one trailing dot apart; where an entry of that domain has a label like the one in front of it, that entry. None for
    /// shared names, unless a vendor's entry is as long or longer.
    pub fn name(&self, host: impl AsRef<[u8]>) -> Option<&Endpoint> {
        self.host(host).0
    }

    /// The longest shared name that `host` is or ends in, and why it is nobody's. Some hosts under it may still have a
    /// `name` of their own: a vendor's bucket in a cloud.
    pub fn shared(&self, host: impl AsRef<[u8]>) -> Option<&SharedName> {
        let found = self.names.find(host.as_ref());
        self.shared.get(found.shared? as usize)
    }

    /// `name` and `shared` at once, at the price of one.
    pub fn host(&self, host: impl AsRef<[u8]>) -> (Option<&Endpoint>, Option<&SharedName>) {
        let host = host.as_ref();
        let found = self.names.find(host);
        let endpoint = found.endpoint.and_then(|at| self.endpoints.get(at as usize));
        let endpoint = endpoint.map(|endpoint| self.sites.refine(host, self.labels.refine(host, endpoint)));
        (endpoint, found.shared.and_then(|at| self.shared.get(at as usize)))
    }

    /// Why nobody's `host` is nobody's.
    pub fn shared_group(&self, host: impl AsRef<[u8]>) -> Option<SharedGroup> {
        self.shared(host).map(|name| name.group)
    }

    /// Who holds the longest block that a hardware address lies in.
    pub fn mac(&self, mac: [u8; 6]) -> Option<Oui> {
        let address = mac.iter().fold(0, |address, byte| address << 8 | u64::from(*byte));
        let OuiBlock { vendor, bits, .. } = *self.block(address, 48)?;
        Some(Oui { vendor, bits, camera_specific: self.vendor(vendor).oui_camera_specific })
    }

    /// The longest block of at most `known` bits that an address of 48 bits lies in.
    pub(crate) fn block(&self, address: u64, known: u8) -> Option<&OuiBlock> {
        const LEAST: u8 = 24;
        let of_all = |prefix: u64| prefix >> (48 - LEAST);
        // Most addresses are of nobody here: one search tells.
        let near = self.blocks.partition_point(|block| of_all(block.prefix) < of_all(address));
        self.blocks.get(near).filter(|block| of_all(block.prefix) == of_all(address))?;
        [36, 28, LEAST].into_iter().filter(|bits| *bits <= known).find_map(|bits: u8| {
            let key = (address >> (48 - bits) << (48 - bits), bits);
            let at = self.blocks.binary_search_by_key(&key, |block| (block.prefix, block.bits)).ok()?;
            self.blocks.get(at)
        })
    }

    /// The longest address range of a vendor that `address` lies in. IPv4 addresses written as IPv6 are IPv4.
    pub fn address(&self, address: IpAddr) -> Option<&Prefix> {
        let at = match address.to_canonical() {
            IpAddr::V4(address) if !self.v4_begins[usize::from(address.octets()[0])] => return None,
            IpAddr::V4(address) => *self.v4.get_lpm(&Ipv4Net::from(address))?.1,
            IpAddr::V6(address) => *self.v6.get_lpm(&Ipv6Net::from(address))?.1,
        };
        self.prefixes.get(at as usize)
    }

    /// Who registered the longest block that a hardware address lies in, camera vendor or not, as the IEEE has the name.
    /// None for addresses that are locally administered.
    pub fn registrant(&self, mac: [u8; 6]) -> Option<&'static str> {
        registrants::find(builtin::REGISTRANTS, mac)
    }

    /// What evidence is worth: of something that the catalogue is `of` sure of, where that matters.
    ///
    /// # Panics
    /// Never: the build fails where a kind of evidence has no row.
    pub fn worth(&self, evidence: Evidence, of: Confidence) -> &'static StandingRow {
        let rows = builtin::STANDING.iter().filter(|row| row.evidence == evidence);
        let best = rows.max_by_key(|row| (row.of == Some(of), row.of.is_none()));
        best.expect("the build sees that every evidence has a row")
    }

    /// From how many points on a device is what.
    pub fn limits(&self) -> StandingLimits {
        builtin::LIMITS
    }

    /// Who uses a port, and what for.
    pub fn port(&self, transport: Transport, port: u16) -> &[Port] {
        let key = |entry: &Port| (entry.transport, entry.port);
        let start = self.ports.partition_point(|entry| key(entry) < (transport, port));
        let end = self.ports.partition_point(|entry| key(entry) <= (transport, port));
        self.ports.get(start..end).unwrap_or_default()
    }

    /// Those of them that publish the port for servers of their own.
    #[inline]
    pub fn publishers(&self, transport: Transport, port: u16) -> impl Iterator<Item = &Port> {
        let is_known = self.published[usize::from(port) / 64] >> (port % 64) & 1 != 0;
        let all = if is_known { self.port(transport, port) } else { &[] };
        all.iter().filter(|port| port.published)
    }

    /// The banners that `value` matches in a field: the longest text first, then the surer one. An object identifier is compared
    /// with a dot behind it: the number of a firm alone is the firm's, and is not that of another that begins so.
    pub fn banners(&self, field: Field, value: &[u8]) -> Vec<BannerHit<'_>> {
        if field == Field::SnmpSysObjectId && !value.ends_with(b".") {
            return self.banners.find(field, &[value, b"."].concat());
        }
        self.banners.find(field, value)
    }

    /// Whether there is a banner of a field.
    pub fn has_banners(&self, field: Field) -> bool {
        self.banners.has(field)
    }

    /// Names this state of the data: the day of its newest entry, its counts, and 64 bits over the texts of its files, a
    /// user's files in the order they were laid over.
    pub fn digest(&self) -> String {
        let dates = self.vendors.iter().map(|vendor| vendor.date.as_ref()).chain([builtin::DATE]);
        format!(
            "{}, {} vendors, {} endpoints, {} address ranges, {} hardware prefixes, {} banners, {:016x}",
            dates.max().unwrap_or_default(),
            self.vendors.len(),
            self.endpoints.len() + self.labels.all().len(),
            self.prefixes.len(),
            self.blocks.len(),
            self.banners.all().len(),
            self.digest,
        )
    }

    /// Every endpoint of a whole domain, in no promised order.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Every endpoint of some names below a domain, by domain.
    pub fn labels(&self) -> &[Endpoint] {
        self.labels.all()
    }

    /// Every shared name, by domain.
    pub fn shared_names(&self) -> &[SharedName] {
        self.shared
    }

    /// Every block of hardware addresses, by prefix and length.
    pub fn blocks(&self) -> &[OuiBlock] {
        &self.blocks
    }

    /// Every port, by transport and number.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Every address range.
    pub fn prefixes(&self) -> &[Prefix] {
        &self.prefixes
    }

    /// When one flow in one aligned bucket of time holds content.
    pub fn content(&self) -> &'static ContentRule {
        &builtin::CONTENT
    }

    /// The rules of contacts, in the order in which they are asked.
    pub fn contact_rules(&self) -> &'static [ContactRule] {
        builtin::CONTACTS
    }

    /// Every banner, by field.
    pub fn all_banners(&self) -> &[Banner] {
        self.banners.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_shared_by_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&Catalog::builtin());
    }

    #[test]
    fn built_in_vendors_stand_in_the_order_of_their_ids() {
        let catalog = Catalog::builtin();
        assert!(catalog.vendors().is_sorted_by_key(|(_, vendor)| vendor.id.clone()));
        for (id, vendor) in catalog.vendors() {
            assert_eq!(catalog.vendor_id(&vendor.id), Some(id));
        }
        assert_eq!(catalog.vendor_id("generic"), None);
    }

    #[test]
    fn every_evidence_has_its_worth() {
        let catalog = Catalog::builtin();
        for (evidence, of) in Evidence::ALL.iter().zip(Confidence::ALL.iter().cycle()) {
            assert_eq!(catalog.worth(*evidence, *of).evidence, *evidence);
        }
        let kinds = Confidence::ALL.iter().map(|of| catalog.worth(Evidence::Model, *of).kind);
        assert!(kinds.is_sorted());
        assert!(catalog.limits().suspected < catalog.limits().camera);
    }

    #[test]
    fn a_registered_block_has_its_registrant() {
        let catalog = Catalog::builtin();
        assert_eq!(
            catalog.registrant([0x44, 0x19, 0xb6, 1, 2, 3]),
            Some("Hangzhou Hikvision Digital Technology Co.,Ltd.")
        );
        // 24 bits are the registry's own, 36 a firm's.
        assert_eq!(catalog.registrant([0x70, 0xb3, 0xd5, 0, 0x10, 3]), Some("SOREDI touch systems GmbH"));
        assert_eq!(catalog.registrant([0x46, 0x19, 0xb6, 1, 2, 3]), None);
    }

    #[test]
    fn an_owner_is_a_vendor_or_free_text() {
        let catalog = Catalog::builtin();
        let owner = |id: &str| {
            catalog.parent(catalog.vendor_id(id).unwrap()).map(|id| catalog.vendor(id).id.as_ref())
        };
        assert_eq!(owner("ezviz"), Some("hikvision"));
        assert_eq!(owner("hikvision"), None);
        assert_eq!(owner("dahua"), None);
    }
}
