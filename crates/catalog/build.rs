//! Compiles `data/` to static tables. A mistake in the data fails the build with file, line and column.
#![allow(clippy::print_stdout, reason = "a build script talks to cargo that way")]

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml::Spanned;

#[path = "src/digest.rs"]
mod digest;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "../wire/src/field.rs"]
mod field;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/form.rs"]
mod form;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/mistake.rs"]
mod mistake;
#[allow(dead_code, unreachable_pub, reason = "the crate uses the rest")]
#[path = "src/words.rs"]
mod words;

use field::Field;
use form::{BannerForm, GenericForm, Page, SharedForm, VendorForm};
use mistake::Mistake;
use words::{Match, Reach, Role, Roles, SharedGroup, VendorKind};

/// One file of `data/`.
struct Leaf {
    origin: String,
    stem: String,
    text: String,
}

impl Leaf {
    fn page(&self) -> Page<'_> {
        Page { origin: &self.origin, text: &self.text }
    }
}

fn main() {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../wire/src/field.rs");
    for shared in ["digest", "form", "mistake", "words"] {
        println!("cargo::rerun-if-changed=src/{shared}.rs");
    }
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    match compile(&home) {
        Ok(tables) => fs::write(out.join("tables.rs"), tables).expect("OUT_DIR is writable"),
        Err(mistakes) => {
            for mistake in mistakes {
                println!("cargo::error={mistake}");
            }
        }
    }
}

