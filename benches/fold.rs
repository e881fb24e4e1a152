//! Folding packets into an empty summary, with few flows and with many. One element is a packet.

mod traffic;

use criterion::{Criterion, Throughput};
use lenscap_testkit::Shape;
use traffic::Traffic;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("fold");
    group.sample_size(10);
    for (shape, things, packets) in [
        (Shape::Flows, 1_000, 8_000),
        (Shape::Flows, 100_000, 800_000),
        (Shape::Small, 20_000, 400_000),
        (Shape::Mix, 20_000, 200_000),
        (Shape::Video, 320, 30_000),
    ] {
        let traffic = Traffic::of(shape, things, packets);
        group.throughput(Throughput::Elements(traffic.packets()));
        group.bench_function(format!("{shape}/{things}"), |bencher| {
            bencher.iter_with_large_drop(|| traffic.summary());
        });
    }
    group.finish();
    criterion.final_summary();
}
