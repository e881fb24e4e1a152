//! Compiles `data/` to static tables. A mistake in the data fails the build with file, line and column.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo that way")]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::Spanned;

#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/diagnostic.rs"]
mod diagnostic;
#[path = "src/digest.rs"]
mod digest;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/endpoint.rs"]
mod endpoint;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/entry.rs"]
mod entry;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "../wire/src/field.rs"]
mod field;
#[path = "build/files.rs"]
mod files;
#[path = "src/list_entries.rs"]
mod list_entries;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/lists.rs"]
mod lists;
#[path = "src/protocol.rs"]
mod protocol;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[allow(clippy::struct_field_names, reason = "a port has a port")]
#[path = "src/record.rs"]
mod record;
#[path = "src/registrants.rs"]
#[allow(dead_code, unreachable_pub, reason = "the crate looks up what is written here")]
mod registrants;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/roles.rs"]
mod roles;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/rule.rs"]
mod rule;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/schema.rs"]
mod schema;
#[path = "src/source.rs"]
mod source;
#[path = "src/standing.rs"]
mod standing;
#[path = "src/vocabulary.rs"]
mod vocabulary;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/words.rs"]
mod words;

use diagnostic::Diagnostic;
use field::Field;
use files::{data_file, read_vendor, vendor_files};
use list_entries::ListEntries;
use record::{Banner, OuiBlock, SharedName, Vendor, VendorId};
use rule::RuleEntries;
use schema::{BannerEntry, GenericEntries, SharedEntries, SourceFile, VendorEntry};
use source::Source;
use standing::StandingEntries;
use words::{Match, Reach, Serves, SharedGroup};

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=../wire/src/field.rs");
    for shared in [
        "diagnostic",
        "digest",
        "endpoint",
        "entry",
        "list_entries",
        "lists",
        "protocol",
        "record",
        "registrants",
        "roles",
        "rule",
        "schema",
        "source",
        "standing",
        "words",
    ] {
        println!("cargo::rerun-if-changed=src/{shared}.rs");
    }
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    match compile(&home) {
        Ok(tables) => {
            let names =
                fs::read_to_string(home.join("data/registrants.tsv")).expect("registrants.tsv is there");
            fs::write(out.join("registrants.bin"), registrants::pack(&names)).expect("OUT_DIR is writable");
            fs::write(out.join("tables.rs"), tables).expect("OUT_DIR is writable");
        }
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                println!("cargo::error={diagnostic}");
            }
        }
    }
}

