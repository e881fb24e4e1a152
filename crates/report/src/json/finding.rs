//! The record of a finding.

use super::writer::{Object, push_address, push_packet, push_string, push_word};
use crate::escape::escape;
use crate::reason::{self, Digits};
use crate::vendor;
use lenscap_flow::report::Finding;

pub(super) fn push(out: &mut Vec<u8>, finding: &Finding<'_>) {
    let mut record = Object::record(out, "finding");
    record.word("id", &finding.id);
    record.word("kind", finding.kind.word());
    record.word("severity", finding.severity.word());
    record.integer("confidence", finding.confidence);
    record.word("device", &finding.device);
    record.text_of("vendor", finding.vendor.map(vendor::id));
    record.value("endpoint", finding.endpoint.as_bytes());
    record.integer("bytes_out", finding.bytes_out);
    record.integer("bytes_in", finding.bytes_in);
    record.time("start", finding.start);
    record.time("end", finding.end);
    record.list_of("flows", &finding.flows, |out, id| push_word(out, id));
    record.list_of("reasons", reason::sentences(finding, Digits::Bare), |out, reason| {
        push_string(out, &escape(reason.as_bytes()));
    });
    record.list_of("evidence", &finding.evidence, |out, &at| push_packet(out, at));
    record.word("party", finding.party.word());
    record.integer("payload_out", finding.bytes_out);
    record.integer("payload_in", finding.bytes_in);
    record.integer("repeated", finding.repeated);
    record.word("standing", finding.standing.word());
    record.list_of("was", &finding.was, |out, id| push_word(out, id));
    if !finding.filter.is_empty() {
        record.word("filter", &finding.filter);
    }
    record.list_of("addresses", &finding.addresses, |out, &address| push_address(out, address));
    if finding.estimated {
        record.boolean("estimated", true);
    }
    record.end_line();
}
