//! What was read of each input, and in which chunks.

use lenscap_wire::PacketRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::report::PacketAt;

/// Inputs and chunks of a summary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Captures {
    /// Input and number of records of each chunk, by ordinal.
    pub(crate) chunks: BTreeMap<u32, (u32, u64)>,
}

impl Captures {
    /// Appends a later part.
    pub(crate) fn join(&mut self, later: Self) {
        self.chunks.extend(later.chunks);
    }

    /// Turns references into packet numbers.
    pub(crate) fn numbering(&self) -> Numbering {
        let mut next: BTreeMap<u32, u64> = BTreeMap::new();
        let mut chunks = BTreeMap::new();
        for (&chunk, &(input, records)) in &self.chunks {
            let first = next.entry(input).or_insert(1);
            chunks.insert(chunk, (input, *first));
            *first += records;
        }
        Numbering { chunks }
    }
}

/// Input and first packet number of each chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    chunks: BTreeMap<u32, (u32, u64)>,
}

impl Numbering {
    /// Input and packet number of a reference.
    pub(crate) fn locate(&self, at: &PacketRef) -> PacketAt {
        let (input, first) = self.chunks.get(&at.chunk).copied().unwrap_or((0, 1));
        PacketAt { input, packet: first + u64::from(at.record), offset: at.offset, length: at.length }
    }
}
