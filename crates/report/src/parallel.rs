//! Flows rendered by many threads, written in their order by one.
//!
//! Flows are taken in pieces of [`PIECE`]. While the calling thread writes one round of pieces, the others render the
//! next into buffers that are used again; so memory is two rounds, whatever the report, and the bytes are the same
//! for every number of threads.

use lenscap_flow::report::{FlowView, Report};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use std::io::{self, Write};
use std::mem;
use std::num::NonZeroUsize;
use std::ops::Range;

/// Flows rendered into one buffer: some 200 kB of JSON, so that it stays in the cache until it is written.
const PIECE: usize = 256;
/// Pieces of a round for each thread: enough that none waits long for the last.
const ROUND: usize = 16;

/// Writes every flow of the report as `push` renders it.
pub(crate) fn write_flows(
    report: &Report<'_>,
    threads: NonZeroUsize,
    push: impl Fn(&mut Vec<u8>, &FlowView<'_>) + Sync,
    out: &mut impl Write,
) -> io::Result<()> {
    let list = report.flows();
    let render = |buffer: &mut Vec<u8>, flows: Range<usize>| {
        buffer.clear();
        for flow in flows.filter_map(|n| list.view(n)) {
            push(buffer, &flow);
        }
    };
    let count = list.len();
    if threads.get() == 1 || count <= PIECE {
        return write_alone(count, render, out);
    }
    let pool = ThreadPoolBuilder::new().num_threads(threads.get()).build().map_err(io::Error::other)?;
    let width = threads.get() * ROUND;
    let mut rendered: Vec<Vec<u8>> = Vec::new();
    let mut next = vec![Vec::new(); width];
    let mut pieces = pieces(count).peekable();
    while pieces.peek().is_some() || !rendered.is_empty() {
        let started = pieces.by_ref().take(width).collect::<Vec<_>>();
        next.resize_with(started.len(), Vec::new);
        pool.in_place_scope(|scope| {
            let (render, next) = (&render, &mut next);
            scope.spawn(move |_| {
                next.par_iter_mut().zip(started).for_each(|(buffer, flows)| render(buffer, flows));
            });
            rendered.iter().try_for_each(|buffer| out.write_all(buffer))
        })?;
        mem::swap(&mut rendered, &mut next);
    }
    Ok(())
}

fn write_alone(
    count: usize,
    render: impl Fn(&mut Vec<u8>, Range<usize>),
    out: &mut impl Write,
) -> io::Result<()> {
    let mut buffer = Vec::new();
    for flows in pieces(count) {
        render(&mut buffer, flows);
        out.write_all(&buffer)?;
    }
    Ok(())
}

fn pieces(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(PIECE).map(move |first| first..count.min(first + PIECE))
}
