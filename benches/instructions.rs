//! The work that `scripts/instructions` counts: decode, fold and judge over small made-up traffic.
//!
//! `instructions SHAPE` makes the traffic and calls each measured function once, in this order, on one thread; what is
//! made before and between is not counted. Prints `packets N`, by which the script divides. Without a shape, or with
//! what `cargo bench` adds, it goes over all of them once.
#![allow(clippy::print_stdout, reason = "the script reads it")]

mod traffic;

use lenscap_catalog::Catalog;
use lenscap_flow::{Policy, Summary, judge};
use lenscap_testkit::Shape;
use lenscap_wire::{Packet, decode};
use std::env;
use std::hint::black_box;
use traffic::{LIMITS, Traffic};

/// The shapes, with things enough for 30,000 packets of each.
const LOADS: [(Shape, u64); 4] =
    [(Shape::Mix, 8_000), (Shape::Small, 1_200), (Shape::Flows, 3_750), (Shape::Video, 300)];

/// Packets of a load.
const PACKETS: usize = 30_000;

fn main() {
    let chosen = env::args().nth(1).and_then(|word| word.parse::<Shape>().ok());
    for (shape, things) in LOADS {
        if chosen.is_none_or(|chosen| chosen == shape) {
            run(&Traffic::of(shape, things, PACKETS));
        }
    }
}

fn run(traffic: &Traffic) {
    println!("packets {}", traffic.packets());
    measured_decode(traffic);
    let mut summary = Summary::new(LIMITS);
    measured_fold(traffic, &mut summary);
    let catalog = Catalog::builtin();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    pool.install(|| measured_judge(&summary, &catalog));
}

#[inline(never)]
fn measured_decode(traffic: &Traffic) {
    let mut packet = Packet::default();
    for batch in traffic.batches() {
        for frame in batch.frames() {
            decode(&frame, &mut packet);
            black_box(&packet);
        }
    }
}

#[inline(never)]
fn measured_fold(traffic: &Traffic, summary: &mut Summary) {
    for batch in traffic.batches() {
        summary.fold(&batch, |_| true);
    }
}

#[inline(never)]
fn measured_judge(summary: &Summary, catalog: &Catalog) {
    black_box(judge(&summary.close(), catalog, &Policy::default()));
}
