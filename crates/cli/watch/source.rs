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

/// What was opened: several sources that share packets, and once something reads them, one that stands for all.
pub(super) struct Opened<S = Box<dyn Source>> {
    pub(super) source: S,
    /// Of what kind its inputs are, by ordinal.
    pub(super) about: Vec<About>,
    /// What to call it.
    pub(super) name: String,
    /// Whether it has a ring of packets that came before it was stopped.
    pub(super) is_live: bool,
}

/// Sources that nothing reads yet.
pub(super) type Sources = Vec<Box<dyn Source + Send>>;

impl Opened<Sources> {
    /// A file or a stream.
    fn one(source: impl Source + Send + 'static, about: About, name: String) -> Self {
        Self { source: vec![Box::new(source)], about: vec![about], name, is_live: false }
    }
}

/// Opens what a watch is to read. `confine` is called before a byte of it is read: at once, or once interfaces are open, which
/// takes rights; it is told their descriptors.
pub(super) fn open(
    watch: &Watch,
    signals: &Signals,
    confine: impl FnOnce(Vec<i32>),
) -> Result<Opened<Sources>, Failure> {
    let is_stream = watch.interfaces.iter().any(|name| name == "-");
    if is_stream && watch.handles.get() > 1 {
        return Err(Failure::new("standard input (-) has no handles that could share its packets"));
    }
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

fn replay(watch: &Watch, path: &Path) -> Result<Opened<Sources>, Failure> {
    let opened = Capture::open(path).and_then(|capture| Ok((capture.reader(chunk_of(0))?, capture)));
    let (reader, capture) = opened.map_err(|why| match why {
        Error::Io(why) => Failure::file("read", path, why),
        Error::NotACapture { .. } | Error::Header { .. } => {
            let file = lenscap_report::shell::word(&path.to_string_lossy());
            Failure::file("read", path, why).next(format!("Try: file {file}      or: capinfos {file}"))
        }
        why => Failure::file("read", path, why),
    })?;
    let name = path.to_string_lossy().into_owned();
    let about =
        About { path: name.clone(), format: capture.format().name(), compression: capture.compression() };
    let source = Paced::new(reader.at_most(most(watch)), watch.speed.get());
    Ok(Opened::one(source, about, name))
}

fn stream_of(
    watch: &Watch,
    signals: &Signals,
    name: String,
    stream: impl io::Read + std::os::fd::AsFd + Send + 'static,
) -> Result<Opened<Sources>, Failure> {
    let failed = |why: Error| {
        let stopped = "stopped before a capture began".to_string();
        let why = if signals.stop() { stopped } else { why.to_string() };
        Failure::new(format!("{}: {why}", escape(name.as_bytes())))
    };
    let (reader, compression) = growing_reader(stream, chunk_of(0), signals.stopping()).map_err(failed)?;
    let about = About { path: name.clone(), format: reader.format().name(), compression };
    let source = reader.at_most(most(watch));
    Ok(Opened::one(source, about, name))
}

#[cfg(target_os = "linux")]
fn interfaces(watch: &Watch) -> Result<(Opened<Sources>, Vec<i32>), Failure> {
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
    // Each handle of each interface is an input.
    let (names, handles) = (&watch.interfaces, watch.handles.get());
    let number = |place: usize, handle: usize| chunk_of(place * handles + handle);
    let of_handle = |handle: usize| -> Vec<_> {
        names.iter().enumerate().map(|(place, name)| (name.clone(), number(place, handle))).collect()
    };
    let all: Vec<_> = (0..handles).map(of_handle).collect();
    let lives = match &all[..] {
        [one] => Live::open(one, &options).map(|live| vec![live]),
        several => Live::open_group(several, &options),
    };
    let lives = lives.map_err(|why| refused(&why))?;
    let about = |path: String| About { path, format: "live", compression: None };
    let called = |name: &String, handle: usize| match handles {
        1 => name.clone(),
        _ => format!("{name}#{}", handle + 1),
    };
    let every = names.iter().flat_map(|name| (0..handles).map(move |handle| about(called(name, handle))));
    let descriptors = lives.iter().flat_map(Live::descriptors).collect();
    let source = lives.into_iter().map(|live| Box::new(live) as Box<dyn Source + Send>).collect();
    let opened = Opened { source, about: every.collect(), name: names.join(", "), is_live: true };
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
fn interfaces(watch: &Watch) -> Result<(Opened<Sources>, Vec<i32>), Failure> {
    let interface = lenscap_report::shell::word(watch.interfaces.first().map_or("eth0", String::as_str));
    Err(Failure::new("this build cannot capture from interfaces")
        .next(format!("Try: sudo tcpdump -i {interface} -w - | lenscap watch -")))
}
