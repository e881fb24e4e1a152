//! Lays a user's files over the catalogue.
//!
//! A file has the form of a vendor file. It adds a vendor or changes one: keys it leaves out stay; endpoints, prefixes and
//! banners that are known, whosesoever, become those of the file; the rest is added. A file with a mistake changes nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::Spanned;

use crate::banners::BannerTable;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, nearest};
use crate::digest;
use crate::names::NameTable;
use crate::record::{Banner, Endpoint, OuiBlock, Port, Prefix, Vendor, VendorId};
use crate::schema::{SourceFile, VendorEntry};
use crate::sites::SiteTable;
use crate::spoken::SpokenTable;
use crate::words::Reach;

/// Why a user's file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Diagnostic(#[from] Diagnostic),
}

impl Catalog {
    /// The built-in catalogue with `files` laid over it, in this order.
    pub fn with<P: AsRef<Path>>(files: &[P]) -> Result<Self, CatalogError> {
        let mut catalog = Self::builtin();
        for path in files.iter().map(AsRef::as_ref) {
            let text = fs::read_to_string(path)
                .map_err(|source| CatalogError::Read { path: path.to_owned(), source })?;
            catalog.overlay(&text, &path.display().to_string())?;
        }
        Ok(catalog)
    }

    /// Lays one file's `text` over the catalogue; `origin` names it in mistakes. Ids of vendors stay what they were.
    pub fn overlay(&mut self, text: &str, origin: &str) -> Result<(), Diagnostic> {
        let file = SourceFile { origin, text };
        let entry: VendorEntry = file.read()?;
        file.check(&entry)?;
        let known = self.vendor_id(entry.id.get_ref());
        if known.is_none() {
            file.check_complete(&entry)?;
        }
        let merge = Merge {
            vendor: known.map_or_else(|| self.next_vendor(file, &entry), Ok)?,
            oem_of: self.known(file, entry.oem_of.as_deref())?,
            platform_of: self.known(file, entry.platform_of.as_deref())?,
            blocks: blocks(file, &entry)?,
            ports: entry.port.iter().map(|port| file.port(&port.port)).collect::<Result<_, _>>()?,
            nets: entry.prefix.iter().map(|prefix| file.net(&prefix.net)).collect::<Result<_, _>>()?,
        };
        self.refuse_shared(file, &entry)?;
        self.apply(&entry, merge);
        self.digest = digest::append(self.digest, text);
        Ok(())
    }

    fn next_vendor(&self, file: SourceFile<'_>, entry: &VendorEntry) -> Result<VendorId, Diagnostic> {
        let next = u16::try_from(self.vendors.len()).ok().filter(|next| *next < u16::MAX);
        next.map(VendorId)
            .ok_or_else(|| file.diagnostic(&entry.id, "a catalogue holds at most 65,535 vendors"))
    }

