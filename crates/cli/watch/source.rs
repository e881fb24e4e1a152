//! Where the packets of a watch come from, and what the source is in reports.

use super::signals::Signals;
#[cfg(target_os = "linux")]
use crate::args::Backend;
use crate::args::Watch;
use crate::failure::Failure;
use lenscap_capture::{Capture, Error, Paced, Source, growing_reader, open_pipe};
#[cfg(target_os = "linux")]
use lenscap_capture::{Live, LiveOptions};
use lenscap_flow::{About, chunk_of};
use lenscap_report::escape::escape;
use std::io;
use std::path::Path;

/// A source that was opened.
pub(super) struct Opened {
    pub(super) source: Box<dyn Source>,
    /// Of what kind its inputs are, by ordinal.
    pub(super) about: Vec<About>,
    /// What to call it.
    pub(super) name: String,
    /// Whether it has a ring of packets that came before it was stopped.
    pub(super) is_live: bool,
}

/// Opens what a watch is to read. `confine` is called before a byte of it is read: at once, or once interfaces are open, which
/// takes rights; it is told their descriptors.
pub(super) fn open(
    watch: &Watch,
    signals: &Signals,
    confine: impl FnOnce(Vec<i32>),
) -> Result<Opened, Failure> {
    let is_stream = watch.interfaces.iter().any(|name| name == "-");
    if is_stream && watch.interfaces.len() > 1 {
        return Err(Failure::new("standard input (-) and interfaces cannot be watched in one run"));
    }
    if watch.replay.is_none() && watch.fifo.is_none() && !is_stream {
        let (opened, descriptors) = interfaces(watch)?;
        confine(descriptors);
        return Ok(opened);
    }
    confine(Vec::new());
    if let Some(path) = &watch.replay {
        return replay(watch, path);
    }
    if let Some(path) = &watch.fifo {
        let stream = open_pipe(path).map_err(|why| Failure::file("read", path, why))?;
        return stream_of(watch, signals, path.to_string_lossy().into_owned(), stream);
    }
    stream_of(watch, signals, "-".to_string(), io::stdin())
}

fn most(watch: &Watch) -> u64 {
    watch.count.map_or(u64::MAX, std::num::NonZeroU64::get)
}

fn replay(watch: &Watch, path: &Path) -> Result<Opened, Failure> {
    let opened = Capture::open(path).and_then(|capture| Ok((capture.reader(chunk_of(0))?, capture)));
    let (reader, capture) = opened.map_err(|why| Failure::file("read", path, why))?;
    let name = path.to_string_lossy().into_owned();
    let about =
        About { path: name.clone(), format: capture.format().name(), compression: capture.compression() };
    let source = Box::new(Paced::new(reader.at_most(most(watch)), watch.speed.get()));
    Ok(Opened { source, about: vec![about], name, is_live: false })
}

fn stream_of(
    watch: &Watch,
    signals: &Signals,
    name: String,
    stream: impl io::Read + std::os::fd::AsFd + Send + 'static,
) -> Result<Opened, Failure> {
    let failed = |why: Error| {
        let stopped = "stopped before a capture began".to_string();
        let why = if signals.stop() { stopped } else { why.to_string() };
        Failure::new(format!("{}: {why}", escape(name.as_bytes())))
    };
    let (reader, compression) = growing_reader(stream, chunk_of(0), signals.stopping()).map_err(failed)?;
    let about = About { path: name.clone(), format: reader.format().name(), compression };
    let source = Box::new(reader.at_most(most(watch)));
    Ok(Opened { source, about: vec![about], name, is_live: false })
}

#[cfg(target_os = "linux")]
fn interfaces(watch: &Watch) -> Result<(Opened, Vec<i32>), Failure> {
    let named = |(n, name): (usize, &String)| (name.clone(), chunk_of(n));
    let all: Vec<_> = watch.interfaces.iter().enumerate().map(named).collect();
    let options = LiveOptions {
        snap_length: watch.snaplen,
        promiscuous: !watch.no_promiscuous,
        ring: watch.ring,
        own_ring: match watch.backend {
            Backend::Auto => LiveOptions::default().own_ring,
            Backend::Pcap => false,
            Backend::Ring => true,
        },
        filter: watch.filter.clone(),
        count: watch.count.map(std::num::NonZeroU64::get),
        again: watch.no_sandbox,
    };
    let source = Live::open(&all, &options).map_err(|why| refused(&why))?;
    let about = |name: &String| About { path: name.clone(), format: "live", compression: None };
    let descriptors = source.descriptors();
    let opened = Opened {
        source: Box::new(source),
        about: watch.interfaces.iter().map(about).collect(),
        name: watch.interfaces.join(", "),
        is_live: true,
    };
    Ok((opened, descriptors))
}

/// What to do about an interface that cannot be opened.
#[cfg(target_os = "linux")]
fn refused(why: &Error) -> Failure {
    let failure = Failure::new(escape(why.to_string().as_bytes()).into_owned());
    let Error::Interface { interface, .. } = why else { return failure };
    if !may_capture() {
        let program = std::env::current_exe().unwrap_or_else(|_| "lenscap".into());
        let program = lenscap_report::shell::word(&program.to_string_lossy());
        let interface = lenscap_report::shell::word(interface);
        return failure.next(format!(
            "This user may not capture. Try: sudo setcap cap_net_raw+ep {program}      \
             or: sudo tcpdump -i {interface} -w - | lenscap watch -"
        ));
    }
    if interface == "any" || Path::new("/sys/class/net").join(interface).exists() {
        return failure.next(format!("Try: ip link show {}", lenscap_report::shell::word(interface)));
    }
    let there = std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut there: Vec<_> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    there.sort();
    failure.next(format!("There are: {}", escape(there.join(", ").as_bytes())))
}

/// Whether this process has the capability `CAP_NET_RAW`, number 13.
#[cfg(target_os = "linux")]
fn may_capture() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 << 13 != 0)
}

#[cfg(not(target_os = "linux"))]
fn interfaces(watch: &Watch) -> Result<(Opened, Vec<i32>), Failure> {
    let interface = lenscap_report::shell::word(watch.interfaces.first().map_or("eth0", String::as_str));
    Err(Failure::new("this build cannot capture from interfaces")
        .next(format!("Try: sudo tcpdump -i {interface} -w - | lenscap watch -")))
}
