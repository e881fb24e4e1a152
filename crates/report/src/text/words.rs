//! How devices, vendors and parties are called: the same words everywhere.

use super::ground::Ground;
use crate::escape::escape;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{
    AddressDoubt, Basis, DeviceClass, DeviceRecord, EndpointRecord, Evidence, Listed, Party, Report,
    SharedGroup, Standing, Vendor, WhyRecord,
};
use std::net::IpAddr;

/// What is known of a cloud that no viewer is known to call.
const OF_DEVICES: &str = "as far as the catalogue knows only devices call";
/// Digits of an id that are shown, where they tell it from all others.
const SHORT_ID: usize = 8;

/// What a device is: its class, where that is known.
pub fn class(device: &DeviceRecord<'_>) -> &'static str {
    let other = if device.standing == Standing::Suspected { "possible camera" } else { "device" };
    device.class.map_or(other, DeviceClass::word)
}

/// The kind of a finding for people, by its word for programs.
pub(super) fn kind(word: &str) -> &str {
    if word == "exfiltration" { "an upload (exfiltration in JSON)" } else { word }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// With a capital.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The address a device is called by: IPv4 before IPv6, and what is routed before what is not. One of which no address was seen is
/// called by its MAC.
pub(super) fn address(device: &DeviceRecord<'_>) -> String {
    let rank = |address: &&IpAddr| match address {
        IpAddr::V4(four) => four.is_link_local() as u8,
        IpAddr::V6(six) => 2 + six.is_unicast_link_local() as u8,
    };
    let by_id =
        || device.mac.map_or_else(|| escape(device.id.as_bytes()).into_owned(), |mac| mac.to_string());
    device.addresses.iter().min_by_key(rank).map_or_else(by_id, ToString::to_string)
}

/// The name of a vendor's parent: as a vendor of this report bears it, else as the catalogue refers to it. Nothing
/// where it is that of the vendor.
fn parent<'a>(report: &'a Report<'_>, vendor: &'a Vendor) -> Option<&'a str> {
    let id = vendor::parent(vendor)?;
    let name = report.vendor(id).map_or(id, vendor::name);
    (!name.eq_ignore_ascii_case(vendor::name(vendor))).then_some(name)
}

/// `Imou (Dahua)`, as a table has it.
pub(super) fn vendor_cell(report: &Report<'_>, vendor: Option<&Vendor>) -> String {
    let Some(vendor) = vendor else { return "not known".into() };
    let parent = parent(report, vendor).map(|parent| format!(" ({parent})")).unwrap_or_default();
    format!("{}{parent}", vendor::name(vendor))
}

/// `maker not known, speaks the protocol of CS2 Network (PPPP)`, where no more is known than that.
fn speaks(device: &DeviceRecord<'_>, short: bool) -> Option<String> {
    let platform = device.platform?;
    let maker = device.maker.map(|maker| registered(&escape(maker.as_bytes()), short));
    let maker = maker.unwrap_or_else(|| "maker not known".into());
    let does = if is_spoken(device, platform) { "speaks the protocol" } else { "uses the cloud" };
    Some(format!("{maker}, {does} of {}", vendor::name(platform)))
}

/// What a cloud shows that cameras alone call.
const OF_DEVICES_ALONE: [Evidence; 3] =
    [Evidence::CloudOfDevices, Evidence::CloudOfDevicesInferred, Evidence::CloudOfDevicesAsked];

/// By what it is known that somebody answered of whom no packet is at hand.
const INFERRED: &str = "and acknowledges an answer, though no packet of that was captured";

/// Whether a reader matched what the device sends in a platform's protocol: else its cloud alone names the platform.
fn is_spoken(device: &DeviceRecord<'_>, platform: &Vendor) -> bool {
    let shows = |kinds: &[Evidence]| device.why.iter().any(|why| !why.claimed && kinds.contains(&why.kind));
    // Of a peer-to-peer protocol it is not known here whose it is: a cloud beside it may be what names the platform.
    let by_cloud = || shows(&OF_DEVICES_ALONE);
    device.cloud_of.is_none_or(|cloud| vendor::id(cloud) != vendor::id(platform))
        || shows(&[Evidence::Protocol, Evidence::DeviceRole])
        || shows(&[Evidence::P2p]) && !by_cloud()
}

/// Who registered the prefix; in `short`, for a table, with the name first, so that it is seen however narrow the column is.
fn registered(name: &str, short: bool) -> String {
    if short { format!("{name} (by prefix)") } else { format!("prefix registered to {name}") }
}

