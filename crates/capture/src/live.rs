//! Frames as interfaces yield them, through libpcap or a ring of our own: one handle an interface, each an input with a tally
//! of its own.
//!
//! The kernel fills a ring for each handle and hands it over block by block: when one is full, or [`WAIT`] after its first
//! packet. Frames are copied out of it, and the block goes back to the kernel. Interfaces are asked in turn, so a
//! busy one does not starve a quiet one; between two interfaces frames are not put in order of their stamps, which lie at
//! most as far apart as the rings are deep.
//!
//! What the kernel could not put into a ring, and what a network card lost before, stands in the tally of the interface
//! ([`Drops`](crate::Drops)). An interface that goes down is waited for, one that vanishes is looked for every second
//! where that is wanted; either is a [`Problem`](crate::Problem).

mod clock;
mod handle;
mod share;
mod tap;

use lenscap_wire::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{BATCH, ChunkId, Error, Next, Source, Tally};
use handle::Handle;

/// How long a packet waits in a block that is not full, and how long is waited for one.
const WAIT: Duration = Duration::from_millis(100);

/// How far the clock of [`Next::Idle`] lies behind that of the system: a frame that was stamped before it has been
/// handed out.
const BEHIND: i64 = 1_000_000_000;

/// Batches after which drops are asked for again: the kernel counts them in 32 bits.
const COUNT_AFTER: u32 = 1 << 12;

/// The device that stands for all interfaces.
const ANY: &str = "any";

/// How interfaces are captured from.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Bytes of a packet that are captured at most.
    pub snap_length: u32,
    /// Whether frames for other stations are taken, too, where the interface sees any.
    pub promiscuous: bool,
    /// Bytes of the kernel's ring, for each interface.
    pub ring: u32,
    /// Whether the ring is our own (`lenscap-ring`) and not libpcap's: Ethernet alone, and filters see no outermost tag.
    pub own_ring: bool,
    /// BPF expression that the kernel asks; what it refuses is neither seen nor counted.
    pub filter: Option<String>,
    /// Packets after which there is nothing more.
    pub count: Option<u64>,
    /// Whether an interface that was removed is opened again when one of its name is there; that takes the right to capture.
    pub again: bool,
}

impl LiveOptions {
    /// The longest packet that is captured where nothing is said: what tcpdump takes.
    pub const SNAP_LENGTH: u32 = 256 << 10;
    /// Bytes of a ring where nothing is said.
    pub const RING: u32 = 64 << 20;
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            snap_length: Self::SNAP_LENGTH,
            promiscuous: true,
            ring: Self::RING,
            own_ring: !cfg!(feature = "live"),
            filter: None,
            count: None,
            again: true,
        }
    }
}

/// Interfaces that are captured from.
pub struct Live {
    handles: Vec<Handle>,
    /// Which interface is asked next.
    turn: usize,
    /// Batches since drops were asked for.
    uncounted: u32,
    /// Packets that may still be taken by all that share them; nothing where there is no end.
    left: Option<Arc<Mutex<u64>>>,
}