fn compile(home: &Path) -> Result<String, Vec<Diagnostic>> {
    let data_files = vendor_files(home);
    let mut diagnostics = Vec::new();
    let mut vendors = Vec::new();
    for data_file in &data_files {
        match read_vendor(data_file) {
            Ok(entry) => vendors.push((data_file.file(), entry)),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let generic = data_file(home, &home.join("data/generic.toml"));
    let shared = data_file(home, &home.join("data/shared-names.toml"));
    let standing = data_file(home, &home.join("data/standing.toml"));
    let rules = data_file(home, &home.join("data/rules.toml"));
    let lists = data_file(home, &home.join("data/lists.toml"));
    let mut tables = assemble(&vendors, generic.file(), shared.file(), standing.file())
        .map_err(|diagnostic| vec![diagnostic])?;
    rule_table(&mut tables, rules.file()).map_err(|diagnostic| vec![diagnostic])?;
    list_tables(&mut tables, lists.file(), &vendors).map_err(|diagnostic| vec![diagnostic])?;
    let texts = data_files
        .iter()
        .chain([&generic, &shared, &standing, &rules, &lists])
        .map(|data_file| data_file.text.as_str());
    let digest = texts.fold(0, digest::append);
    writeln!(tables, "pub(crate) static DIGEST: u64 = {digest:#018x};").expect("a string takes everything");
    Ok(tables)
}

/// What was claimed, and by which file: nothing may be claimed twice.
struct Claims<K>(BTreeMap<K, String>);

impl<K: Ord> Claims<K> {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn claim<T: Debug>(
        &mut self,
        file: SourceFile<'_>,
        place: &Spanned<T>,
        key: K,
    ) -> Result<(), Diagnostic> {
        match self.0.insert(key, file.origin.to_owned()) {
            None => Ok(()),
            Some(other) => {
                Err(file.diagnostic(place, format!("{:?} is already in {other}", place.get_ref())))
            }
        }
    }
}

type Entries<'a> = Vec<(SourceFile<'a>, VendorEntry)>;

fn assemble(
    vendors: &Entries<'_>,
    generic: SourceFile<'_>,
    shared: SourceFile<'_>,
    standing: SourceFile<'_>,
) -> Result<String, Diagnostic> {
    let ids: BTreeMap<&str, usize> =
        vendors.iter().enumerate().map(|(at, (_, entry))| (entry.id.get_ref().as_str(), at)).collect();
    let mut out = String::new();
    let names = shared_table(&mut out, shared)?;
    vendor_table(&mut out, vendors, &ids)?;
    endpoint_table(&mut out, vendors, &names)?;
    block_table(&mut out, vendors)?;
    port_table(&mut out, vendors)?;
    prefix_table(&mut out, vendors)?;
    banner_table(&mut out, vendors, generic)?;
    standing_table(&mut out, standing)?;
    Ok(out)
}

/// Writes a table of records, in the order of their keys.
fn table<K: Ord, R: Source>(out: &mut String, name: &str, kind: &str, mut rows: Vec<(K, R)>) {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    writeln!(out, "pub(crate) static {name}: &[{kind}] = &[").expect("a string takes everything");
    for (_, row) in rows {
        writeln!(out, "    {},", row.source()).expect("a string takes everything");
    }
    out.push_str("];\n");
}

/// A vendor by its place among the files.
fn vendor_id(at: usize) -> VendorId {
    VendorId(u16::try_from(at).expect("there are fewer vendors than 65,536"))
}

fn shared_table(out: &mut String, file: SourceFile<'_>) -> Result<BTreeMap<String, SharedGroup>, Diagnostic> {
    let entry: SharedEntries = file.read()?;
    file.check_date(&entry.date)?;
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for group in &entry.group {
        for domain in &group.domains {
            file.check_domain(domain)?;
            if names.insert(domain.get_ref().clone(), group.name).is_some() {
                return Err(file.diagnostic(domain, format!("`{}` stands here twice", domain.get_ref())));
            }
            let row = SharedName { domain: domain.get_ref().clone().into(), group: group.name };
            rows.push((domain.get_ref().clone(), row));
        }
    }
    table(out, "SHARED", "SharedName", rows);
    writeln!(out, "pub(crate) static DATE: &str = {:?};", entry.date.get_ref())
        .expect("a string takes everything");
    Ok(names)
}

fn vendor_table(
    out: &mut String,
    vendors: &Entries<'_>,
    ids: &BTreeMap<&str, usize>,
) -> Result<(), Diagnostic> {
    let mut rows = Vec::new();
    for (file, entry) in vendors {
        let oem_of = named(*file, ids, entry.oem_of.as_deref())?;
        let platform_of = named(*file, ids, entry.platform_of.as_deref())?;
        let mut vendor = Vendor::unnamed(entry.id.get_ref());
        entry.amend(&mut vendor, Some(oem_of), Some(platform_of));
        rows.push((entry.id.get_ref(), vendor));
    }
    table(out, "VENDORS", "Vendor", rows);
    Ok(())
}

/// The vendors of `others`, ids in a file.
fn named(
    file: SourceFile<'_>,
    ids: &BTreeMap<&str, usize>,
    others: Option<&[Spanned<String>]>,
) -> Result<Vec<VendorId>, Diagnostic> {
    let find = |other: &Spanned<String>| {
        ids.get(other.get_ref().as_str()).map(|at| vendor_id(*at)).ok_or_else(|| {
            let guess = diagnostic::nearest(other.get_ref(), ids.keys().copied());
            let hint = guess.map_or(String::new(), |guess| format!("; did you mean `{guess}`?"));
            file.diagnostic(other, format!("no vendor `{}`{hint}", other.get_ref()))
        })
    };
    others.into_iter().flatten().map(find).collect()
}

fn endpoint_table(
    out: &mut String,
    vendors: &Entries<'_>,
    shared: &BTreeMap<String, SharedGroup>,
) -> Result<(), Diagnostic> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    let mut labels = Vec::new();
    for (at, (file, entry)) in vendors.iter().enumerate() {
        for endpoint in &entry.endpoint {
            let domain = endpoint.domain.get_ref();
            let record = endpoint.record(vendor_id(at), entry.serves(Serves::Cameras));
            if let Some(label) = record.label.clone() {
                labels.push(((domain, std::cmp::Reverse(label.value.len()), label.value), record));
                continue;
            }
            claims.claim(*file, &endpoint.domain, domain)?;
            if let Some(group) = shared.get(domain)
                && endpoint.reach == Reach::Suffix
            {
                let what = format!(
                    "`{domain}` is a shared name ({group}): name the full host, with match = \"exact\""
                );
                return Err(file.diagnostic(&endpoint.domain, what));
            }
            rows.push((domain, record));
        }
    }
    table(out, "ENDPOINTS", "Endpoint", rows);
    table(out, "LABELS", "Endpoint", labels);
    Ok(())
}

