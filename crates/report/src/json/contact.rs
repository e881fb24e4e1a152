//! The record of a contact: what a device and one party outside had to do with each other.
//!
//! `address` and `protocol` are those of the flow with most payload, `addresses` and `ports` all that were used. Payload counts
//! each byte once and `copies` what of it was seen again; `bytes` are IP bytes, all that was captured.

use super::writer::{Object, push_address, push_packet, push_word};
use crate::protocol;
use crate::vendor;
use lenscap_flow::report::{Attribution, ContactRecord, Role};

pub(super) fn push(out: &mut Vec<u8>, contact: &ContactRecord<'_>) {
    let mut record = Object::record(out, "contact");
    record.word("device", &contact.device);
    record.word("party", contact.party.word());
    record.value_of("name", contact.name.as_deref().map(str::as_bytes));
    if let Some(address) = contact.address {
        record.address("address", address);
    }
    if let Some(protocol) = contact.protocol {
        record.word("protocol", &protocol::name(protocol));
    }
    record.word("called", contact.called.word());
    record.text_of("vendor", contact.vendor.map(vendor::id));
    record.word_of("role", contact.role.map(Role::word));
    record.word_of("attribution", contact.attribution.map(Attribution::word));
    record.integer_of("confidence", contact.confidence);
    record.list_of("activity", &contact.activity, |out, activity| push_word(out, activity.word()));
    record.integer("flows", contact.flows);
    record.integer("payload_out", contact.payload_out);
    record.integer("payload_in", contact.payload_in);
    record.integer("bytes_out", contact.bytes_out);
    record.integer("bytes_in", contact.bytes_in);
    record.integer("copies", contact.copies);
    record.time("start", contact.start);
    record.time("end", contact.end);
    record.list_of("largest", &contact.largest, |out, id| push_word(out, id));
    record.list_of("evidence", &contact.evidence, |out, &at| push_packet(out, at));
    record.list_of("addresses", &contact.addresses, |out, &address| push_address(out, address));
    record.list_of("ports", &contact.ports, |out, &port| push_word(out, &protocol::service(port)));
    record.word_of("finding", contact.finding.as_deref());
    record.end_line();
}
