//! Something said of a station, how often, and in which packet first.
//!
//! There are several for each station, and stations may be as many as flows: so each is kept in 40 bytes, with its station in
//! 44: in words of 32 bits, which leave no gaps.

use lenscap_wire::PacketRef;

use crate::judge::whose::statement::Statement;

/// How often something was said, and in which packet first.
pub(crate) type Often = (u64, PacketRef);

/// Something said of a station.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) statement: Statement,
    /// Whether only others said so.
    pub(crate) claimed: bool,
    /// Both halves of the count, the lower first.
    count: [u32; 2],
    /// Chunk, record and length of the packet, and both halves of its offset.
    at: [u32; 5],
}

const _: () = assert!(size_of::<(u32, Heard)>() == 44);

impl Heard {
    pub(crate) fn new(statement: Statement, claimed: bool, often: Often) -> Self {
        let mut heard = Self { statement, claimed, count: [0; 2], at: [0; 5] };
        heard.set(often);
        heard
    }

    fn set(&mut self, (count, at): Often) {
        let PacketRef { chunk, record, offset, length } = at;
        self.count = halves(count);
        let [low, high] = halves(offset);
        self.at = [chunk, record, length, low, high];
    }

    /// How often it was said, and in which packet first.
    pub(crate) fn often(&self) -> Often {
        let [chunk, record, length, low, high] = self.at;
        (whole(self.count), PacketRef { chunk, record, offset: whole([low, high]), length })
    }

    /// Adds that it was said so often more.
    pub(crate) fn add(&mut self, (count, at): Often) {
        let (known, first) = self.often();
        self.set((known + count, first.min(at)));
    }

    /// What [tells](Heard::is_same) it from others, in one number.
    pub(crate) fn bits(&self) -> u64 {
        let (kind, at_end, id) = match self.statement {
            Statement::Set { at_end, place } => (0, at_end, place),
            Statement::Own { at_end, kind, name } => (kind + 2, at_end, name.0),
            Statement::Path { at_end, path, pictured } => (1 + 64 * u8::from(pictured), at_end, path.0),
        };
        u64::from(id) | u64::from(kind) << 32 | u64::from(at_end) << 40 | u64::from(self.claimed) << 41
    }

    /// The same as the word of others.
    pub(crate) fn as_claim(self) -> Self {
        Self { claimed: true, ..self }
    }

    /// Whether another says the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.statement, self.claimed) == (other.statement, other.claimed)
    }
}

fn halves(number: u64) -> [u32; 2] {
    [number as u32, (number >> 32) as u32]
}

fn whole([low, high]: [u32; 2]) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_counts_and_keeps_its_first_packet() {
        let at = |record, offset| PacketRef { chunk: 1, record, offset, length: 3 };
        let said = Statement::Set { at_end: false, place: 1 };
        let mut heard = Heard::new(said, false, (u64::MAX - 7, at(5, 1 << 40)));
        assert_eq!(heard.often(), (u64::MAX - 7, at(5, 1 << 40)));
        heard.add((7, at(4, 9)));
        assert_eq!(heard.often(), (u64::MAX, at(4, 9)));
        assert!(!heard.is_same(&Heard::new(said, true, heard.often())));
    }
}