fn block_table(out: &mut String, vendors: &Entries<'_>) -> Result<(), Diagnostic> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    for (at, (file, entry)) in vendors.iter().enumerate() {
        for oui in entry.oui.iter().chain(&entry.oui_blocks) {
            let (prefix, bits) = file.block(oui)?;
            claims.claim(*file, oui, (prefix, bits))?;
            rows.push(((prefix, bits), OuiBlock { prefix, bits, vendor: vendor_id(at) }));
        }
    }
    table(out, "BLOCKS", "OuiBlock", rows);
    Ok(())
}

fn port_table(out: &mut String, vendors: &Entries<'_>) -> Result<(), Diagnostic> {
    let mut rows = Vec::new();
    for (at, (file, entry)) in vendors.iter().enumerate() {
        for port in &entry.port {
            let number = file.port(&port.port)?;
            rows.push(((port.proto, number, at), port.record(vendor_id(at), number)));
        }
    }
    table(out, "PORTS", "Port", rows);
    Ok(())
}

fn prefix_table(out: &mut String, vendors: &Entries<'_>) -> Result<(), Diagnostic> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    for (at, (file, entry)) in vendors.iter().enumerate() {
        for prefix in &entry.prefix {
            let net = file.net(&prefix.net)?;
            claims.claim(*file, &prefix.net, net)?;
            rows.push((net, prefix.record(vendor_id(at), net)));
        }
    }
    table(out, "PREFIXES", "Prefix", rows);
    Ok(())
}

fn banner_table(out: &mut String, vendors: &Entries<'_>, generic: SourceFile<'_>) -> Result<(), Diagnostic> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    let entry: GenericEntries = generic.read()?;
    generic.check_date(&entry.date)?;
    generic.check_banners(&entry.banner)?;
    for (at, (file, entry)) in vendors.iter().enumerate() {
        for banner in &entry.banner {
            rows.push(banner_row(*file, &mut claims, banner, Some(vendor_id(at)))?);
        }
    }
    for banner in &entry.banner {
        rows.push(banner_row(generic, &mut claims, banner, None)?);
    }
    table(out, "BANNERS", "Banner", rows);
    Ok(())
}

fn standing_table(out: &mut String, file: SourceFile<'_>) -> Result<(), Diagnostic> {
    let entries: StandingEntries = file.read()?;
    let rows = entries.rows(file)?.into_iter();
    table(out, "STANDING", "StandingRow", rows.map(|row| ((row.evidence, row.of), row)).collect());
    writeln!(out, "pub(crate) static LIMITS: StandingLimits = {};", entries.limits.source())
        .expect("a string takes everything");
    Ok(())
}

fn rule_table(out: &mut String, file: SourceFile<'_>) -> Result<(), Diagnostic> {
    let entries: RuleEntries = file.read()?;
    entries.check(file)?;
    let content = entries.content.record().source();
    writeln!(out, "pub(crate) static CONTENT: ContentRule = {content};").expect("a string takes everything");
    // By their places: they are asked in the order of the file.
    table(
        out,
        "CONTACTS",
        "ContactRule",
        (0..).zip(entries.contact.iter().map(rule::ContactEntry::record)).collect::<Vec<(u32, _)>>(),
    );
    Ok(())
}

fn list_tables(out: &mut String, file: SourceFile<'_>, vendors: &Entries<'_>) -> Result<(), Diagnostic> {
    let entries: ListEntries = file.read()?;
    let named = vendors.iter().map(|(_, entry)| entry.id.get_ref().as_str()).zip((0..).map(VendorId));
    let tables = entries.tables(file, &named.collect())?;
    tables.check(vendors)?;
    // Each comes in its order, which other tables count by.
    table(out, "LISTS", "List", (0..).zip(tables.lists).collect::<Vec<(u32, _)>>());
    table(out, "LISTED", "Listed", (0..).zip(tables.listed).collect::<Vec<(u32, _)>>());
    table(out, "OEM", "OemFact", (0..).zip(tables.oem).collect::<Vec<(u32, _)>>());
    Ok(())
}

type BannerKey = (Field, Match, String);

fn banner_row(
    file: SourceFile<'_>,
    claims: &mut Claims<BannerKey>,
    banner: &BannerEntry,
    vendor: Option<VendorId>,
) -> Result<(BannerKey, Banner), Diagnostic> {
    let mut key = (banner.field, banner.how, banner.value.get_ref().to_ascii_lowercase());
    if let Some(maker) = vendor.filter(|_| banner.of_maker) {
        // Several makers may have the same short words: each counts beside its maker's name alone.
        key.2 = format!("{}\0{}", key.2, maker.0);
    }
    claims.claim(file, &banner.value, key.clone())?;
    Ok((key, banner.record(vendor)))
}
