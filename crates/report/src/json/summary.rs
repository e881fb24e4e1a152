//! The records of the ledger and of the run as a whole.
//!
//! `inexact_since` of the summary record is the time of the packet at which the first cap bit; absent where none did.
//! `catalogue` names the state of the catalogue that judged, and `command` gives the same report again; absent where the caller
//! says neither.
//! `coverage` says what could and what could not be seen; all its values are integers, but
//! for the two times:
//!
//! | key | meaning |
//! |---|---|
//! | `start`, `end` | times of the first and the last packet; absent without packets |
//! | `two_way` | `flows` with packets both ways, `of` all flows of TCP and UDP but those to groups and broadcasts, which nobody answers |
//! | `cut_bytes` | wire bytes never captured because of the snap length |
//! | `missed_bytes` | bytes of TCP that were never captured between captured ones, where there are some |
//! | `acknowledged_bytes` | payload of TCP that the other end acknowledges, at least, behind the last captured packet of its sender, or where none was captured, where there is some |
//! | `encrypted` | `payload` bytes in flows of encrypted protocols, their handshakes, which are read, among them; `of` all with an outside end |
//! | `unattributed` | `payload` bytes to or from outside without any name or vendor, `of` all such bytes |
//! | `unread_frames` | `packets` and wire `bytes` of frames without IP that nobody reads, where there are some |
//! | `surplus_bytes` | bytes behind IP packets that are no padding, and behind datagrams of UDP in them, where there are some |
//! | `between_outside_bytes` | payload of flows of which both ends are outside and none is a device's, where there is some |
//! | `portless_bytes` | IP bytes of TCP and UDP whose ports were not captured (fragments, cut headers), where there are some |
//! | `undecided` | flows of whose beginning not all was read, since it is longer, or came in more pieces, than what is read; omitted where there is none |
//! | `hazards` | packets by what was odd about them |
//! | `caps` | counts of the caps that bit |

use super::SCHEMA;
use super::writer::Object;
use lenscap_flow::report::{Amount, Coverage, Ledger, Overview, Severity};

pub(super) fn push_ledger(out: &mut Vec<u8>, ledger: &Ledger) {
    let mut record = Object::record(out, "ledger");
    record.integer("packets", ledger.packets);
    record.integer("bytes_wire", ledger.bytes_wire);
    record.integer("bytes_captured", ledger.bytes_captured);
    push_amount(&mut record, "in_flows", ledger.in_flows);
    push_amount(&mut record, "in_residuals", ledger.in_residuals);
    push_amount(&mut record, "non_ip", ledger.non_ip);
    push_amount(&mut record, "undecodable", ledger.undecodable);
    push_amount(&mut record, "truncated", ledger.truncated);
    push_amount(&mut record, "filtered", ledger.filtered);
    record.boolean("balanced", ledger.balanced());
    record.end_line();
}

fn push_amount(record: &mut Object<'_>, key: &'static str, amount: Amount) {
    record.object(key, |object| {
        object.integer("packets", amount.packets);
        object.integer("bytes", amount.bytes);
    });
}

pub(super) fn push(out: &mut Vec<u8>, overview: &Overview) {
    let mut record = Object::record(out, "summary");
    record.word("version", env!("CARGO_PKG_VERSION"));
    record.word("schema", SCHEMA);
    record.boolean("exact", overview.exact);
    record.integer("packets", overview.packets);
    record.integer("flows", overview.flows);
    record.integer("devices", overview.devices);
    record.integer("cameras", overview.cameras);
    record.object("findings", |object| {
        for (&count, level) in overview.findings.iter().zip(Severity::ALL) {
            object.integer(level.word(), count);
        }
    });
    record.object("coverage", |object| push_coverage(object, &overview.coverage));
    record.integer("suspected", overview.suspected);
    record.time_of("inexact_since", overview.inexact_since);
    record.text_of("catalogue", overview.catalogue.as_deref());
    record.text_of("command", overview.command.as_deref());
    record.end_line();
}

fn push_coverage(object: &mut Object<'_>, coverage: &Coverage) {
    object.time_of("start", coverage.window.map(|(start, _)| start));
    object.time_of("end", coverage.window.map(|(_, end)| end));
    push_share(object, "two_way", "flows", coverage.two_way);
    object.integer("cut_bytes", coverage.cut_bytes);
    if coverage.missed_bytes > 0 {
        object.integer("missed_bytes", coverage.missed_bytes);
    }
    if coverage.acknowledged_bytes > 0 {
        object.integer("acknowledged_bytes", coverage.acknowledged_bytes);
    }
    push_share(object, "encrypted", "payload", coverage.encrypted);
    push_share(object, "unattributed", "payload", coverage.unattributed);
    if coverage.portless_bytes > 0 {
        object.integer("portless_bytes", coverage.portless_bytes);
    }
    let frames = coverage.frames.amount;
    if frames.packets > 0 {
        object.object("unread_frames", |object| {
            object.integer("packets", frames.packets);
            object.integer("bytes", frames.bytes);
        });
    }
    if coverage.surplus_bytes > 0 {
        object.integer("surplus_bytes", coverage.surplus_bytes);
    }
    let between = coverage.between.flows.payload;
    if between > 0 {
        object.integer("between_outside_bytes", between);
    }
    if coverage.undecided > 0 {
        object.integer("undecided", coverage.undecided);
    }
    push_counts(object, "hazards", &coverage.hazards);
    push_counts(object, "caps", &coverage.caps);
}

fn push_share(object: &mut Object<'_>, key: &'static str, part: &'static str, (n, of): (u64, u64)) {
    object.object(key, |object| {
        object.integer(part, n);
        object.integer("of", of);
    });
}

fn push_counts(object: &mut Object<'_>, key: &'static str, counts: &[(&'static str, u64)]) {
    object.object(key, |object| {
        for &(name, count) in counts {
            object.integer(name, count);
        }
    });
}
