//! A whole scan of a file in the page cache, on one thread and on two. One element is a packet.

mod traffic;

use criterion::{Criterion, Throughput};
use lenscap_flow::{Input, Options, Summary, scan};
use lenscap_testkit::Shape;
use std::num::NonZeroUsize;
use std::path::Path;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    for (shape, things, packets) in [
        (Shape::Mix, 20_000, 200_000),
        (Shape::Small, 20_000, 400_000),
        (Shape::Flows, 50_000, 400_000),
        (Shape::Video, 320, 30_000),
    ] {
        let file = traffic::file(&traffic::pcap(shape, things, packets));
        for threads in [1, 2] {
            let packets = scan_on(threads, file.path()).packets();
            group.throughput(Throughput::Elements(packets));
            group.bench_function(format!("{shape}/threads {threads}"), |bencher| {
                bencher.iter_with_large_drop(|| scan_on(threads, file.path()));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn scan_on(threads: usize, path: &Path) -> Summary {
    let options = Options {
        threads: NonZeroUsize::new(threads).expect("at least one"),
        limits: traffic::LIMITS,
        filter: None,
        from: None,
        to: None,
        saved: false,
    };
    scan(&[Input::File(path.to_owned())], &options, &()).expect("threads can be started")
}