impl Live {
    /// Opens interfaces by name, `any` for all; each with the chunk that its frames are numbered in. All or none.
    pub fn open(interfaces: &[(String, ChunkId)], options: &LiveOptions) -> Result<Self, Error> {
        let open = |(name, id): &(String, ChunkId)| Handle::open(name, *id, options);
        let handles = interfaces.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(handles, options.count.map(|left| Arc::new(Mutex::new(left)))))
    }

    /// Opens the same interfaces once for each member of a group that shares their packets: each yields all that goes on between
    /// some pairs of addresses, and the first also what has no address. One that is removed is not opened again.
    pub fn open_group(members: &[Vec<(String, ChunkId)>], options: &LiveOptions) -> Result<Vec<Self>, Error> {
        let options = LiveOptions { again: false, ..options.clone() };
        let left = options.count.map(|left| Arc::new(Mutex::new(left)));
        let mut all = Vec::new();
        for (place, interfaces) in members.iter().enumerate() {
            let open = |(name, id): &(String, ChunkId)| Handle::open_held(name, *id, (&options, place == 0));
            let handles = interfaces.iter().map(open).collect::<Result<Vec<_>, _>>()?;
            all.push(Self::of(handles, left.clone()));
        }
        for (place, (name, _)) in members.first().into_iter().flatten().enumerate() {
            let sockets = all.iter().filter_map(|live| live.handles.get(place)?.fd());
            share::share(sockets).map_err(|why| Error::Interface {
                interface: name.clone(),
                why: format!("its packets cannot be shared out: {why}"),
            })?;
        }
        if !options.own_ring {
            // Blocks with packets from before a member joined are handed over by then, and thrown away.
            std::thread::sleep(2 * WAIT);
        }
        all.iter_mut().flat_map(|live| &mut live.handles).try_for_each(Handle::start)?;
        Ok(all)
    }

    fn of(handles: Vec<Handle>, left: Option<Arc<Mutex<u64>>>) -> Self {
        Self { handles, turn: 0, uncounted: 0, left }
    }

    /// The descriptors of what is open: who confines this process lets nobody write to them, which would send frames.
    pub fn descriptors(&self) -> Vec<RawFd> {
        self.handles.iter().filter_map(|handle| Some(handle.fd()?.as_raw_fd())).collect()
    }

    /// Takes frames, and no more than may be taken.
    fn take(&mut self) -> bool {
        let Some(left) = self.left.clone() else { return self.take_most(BATCH) > 0 };
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.take_most(usize::try_from(*left).unwrap_or(BATCH).min(BATCH));
        *left -= taken as u64;
        taken > 0
    }

    /// Takes at most so many frames from the first interface that has some, beginning behind the one that had some last.
    fn take_most(&mut self, most: usize) -> usize {
        for _ in 0..self.handles.len() {
            self.turn = (self.turn + 1) % self.handles.len();
            let taken = self.handles.get_mut(self.turn).map_or(0, |handle| handle.take(most));
            if taken > 0 {
                return taken;
            }
        }
        0
    }

    /// Whether no more may be taken.
    fn is_done(&self) -> bool {
        let left = self.left.as_ref().map(|left| *left.lock().unwrap_or_else(PoisonError::into_inner));
        left == Some(0)
    }

    /// Waits until an interface may have frames.
    fn wait(&self) {
        let mut ready: Vec<_> = self
            .handles
            .iter()
            .filter_map(|handle| Some(PollFd::from_borrowed_fd(handle.fd()?, PollFlags::IN)))
            .collect();
        let wait = Timespec { tv_sec: 0, tv_nsec: WAIT.subsec_nanos().into() };
        if ready.is_empty() {
            // No interface is there at this time.
            std::thread::sleep(WAIT);
        } else {
            // A signal ends the wait, and then there is nothing yet.
            _ = poll(&mut ready, Some(&wait));
        }
    }
}

impl Source for Live {
    fn next(&mut self) -> Result<Next<'_>, Error> {
        self.uncounted += 1;
        if self.uncounted >= COUNT_AFTER {
            self.refresh();
        }
        if self.is_done() {
            self.refresh();
            return Ok(Next::End);
        }
        if !self.take() {
            self.wait();
            if !self.take() {
                self.refresh();
                if self.handles.iter().all(Handle::is_gone) {
                    return Err(Error::Gone);
                }
                return Ok(Next::Idle(Timestamp(clock::now().0.saturating_sub(BEHIND))));
            }
        }
        let turn = self.handles.get(self.turn);
        Ok(turn.map_or(Next::End, |handle| Next::Batch(handle.batch())))
    }

    fn tallies(&self) -> Vec<Tally> {
        self.handles.iter().flat_map(Handle::tallies).collect()
    }

    fn refresh(&mut self) {
        self.uncounted = 0;
        for handle in &mut self.handles {
            handle.count_drops();
            handle.look_for();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_interface_is_an_error_with_its_name() {
        for name in ["no such interface", "../lo"] {
            let opened = Live::open(&[(name.to_string(), ChunkId::default())], &LiveOptions::default());
            let Err(Error::Interface { interface, why }) = opened else { panic!("{name} was opened") };
            assert!(interface == name && !why.is_empty());
        }
    }
}
