//! Waiting datagrams as plain records, for saving.

use lenscap_wire::{Address, Hazards, Mac, Packet};
use serde::{Deserialize, Serialize};

use super::{Datagram, Finished, Fragments, Met, Piece, Whose};
use crate::key::{Key, Side};
use crate::path::{PathId, Paths};
use crate::spell::Share;

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

/// A datagram that became whole, with the flow that it was booked to.
type PortableFinished = (PortableDatagram, Key, Side);

/// All that waits, what became whole last, whose pieces were met, and the peak of the cost.
pub(crate) type PortableFragments =
    (Vec<PortableDatagram>, Vec<PortableFinished>, Option<Vec<(PortableWhose, Met)>>, usize);

fn portable(whose: &Whose) -> PortableWhose {
    (whose.path, whose.version, whose.protocol, whose.id, whose.source.0, whose.destination.0)
}

fn whose_of((path, version, protocol, id, source, destination): PortableWhose) -> Whose {
    Whose { path, version, protocol, id, source: Address(source), destination: Address(destination) }
}

impl PortableDatagram {
    fn of((whose, datagram): (&Whose, &Datagram)) -> Self {
        Self {
            whose: portable(whose),
            macs: datagram.head.macs.map(|(source, destination)| (source.0, destination.0)),
            shares: datagram.shares.clone(),
            pieces: datagram.pieces.clone(),
            hazards: datagram.hazards.0,
        }
    }

    /// The datagram, put together anew from its pieces; `None` where one cannot be of a datagram.
    fn datagram(self, paths: &Paths) -> Option<(Whose, Datagram)> {
        let Self { whose, macs, shares, pieces, hazards } = self;
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
            if piece.offset.saturating_add(piece.length) > Fragments::END {
                return None;
            }
            datagram.add(share, piece, Hazards(hazards));
        }
        Some((whose, datagram))
    }
}

impl Fragments {
    /// The saved form.
    pub(crate) fn portable(&self) -> PortableFragments {
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(whose, _)| **whose);
        let met = self.met.as_ref().map(|met| {
            let mut met: Vec<_> = met.iter().map(|(whose, met)| (portable(whose), *met)).collect();
            met.sort_unstable();
            met
        });
        let finished = |f: &Finished| (PortableDatagram::of((&f.whose, &f.datagram)), f.key, f.side);
        let finished = self.finished.iter().map(finished).collect();
        (open.into_iter().map(PortableDatagram::of).collect(), finished, met, self.peak)
    }

    /// The opposite of [`Fragments::portable`]; `None` where a piece cannot be of a datagram.
    pub(crate) fn from_portable(
        (open, finished, met, peak): PortableFragments,
        paths: &Paths,
        memory: usize,
    ) -> Option<Self> {
        let mut fragments = Self { peak, ..Self::new(false, memory) };
        for waiting in open {
            let (whose, datagram) = waiting.datagram(paths)?;
            fragments.cost += datagram.cost;
            fragments.open.insert(whose, datagram);
        }
        for (whole, key, side) in finished {
            let (whose, datagram) = whole.datagram(paths)?;
            fragments.finish(whose, datagram, key, side & 1);
        }
        let met = met.map(|met| met.into_iter().map(|(whose, met)| (whose_of(whose), met)).collect());
        Some(Self { met, ..fragments })
    }
}
