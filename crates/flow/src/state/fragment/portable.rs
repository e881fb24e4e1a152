//! Waiting datagrams as plain records, for saving.

use lenscap_wire::{Address, Hazards, Mac, Packet};
use serde::{Deserialize, Serialize};

use super::finished::Finished;
use super::{Datagram, DatagramKey, Fragments, Part, Seen};
use crate::state::entry::Share;
use crate::state::key::{Key, Side};
use crate::state::path::{PathId, Paths};

/// A waiting datagram and its key.
#[derive(Serialize, Deserialize)]
pub(crate) struct PortableDatagram {
    key: PortableKey,
    macs: Option<([u8; 6], [u8; 6])>,
    hop_limit: u8,
    from_higher: u8,
    shares: Vec<Share>,
    pieces: Vec<Part>,
    hazards: u32,
}

/// Path, version, protocol, identification, source and destination.
pub(crate) type PortableKey = (PathId, u8, u8, u32, [u8; 16], [u8; 16]);

/// A datagram that became whole, with the flow that it was booked to.
type PortableFinished = (PortableDatagram, Key, Side);

/// All that waits, what became whole last, whose pieces were seen, and the peak of the cost.
pub(crate) type PortableFragments =
    (Vec<PortableDatagram>, Vec<PortableFinished>, Option<Vec<(PortableKey, Seen)>>, usize);

fn portable(key: &DatagramKey) -> PortableKey {
    (key.path, key.version, key.protocol, key.id, key.source.0, key.destination.0)
}

fn key_of((path, version, protocol, id, source, destination): PortableKey) -> DatagramKey {
    DatagramKey { path, version, protocol, id, source: Address(source), destination: Address(destination) }
}

/// Gives every path that fragments name to `each`, and puts in order again what is sorted by path.
pub(crate) fn each_path(
    (open, finished, seen, _): &mut PortableFragments,
    mut each: impl FnMut(&mut PathId),
) {
    for datagram in open.iter_mut() {
        each(&mut datagram.key.0);
    }
    for (datagram, flow, _) in finished {
        each(&mut datagram.key.0);
        each(&mut flow.path);
    }
    for (key, _) in seen.iter_mut().flatten() {
        each(&mut key.0);
    }
    open.sort_by_key(|datagram| datagram.key);
    if let Some(seen) = seen {
        seen.sort_unstable();
    }
}

impl PortableDatagram {
    fn of(key: &DatagramKey, datagram: &Datagram) -> Self {
        Self {
            key: portable(key),
            macs: datagram.head.macs.map(|(source, destination)| (source.0, destination.0)),
            hop_limit: datagram.head.hop_limit,
            from_higher: datagram.head.from_higher,
            shares: datagram.shares.clone(),
            pieces: datagram.pieces.clone(),
            hazards: datagram.hazards.0,
        }
    }

    /// The datagram, put together anew from its pieces; `None` where one cannot be of a datagram.
    fn datagram(self, paths: &Paths) -> Option<(DatagramKey, Datagram)> {
        let Self { key, macs, hop_limit, from_higher, shares, pieces, hazards } = self;
        let key = key_of(key);
        let head = Packet {
            macs: macs.map(|(source, destination)| (Mac(source), Mac(destination))),
            path: paths.layers(key.path).iter().copied().collect(),
            from_higher,
            hop_limit,
            version: key.version,
            protocol: key.protocol,
            source: key.source,
            destination: key.destination,
            ..Packet::default()
        };
        let mut datagram = Datagram::new(&head, key.path);
        for (share, piece) in shares.into_iter().zip(pieces) {
            if piece.offset.saturating_add(piece.length) > Fragments::END {
                return None;
            }
            datagram.add(share, piece, Hazards(hazards));
        }
        Some((key, datagram))
    }
}

impl Fragments {
    /// The saved form.
    pub(crate) fn portable(&self) -> PortableFragments {
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let open = open.into_iter().map(|(key, datagram)| PortableDatagram::of(key, datagram));
        let finished = |f: &Finished| (PortableDatagram::of(&f.key, &f.datagram), f.flow, f.side);
        let seen = self.seen.as_ref().map(|seen| {
            let mut seen: Vec<_> = seen.iter().map(|(key, seen)| (portable(key), *seen)).collect();
            seen.sort_unstable();
            seen
        });
        (open.collect(), self.finished.iter().map(finished).collect(), seen, self.peak)
    }

    /// The opposite of [`Fragments::portable`]; `None` where a piece cannot be of a datagram.
    pub(crate) fn from_portable(
        (open, finished, seen, peak): PortableFragments,
        paths: &Paths,
        memory: usize,
    ) -> Option<Self> {
        let mut fragments = Self { peak, ..Self::new(false, memory) };
        for waiting in open {
            let (key, datagram) = waiting.datagram(paths)?;
            fragments.cost += datagram.cost;
            fragments.open.insert(key, datagram);
        }
        for (whole, flow, side) in finished {
            let (key, datagram) = whole.datagram(paths)?;
            fragments.finish(key, datagram, flow, side & 1);
        }
        let seen = seen.map(|seen| seen.into_iter().map(|(key, seen)| (key_of(key), seen)).collect());
        Some(Self { seen, ..fragments })
    }
}
