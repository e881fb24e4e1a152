//! The arguments of `lenscap watch`.

use super::{Judging, Output};
use crate::parse::{self, Bound, Idle};
use clap::{Args as ClapArgs, ValueEnum};
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

pub(super) const LONG: &str = "\
Does live what scan does on files: the same devices, flows and findings, as they settle, in bounded memory.

Text is a line a minute and a line for whatever is new; on a terminal a view that is drawn anew every second. The end is the \
report of scan. With --json, a flow is said once, when it has been silent for the idle time and two minutes more; a device or a \
finding when it is new or says something else than before, its bytes when they have doubled. At the end all devices, names and \
findings are said as they then are.

What was lost stands in the capture records and in the text: by the interface, and by the ring of the kernel.";

pub(super) const EXAMPLES: &str = "\
Examples:
  lenscap watch eth0                                       what happens, until it is interrupted
  lenscap watch eth0 eth1 --json --select finding          findings of two interfaces, as they come
  lenscap watch any --filter 'not port 22' --duration 1h   all interfaces but for one service
  lenscap watch eth0 --json --output-file lenscap.jsonl    into a file that logrotate may move
  lenscap watch eth0 --json --output-file /var/lib/lenscap/lines.jsonl --rotate 100MB,24h
  lenscap watch eth0 --rolling /var/lib/lenscap/packets    yesterday's packets, for extract
  tcpdump -i eth0 -w - | lenscap watch -                   what another program captures
  lenscap watch --replay office.pcapng --speed 60          an hour in a minute

Signals: SIGINT and SIGTERM stop, and print the report; SIGUSR1 prints it now; SIGHUP opens the output file and the catalogue \
files again, and keeps the old catalogue where the new one is wrong.

Exit status: 0 nothing found, 1 a finding at or over --fail-on, 2 not the whole job could be done.";

/// How packets are had of interfaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Backend {
    /// libpcap where it is built in, else a ring of our own
    Auto,
    /// libpcap
    Pcap,
    /// A ring of our own, for Ethernet
    Ring,
}

/// How much of a packet is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum RollingBytes {
    /// Headers, the first 256 bytes of the payload, and handshakes of TLS and DHCP whole
    Headers,
    /// All that was captured
    Full,
}

