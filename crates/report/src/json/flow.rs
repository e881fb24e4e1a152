//! The record of a flow; the one that there are millions of.

use super::writer::{Object, push_string};
use crate::number;
use crate::protocol;
use crate::vendor;
use lenscap_flow::report::{Attribution, CopiesView, EndView, FlowView, NameOf, Role};

pub(super) fn push(out: &mut Vec<u8>, flow: &FlowView<'_>) {
    let mut record = Object::record(out, "flow");
    record.word("community_id", &flow.community_id);
    record.time("start", flow.start);
    record.time("end", flow.end);
    push_protocol(record.key("protocol"), flow.protocol);
    push_end(record.key("orig"), &flow.orig);
    push_end(record.key("resp"), &flow.resp);
    record.word("orig_basis", flow.orig_basis.word());
    record.list_of("vlan", &flow.vlan, |out, &id| number::push(out, id.into()));
    record.list_of("tunnel", &flow.tunnel, |out, tunnel| push_string(out, tunnel));
    record.word_of("tcp_history", flow.tcp_history.as_deref());
    record.word_of("app", flow.app);
    record.value_of("server_name", flow.server_name);
    record.value_of("alpn", flow.alpn);
    record.value_of("ja4", flow.ja4);
    if flow.ech {
        record.boolean("ech", true);
    }
    record.list_of("names", &flow.names, push_name);
    record.text_of("vendor", flow.vendor.map(vendor::id));
    record.word_of("role", flow.role.map(Role::word));
    record.word_of("attribution", flow.attribution.map(Attribution::word));
    record.integer_of("confidence", flow.confidence);
    record.word("activity", flow.activity.word());
    record.boolean("external", flow.external);
    record.packet("first_packet", flow.first_packet);
    record.list_of("limits", &flow.limits, |out, limit| push_string(out, limit));
    record.word("uid", &flow.uid);
    record.word("end_reason", flow.end_reason.word());
    if let Some(CopiesView { packets, payload, estimated }) = flow.copies {
        record.object("copies", |copies| {
            copies.integer("packets", packets);
            copies.integer("payload", payload);
            if estimated {
                copies.boolean("estimated", true);
            }
        });
    }
    record.packet_of("proof", flow.proof);
    if flow.joined {
        record.boolean("joined", true);
    }
    record.integer("frame_bytes", flow.frame_bytes);
    if let Some((version, cipher)) = flow.tls {
        record.object("tls", |tls| {
            tls.value_of("version", version);
            tls.value("cipher", cipher);
        });
    }
    record.end_line();
}

fn push_protocol(out: &mut Vec<u8>, protocol: u8) {
    out.push(b'"');
    match protocol::word(protocol) {
        Some(word) => out.extend_from_slice(word.as_bytes()),
        None => number::push(out, protocol.into()),
    }
    out.push(b'"');
}

fn push_end(out: &mut Vec<u8>, end: &EndView) {
    let mut object = Object::begin(out);
    object.address("address", end.address);
    object.integer_of("port", end.port);
    object.mac_of("mac", end.mac);
    object.device_of("device", end.device);
    object.integer("packets", end.packets);
    object.integer("bytes", end.bytes);
    object.integer("payload", end.payload);
    object.integer_of("payload_unique", end.payload_unique);
    object.integer_of("missed", end.missed);
    object.integer_of("tcp_flags", end.tcp_flags);
    object.end();
}

fn push_name(out: &mut Vec<u8>, name: &NameOf<'_>) {
    let mut object = Object::begin(out);
    object.value("name", name.name);
    object.word("source", name.source);
    object.packet_of("packet", name.packet);
    object.end();
}
