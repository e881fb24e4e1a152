//! The two ways to have the packets of an interface: a handle of libpcap, or a ring of our own.
//!
//! Both have the kernel fill a ring of blocks (`TPACKET_V3`). libpcap knows every kind of interface, and `any`; our own takes
//! Ethernet alone, and needs no library.

#[cfg(feature = "live")]
use crate::BATCH;
use crate::Error;
use crate::batch::Direction;
#[cfg(feature = "live")]
use crate::filter::link_type_of;
use crate::record::{Lengths, Oddity, clamp};
use lenscap_ring::{Instruction, Options, Ring, Way};
use lenscap_wire::{LinkType, Timestamp};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

#[cfg(feature = "live")]
use super::ANY;
use super::{LiveOptions, WAIT};

/// A filter that no packet passes: none has one byte.
#[cfg(feature = "live")]
const NOTHING: &str = "less 1";

/// Bytes of a block of our own ring.
const BLOCK: u32 = 1 << 20;

/// A packet that was copied out of a ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) time: Timestamp,
    pub(super) oddity: Oddity,
    pub(super) lengths: Lengths,
    pub(super) direction: Direction,
    /// Where its bytes begin among those that were copied.
    pub(super) start: usize,
}

/// What was copied out of a ring, and how much of it is still to be lent.
#[derive(Debug, Default)]
pub(super) struct Copied {
    pub(super) bytes: Vec<u8>,
    pub(super) packets: Vec<Taken>,
    pub(super) lent: usize,
}

impl Copied {
    fn clear(&mut self) {
        self.bytes.clear();
        self.packets.clear();
        self.lent = 0;
    }

    fn push(
        &mut self,
        (seconds, nanoseconds): (i128, i128),
        direction: Direction,
        (wire_length, bytes): (u32, &[u8]),
    ) {
        let (time, oddity) = clamp(seconds * 1_000_000_000 + nanoseconds);
        let lengths = Lengths::new(wire_length, bytes.len() as u32);
        self.packets.push(Taken { time, oddity, lengths, direction, start: self.bytes.len() });
        self.bytes.extend_from_slice(bytes);
    }
}

/// An interface that is open.
pub(super) struct Tap {
    backend: Backend,
    pub(super) link_type: LinkType,
    /// Drops as they were last told, and in all: by the interface, whose counters have 32 bits in libpcap, and by the ring.
    told: (u64, u64),
    pub(super) drops: (u64, u64),
}

enum Backend {
    #[cfg(feature = "live")]
    Pcap(pcap::Capture<pcap::Active>),
    Ring {
        ring: Ring,
        /// Where the kernel tells what the interface lost.
        counters: [String; 2],
    },
}

impl Tap {
    /// Opens an interface, by libpcap or by our own ring.
    pub(super) fn open(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        if options.own_ring {
            return Self::ring(name, options);
        }
        #[cfg(feature = "live")]
        return Self::pcap(name, options);
        #[cfg(not(feature = "live"))]
        Err(refused(name, "this build has no libpcap; its own ring can be asked for"))
    }

    #[cfg(feature = "live")]
    fn pcap(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let refused = |why: pcap::Error| match why {
            pcap::Error::PcapError(why) => refused(name, &why),
            other => refused(name, &other.to_string()),
        };
        let signed = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let inactive = pcap::Capture::from_device(name).map_err(refused)?;
        let inactive = inactive
            .snaplen(signed(options.snap_length))
            .promisc(options.promiscuous)
            .buffer_size(signed(options.ring))
            .timeout(WAIT.as_millis() as i32)
            // Each packet would wake us, and the ring would be no ring of blocks.
            .immediate_mode(false)
            .precision(pcap::Precision::Nano);
        let mut capture = inactive.open().map_err(refused)?;
        if name == ANY {
            // DLT_LINUX_SLL2: cooked frames that say of which interface they are. Older libraries have those that do not, and
            // those are read, too.
            _ = capture.set_datalink(pcap::Linktype(276));
        }
        let link_type = link_type_of(capture.get_datalink());
        // What came before a filter is set stands in the ring, and is asked by the next.
        capture.filter(NOTHING, false).map_err(refused)?;
        let capture = capture.setnonblock().map_err(refused)?;
        Ok(Self { backend: Backend::Pcap(capture), link_type, told: (0, 0), drops: (0, 0) })
    }

    fn ring(name: &str, options: &LiveOptions) -> Result<Self, Error> {
        let filter = match &options.filter {
            Some(expression) => instructions(expression, options.snap_length)?,
            None => Vec::new(),
        };
        let wanted = Options {
            block: BLOCK,
            blocks: (options.ring / BLOCK).max(2),
            snap_length: options.snap_length,
            promiscuous: options.promiscuous,
            retire: WAIT,
            filter,
        };
        let ring = Ring::open(name, &wanted).map_err(|why| refused(name, &why.to_string()))?;
        // ARPHRD_ETHER and ARPHRD_LOOPBACK, which has Ethernet frames.
        if !matches!(ring.hardware(), 1 | 772) {
            return Err(refused(name, "our own ring takes Ethernet alone; libpcap may take it"));
        }
        let counter = |of: &str| format!("/sys/class/net/{name}/statistics/{of}");
        let counters = [counter("rx_missed_errors"), counter("rx_fifo_errors")];
        let told = (lost(&counters).unwrap_or_default(), 0);
        Ok(Self {
            backend: Backend::Ring { ring, counters },
            link_type: LinkType::ETHERNET,
            told,
            drops: (0, 0),
        })
    }

