//! Waiting datagrams as plain records, for saving.

use lenscap_wire::{Address, Hazards, Mac, Packet};
use serde::{Deserialize, Serialize};

use super::{Datagram, DatagramKey, Fragments, Part};
use crate::state::entry::Share;
use crate::state::path::{PathId, Paths};

/// A waiting datagram and its key.
#[derive(Serialize, Deserialize)]
pub(crate) struct PortableDatagram {
    key: PortableKey,
    macs: Option<([u8; 6], [u8; 6])>,
    shares: Vec<Share>,
    pieces: Vec<Part>,
    hazards: u32,
}

/// Path, version, protocol, identification, source and destination.
pub(crate) type PortableKey = (PathId, u8, u8, u32, [u8; 16], [u8; 16]);

/// All that waits, whose pieces were seen and whether they were used, and the peak of the cost.
pub(crate) type PortableFragments = (Vec<PortableDatagram>, Option<Vec<(PortableKey, bool)>>, usize);

fn portable(key: &DatagramKey) -> PortableKey {
    (key.path, key.version, key.protocol, key.id, key.source.0, key.destination.0)
}

fn key_of((path, version, protocol, id, source, destination): PortableKey) -> DatagramKey {
    DatagramKey { path, version, protocol, id, source: Address(source), destination: Address(destination) }
}

impl Fragments {
    /// The saved form.
    pub(crate) fn portable(&self) -> PortableFragments {
        let datagram = |(key, d): (&DatagramKey, &Datagram)| PortableDatagram {
            key: portable(key),
            macs: d.head.macs.map(|(source, destination)| (source.0, destination.0)),
            shares: d.shares.clone(),
            pieces: d.pieces.clone(),
            hazards: d.hazards.0,
        };
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let seen = self.seen.as_ref().map(|seen| {
            let mut seen: Vec<_> = seen.iter().map(|(key, used)| (portable(key), *used)).collect();
            seen.sort_unstable();
            seen
        });
        (open.into_iter().map(datagram).collect(), seen, self.peak)
    }

    /// The opposite of [`Fragments::portable`], put together anew from the pieces; `None` where one cannot be of a
    /// datagram.
    pub(crate) fn from_portable(
        (open, seen, peak): PortableFragments,
        paths: &Paths,
        memory: usize,
    ) -> Option<Self> {
        let mut fragments = Self { peak, ..Self::new(false, memory) };
        for PortableDatagram { key, macs, shares, pieces, hazards } in open {
            let key = key_of(key);
            let head = Packet {
                macs: macs.map(|(source, destination)| (Mac(source), Mac(destination))),
                path: paths.layers(key.path).iter().copied().collect(),
                version: key.version,
                protocol: key.protocol,
                source: key.source,
                destination: key.destination,
                ..Packet::default()
            };
            let mut datagram = Datagram::new(&head, key.path);
            for (share, piece) in shares.into_iter().zip(pieces) {
                if piece.offset.saturating_add(piece.length) > Self::END {
                    return None;
                }
                datagram.add(share, piece, Hazards(hazards));
            }
            fragments.cost += datagram.cost;
            fragments.open.insert(key, datagram);
        }
        let seen = seen.map(|seen| seen.into_iter().map(|(key, used)| (key_of(key), used)).collect());
        Some(Self { seen, ..fragments })
    }
}