/// `lenscap watch`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// Interfaces, any for all of them, or - for a capture on standard input
    #[arg(required_unless_present_any = ["replay", "fifo"], value_name = "INTERFACES")]
    pub interfaces: Vec<String>,
    #[command(flatten)]
    pub output: Output,
    /// Append JSON lines to this file instead; SIGHUP opens it again
    #[arg(long, value_name = "FILE", requires = "json", help_heading = "Output")]
    pub output_file: Option<PathBuf>,
    /// Close it, and begin another, before it is larger or once it is older, such as 100MB, 1h or both: 100MB,1h (a MB has 2^20
    /// bytes here). Closed files have the second in their name in which they were begun
    #[arg(long, value_name = "BOUNDS", value_delimiter = ',', value_parser = parse::bound, requires = "output_file", help_heading = "Output")]
    pub rotate: Vec<Bound>,
    /// Keep the packets of cameras in this folder, as a ring of pcapng files that extract and explain read; also all packets to
    /// groups, and those of stations in the two minutes after they were first seen
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub rolling: Option<PathBuf>,
    /// How long these are kept, or how many bytes of them, such as 24h, 10GB (a GB has 2^30 bytes here), or both
    #[arg(long, value_name = "BOUNDS", value_delimiter = ',', value_parser = parse::bound, default_value = "24h,10GB", requires = "rolling", help_heading = "Output")]
    pub keep: Vec<Bound>,
    /// How much of a packet is kept there
    #[arg(
        long,
        value_name = "BYTES",
        default_value = "headers",
        requires = "rolling",
        help_heading = "Output"
    )]
    pub rolling_bytes: RollingBytes,
    /// Serve Prometheus metrics under /metrics of this address; of a port alone, on this machine only
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse::listen, help_heading = "Output")]
    pub metrics: Option<SocketAddr>,
    /// Let metrics be served to other machines, too, without asking who they are
    #[arg(long, requires = "metrics", help_heading = "Output")]
    pub metrics_exposed: bool,
    /// Write Prometheus metrics into this file every 5 seconds; it is whole at every moment
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub metrics_file: Option<PathBuf>,
    #[command(flatten)]
    pub judging: Judging,
    /// Feed a capture file by its own clock
    #[arg(long, value_name = "FILE", conflicts_with_all = ["interfaces", "fifo"], help_heading = "What is read")]
    pub replay: Option<PathBuf>,
    /// Feed it so many times as fast
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::positive::<NonZeroU32>, requires = "replay", help_heading = "What is read")]
    pub speed: NonZeroU32,
    /// Read a capture from a named pipe
    #[arg(long, value_name = "PATH", conflicts_with = "interfaces", help_heading = "What is read")]
    pub fifo: Option<PathBuf>,
    /// Only packets that this capture filter takes; on interfaces the kernel asks it, and the others are not seen
    #[arg(long, value_name = "BPF", help_heading = "What is read")]
    pub filter: Option<String>,
    /// Capture so many bytes of a packet at most
    #[arg(long, value_name = "BYTES", default_value = "262144", value_parser = clap::value_parser!(u32).range(64..=262_144), help_heading = "What is read")]
    pub snaplen: u32,
    /// Do not ask an interface for frames that are for other stations
    #[arg(long, help_heading = "What is read")]
    pub no_promiscuous: bool,
    /// Stop after so long, such as 30s, 10m, 2h or 7d
    #[arg(long, value_name = "TIME", value_parser = parse::duration, help_heading = "What is read")]
    pub duration: Option<Duration>,
    /// Stop after so many packets
    #[arg(long, value_name = "N", value_parser = parse::positive::<NonZeroU64>, help_heading = "What is read")]
    pub count: Option<NonZeroU64>,
    /// A gap of more than so many seconds ends a flow
    #[arg(long, value_name = "SECONDS", default_value = "300", help_heading = "What is read")]
    pub idle: Idle,
    /// Memory for the state, such as 512M or 4G (MiB, GiB); a quarter of what there is where not given. Beside it: the program and
    /// its catalogue, some 25 MiB; --ring; what a judgement says, for a moment more than as much again where devices are thousands;
    /// lines that nobody reads, 64 MiB at most
    #[arg(long, value_name = "SIZE", value_parser = parse::memory, help_heading = "Resources")]
    pub memory: Option<u64>,
    /// Share the packets among so many threads; the records are the same as long as memory does for each. While it is judged there
    /// is a copy of what they have, so half of --memory is for that; of the other half the flows are shared out evenly
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::workers, help_heading = "Resources")]
    pub workers: NonZeroUsize,
    /// Share the packets of interfaces among so many handles, by their addresses, with a thread each that folds what it is given.
    /// Each is an input of its own (eth0#1, eth0#2) with numbers of its own, so of packets that say the same another may be named;
    /// else the records are the same, as long as memory does for each, nothing is shed and no clock is set back. Memory is as with
    /// --workers, and a --ring for each
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::workers, conflicts_with_all = ["workers", "rolling", "replay", "fifo"], help_heading = "Resources")]
    pub handles: NonZeroUsize,
    /// How packets are had of interfaces
    #[arg(long, value_name = "BACKEND", default_value = "auto", help_heading = "Resources")]
    pub backend: Backend,
    /// Bytes of the kernel's ring for each handle of an interface, from 1 MiB to 1 GiB, beside --memory
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = parse::ring, help_heading = "Resources")]
    pub ring: u32,
    /// Keep all rights of the process while it reads packets; see lenscap doctor
    #[arg(long, help_heading = "Resources")]
    pub no_sandbox: bool,
}