    /// Lets packets in, and throws away what came before.
    #[cfg_attr(
        not(feature = "live"),
        allow(unused_variables, reason = "a ring has its filter since it was opened")
    )]
    pub(super) fn start(&mut self, name: &str, options: &LiveOptions) -> Result<(), Error> {
        match &mut self.backend {
            #[cfg(feature = "live")]
            Backend::Pcap(capture) => {
                capture.dispatch(None, |_| {}).map_err(|why| refused(name, &why.to_string()))?;
                let expression = options.filter.as_deref().unwrap_or_default();
                capture.filter(expression, true).map_err(|why| Error::Filter {
                    expression: expression.to_string(),
                    link_type: self.link_type,
                    why: why.to_string(),
                })
            }
            Backend::Ring { ring, .. } => ring.start().map_err(|why| refused(name, &why.to_string())),
        }
    }

    /// What can be waited on.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match &self.backend {
            #[cfg(feature = "live")]
            Backend::Pcap(capture) => capture.as_fd(),
            Backend::Ring { ring, .. } => ring.as_fd(),
        }
    }

    /// Copies packets that are there: 32 at most of libpcap, and all of a block of our own ring.
    pub(super) fn copy(&mut self, copied: &mut Copied) -> Result<(), String> {
        copied.clear();
        match &mut self.backend {
            #[cfg(feature = "live")]
            Backend::Pcap(capture) => {
                let taken = capture.dispatch(Some(BATCH), |packet| {
                    let ts = packet.header.ts;
                    // In nanoseconds, as they were asked for, the field of microseconds holds nanoseconds.
                    let time = (ts.tv_sec.into(), ts.tv_usec.into());
                    // libpcap does not tell which way a packet went.
                    copied.push(time, Direction::Unknown, (packet.header.len, packet.data));
                });
                taken.map(|_| ()).map_err(|why| why.to_string())
            }
            Backend::Ring { ring, .. } => {
                let packets = ring.next(Duration::ZERO).map_err(|why| why.to_string())?;
                for packet in packets.into_iter().flatten() {
                    let time = (packet.seconds.into(), packet.nanoseconds.into());
                    let direction = match packet.way {
                        Way::In => Direction::Inbound,
                        Way::Out => Direction::Outbound,
                    };
                    copied.push(time, direction, (packet.length, packet.bytes));
                }
                Ok(())
            }
        }
    }

    /// Asks what was lost so far.
    pub(super) fn count_drops(&mut self) {
        match &mut self.backend {
            #[cfg(feature = "live")]
            Backend::Pcap(capture) => {
                let Ok(stat) = capture.stats() else { return };
                let more = |now: u32, told: u64| u64::from(now.wrapping_sub(told as u32));
                self.drops.0 += more(stat.if_dropped, self.told.0);
                self.drops.1 += more(stat.dropped, self.told.1);
                self.told = (stat.if_dropped.into(), stat.dropped.into());
            }
            Backend::Ring { ring, counters } => {
                self.drops.0 += since(&mut self.told.0, lost(counters));
                if let Ok(statistics) = ring.statistics() {
                    self.drops.1 = statistics.drops;
                }
            }
        }
    }
}

fn refused(name: &str, why: &str) -> Error {
    Error::Interface { interface: name.to_string(), why: why.to_string() }
}

/// What the kernel says that an interface lost, where it knows of it.
fn lost(counters: &[String; 2]) -> Option<u64> {
    let count = |path: &String| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    counters.iter().filter_map(count).reduce(u64::saturating_add)
}

/// What was lost since it was told last. An interface that was renamed away tells nothing until it is back; its counter goes on
/// meanwhile.
fn since(told: &mut u64, now: Option<u64>) -> u64 {
    let before = *told;
    *told = now.unwrap_or(before);
    told.saturating_sub(before)
}

/// The program of a filter for Ethernet, as libpcap compiles it.
#[cfg(feature = "live")]
fn instructions(expression: &str, snap_length: u32) -> Result<Vec<Instruction>, Error> {
    let program = crate::filter::ethernet(expression)?;
    // What it lets through is kept as far as the snap length, whatever libpcap took for granted.
    let kept =
        |(code, jt, jf, k)| Instruction { code, jt, jf, k: if code == 6 && k > 0 { snap_length } else { k } };
    Ok(program.map(kept).collect())
}

#[cfg(not(feature = "live"))]
fn instructions(_: &str, _: u32) -> Result<Vec<Instruction>, Error> {
    Err(Error::NoFilters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_renamed_away_and_back_lost_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let counters = [path("rx_missed_errors"), path("rx_fifo_errors")];
        fs::write(&counters[0], "5\n").unwrap();
        fs::write(&counters[1], "2\n").unwrap();
        let mut told = 0;
        assert_eq!(since(&mut told, lost(&counters)), 7);
        for counter in &counters {
            fs::remove_file(counter).unwrap();
        }
        assert_eq!((lost(&counters), since(&mut told, lost(&counters))), (None, 0));
        fs::write(&counters[0], "8\n").unwrap();
        fs::write(&counters[1], "2\n").unwrap();
        assert_eq!(since(&mut told, lost(&counters)), 3);
    }
}