fn compile(home: &Path) -> Result<String, Vec<Mistake>> {
    let leaves = vendor_leaves(home);
    let mut mistakes = Vec::new();
    let mut vendors = Vec::new();
    for leaf in &leaves {
        match read_vendor(leaf) {
            Ok(form) => vendors.push((leaf.page(), form)),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let generic = leaf(home, &home.join("data/generic.toml"));
    let shared = leaf(home, &home.join("data/shared-names.toml"));
    let mut tables = assemble(&vendors, generic.page(), shared.page()).map_err(|mistake| vec![mistake])?;
    let texts = leaves.iter().chain([&generic, &shared]).map(|leaf| leaf.text.as_str());
    let digest = texts.fold(0, digest::append);
    writeln!(tables, "pub(crate) static DIGEST: u64 = {digest:#018x};").expect("a string takes everything");
    Ok(tables)
}

fn vendor_leaves(home: &Path) -> Vec<Leaf> {
    let folder = fs::read_dir(home.join("data/vendors")).expect("data/vendors is there");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut leaves: Vec<Leaf> = paths.iter().map(|path| leaf(home, path)).collect();
    leaves.sort_by(|a, b| a.stem.cmp(&b.stem));
    leaves
}

fn leaf(home: &Path, path: &Path) -> Leaf {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let origin = path.strip_prefix(home).unwrap_or(path).display().to_string();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Leaf { origin, stem, text }
}

fn read_vendor(leaf: &Leaf) -> Result<VendorForm, Mistake> {
    let page = leaf.page();
    let form: VendorForm = page.read()?;
    page.check(&form)?;
    page.check_complete(&form)?;
    if form.id.get_ref() != &leaf.stem {
        return Err(page.mistake(&form.id, format!("the file of this id is {}.toml", form.id.get_ref())));
    }
    if form.date.is_none() {
        return Err(page.mistake(&form.id, "built-in entries need `date`, the day they were looked at"));
    }
    Ok(form)
}

/// What was claimed, and by which file: nothing may be claimed twice.
struct Claims<K>(BTreeMap<K, String>);

impl<K: Ord> Claims<K> {
    fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn claim<T: Debug>(&mut self, page: Page<'_>, place: &Spanned<T>, key: K) -> Result<(), Mistake> {
        match self.0.insert(key, page.origin.to_owned()) {
            None => Ok(()),
            Some(other) => Err(page.mistake(place, format!("{:?} is already in {other}", place.get_ref()))),
        }
    }
}

type Forms<'a> = Vec<(Page<'a>, VendorForm)>;

fn assemble(vendors: &Forms<'_>, generic: Page<'_>, shared: Page<'_>) -> Result<String, Mistake> {
    let ids: BTreeMap<&str, usize> =
        vendors.iter().enumerate().map(|(at, (_, form))| (form.id.get_ref().as_str(), at)).collect();
    let mut out = String::new();
    let names = shared_table(&mut out, shared)?;
    vendor_table(&mut out, vendors, &ids)?;
    endpoint_table(&mut out, vendors, &names)?;
    block_table(&mut out, vendors)?;
    port_table(&mut out, vendors)?;
    prefix_table(&mut out, vendors)?;
    banner_table(&mut out, vendors, generic)?;
    Ok(out)
}

/// Writes a table of rows, in the order of their keys.
fn table<K: Ord>(out: &mut String, name: &str, kind: &str, mut rows: Vec<(K, String)>) {
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    writeln!(out, "pub(crate) static {name}: &[{kind}] = &[").expect("a string takes everything");
    for (_, row) in rows {
        writeln!(out, "    {row},").expect("a string takes everything");
    }
    out.push_str("];\n");
}

fn text(text: &str) -> String {
    format!("t({text:?})")
}

fn note(note: Option<&String>) -> String {
    text(note.map_or("", String::as_str))
}

fn roles(roles: &[Role]) -> String {
    let set: Roles = roles.iter().copied().collect();
    format!("Roles::from_bits({})", set.bits())
}

fn shared_table(out: &mut String, page: Page<'_>) -> Result<BTreeMap<String, SharedGroup>, Mistake> {
    let form: SharedForm = page.read()?;
    page.check_date(&form.date)?;
    let mut names = BTreeMap::new();
    let mut rows = Vec::new();
    for group in &form.group {
        for domain in &group.domains {
            page.check_domain(domain)?;
            if names.insert(domain.get_ref().clone(), group.name).is_some() {
                return Err(page.mistake(domain, format!("`{}` stands here twice", domain.get_ref())));
            }
            let row = format!(
                "SharedName {{ domain: {}, group: SharedGroup::{:?} }}",
                text(domain.get_ref()),
                group.name
            );
            rows.push((domain.get_ref().clone(), row));
        }
    }
    table(out, "SHARED", "SharedName", rows);
    writeln!(out, "pub(crate) static DATE: &str = {:?};", form.date.get_ref())
        .expect("a string takes everything");
    Ok(names)
}

fn vendor_table(out: &mut String, vendors: &Forms<'_>, ids: &BTreeMap<&str, usize>) -> Result<(), Mistake> {
    let mut rows = Vec::new();
    for (page, form) in vendors {
        let mut oem_of = Vec::new();
        for other in form.oem_of.iter().flatten() {
            let Some(at) = ids.get(other.get_ref().as_str()) else {
                let guess = mistake::nearest(other.get_ref(), ids.keys().copied());
                let hint = guess.map_or(String::new(), |guess| format!("; did you mean `{guess}`?"));
                return Err(page.mistake(other, format!("no vendor `{}`{hint}", other.get_ref())));
            };
            oem_of.push(format!("VendorId({at})"));
        }
        let aliases: Vec<String> = form.aliases.iter().flatten().map(|alias| text(alias)).collect();
        let row = format!(
            "Vendor {{ id: {}, name: {}, aliases: Cow::Borrowed(&[{}]), parent: {}, country: {}, ndaa_889: {}, \
             prc_headquartered: {}, oem_of: Cow::Borrowed(&[{}]), oem_source: {}, kind: VendorKind::{:?}, \
             oui_camera_specific: {}, date: {} }}",
            text(form.id.get_ref()),
            text(form.name.as_ref().map_or("", |name| name.get_ref())),
            aliases.join(", "),
            note(form.parent.as_ref()),
            text(form.country.as_ref().map_or("", |country| country.get_ref())),
            form.ndaa_889.unwrap_or_default(),
            form.prc_headquartered.unwrap_or_default(),
            oem_of.join(", "),
            note(form.oem_source.as_ref()),
            kind(form),
            form.oui_camera_specific.unwrap_or_default(),
            text(form.date.as_ref().map_or("", |date| date.get_ref())),
        );
        rows.push((form.id.get_ref(), row));
    }
    table(out, "VENDORS", "Vendor", rows);
    Ok(())
}

/// The kind, which `check_complete` saw.
fn kind(form: &VendorForm) -> VendorKind {
    form.kind.expect("a complete form has a kind")
}

fn endpoint_table(
    out: &mut String,
    vendors: &Forms<'_>,
    shared: &BTreeMap<String, SharedGroup>,
) -> Result<(), Mistake> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    for (at, (page, form)) in vendors.iter().enumerate() {
        for endpoint in &form.endpoint {
            let domain = endpoint.domain.get_ref();
            claims.claim(*page, &endpoint.domain, domain)?;
            if let Some(group) = shared.get(domain)
                && endpoint.reach == Reach::Suffix
            {
                let what = format!(
                    "`{domain}` is a shared name ({group}): name the full host, with match = \"exact\""
                );
                return Err(page.mistake(&endpoint.domain, what));
            }
            let row = format!(
                "Endpoint {{ vendor: VendorId({at}), domain: {}, reach: Reach::{:?}, roles: {}, confidence: Confidence::{:?}, \
                 proves_camera: {}, source: {}, note: {} }}",
                text(domain),
                endpoint.reach,
                roles(&endpoint.roles),
                endpoint.confidence,
                endpoint.proves_camera(kind(form)),
                text(endpoint.source.get_ref()),
                note(endpoint.note.as_ref()),
            );
            rows.push((domain, row));
        }
    }
    table(out, "ENDPOINTS", "Endpoint", rows);
    Ok(())
}

