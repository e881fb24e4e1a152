//! How devices, vendors and parties are called: the same words everywhere.

use crate::escape::escape;
use crate::vendor;
use lenscap_flow::report::{
    DeviceClass, DeviceRecord, EndpointRecord, Party, Report, SharedGroup, Standing, Vendor,
};
use std::net::IpAddr;

/// What a device is: its class, where that is known.
pub(super) fn class(device: &DeviceRecord<'_>) -> &'static str {
    let other = if device.standing == Standing::Suspected { "possible camera" } else { "device" };
    device.class.map_or(other, DeviceClass::word)
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
    let mut vendors = report.devices().iter().filter_map(DeviceRecord::made_by);
    let name = vendors.find(|other| vendor::id(other) == id).map_or(id, vendor::name);
    (!name.eq_ignore_ascii_case(vendor::name(vendor))).then_some(name)
}

/// `Imou (Dahua)`, as a table has it.
pub(super) fn vendor_cell(report: &Report<'_>, vendor: Option<&Vendor>) -> String {
    vendor_and(report, vendor, "")
}

/// Who made a device, as a table has it: a vendor, or who registered its MAC's prefix; else whose cloud it uses.
pub(super) fn maker_cell(report: &Report<'_>, device: &DeviceRecord<'_>) -> String {
    match (device.made_by(), device.maker, device.cloud_of) {
        (None, Some(maker), _) => escape(maker.as_bytes()).into_owned(),
        (None, None, _) if device.platform.is_some() => speaks(device).unwrap_or_default(),
        (None, None, Some(cloud)) => format!("uses the cloud of {}", vendor::name(cloud)),
        (vendor, ..) => vendor_cell(report, vendor),
    }
}

/// `maker not known, speaks the protocol of CS2 Network (PPPP)`, where no more is known than that.
fn speaks(device: &DeviceRecord<'_>) -> Option<String> {
    let platform = vendor::name(device.platform?);
    let maker = device.maker.map(|maker| format!("prefix registered to {}", escape(maker.as_bytes())));
    let maker = maker.unwrap_or_else(|| "maker not known".into());
    Some(format!("{maker}, speaks the protocol of {platform}"))
}

/// Whose an outside party is, or what kind of party it is. Of a viewer or relay the vendor is whose protocol it speaks.
pub(super) fn owner(endpoint: &EndpointRecord<'_>) -> String {
    match endpoint.vendor {
        Some(vendor) if endpoint.party == Party::Peer => {
            format!("{} by the protocol of {}", party(endpoint), vendor::name(vendor))
        }
        Some(vendor) => vendor::name(vendor).into(),
        None => party(endpoint).into(),
    }
}

/// `Imou (parent Dahua)`, as a sentence has it.
pub(super) fn vendor_phrase(report: &Report<'_>, vendor: Option<&Vendor>) -> String {
    vendor_and(report, vendor, "parent ")
}

fn vendor_and(report: &Report<'_>, vendor: Option<&Vendor>, label: &str) -> String {
    let Some(vendor) = vendor else { return "not known".into() };
    let parent = parent(report, vendor).map(|parent| format!(" ({label}{parent})")).unwrap_or_default();
    format!("{}{parent}", vendor::name(vendor))
}

/// `Hikvision DS-2CD2042WD-I`, `Imou IPC-C22E, parent Dahua`; nothing where neither is known.
pub(super) fn make(report: &Report<'_>, device: &DeviceRecord<'_>) -> Option<String> {
    let model = device.model.as_deref().map(|model| escape(model.as_bytes()));
    let Some(vendor) = device.made_by() else {
        let parts = [model.map(|model| format!("model {model}")), speaks(device)];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        return (!parts.is_empty()).then(|| parts.join(", "));
    };
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