/// Whose an outside party is, or what kind of party it is. Of a viewer or relay the vendor is whose protocol it speaks.
pub(super) fn whose(endpoint: &EndpointRecord<'_>) -> String {
    match endpoint.vendor {
        Some(vendor) if endpoint.party == Party::Peer => {
            format!("{} by the protocol of {}", party(endpoint), vendor::name(vendor))
        }
        Some(vendor) => vendor::name(vendor).into(),
        None => party(endpoint).into(),
    }
}

/// Who made a device and what it is, as far as that is known, and how surely.
pub(super) fn maker(device: &DeviceRecord<'_>) -> String {
    stated(device, made(device, false))
}

/// The same for a table.
pub(super) fn maker_cell(device: &DeviceRecord<'_>) -> String {
    stated(device, made(device, true)).replacen("maker not known", "not known", 1)
}

/// Says what of it is the owner's word.
fn stated(device: &DeviceRecord<'_>, made: String) -> String {
    if is_stated(device, b"vendor=") || is_stated(device, b"model=") {
        format!("{made} (stated by the owner)")
    } else if is_stated(device, b"class=") {
        format!("{made}, class stated by the owner")
    } else {
        made
    }
}

/// Whether the owner states something of a device.
fn is_stated(device: &DeviceRecord<'_>, what: &[u8]) -> bool {
    device.why.iter().any(|why| why.kind == Evidence::Owner && why.value.starts_with(what))
}

fn made(device: &DeviceRecord<'_>, short: bool) -> String {
    let model = device.model.as_deref().map(|model| escape(model.as_bytes()));
    let with = |maker: String| match &model {
        Some(model) => format!("{maker} {model}"),
        None => maker,
    };
    match (device.made_by(), device.maker, device.cloud_of) {
        (Some(vendor), ..) if is_stated(device, b"vendor=") => with(vendor::name(vendor).to_owned()),
        (Some(vendor), ..) => {
            let name = vendor::name(vendor);
            match Ground::of(device, vendor) {
                Ground::Said => with(name.to_owned()),
                Ground::Prefix => {
                    let registrant = device.registrant.map(|name| escape(name.as_bytes()));
                    with(registered(registrant.as_deref().unwrap_or(name), short))
                }
                Ground::Cloud => with(format!("{name} by its cloud")),
            }
        }
        _ if device.maker_by_cloud => {
            let name = device.vendor.map_or("not known", vendor::name);
            let registrant = device.maker.filter(|maker| *maker != name);
            let registrant =
                registrant.map(|maker| format!(", prefix registered to {}", escape(maker.as_bytes())));
            format!("{}{}", with(format!("{name} by its cloud")), registrant.unwrap_or_default())
        }
        _ if device.made_by().is_none() && device.platform.is_some() => {
            with(speaks(device, short).unwrap_or_default())
        }
        (None, Some(maker), _) => with(registered(&escape(maker.as_bytes()), short)),
        (None, None, Some(cloud)) => with(format!("uses the cloud of {}", vendor::name(cloud))),
        _ => with("maker not known".into()),
    }
}

/// `parent CETHIK`: who owns the maker.
pub(super) fn owner(report: &Report<'_>, device: &DeviceRecord<'_>) -> Option<String> {
    Some(format!("parent {}", parent(report, device.made_by()?)?))
}

/// The rules that name its maker, or who is reported to be that: in words no stronger than the list's, and only as reported where
/// the device does not say itself who made it.
pub(super) fn listed_firm(device: &DeviceRecord<'_>) -> Option<String> {
    let maker = device.made_by()?;
    let reported = if device.is_maker_proven() { "" } else { "reported " };
    let own = on_lists(maker).map(|on| format!("{reported}maker {on}"));
    let others = device
        .reported_makers
        .iter()
        .filter_map(|other| Some(format!("reported maker {} {}", vendor::name(other), on_lists(other)?)));
    let all: Vec<String> = own.into_iter().chain(others).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// `named in NDAA 889 (US Congress, 2018) and 9 more`: the first of them, and how many there are.
fn on_lists(maker: &Vendor) -> Option<String> {
    let rules = vendor::rules(maker);
    let (first, more) = rules.split_first()?;
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("{}{more}", on_list(first)))
}

/// How a firm stands on a list, as the list says it, whose it is, and since which year.
fn on_list(listed: &Listed) -> String {
    let list = listed.list();
    let year = list.date.get(..4).map(|year| format!(", {year}")).unwrap_or_default();
    let list = format!("{} ({}{year})", list.called(), list.issuer);
    match listed.basis {
        Basis::Subsidiary => format!("not named, but reached as a subsidiary or affiliate by {list}"),
        Basis::SubsidiaryNamed => format!("with a subsidiary named in {list}"),
        _ => format!("named in {list}"),
    }
}

