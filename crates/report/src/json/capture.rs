//! The record of one input.

use super::writer::{Object, push_word};
use crate::escape::escape;
use lenscap_flow::report::{CaptureRecord, ProblemRecord};

pub(super) fn push(out: &mut Vec<u8>, capture: &CaptureRecord) {
    let mut record = Object::record(out, "capture");
    record.text("path", &capture.path);
    record.word_of("sha256", capture.sha256.as_deref());
    record.word_of("format", Some(capture.format));
    record.word_of("compression", capture.compression);
    record.list_of("link_types", &capture.link_types, |out, name| push_word(out, name));
    record.integer_of("snap_length", capture.snap_length);
    record.integer("packets", capture.packets);
    record.integer("bytes_captured", capture.bytes_captured);
    record.integer("bytes_wire", capture.bytes_wire);
    record.time_of("start", capture.start);
    record.time_of("end", capture.end);
    record.boolean("torn_tail", capture.torn_tail);
    record.list_of("problems", &capture.problems, push_problem);
    if capture.drops.named().next().is_some() {
        record.object("drops", |object| {
            for (layer, count) in capture.drops.named() {
                object.integer(layer, count);
            }
        });
    }
    record.end_line();
}

fn push_problem(out: &mut Vec<u8>, problem: &ProblemRecord) {
    let mut object = Object::begin(out);
    object.text("kind", &problem.kind);
    object.integer_of("packet", problem.packet);
    object.integer("offset", problem.offset);
    object.text("what", &escape(problem.what.as_bytes()));
    object.end();
}
