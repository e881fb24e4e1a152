//! The record of a name that an address was given.

use super::writer::{Object, push_address};
use lenscap_flow::report::NameView;

pub(super) fn push(out: &mut Vec<u8>, name: &NameView<'_>) {
    let mut record = Object::record(out, "name");
    record.value("name", name.name);
    record.address("address", name.address);
    if let Some(asker) = name.asker {
        push_address(record.key("asker"), asker);
    }
    record.word("source", name.source);
    record.time("first", name.first);
    record.time("last", name.last);
    record.packet("packet", name.packet);
    if let Some(asked) = name.asked {
        record.boolean("asked", asked);
    }
    record.end_line();
}
