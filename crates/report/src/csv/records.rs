//! The columns of every type, and what stands in them.

use super::row::{Row, item};
use crate::protocol;
use crate::reason::{self, Digits};
use crate::vendor;
use lenscap_flow::report::{
    Amount, Attribution, CaptureRecord, ContactRecord, DeviceClass, DeviceRecord, EndView, Finding, FlowView,
    Ledger, NameView, Overview, PacketAt, Role,
};

/// The header line of a type.
pub(super) const fn columns(kind: crate::Kind) -> &'static str {
    use crate::Kind;
    match kind {
        Kind::Capture => {
            "path,sha256,format,compression,link_types,snap_length,packets,bytes_captured,bytes_wire,start,end,\
             torn_tail,problems,drops"
        }
        Kind::Device => {
            "id,mac,addresses,vendor,vendor_name,parent,model,serial,firmware,is_camera,confidence,bytes_out,\
             bytes_in,bytes_out_external,bytes_in_external,endpoints,sightings,aliases,standing,kind_points,\
             maker_points,class,maker,why,conflicts,cloud_of,platform,ndaa_889,listed,\
             payload_out_external,payload_in_external,maker_proven,reported_makers"
        }
        Kind::Flow => {
            "community_id,start,end,protocol,orig_address,orig_port,orig_mac,orig_packets,orig_bytes,\
             orig_payload,orig_payload_unique,resp_address,resp_port,resp_mac,resp_packets,resp_bytes,resp_payload,\
             resp_payload_unique,orig_basis,vlan,tunnel,tcp_history,app,server_name,alpn,ja4,ech,names,vendor,role,\
             attribution,confidence,activity,external,first_input,first_packet,first_offset,first_length,limits,\
             uid,end_reason,joined,orig_missed,orig_tcp_flags,resp_missed,resp_tcp_flags,copies_packets,copies_payload,\
             proof_input,proof_packet,proof_offset,proof_length,frame_bytes,tls_version,tls_cipher,orig_device,\
             resp_device"
        }
        Kind::Name => "name,address,asker,source,first,last,input,packet,offset,length",
        Kind::Contact => {
            "device,party,name,address,protocol,called,vendor,role,attribution,confidence,activity,flows,payload_out,\
             payload_in,bytes_out,bytes_in,copies,start,end,largest,evidence,addresses,ports,finding"
        }
        Kind::Finding => {
            "id,kind,severity,confidence,device,vendor,endpoint,bytes_out,bytes_in,start,end,flows,reasons,evidence,party,\
             addresses,repeated,standing,was,filter,payload_out,payload_in,estimated"
        }
        Kind::Ledger => {
            "packets,bytes_wire,bytes_captured,in_flows_packets,in_flows_bytes,in_residuals_packets,\
             in_residuals_bytes,non_ip_packets,non_ip_bytes,undecodable_packets,undecodable_bytes,truncated_packets,\
             truncated_bytes,filtered_packets,filtered_bytes,balanced"
        }
        Kind::Summary => {
            "version,schema,exact,packets,flows,devices,cameras,findings_info,findings_low,findings_medium,\
             findings_high,findings_critical,coverage_start,coverage_end,coverage_two_way_flows,coverage_two_way_of,\
             coverage_cut_bytes,coverage_encrypted_payload,coverage_encrypted_of,coverage_unattributed_payload,\
             coverage_unattributed_of,coverage_undecided,coverage_hazards,coverage_caps,suspected,inexact_since,catalogue,command"
        }
    }
}

pub(super) fn capture(row: &mut Row<'_>, capture: &CaptureRecord) {
    row.value(&capture.path);
    row.value_of(capture.sha256.as_deref());
    row.value(capture.format);
    row.value_of(capture.compression);
    row.list(&capture.link_types);
    row.integer_of(capture.snap_length);
    row.integer(capture.packets);
    row.integer(capture.bytes_captured);
    row.integer(capture.bytes_wire);
    row.time_of(capture.start);
    row.time_of(capture.end);
    row.boolean(capture.torn_tail);
    row.list(capture.problems.iter().map(|p| format!("{}:{}", p.offset, item(p.what.as_bytes()))));
    row.list(capture.drops.named().map(|(layer, count)| format!("{layer}:{count}")));
}