fn block_table(out: &mut String, vendors: &Forms<'_>) -> Result<(), Mistake> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    for (at, (page, form)) in vendors.iter().enumerate() {
        for oui in form.oui.iter().chain(&form.oui_blocks) {
            let (prefix, bits) = page.block(oui)?;
            claims.claim(*page, oui, (prefix, bits))?;
            rows.push((
                (prefix, bits),
                format!("Block {{ prefix: {prefix:#014x}, bits: {bits}, vendor: VendorId({at}) }}"),
            ));
        }
    }
    table(out, "BLOCKS", "Block", rows);
    Ok(())
}

fn port_table(out: &mut String, vendors: &Forms<'_>) -> Result<(), Mistake> {
    let mut rows = Vec::new();
    for (at, (page, form)) in vendors.iter().enumerate() {
        for port in &form.port {
            let number = page.port(&port.port)?;
            let row = format!(
                "Port {{ transport: Transport::{:?}, port: {number}, vendor: VendorId({at}), usage: {}, \
                 confidence: Confidence::{:?}, source: {}, note: {} }}",
                port.proto,
                text(&port.usage),
                port.confidence,
                text(port.source.get_ref()),
                note(port.note.as_ref()),
            );
            rows.push(((port.proto, number, at), row));
        }
    }
    table(out, "PORTS", "Port", rows);
    Ok(())
}

fn prefix_table(out: &mut String, vendors: &Forms<'_>) -> Result<(), Mistake> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    for (at, (page, form)) in vendors.iter().enumerate() {
        for prefix in &form.prefix {
            let net = page.net(&prefix.net)?;
            claims.claim(*page, &prefix.net, net)?;
            let (version, address) = match net {
                ipnet::IpNet::V4(net) => ("4", format!("from_bits({})", net.addr().to_bits())),
                ipnet::IpNet::V6(net) => ("6", format!("from_bits({})", net.addr().to_bits())),
            };
            let row = format!(
                "Prefix {{ net: IpNet::V{version}(Ipv{version}Net::new_assert(std::net::Ipv{version}Addr::{address}, {})), \
                 vendor: VendorId({at}), roles: {}, confidence: Confidence::{:?}, source: {}, note: {} }}",
                net.prefix_len(),
                roles(&prefix.roles),
                prefix.confidence,
                text(prefix.source.get_ref()),
                note(prefix.note.as_ref()),
            );
            rows.push((net, row));
        }
    }
    table(out, "PREFIXES", "Prefix", rows);
    Ok(())
}

fn banner_table(out: &mut String, vendors: &Forms<'_>, generic: Page<'_>) -> Result<(), Mistake> {
    let mut claims = Claims::new();
    let mut rows = Vec::new();
    let form: GenericForm = generic.read()?;
    generic.check_date(&form.date)?;
    generic.check_banners(&form.banner)?;
    for (at, (page, form)) in vendors.iter().enumerate() {
        let vendor = format!("Some(VendorId({at}))");
        for banner in &form.banner {
            rows.push(banner_row(*page, &mut claims, banner, &vendor)?);
        }
    }
    for banner in &form.banner {
        rows.push(banner_row(generic, &mut claims, banner, "None")?);
    }
    table(out, "BANNERS", "Banner", rows);
    Ok(())
}

type BannerKey = (Field, Match, String);

fn banner_row(
    page: Page<'_>,
    claims: &mut Claims<BannerKey>,
    banner: &BannerForm,
    vendor: &str,
) -> Result<(BannerKey, String), Mistake> {
    let key = (banner.field, banner.how, banner.value.get_ref().to_ascii_lowercase());
    claims.claim(page, &banner.value, key.clone())?;
    let captures =
        banner.captures.map_or("None".to_owned(), |captures| format!("Some(Capture::{captures:?})"));
    let row = format!(
        "Banner {{ field: Field::{:?}, how: Match::{:?}, value: {}, vendor: {vendor}, captures: {captures}, \
         captures_at: {}, captures_side: Side::{:?}, device_class: DeviceClass::{:?}, is_camera: {}, \
         confidence: Confidence::{:?}, source: {}, note: {} }}",
        banner.field,
        banner.how,
        text(banner.value.get_ref()),
        banner.captures_from(),
        banner.side(),
        banner.device_class,
        banner.is_camera,
        banner.confidence,
        text(banner.source.get_ref()),
        note(banner.note.as_ref()),
    );
    Ok((key, row))
}