    /// The vendors of `others`, ids in the file.
    fn known(
        &self,
        file: SourceFile<'_>,
        others: Option<&[Spanned<String>]>,
    ) -> Result<Option<Vec<VendorId>>, Diagnostic> {
        let Some(others) = others else {
            return Ok(None);
        };
        let find = |id: &Spanned<String>| {
            self.vendor_id(id.get_ref()).ok_or_else(|| {
                let ids = self.vendors.iter().map(|vendor| vendor.id.as_ref());
                let hint =
                    nearest(id.get_ref(), ids).map_or(String::new(), |id| format!("; did you mean `{id}`?"));
                file.diagnostic(id, format!("no vendor `{}`{hint}", id.get_ref()))
            })
        };
        others.iter().map(find).collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// A shared name is never a vendor's as a whole.
    fn refuse_shared(&self, file: SourceFile<'_>, entry: &VendorEntry) -> Result<(), Diagnostic> {
        for endpoint in entry.endpoint.iter().filter(|endpoint| endpoint.reach == Reach::Suffix) {
            let domain = endpoint.domain.get_ref();
            if let Some(shared) = self.shared(domain).filter(|shared| shared.domain == domain.as_str()) {
                let group = shared.group;
                let what = format!(
                    "`{domain}` is a shared name ({group}): name the full host, with match = \"exact\""
                );
                return Err(file.diagnostic(&endpoint.domain, what));
            }
        }
        Ok(())
    }

    fn apply(&mut self, entry: &VendorEntry, merge: Merge) {
        let VendorEntry { endpoint, port, prefix, banner, .. } = entry;
        let vendor = merge.vendor;
        if self.vendors.len() == vendor.0 as usize {
            self.vendors.to_mut().push(Vendor::unnamed(entry.id.get_ref()));
        }
        if let Some(known) = self.vendors.to_mut().get_mut(vendor.0 as usize) {
            entry.amend(known, merge.oem_of, merge.platform_of);
        }
        if entry.speaks.is_some() {
            self.spoken = SpokenTable::new(&self.vendors);
        }
        let serves = self.vendor(vendor).serves;
        if !endpoint.is_empty() {
            let fresh = endpoint.iter().map(|entry| entry.record(vendor, serves));
            self.apply_endpoints(fresh.collect());
        }
        self.apply_blocks(vendor, &merge.blocks);
        let fresh = port.iter().zip(merge.ports).map(|(entry, number)| entry.record(vendor, number));
        self.apply_ports(fresh.collect());
        let fresh = prefix.iter().zip(merge.nets).map(|(entry, net)| entry.record(vendor, net));
        self.apply_prefixes(fresh.collect());
        let fresh = banner.iter().map(|entry| entry.record(Some(vendor)));
        self.apply_banners(fresh.collect());
    }

    fn apply_endpoints(&mut self, fresh: Vec<Endpoint>) {
        let (labels, fresh): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|fresh| fresh.label.is_some());
        if !labels.is_empty() {
            self.labels.put(labels);
        }
        let endpoints = self.endpoints.to_mut();
        for endpoint in fresh {
            let known = self.names.endpoint(endpoint.domain.as_bytes());
            match known.and_then(|at| endpoints.get_mut(at as usize)) {
                Some(place) => *place = endpoint,
                None => endpoints.push(endpoint),
            }
        }
        self.names = NameTable::new(endpoints, self.shared);
        self.sites = SiteTable::new(endpoints);
    }

    fn apply_blocks(&mut self, vendor: VendorId, fresh: &[(u64, u8)]) {
        if fresh.is_empty() {
            return;
        }
        let blocks = self.blocks.to_mut();
        let sorted = blocks.len();
        for &(prefix, bits) in fresh {
            let old = blocks.get(..sorted).unwrap_or_default();
            let place = old.binary_search_by_key(&(prefix, bits), |block| (block.prefix, block.bits));
            match place.ok().and_then(|at| blocks.get_mut(at)) {
                Some(block) => block.vendor = vendor,
                None => blocks.push(OuiBlock { prefix, bits, vendor }),
            }
        }
        blocks.sort_by_key(|block| (block.prefix, block.bits));
    }

    fn apply_ports(&mut self, fresh: Vec<Port>) {
        if fresh.is_empty() {
            return;
        }
        let key = |port: &Port| (port.transport, port.port, port.vendor);
        let all = self.ports.iter().cloned().chain(fresh);
        let newest: BTreeMap<_, Port> = all.map(|port| (key(&port), port)).collect();
        self.ports = Cow::Owned(newest.into_values().collect());
        self.index_ports();
    }

    fn apply_prefixes(&mut self, fresh: Vec<Prefix>) {
        if fresh.is_empty() {
            return;
        }
        let all = self.prefixes.iter().cloned().chain(fresh);
        let newest: BTreeMap<_, Prefix> = all.map(|prefix| (prefix.net, prefix)).collect();
        self.prefixes = Cow::Owned(newest.into_values().collect());
        self.index_prefixes();
    }

    fn apply_banners(&mut self, fresh: Vec<Banner>) {
        if fresh.is_empty() {
            return;
        }
        let key = |banner: &Banner| {
            let maker = banner.vendor.filter(|_| banner.of_maker);
            (banner.field, banner.how, banner.value.to_ascii_lowercase(), maker)
        };
        let all = self.banners.all().iter().cloned().chain(fresh);
        let newest: BTreeMap<_, Banner> = all.map(|banner| (key(&banner), banner)).collect();
        self.banners = BannerTable::new(Cow::Owned(newest.into_values().collect()));
    }
}

/// What was found out about a file before anything is changed.
struct Merge {
    vendor: VendorId,
    oem_of: Option<Vec<VendorId>>,
    platform_of: Option<Vec<VendorId>>,
    blocks: Vec<(u64, u8)>,
    ports: Vec<u16>,
    nets: Vec<ipnet::IpNet>,
}

fn blocks(file: SourceFile<'_>, entry: &VendorEntry) -> Result<Vec<(u64, u8)>, Diagnostic> {
    entry.oui.iter().chain(&entry.oui_blocks).map(|oui| file.block(oui)).collect()
}