pub(super) fn device(row: &mut Row<'_>, device: &DeviceRecord<'_>) {
    row.value(&device.id);
    row.mac_of(device.mac);
    row.list(device.addresses.iter().map(ToString::to_string));
    row.value_of(device.vendor.map(vendor::id));
    row.value_of(device.vendor.map(vendor::name));
    row.value_of(device.vendor.and_then(vendor::parent));
    row.value_of(device.model.as_deref());
    row.value_of(device.serial.as_deref());
    row.value_of(device.firmware.as_deref());
    row.boolean(device.is_camera);
    row.integer(device.confidence);
    row.integer(device.bytes_out);
    row.integer(device.bytes_in);
    row.integer(device.bytes_out_external);
    row.integer(device.bytes_in_external);
    row.list(device.endpoints.iter().map(|end| match (end.party.word(), end.name) {
        (party, Some(name)) => format!("{party}:{}", item(name)),
        (party, None) => format!("{party}:{}", end.address),
    }));
    row.list(device.sightings.iter().map(|seen| format!("{}:{}", seen.kind, item(&seen.value))));
    row.list(&device.aliases);
    row.value(device.standing.word());
    row.integer(device.kind_points);
    row.integer(device.maker_points);
    row.value_of(device.class.map(DeviceClass::word));
    row.value_of(device.maker);
    row.list(device.why.iter().map(|why| {
        let claimed = if why.claimed { "claimed:" } else { "" };
        format!("{claimed}{}:{}:{}", why.kind, why.weight, item(&why.value))
    }));
    row.list(device.conflicts.iter().map(|other| format!("{}:{}", vendor::id(other.vendor), other.points)));
    row.value_of(device.cloud_of.map(vendor::id));
    row.value_of(device.platform.map(vendor::id));
    row.value_of(device.made_by().map(|maker| if maker.ndaa_889 { "true" } else { "false" }));
    let rules = device.made_by().into_iter().flat_map(vendor::rules);
    row.list(rules.map(|rule| format!("{}:{}", rule.list().id, rule.basis)));
    row.integer(device.payload_out_external);
    row.integer(device.payload_in_external);
    match device.made_by() {
        Some(_) => row.boolean(device.is_maker_proven()),
        None => row.absent(),
    }
    row.list(device.reported_makers.iter().map(|maker| vendor::id(maker)));
}

pub(super) fn flow(row: &mut Row<'_>, flow: &FlowView<'_>) {
    row.value(&flow.community_id);
    row.time_of(Some(flow.start));
    row.time_of(Some(flow.end));
    row.value(&*protocol::name(flow.protocol));
    end(row, &flow.orig);
    end(row, &flow.resp);
    row.value(flow.orig_basis.word());
    row.list(flow.vlan.iter().map(ToString::to_string));
    row.list(&flow.tunnel);
    row.value_of(flow.tcp_history.as_deref());
    row.value_of(flow.app);
    row.value_of(flow.server_name);
    row.value_of(flow.alpn);
    row.value_of(flow.ja4);
    row.boolean(flow.ech);
    row.list(flow.names.iter().map(|name| format!("{}:{}", name.source, item(name.name))));
    row.value_of(flow.vendor.map(vendor::id));
    row.value_of(flow.role.map(Role::word));
    row.value_of(flow.attribution.map(Attribution::word));
    row.integer_of(flow.confidence);
    row.value(flow.activity.word());
    row.boolean(flow.external);
    packet(row, flow.first_packet);
    row.list(&flow.limits);
    row.value(&flow.uid);
    row.value(flow.end_reason.word());
    row.boolean(flow.joined);
    for end in [&flow.orig, &flow.resp] {
        row.integer_of(end.missed);
        row.integer_of(end.tcp_flags);
    }
    row.integer_of(flow.copies.map(|copies| copies.packets));
    row.integer_of(flow.copies.map(|copies| copies.payload));
    match flow.proof {
        Some(at) => packet(row, at),
        None => (0..4).for_each(|_| row.absent()),
    }
    row.integer(flow.frame_bytes);
    row.value_of(flow.tls.and_then(|(version, _)| version));
    row.value_of(flow.tls.map(|(_, cipher)| cipher));
    for end in [&flow.orig, &flow.resp] {
        row.value_of(end.device.map(|device| device.to_string()));
    }
}

fn end(row: &mut Row<'_>, end: &EndView) {
    row.address_of(Some(end.address));
    row.integer_of(end.port);
    row.mac_of(end.mac);
    row.integer(end.packets);
    row.integer(end.bytes);
    row.integer(end.payload);
    row.integer_of(end.payload_unique);
}

fn packet(row: &mut Row<'_>, at: PacketAt) {
    row.integer(at.input);
    row.integer(at.packet);
    row.integer(at.offset);
    row.integer(at.length);
}

