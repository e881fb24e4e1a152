//! Three tests of every kind of fingerprint: what it knows, what is nearly that, and what was cut. `cargo test -p lenscap-catalog
//! --test three` goes over all that the catalogue holds, says how many there are of each kind, and fails where a kind lacks one.
//!
//! A kind is a field that devices speak in and how a text is looked for there (a server's name that is a prefix, a model that
//! contains), a domain, a label in front of one, a hardware prefix of one length, a range of addresses. For each entry of it:
//!
//! - *positive*: the text as it would stand on the wire finds the entry;
//! - *near-miss*: one byte of it changed, and a neighbour of a prefix or range, does not;
//! - *truncated*: cut at every length it does not find the entry, nor a maker that the whole does not show.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use lenscap_catalog::{Banner, Catalog, Endpoint, Match, Reach, VendorId};
use lenscap_wire::Field;

/// How many tests of a kind were made.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    positive: usize,
    near: usize,
    truncated: usize,
}

impl Count {
    fn lacks_one(self) -> bool {
        self.positive == 0 || self.near == 0 || self.truncated == 0
    }
}

type Counts = BTreeMap<String, Count>;

/// What stands around a text so that a banner finds it: `x` is of no text that is looked for at its beginning or end alone.
fn on_the_wire(banner: &Banner, value: &str) -> String {
    match banner.how {
        Match::Exact => value.to_owned(),
        Match::Prefix => format!("{value} 1"),
        Match::Suffix => format!("1 {value}"),
        Match::Contains => format!("1 {value} 1"),
    }
}

/// One byte changed to another of its kind, which no case folds back.
fn near(value: &str, at: usize) -> String {
    let mut bytes = value.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'~' { b'^' } else { b'~' };
    String::from_utf8(bytes).expect("banners are ASCII")
}

fn banner(catalog: &Catalog, banner: &Banner, counts: &mut Counts, faults: &mut Vec<String>) {
    let finds = |text: &str| {
        catalog.banners(banner.field, text.as_bytes()).iter().any(|hit| std::ptr::eq(hit.banner, banner))
    };
    // A text that is a banner as a whole is another's beginning now and then: `VB` and `VBrick`. No reader says a text that
    // was cut, which `three.rs` of `wire` holds.
    let makers = |text: &str| -> BTreeSet<VendorId> {
        let sure = |banner: &Banner| {
            (banner.is_camera && banner.how != Match::Exact).then_some(banner.vendor).flatten()
        };
        catalog.banners(banner.field, text.as_bytes()).iter().filter_map(|hit| sure(hit.banner)).collect()
    };
    let (value, kind) = (banner.value.as_ref(), format!("{} {:?}", banner.field, banner.how));
    let whole = on_the_wire(banner, value);
    let (count, shown) = (counts.entry(kind.clone()).or_default(), makers(&whole));
    let mut fault = |what: &str, text: &str| faults.push(format!("{kind} {value:?} {what} {text:?}"));
    if finds(&whole) {
        count.positive += 1;
    } else {
        fault("is not found in", &whole);
    }
    for at in 0..value.len() {
        let text = on_the_wire(banner, &near(value, at));
        count.near += 1;
        if finds(&text) {
            fault("is found in", &text);
        }
        let cut = match banner.how {
            Match::Suffix | Match::Contains => format!("1 {}", &value[..at]),
            Match::Exact | Match::Prefix => value[..at].to_owned(),
        };
        count.truncated += 1;
        // The number of a firm stands for itself without the dot that is behind it where others follow.
        let is_whole = banner.field == Field::SnmpSysObjectId && format!("{cut}.") == value;
        // A text of one word twice, such as `aa`, stands in its own beginning nowhere: its cut is shorter.
        if finds(&cut) && !is_whole {
            fault("is found in", &cut);
        }
        if let Some(maker) = makers(&cut).difference(&shown).next() {
            fault(&format!("shows {} where it is cut to", catalog.vendor(*maker).id), &cut);
        }
    }
}

