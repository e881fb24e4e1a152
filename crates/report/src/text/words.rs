//! How devices, vendors and parties are called: the same words everywhere.

use crate::escape::escape;
use crate::units;
use crate::vendor;
use lenscap_flow::report::{DeviceRecord, EndpointRecord, Report, Vendor};
use std::net::IpAddr;

/// Classes of device that are told one by one, in the order in which they are counted.
const SHOWN: [&str; 4] = ["camera", "recorder", "doorbell", "hub"];

/// Whether a device is one that the report is about.
pub(super) fn is_shown(device: &DeviceRecord<'_>) -> bool {
    device.is_camera || SHOWN.contains(&device.class)
}

/// What a device is: its class, or `camera` where that is all that is known.
pub(super) fn class(device: &DeviceRecord<'_>) -> &'static str {
    if device.is_camera && device.class == "device" { "camera" } else { device.class }
}

/// `2 cameras and 1 recorder`; nothing where there is none.
pub(super) fn classes(report: &Report<'_>) -> Option<String> {
    let mut counts: Vec<(&str, u64)> = SHOWN.map(|class| (class, 0)).into();
    for device in report.devices().iter().filter(|device| is_shown(device)) {
        match counts.iter_mut().find(|(name, _)| *name == class(device)) {
            Some((_, count)) => *count += 1,
            None => counts.push((class(device), 1)),
        }
    }
    let parts: Vec<String> = counts
        .into_iter()
        .filter(|&(_, count)| count > 0)
        .map(|(name, count)| units::counted(count, name))
        .collect();
    (!parts.is_empty()).then(|| listed(&parts))
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

/// The address a device is called by: IPv4 before IPv6, and what is routed before what is not.
pub(super) fn address(device: &DeviceRecord<'_>) -> String {
    let rank = |address: &&IpAddr| match address {
        IpAddr::V4(four) => four.is_link_local() as u8,
        IpAddr::V6(six) => 2 + six.is_unicast_link_local() as u8,
    };
    device.addresses.iter().min_by_key(rank).map_or_else(|| device.id.clone(), ToString::to_string)
}

/// The name of a vendor's parent: as a vendor of this report bears it, else as the catalogue refers to it. Nothing
/// where it is that of the vendor.
fn parent<'a>(report: &'a Report<'_>, vendor: &'a Vendor) -> Option<&'a str> {
    let id = vendor::parent(vendor)?;
    let mut vendors = report.devices().iter().filter_map(|device| device.vendor);
    let name = vendors.find(|other| vendor::id(other) == id).map_or(id, vendor::name);
    (!name.eq_ignore_ascii_case(vendor::name(vendor))).then_some(name)
}

/// `Imou (Dahua)`, as a table has it.
pub(super) fn vendor_cell(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    vendor_and(report, device, "")
}

/// `Imou (parent Dahua)`, as a sentence has it.
pub(super) fn vendor_phrase(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    vendor_and(report, device, "parent ")
}

fn vendor_and(report: &Report<'_>, device: &DeviceRecord<'_>, label: &str) -> String {
    let Some(vendor) = device.vendor else { return "not known".into() };
    let parent = parent(report, vendor).map(|parent| format!(" ({label}{parent})")).unwrap_or_default();
    format!("{}{parent}", vendor::name(vendor))
}

/// `Hikvision DS-2CD2042WD-I`, `Imou IPC-C22E, parent Dahua`; nothing where neither is known.
pub(super) fn make(report: &Report<'_>, device: &DeviceRecord<'_>) -> Option<String> {
    let model = device.model.as_deref().map(|model| escape(model.as_bytes()));
    let Some(vendor) = device.vendor else { return Some(format!("model {}", model?)) };
    let mut text = vendor::name(vendor).to_owned();
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
    let make = make(report, device).map(|make| format!(" ({make})")).unwrap_or_default();
    format!("{} {}{make}", class(device), address(device))
}

/// The same for the id of a device; the id alone where the report has no such device.
pub(super) fn device_of_id(report: &Report<'_>, id: &str) -> String {
    let known = report.devices().iter().find(|device| device.id == id);
    known.map_or_else(|| format!("device {}", escape(id.as_bytes())), |known| device(report, known))
}

/// Whether an endpoint stands outside of the site.
pub(super) fn is_outside(endpoint: &EndpointRecord<'_>) -> bool {
    endpoint.party != "local"
}

/// Who a party is: its vendor, else what kind it is.
pub(super) fn party(endpoint: &EndpointRecord<'_>) -> &'static str {
    match endpoint.party {
        "cloud" => "cloud, tenant not known",
        "cdn" => "content network",
        "time" => "time servers",
        "dns" => "name servers",
        "unknown" => "not known",
        other => other,
    }
}

/// Name, else address, of an endpoint.
pub(super) fn name(endpoint: &EndpointRecord<'_>) -> String {
    endpoint.name.map_or_else(|| endpoint.address.to_string(), |name| escape(name).into_owned())
}
