//! Waiting datagrams as plain records, for saving.

use lenscap_wire::{Address, Hazards, Mac, Packet};
use serde::{Deserialize, Serialize};

use super::{Datagram, Fragments, Piece, Whose};
use crate::state::entry::Share;
use crate::state::path::{PathId, Paths};

/// A waiting datagram and its key.
#[derive(Serialize, Deserialize)]
pub(crate) struct PortableDatagram {
    whose: PortableWhose,
    macs: Option<([u8; 6], [u8; 6])>,
    shares: Vec<Share>,
    pieces: Vec<Piece>,
    hazards: u32,
}

/// Path, version, protocol, identification, source and destination.
pub(crate) type PortableWhose = (PathId, u8, u8, u32, [u8; 16], [u8; 16]);

/// All that waits, whose pieces were seen and whether they were used, and the peak of the cost.
pub(crate) type PortableFragments = (Vec<PortableDatagram>, Option<Vec<(PortableWhose, bool)>>, usize);

fn portable(whose: &Whose) -> PortableWhose {
    (whose.path, whose.version, whose.protocol, whose.id, whose.source.0, whose.destination.0)
}

fn whose_of((path, version, protocol, id, source, destination): PortableWhose) -> Whose {
    Whose { path, version, protocol, id, source: Address(source), destination: Address(destination) }
}

impl Fragments {
    /// The saved form.
    pub(crate) fn portable(&self) -> PortableFragments {
        let datagram = |(whose, d): (&Whose, &Datagram)| PortableDatagram {
            whose: portable(whose),
            macs: d.head.macs.map(|(source, destination)| (source.0, destination.0)),
            shares: d.shares.clone(),
            pieces: d.pieces.clone(),
            hazards: d.hazards.0,
        };
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(whose, _)| **whose);
        let seen = self.seen.as_ref().map(|seen| {
            let mut seen: Vec<_> = seen.iter().map(|(whose, used)| (portable(whose), *used)).collect();
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
        for PortableDatagram { whose, macs, shares, pieces, hazards } in open {
            let whose = whose_of(whose);
            let head = Packet {
                macs: macs.map(|(source, destination)| (Mac(source), Mac(destination))),
                path: paths.layers(whose.path).iter().copied().collect(),
                version: whose.version,
                protocol: whose.protocol,
                source: whose.source,
                destination: whose.destination,
                ..Packet::default()
            };
            let mut datagram = Datagram::new(&head, whose.path);
            for (share, piece) in shares.into_iter().zip(pieces) {
                if piece.offset.saturating_add(piece.length) > Self::END {
                    return None;
                }
                datagram.add(share, piece, Hazards(hazards));
            }
            fragments.cost += datagram.cost;
            fragments.open.insert(whose, datagram);
        }
        let seen = seen.map(|seen| seen.into_iter().map(|(whose, used)| (whose_of(whose), used)).collect());
        Some(Self { seen, ..fragments })
    }
}