/// A host that an endpoint is for.
fn host(endpoint: &Endpoint) -> String {
    let front = match (&endpoint.label, endpoint.reach) {
        (Some(label), _) => match label.how {
            Match::Exact => format!("{}.", label.value),
            Match::Prefix => format!("{}9.", label.value),
            Match::Suffix => format!("9{}.", label.value),
            Match::Contains => format!("9{}9.", label.value),
        },
        (None, Reach::Suffix) => "host.".to_owned(),
        (None, _) => String::new(),
    };
    format!("{front}{}", endpoint.domain)
}

fn name(catalog: &Catalog, endpoint: &Endpoint, counts: &mut Counts, faults: &mut Vec<String>) {
    let found = |host: &str| catalog.name(host).is_some_and(|found| found == endpoint);
    let kind = match &endpoint.label {
        Some(label) => format!("label {:?}", label.how),
        None => format!("domain {:?}", endpoint.reach),
    };
    let (count, whole) = (counts.entry(kind.clone()).or_default(), host(endpoint));
    let mut fault = |what: &str, text: &str| faults.push(format!("{kind} {} {what} {text}", endpoint.domain));
    if found(&whole) {
        count.positive += 1;
    } else {
        fault("is not found by", &whole);
    }
    let domain = endpoint.domain.as_ref();
    let start = whole.len() - domain.len();
    // What stands beside the text of a label is free; the dot in front of the domain is not.
    let label = endpoint.label.as_ref().map_or(0..0, |label| {
        let from = whole.find(label.value.as_ref()).unwrap_or_default();
        from..from + label.value.len()
    });
    for at in label.chain(start.saturating_sub(1)..whole.len()) {
        let mut near = whole.clone().into_bytes();
        near[at] = if near[at] == b'_' { b'-' } else { b'_' };
        let near = String::from_utf8(near).expect("names are ASCII");
        count.near += 1;
        if found(&near) {
            fault("is found by", &near);
        }
    }
    // A name is cut at its end, where a capture ends, and at its beginning where a label is lost.
    for length in 0..whole.len() {
        let cut = &whole[..length];
        count.truncated += 1;
        if let Some(other) = catalog.name(cut).filter(|other| other.vendor != endpoint.vendor) {
            fault(&format!("is cut to one of {}:", catalog.vendor(other.vendor).id), cut);
        }
    }
}

fn block(catalog: &Catalog, counts: &mut Counts, faults: &mut Vec<String>) {
    for block in catalog.blocks() {
        let kind = format!("hardware prefix of {} bits", block.bits);
        let count = counts.entry(kind.clone()).or_default();
        let mac = |address: u64| address.to_be_bytes()[2..].try_into().expect("six bytes");
        let is_own = |address: u64| {
            catalog.mac(mac(address)).is_some_and(|oui| oui.vendor == block.vendor && oui.bits == block.bits)
        };
        let known = |address: u64| {
            catalog.blocks().iter().any(|other| {
                let shift = 48 - other.bits;
                other.prefix >> shift == address >> shift
                    && other.vendor == block.vendor
                    && other.bits == block.bits
            })
        };
        let inside = (0..16).map(|part| block.prefix | part << (44 - block.bits));
        if inside.clone().any(is_own) {
            count.positive += 1;
        } else {
            faults.push(format!("{kind} {:012x} is not found", block.prefix));
        }
        // The neighbour one bit away is somebody else's, unless the same vendor has it, too.
        let neighbour = block.prefix ^ 1 << (48 - block.bits);
        if !known(neighbour) {
            count.near += 1;
            if is_own(neighbour) {
                faults.push(format!("{kind} {:012x} is found at {neighbour:012x}", block.prefix));
            }
        }
        // What stands before the last byte of the prefix, and nothing behind.
        let cut = block.prefix & !(0xff_u64 << (48 - block.bits));
        if cut != block.prefix && !known(cut) {
            count.truncated += 1;
            if is_own(cut) {
                faults.push(format!("{kind} {:012x} is found cut", block.prefix));
            }
        }
    }
}