/// Every rule that names or reaches a maker, in one clause.
pub(super) fn all_lists(maker: &Vendor) -> Option<String> {
    let rules = vendor::rules(maker);
    let all: Vec<String> = rules.iter().map(|rule| on_list(rule)).collect();
    (!all.is_empty()).then(|| format!("lists on {}: {}", vendor::name(maker), all.join("; ")))
}

/// What makes it a camera, the strongest of each kind first, with the packets: after so many the next.
pub(super) fn evidence(device: &DeviceRecord<'_>, after: usize, most: usize) -> String {
    let says = |why: &&WhyRecord<'_>| !why.claimed && (why.weight > 0 || why.kind == Evidence::Owner);
    let counts = device.why.iter().filter(says).filter(|why| adds(device, why)).skip(after).take(most);
    counts.map(|why| why_words(device, why)).collect::<Vec<_>>().join(", ")
}

/// Whether a piece of evidence adds to the sum: of one kind the strongest alone does, and that stands first. Who asked for a cloud
/// that answered shows no more by asking.
pub(super) fn adds(device: &DeviceRecord<'_>, why: &WhyRecord<'_>) -> bool {
    let weak = |kind| matches!(kind, Evidence::MixedPrefix | Evidence::Banner | Evidence::Client);
    let same = |other: Evidence| {
        other == why.kind || other.is_contact() && why.kind.is_contact() || weak(other) && weak(why.kind)
    };
    let before = device.why.iter().take_while(|other| !std::ptr::eq(*other, why));
    why.kind == Evidence::Owner
        || !before.filter(|other| !other.claimed && other.weight > 0).any(|other| same(other.kind))
}

/// One piece of evidence, with its packet.
pub(super) fn why_words(device: &DeviceRecord<'_>, why: &WhyRecord<'_>) -> String {
    let value = escape(&why.value);
    // What it was read from: the sighting with the same value, else that of the same packet.
    let of_packet = || device.sightings.iter().filter(|s| why.packet.is_some() && s.packet == why.packet);
    let sighting =
        of_packet().find(|s| s.value == why.value).or_else(|| of_packet().find(|s| s.kind != "oui"));
    let kind = sighting.map_or("", |sighting| sighting.kind);
    let is_pictured = device.sightings.iter().any(|s| s.kind == "http.picture" && s.value == why.value);
    // What was told by the flow as a whole stands in no field: its value is the protocol.
    let protocol = [kind.split('.').next().unwrap_or_default(), &value, "its protocol"];
    let protocol = protocol.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
    let packet = why.packet.map(|at| format!(" #{}", units::count(at.packet))).unwrap_or_default();
    let text = match why.kind {
        Evidence::Protocol => format!("answers as a camera in {protocol}"),
        Evidence::Model if is_pictured => format!("answers {value} with a picture"),
        Evidence::Model if kind == "http.link" => format!("has pages that load or go on to {value}"),
        Evidence::Model if kind.is_empty() => format!("calls itself {value}"),
        Evidence::Model => format!("calls itself {value} ({kind})"),
        // Others than cameras play that part in some protocols, and are worth less there.
        // By how much it sends in its flows, which no packet says.
        Evidence::DeviceRole if !device.sightings.iter().any(|shown| shown.value == why.value) => {
            format!("sends the bulk of {protocol}")
        }
        Evidence::DeviceRole if why.weight < 60 => format!("the device's side of {protocol}"),
        Evidence::DeviceRole => format!("the camera's side of {protocol}"),
        Evidence::Login => format!("answers to a login in {protocol}, as other devices do"),
        Evidence::Video => "serves video".into(),
        Evidence::Pictures => format!("sends pictures ({value})"),
        Evidence::P2p if kind.is_empty() && value.is_empty() => "speaks a protocol of cameras".into(),
        Evidence::P2p => format!("speaks {protocol}, a protocol of cameras"),
        Evidence::Cloud => return format!("called the cameras' cloud {value}{packet}, which answered"),
        Evidence::CloudInferred => return format!("called the cameras' cloud {value}{packet}, {INFERRED}"),
        Evidence::CloudOfDevicesInferred => {
            return format!("called {value}{packet}, which {OF_DEVICES}; {INFERRED}");
        }
        Evidence::CloudAsked => format!("asked for the cameras' cloud {value}"),
        Evidence::CloudOfDevices => {
            return format!("called {value}{packet}, which answered and {OF_DEVICES}");
        }
        Evidence::CloudOfDevicesAsked => return format!("asked for {value}{packet}, which {OF_DEVICES}"),
        Evidence::Maker => format!("names a maker of nothing but cameras, {value}"),
        Evidence::Prefix => format!("prefix {value} of a maker of cameras"),
        Evidence::MixedPrefix => format!("prefix {value} of a maker of cameras, too"),
        Evidence::Banner => format!("shows {value}"),
        Evidence::Upload => "uploads as cameras do".into(),
        Evidence::Client => format!("shows {value}, as viewers do"),
        Evidence::Owner => format!("stated by the owner: {value}"),
    };
    format!("{text}{packet}")
}

