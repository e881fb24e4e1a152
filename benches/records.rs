//! Walking the records of a file in the page cache, in both formats. Throughput is bytes of the file.

mod traffic;

use criterion::{Criterion, Throughput};
use lenscap_capture::{Capture, ChunkId, Next, Source};
use lenscap_testkit::{Load, Shape, pcapng};
use std::hint::black_box;
use std::path::Path;

/// Packets of a file.
const PACKETS: usize = 100_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("records");
    group.sample_size(20);
    for shape in [Shape::Small, Shape::Mix] {
        let frames: Vec<_> = Load::new(shape, PACKETS as u64, 1).take(PACKETS).collect();
        let classic = traffic::pcap(shape, PACKETS as u64, PACKETS);
        for (format, bytes) in [("pcap", classic), ("pcapng", pcapng(&frames))] {
            let file = traffic::file(&bytes);
            group.throughput(Throughput::Bytes(bytes.len() as u64));
            group.bench_function(format!("{format}/{shape}"), |bencher| bencher.iter(|| walk(file.path())));
        }
    }
    group.finish();
    criterion.final_summary();
}

fn walk(path: &Path) {
    let capture = Capture::open(path).expect("a capture");
    let mut reader = capture.reader(ChunkId::default()).expect("a capture");
    while let Next::Batch(batch) = reader.next().expect("a file that can be read") {
        black_box(&batch);
    }
}