pub(super) fn name(row: &mut Row<'_>, name: &NameView<'_>) {
    row.value(name.name);
    row.address_of(Some(name.address));
    row.address_of(name.asker);
    row.value(name.source);
    row.time_of(Some(name.first));
    row.time_of(Some(name.last));
    packet(row, name.packet);
}

pub(super) fn contact(row: &mut Row<'_>, contact: &ContactRecord<'_>) {
    row.value(&contact.device);
    row.value(contact.party.word());
    row.value_of(contact.name.as_deref());
    row.address_of(contact.address);
    row.value_of(contact.protocol.map(protocol::name).as_deref());
    row.value(contact.called.word());
    row.value_of(contact.vendor.map(vendor::id));
    row.value_of(contact.role.map(Role::word));
    row.value_of(contact.attribution.map(Attribution::word));
    row.integer_of(contact.confidence);
    row.list(contact.activity.iter().map(|activity| activity.word()));
    row.integer(contact.flows);
    row.integer(contact.payload_out);
    row.integer(contact.payload_in);
    row.integer(contact.bytes_out);
    row.integer(contact.bytes_in);
    row.integer(contact.copies);
    row.time_of(Some(contact.start));
    row.time_of(Some(contact.end));
    row.list(&contact.largest);
    row.list(contact.evidence.iter().map(|at| format!("{}:{}", at.input, at.packet)));
    row.list(contact.addresses.iter().map(ToString::to_string));
    row.list(contact.ports.iter().map(|&port| protocol::service(port)));
    row.value_of(contact.finding.as_deref());
}

pub(super) fn finding(row: &mut Row<'_>, finding: &Finding<'_>) {
    row.value(&finding.id);
    row.value(finding.kind.word());
    row.value(finding.severity.word());
    row.integer(finding.confidence);
    row.value(&finding.device);
    row.value_of(finding.vendor.map(vendor::id));
    row.value(&finding.endpoint);
    row.integer(finding.bytes_out);
    row.integer(finding.bytes_in);
    row.time_of(Some(finding.start));
    row.time_of(Some(finding.end));
    row.list(&finding.flows);
    row.list(reason::sentences(finding, Digits::Bare).map(|reason| item(reason.as_bytes()).into_owned()));
    row.list(finding.evidence.iter().map(|at| format!("{}:{}", at.input, at.packet)));
    row.value(finding.party.word());
    row.list(finding.addresses.iter().map(ToString::to_string));
    row.integer(finding.repeated);
    row.value(finding.standing.word());
    row.list(&finding.was);
    row.value(&finding.filter);
    row.integer(finding.bytes_out);
    row.integer(finding.bytes_in);
    row.boolean(finding.estimated);
}

pub(super) fn ledger(row: &mut Row<'_>, ledger: &Ledger) {
    row.integer(ledger.packets);
    row.integer(ledger.bytes_wire);
    row.integer(ledger.bytes_captured);
    for Amount { packets, bytes } in [
        ledger.in_flows,
        ledger.in_residuals,
        ledger.non_ip,
        ledger.undecodable,
        ledger.truncated,
        ledger.filtered,
    ] {
        row.integer(packets);
        row.integer(bytes);
    }
    row.boolean(ledger.balanced());
}

pub(super) fn summary(row: &mut Row<'_>, overview: &Overview) {
    let coverage = &overview.coverage;
    row.value(env!("CARGO_PKG_VERSION"));
    row.value(crate::json::SCHEMA);
    row.boolean(overview.exact);
    row.integer(overview.packets);
    row.integer(overview.flows);
    row.integer(overview.devices);
    row.integer(overview.cameras);
    overview.findings.iter().for_each(|&count| row.integer(count));
    row.time_of(coverage.window.map(|(start, _)| start));
    row.time_of(coverage.window.map(|(_, end)| end));
    row.integer(coverage.two_way.0);
    row.integer(coverage.two_way.1);
    row.integer(coverage.cut_bytes);
    row.integer(coverage.encrypted.0);
    row.integer(coverage.encrypted.1);
    row.integer(coverage.unattributed.0);
    row.integer(coverage.unattributed.1);
    row.integer(coverage.undecided);
    row.list(coverage.hazards.iter().map(|(name, count)| format!("{name}:{count}")));
    row.list(coverage.caps.iter().map(|(name, count)| format!("{name}:{count}")));
    row.integer(overview.suspected);
    row.time_of(overview.inexact_since);
    row.value_of(overview.catalogue.as_deref());
    row.value_of(overview.command.as_deref());
}