/// Another maker that evidence names, the strongest.
pub(super) fn conflict(report: &Report<'_>, device: &DeviceRecord<'_>) -> Option<String> {
    let other = device.conflicts.first()?;
    Some(format!("other evidence names {}", vendor_cell(report, Some(other.vendor))))
}

/// What is doubtful about its addresses, each as one clause.
pub(super) fn address_doubts(device: &DeviceRecord<'_>) -> impl Iterator<Item = String> {
    device.address_doubts.iter().map(|doubt| match doubt {
        AddressDoubt::Shared { address, with } => {
            format!("{address} is used by two at once: {with} sends or answers for it, too")
        }
        AddressDoubt::Foreign { addresses, is_more } => {
            let more = if *is_more { "more than " } else { "" };
            let are = if *addresses == 1 && !is_more { "is" } else { "are" };
            let sources = units::counted(*addresses, "source");
            format!("sends from {more}{sources} that {are} not known as its own, to which nothing came back")
        }
    })
}

/// As much of a finding's id as tells it from all others of the report.
pub(super) fn short_id(report: &Report<'_>, id: &str) -> String {
    let others = || report.findings.iter().filter(|other| other.id != id);
    let shared = |other: &str| id.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = others().map(|other| shared(&other.id) + 1).max().unwrap_or(0).max(SHORT_ID);
    id.get(..length).unwrap_or(id).to_owned()
}

/// `Hikvision DS-2CD2042WD-I`, `Imou IPC-C22E, parent Dahua`; nothing where neither is known.
pub(super) fn make(report: &Report<'_>, device: &DeviceRecord<'_>) -> Option<String> {
    let model = device.model.as_deref().map(|model| escape(model.as_bytes()));
    let Some(vendor) = device.made_by() else {
        let parts = [model.map(|model| format!("model {model}")), speaks(device, false)];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        return (!parts.is_empty()).then(|| parts.join(", "));
    };
    let mut text = match Ground::of(device, vendor) {
        Ground::Prefix if !is_stated(device, b"vendor=") => format!("{} by its prefix", vendor::name(vendor)),
        _ => vendor::name(vendor).to_owned(),
    };
    if let Some(model) = model {
        text.push(' ');
        text.push_str(&model);
    }
    if let Some(parent) = parent(report, vendor) {
        text.push_str(", parent ");
        text.push_str(parent);
    }
    Some(text)
}

/// `camera 192.168.1.64 (Hikvision DS-2CD2042WD-I)`.
pub(super) fn device(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    format!("{} {}", class(device), which(report, device))
}

/// Which device it is, where its class has been said: address and make.
pub(super) fn which(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    let make = make(report, device).map(|make| format!(" ({make})")).unwrap_or_default();
    format!("{}{make}", address(device))
}

/// The same for the id of a device; the id alone where the report has no such device.
pub(super) fn device_of_id(report: &Report<'_>, id: &str) -> String {
    let known = report.devices().iter().find(|device| device.id == id);
    known.map_or_else(|| format!("device {}", escape(id.as_bytes())), |known| device(report, known))
}

/// `192.168.1.20  Hikvision`: a device in a line that stands alone, by its address and maker.
pub fn called(device: &DeviceRecord<'_>) -> String {
    format!("{}  {}", address(device), maker_cell(device))
}

/// What kind of party it is, whoever runs it.
pub(super) fn party(endpoint: &EndpointRecord<'_>) -> &'static str {
    match endpoint.party {
        Party::Unknown => "not known",
        Party::Local | Party::Vendor => endpoint.party.word(),
        Party::Peer => "viewer or relay",
        Party::Shared(group) => match group {
            SharedGroup::Cloud => "cloud, tenant not known",
            SharedGroup::Cdn => "content network",
            SharedGroup::Time => "time servers",
            SharedGroup::Dns => "name servers",
            SharedGroup::Relay
            | SharedGroup::Certificates
            | SharedGroup::Reachability
            | SharedGroup::OperatingSystem
            | SharedGroup::Push
            | SharedGroup::Analytics
            | SharedGroup::AddressLookup
            | SharedGroup::DynamicDns
            | SharedGroup::MixedVendor => group.word(),
        },
    }
}

/// Name, else address, of an endpoint.
pub(super) fn name(endpoint: &EndpointRecord<'_>) -> String {
    endpoint.name.map_or_else(|| endpoint.address.to_string(), |name| escape(name).into_owned())
}
