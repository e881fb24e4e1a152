//! The record of a device: who it is, what it sent and received, with whom, and how that is known.

use super::writer::{Object, push_address, push_value, push_word};
use crate::vendor;
use lenscap_flow::report::{
    AddressDoubt, DeviceClass, DeviceRecord, EndpointRecord, Listed, MakerRecord, SightingRecord, Vendor,
    WhyRecord,
};

pub(super) fn push(out: &mut Vec<u8>, device: &DeviceRecord<'_>) {
    let mut record = Object::record(out, "device");
    record.word("id", &device.id);
    record.mac_of("mac", device.mac);
    record.list_of("addresses", &device.addresses, |out, &address| push_address(out, address));
    if let Some(vendor) = device.vendor {
        record.text("vendor", vendor::id(vendor));
        record.text("vendor_name", vendor::name(vendor));
        record.text_of("parent", vendor::parent(vendor));
    }
    record.value_of("model", device.model.as_deref().map(str::as_bytes));
    record.value_of("serial", device.serial.as_deref().map(str::as_bytes));
    record.value_of("firmware", device.firmware.as_deref().map(str::as_bytes));
    record.boolean("is_camera", device.is_camera);
    record.integer("confidence", device.confidence);
    record.integer("bytes_out", device.bytes_out);
    record.integer("bytes_in", device.bytes_in);
    record.integer("bytes_out_external", device.bytes_out_external);
    record.integer("bytes_in_external", device.bytes_in_external);
    record.list_of("endpoints", &device.endpoints, push_endpoint);
    record.list_of("sightings", &device.sightings, push_sighting);
    record.list_of("aliases", &device.aliases, |out, alias| push_value(out, alias.as_bytes()));
    record.word("standing", device.standing.word());
    record.integer("kind_points", device.kind_points);
    record.integer("maker_points", device.maker_points);
    record.word_of("class", device.class.map(DeviceClass::word));
    record.text_of("maker", device.maker);
    record.list_of("why", &device.why, push_why);
    record.list_of("conflicts", &device.conflicts, push_maker);
    record.text_of("cloud_of", device.cloud_of.map(vendor::id));
    record.text_of("platform", device.platform.map(vendor::id));
    if let Some(maker) = device.made_by() {
        record.boolean("ndaa_889", maker.ndaa_889);
        // A list may name several of its subsidiaries.
        record.list_of("listed", &vendor::rules(maker), |out, rule| push_rule(out, rule));
    }
    record.integer("payload_out_external", device.payload_out_external);
    record.integer("payload_in_external", device.payload_in_external);
    if device.made_by().is_some() {
        record.boolean("maker_proven", device.is_maker_proven());
    }
    record.list_of("reported_makers", &device.reported_makers, |out, maker| push_reported(out, maker));
    record.list_of("address_doubts", &device.address_doubts, push_doubt);
    record.end_line();
}

/// Why an address is not surely the device's.
fn push_doubt(out: &mut Vec<u8>, doubt: &AddressDoubt) {
    let mut object = Object::begin(out);
    match doubt {
        AddressDoubt::Shared { address, with } => {
            object.word("kind", "shared");
            object.text("address", &address.to_string());
            object.text("with", &with.to_string());
        }
        AddressDoubt::Foreign { addresses, is_more } => {
            object.word("kind", "foreign");
            object.integer("addresses", *addresses);
            object.boolean("more", *is_more);
        }
    }
    object.end();
}

/// A rule in force that names the vendor or reaches it: which, and how.
fn push_rule(out: &mut Vec<u8>, rule: &Listed) {
    let mut object = Object::begin(out);
    object.text("list", rule.list().id.as_ref());
    object.word("basis", rule.basis.word());
    object.text("issuer", rule.list().issuer.as_ref());
    object.text_of("date", Some(rule.list().date.as_ref()).filter(|date| !date.is_empty()));
    object.end();
}

/// Who is reported to be the maker behind the badge, and the rules in force that name or reach it.
fn push_reported(out: &mut Vec<u8>, maker: &Vendor) {
    let mut object = Object::begin(out);
    object.text("vendor", vendor::id(maker));
    object.list_of("listed", &vendor::rules(maker), |out, rule| push_rule(out, rule));
    object.end();
}

fn push_endpoint(out: &mut Vec<u8>, endpoint: &EndpointRecord<'_>) {
    let mut object = Object::begin(out);
    object.word("party", endpoint.party.word());
    object.text_of("vendor", endpoint.vendor.map(vendor::id));
    object.value_of("name", endpoint.name);
    object.address("address", endpoint.address);
    object.integer("bytes_out", endpoint.bytes_out);
    object.integer("bytes_in", endpoint.bytes_in);
    object.integer("flows", endpoint.flows);
    object.list_of("activity", &endpoint.activity, |out, activity| push_word(out, activity.word()));
    object.end();
}

fn push_why(out: &mut Vec<u8>, why: &WhyRecord<'_>) {
    let mut object = Object::begin(out);
    object.word("kind", why.kind.word());
    object.value("value", &why.value);
    object.integer("weight", why.weight);
    if why.claimed {
        object.boolean("claimed", true);
    }
    object.packet_of("packet", why.packet);
    object.end();
}

fn push_maker(out: &mut Vec<u8>, maker: &MakerRecord<'_>) {
    let mut object = Object::begin(out);
    object.text("vendor", vendor::id(maker.vendor));
    object.integer("points", maker.points);
    object.end();
}

fn push_sighting(out: &mut Vec<u8>, sighting: &SightingRecord<'_>) {
    let mut object = Object::begin(out);
    object.word("kind", sighting.kind);
    object.value("value", &sighting.value);
    object.text_of("vendor", sighting.vendor.map(vendor::id));
    object.integer("count", sighting.count);
    object.packet_of("packet", sighting.packet);
    object.end();
}