fn range(catalog: &Catalog, counts: &mut Counts, faults: &mut Vec<String>) {
    for prefix in catalog.prefixes() {
        let kind = format!("range of IPv{}", if prefix.net.addr().is_ipv4() { 4 } else { 6 });
        let count = counts.entry(kind.clone()).or_default();
        let is_own = |address| catalog.address(address).is_some_and(|found| found == prefix);
        let (first, last) = (prefix.net.network(), prefix.net.broadcast());
        if [first, last].into_iter().any(is_own) {
            count.positive += 1;
        } else {
            faults.push(format!("{kind} {} is not found", prefix.net));
        }
        for outside in [step(first, -1), step(last, 1)].into_iter().flatten() {
            count.near += 1;
            if is_own(outside) {
                faults.push(format!("{kind} {} is found at {outside}", prefix.net));
            }
        }
        // The range shortened to the octet before: its other half is nobody's by this entry.
        let wider = IpNet::new(first, prefix.net.prefix_len() - 1).expect("shorter than it was").trunc();
        count.truncated += 1;
        if [wider.network(), wider.broadcast()].into_iter().all(is_own) {
            faults.push(format!("{kind} {} is found all over {wider}", prefix.net));
        }
    }
}

/// The address before or behind one.
fn step(address: IpAddr, by: i8) -> Option<IpAddr> {
    let moved = |number: u128| if by < 0 { number.checked_sub(1) } else { number.checked_add(1) };
    match address {
        IpAddr::V4(v4) => {
            let number = u32::try_from(moved(u128::from(u32::from(v4)))?).ok()?;
            Some(IpAddr::V4(number.into()))
        }
        IpAddr::V6(v6) => Some(IpAddr::V6(moved(v6.into())?.into())),
    }
}

/// Everything that is wrong, and how many tests there were of each kind.
fn tried(catalog: &Catalog) -> (Counts, Vec<String>) {
    let (mut counts, mut faults) = (Counts::new(), Vec::new());
    for one in catalog.all_banners() {
        banner(catalog, one, &mut counts, &mut faults);
    }
    for endpoint in catalog.endpoints().iter().chain(catalog.labels()) {
        name(catalog, endpoint, &mut counts, &mut faults);
    }
    block(catalog, &mut counts, &mut faults);
    range(catalog, &mut counts, &mut faults);
    let lacking = counts.iter().filter(|(_, count)| count.lacks_one());
    faults.extend(lacking.map(|(kind, count)| format!("{kind} lacks one: {count:?}")));
    (counts, faults)
}

#[test]
fn every_kind_has_a_positive_a_near_miss_and_truncated_ones() {
    let (counts, faults) = tried(&Catalog::builtin());
    for (kind, Count { positive, near, truncated }) in &counts {
        println!("{kind}: {positive} positive, {near} near-misses, {truncated} truncated");
    }
    assert!(counts.len() > 100, "{} kinds", counts.len());
    assert!(faults.is_empty(), "{} faults in {} kinds: {faults:#?}", faults.len(), counts.len());
}

#[test]
fn each_fault_is_found() {
    let mut catalog = Catalog::builtin();
    let vendor = |id: &str, rest: &str| {
        format!(
            "id = \"{id}\"\nname = \"{id}\"\nkind = \"camera-vendor\"\nndaa_889 = false\nprc_headquartered = false\n\
             date = \"2026-11-29\"\n{rest}"
        )
    };
    let banner = |how: &str, value: &str| {
        format!(
            "[[banner]]\nwhere = \"telnet.banner\"\nmatch = \"{how}\"\nvalue = \"{value}\"\ndevice_class = \"camera\"\n\
             is_camera = true\nconfidence = \"high\"\nsource = \"a test\"\n"
        )
    };
    let domain = |name: &str| {
        format!(
            "[[endpoint]]\ndomain = \"{name}\"\nmatch = \"suffix\"\nroles = [\"api\"]\nconfidence = \"high\"\nsource = \"a test\"\n"
        )
    };
    // One maker's text is another's that was cut; one maker's name is another's cut at its end.
    let texts = [
        vendor("one-a", &[banner("suffix", "Cam-1"), domain("one.example.co")].concat()),
        vendor("two-a", &[banner("exact", "Cam-1 Pro"), domain("one.example.com")].concat()),
    ];
    for text in &texts {
        catalog.overlay(text, "a test").expect("it is well-formed");
    }
    let (_, faults) = tried(&catalog);
    let found = |what: &str| faults.iter().any(|fault| fault.contains(what));
    assert!(found("shows one-a where it is cut to"), "{faults:#?}");
    assert!(found("is cut to one of one-a"), "{faults:#?}");
    assert!(Count { positive: 3, near: 3, truncated: 0 }.lacks_one());
}
