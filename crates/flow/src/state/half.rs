//! The first payloads of one half: what stream and datagram readers decide on.
//!
//! A half is decided by a pure function of this list, taken in capture order. While a half is undecided its payloads are
//! kept as bytes. A half whose beginning this chunk did not see is listed even when decided, as references: a few
//! segments ([`Half::is_listed_enough`]), or the whole budget where the summary will be saved. Only where the left half turns out
//! undecided are the bytes fetched again from the capture.
//!
//! **The budget of a stream** is a window of positions, [`Half::WINDOW`] from where the half begins; at most
//! [`Half::PIECES`] segments that bring new positions; and the half's first [`Half::PACKETS`] payloads. So neither probes
//! nor repetitions use it up: a hello behind 24 keep-alives of one byte is read. A chunk that did not see the beginning
//! lists what is new within the window on both sides of its first byte, and notes whether it passed over anything.
//!
//! **The budget of datagrams** is each reader's own: a datagram is listed for the one reader that admits it, which sees the
//! first few of them. What no reader admits is not listed, so it uses up nothing.

mod cover;
mod listed;
mod places;

pub use listed::Fetch;
pub(crate) use listed::{Listed, Order, Payload, PayloadAt};

use cover::Cover;
use lenscap_wire::{
    Fact, Read, ReaderId, Stream,
    readers::{self, Reading},
};
use serde::{Deserialize, Serialize};

/// The first payloads of a half, in capture order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Half {
    pub(crate) pieces: Vec<Listed>,
    /// Sequence number that positions are counted from: where the half begins, else its first payload.
    base: Option<u32>,
    /// Segments with payload so far, listed or not; not counted further than to [`Half::PACKETS`].
    count: u16,
    /// Whether something that ends behind the window was passed over.
    pub(crate) beyond: bool,
    /// Whether something that begins before the window was.
    pub(crate) below: bool,
    #[serde(skip)]
    derived: Derived,
}

/// Whether a payload brings something new to a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum News {
    Nothing,
    /// Only if the half began before what it is known to begin with.
    Before,
    /// In any case.
    Own,
}

impl News {
    const fn of(new: bool, own: bool) -> Self {
        match (new, own) {
            (false, _) => Self::Nothing,
            (true, false) => Self::Before,
            (true, true) => Self::Own,
        }
    }
}

/// What can be told from the pieces.
#[derive(Clone, Debug, Default)]
struct Derived {
    /// Listed bytes.
    length: u32,
    /// Listed segments and bytes without those that only an earlier chunk may want.
    own: (u32, u32),
    /// Listed segments with a wrong checksum.
    wrong: u16,
    /// Listed segments that bring nothing new but in front of where positions are counted from.
    before: u16,
    /// Positions that the others cover.
    cover: Cover,
    /// Bytes that the readers want before they need be asked again.
    wanted: usize,
}

impl Half {
    /// Positions of a stream that are looked at, from its beginning.
    pub(crate) const WINDOW: i32 = 32 << 10;
    /// Segments that bring new positions.
    pub(crate) const PIECES: usize = 256;
    /// Payloads of a half after which nothing is looked at any more.
    pub(crate) const PACKETS: u16 = 4096;
    /// Segments with a wrong checksum that are listed: their bytes count only where no others come.
    const WRONG: u16 = 64;

    /// Segments of a decided half that are listed for a left-hand half that may still be undecided, and how many more
    /// where they are tiny: few halves take more. Where one does, the chunk is folded again.
    const LISTED: usize = 8;
    const LISTED_BYTES: usize = 2048;
    const LISTED_TINY: usize = 64;

    /// Whether nothing was seen of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.count == 0
    }

    /// Whether nothing more is listed, whatever comes.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= Self::PACKETS || self.is_list_full()
    }

    /// Whether the list has no room, though more may be looked at.
    pub(crate) fn is_list_full(&self) -> bool {
        let apart = usize::from(self.derived.wrong) + usize::from(self.derived.before);
        self.pieces.len().saturating_sub(apart) >= Self::PIECES
    }

    /// Whether as much is listed as a left-hand half mostly needs.
    pub(crate) fn is_listed_enough(&self) -> bool {
        let bytes = if self.length() >= Self::LISTED_BYTES { Self::LISTED } else { Self::LISTED_TINY };
        self.pieces.len() >= bytes
    }

    /// Bytes of payload that are listed.
    pub(crate) fn length(&self) -> usize {
        self.derived.length as usize
    }

    /// Payloads and their bytes that would be listed, too, if the half were known to begin here.
    pub(crate) fn own(&self) -> (usize, usize) {
        (self.derived.own.0 as usize, self.derived.own.1 as usize)
    }

    /// Where positions are counted from, as far as is known.
    pub(crate) fn base(&self) -> Option<u32> {
        self.base
    }

    /// Counts positions from where a later list of the half does, if nothing said so before; `start` is where the stream
    /// begins, if that is known.
    pub(crate) fn begin(&mut self, start: Option<u32>, later: Option<u32>) {
        self.base = self.base.or(later.map(|later| start.unwrap_or(later)));
    }

    /// Segments so far; see [`Half::PACKETS`].
    pub(crate) fn count(&self) -> u16 {
        self.count
    }

    /// Counts segments that a later part of the half had.
    pub(crate) fn count_to(&mut self, count: u16) {
        self.count = self.count.max(count.min(Self::PACKETS));
    }

    /// Lists a payload if it brings something new; `start` is where a stream begins, if that is known, and `open` says
    /// that it may have begun earlier. Its bytes are kept where they are `needed`. Returns whether it was listed.
    pub(crate) fn offer(
        &mut self,
        payload: &Payload<'_>,
        start: Option<u32>,
        open: bool,
        needed: bool,
    ) -> bool {
        let mut payload = *payload;
        let news = match &mut payload.order {
            Order::Datagram { reader } => match ReaderId(*reader).reader().map(|reader| reader.read) {
                Some(Read::Datagrams(how)) if self.has_room(ReaderId(*reader), how.most) => News::Own,
                _ => News::Nothing,
            },
            Order::Segment { sequence, ordinal, ends, wrong } => {
                let place = if *ordinal == 0 { self.count.saturating_add(1) } else { *ordinal };
                if self.count >= Self::PACKETS || place > Self::PACKETS || self.is_list_full() {
                    self.count_to(place);
                    return false;
                }
                *ordinal = place;
                self.count_to(place);
                let base = *self.base.get_or_insert(start.unwrap_or(*sequence));
                let from = sequence.wrapping_sub(base) as i32;
                let length = payload.length.min(1 << 30) as i32 + i32::from(*ends);
                self.news((from, from.saturating_add(length)), open, *wrong)
            }
        };
        if news != News::Nothing {
            self.push(payload.listed(needed), news);
        }
        news != News::Nothing
    }

    /// Which new positions within the window a segment brings; they then count as brought.
    fn news(&mut self, (from, to): (i32, i32), open: bool, wrong: bool) -> News {
        let floor = if open { -Self::WINDOW } else { 0 };
        self.beyond |= open && to > Self::WINDOW;
        self.below |= from < floor && open;
        let (from, to) = (from.max(floor), to.min(Self::WINDOW));
        if wrong {
            let room = from < to && self.derived.wrong < Self::WRONG;
            return News::of(room, room && to > 0);
        }
        if from >= 0 {
            let new = self.derived.cover.add(from, to);
            return News::of(new, new);
        }
        let ahead = self.derived.cover.gaps(0, to).next().is_some();
        if !ahead && usize::from(self.derived.before) >= Self::PIECES {
            self.below = true;
            return News::Nothing;
        }
        let new = self.derived.cover.add(from, to);
        self.derived.before += u16::from(new && !ahead);
        News::of(new, ahead)
    }

    /// Whether a datagram reader that sees so many at `most` may see one more.
    pub(crate) fn has_room(&self, reader: ReaderId, most: u8) -> bool {
        let own = self.pieces.iter().filter(|piece| piece.order == Order::Datagram { reader: reader.0 });
        self.pieces.len() < usize::from(most) || own.count() < usize::from(most)
    }

    fn push(&mut self, piece: Listed, news: News) {
        self.derived.length = self.derived.length.saturating_add(piece.length);
        if news == News::Own {
            let (pieces, bytes) = self.derived.own;
            self.derived.own = (pieces + 1, bytes.saturating_add(piece.length));
        }
        self.derived.wrong += u16::from(matches!(piece.order, Order::Segment { wrong: true, .. }));
        if self.pieces.is_empty() {
            // Most halves that are not decided by one piece are by two.
            self.pieces = Vec::with_capacity(2);
        }
        self.pieces.push(piece);
    }

    /// Forgets what was listed in case the half began earlier: it did not.
    pub(crate) fn settle(&mut self) {
        let Some(base) = self.base else { return };
        let mut settled = Self { base: Some(base), ..Self::default() };
        for piece in self.pieces.drain(..) {
            settled.relist(piece, false);
        }
        settled.count_to(self.count);
        *self = settled;
    }

    /// Lists a piece that was listed before.
    fn relist(&mut self, piece: Listed, open: bool) {
        let Order::Segment { sequence, ends, wrong, .. } = piece.order else {
            return self.push(piece, News::Own);
        };
        let from = sequence.wrapping_sub(self.base.unwrap_or(sequence)) as i32;
        let length = piece.length.min(1 << 30) as i32 + i32::from(ends);
        let news = self.news((from, from.saturating_add(length)), open, wrong);
        if news != News::Nothing {
            self.push(piece, news);
        }
    }

    /// Itself with what can be told from its pieces, after it was loaded; `None` where they contradict one another.
    pub(crate) fn restored(self) -> Option<Self> {
        let mut half = Self { base: self.base, ..Self::default() };
        let most = 2 * Self::PIECES + usize::from(Self::WRONG);
        let ordered = |piece: &Listed| matches!(piece.order, Order::Segment { .. });
        let nowhere = self.base.is_none() && self.pieces.iter().any(ordered);
        if self.pieces.len() > most || self.count > Self::PACKETS || nowhere {
            return None;
        }
        let pieces = self.pieces.len();
        for piece in self.pieces {
            half.relist(piece, true);
        }
        (half.count, half.beyond, half.below) = (self.count, self.beyond, self.below);
        (half.pieces.len() == pieces).then_some(half)
    }

    /// Whether a later chunk's list of this half, which stands on its own, may lack what this one would have listed.
    /// `listing` says that this list is itself for an earlier chunk.
    pub(crate) fn may_miss(&self, start: Option<u32>, later: &Self, listing: bool) -> bool {
        let (Some(ours), Some(theirs)) = (self.base.or(start), later.base) else { return false };
        let ahead = theirs.wrapping_sub(ours) as i32;
        let floor = if listing { 0 } else { Self::WINDOW };
        // Of numbers half a circle apart each is in front of the other.
        let is_far = ahead.unsigned_abs() >= 1 << 30;
        later.beyond && (ahead < 0 || is_far) || later.below && (ahead > floor || is_far)
    }

    /// Brings all bytes to hand.
    pub(crate) fn fetch(&mut self, source: &dyn Fetch) -> Option<()> {
        for piece in self.pieces.iter_mut().filter(|piece| piece.bytes.is_none()) {
            let mut bytes = Vec::new();
            let PayloadAt { packet, skip, .. } = piece.at;
            let offset = packet.offset + u64::from(skip?);
            if !source.fetch(packet.chunk, offset, piece.length as usize, &mut bytes) {
                return None;
            }
            piece.bytes = Some(bytes.into());
        }
        Some(())
    }

    /// Gives back the bytes that can be fetched again.
    pub(crate) fn forget_bytes(&mut self) {
        for piece in
            self.pieces.iter_mut().filter(|piece| piece.at.skip.is_some() && piece.length > Listed::SMALL)
        {
            piece.bytes = None;
        }
    }

    /// Whether asking the readers can bring anything, given that they were asked about all but the last piece.
    pub(crate) fn is_worth_asking(&self) -> bool {
        let ends = matches!(
            self.pieces.last().map(|piece| piece.order),
            Some(Order::Segment { ends: true, .. } | Order::Datagram { .. })
        );
        ends || self.length() >= self.derived.wanted || self.is_full()
    }

    /// What the readers say of the list so far, if no more comes where it has `ended`; `bytes` is a buffer.
    pub(crate) fn read(
        &self,
        sound: bool,
        ended: bool,
        bytes: &mut Vec<u8>,
        facts: &mut dyn FnMut(Fact<'_>),
    ) -> Reading {
        if let Some(Listed { order: Order::Datagram { .. }, .. }) = self.pieces.first() {
            let reader = |piece: &Listed| match piece.order {
                Order::Datagram { reader } => ReaderId(reader),
                Order::Segment { .. } => ReaderId(u8::MAX),
            };
            let all = self.pieces.iter().map(|piece| (reader(piece), piece.bytes()));
            return readers::read_datagrams(&all, ended, facts);
        }
        let last = self.prefix(sound, ended, bytes);
        readers::read_stream(&Stream { bytes, ended: ended || last }, facts)
    }

    /// Remembers how much the readers want. Beyond the window they get nothing, so that the budget is then spent.
    pub(crate) fn want(&mut self, reading: Reading) {
        if let Reading::Undecided(wanted) = reading {
            self.derived.wanted = wanted.min(Self::WINDOW as usize);
        }
    }

    /// Whether the budget is spent, after a reading that had so many bytes.
    pub(crate) fn is_spent(&self, bytes: usize) -> bool {
        self.is_full() || bytes >= Self::WINDOW as usize
    }

    /// Whether a later list of the half, with so many payloads more, surely brings what they would have brought one by
    /// one: a decision, where that list was `stopped`, and none by their number alone. Its bytes are at hand.
    pub(crate) fn bears(&self, start: Option<u32>, sound: bool, later: &Self, stopped: bool) -> bool {
        let counted = usize::from(self.count) + usize::from(later.count) >= usize::from(Self::PACKETS);
        !(stopped || counted) || self.decides(start, sound, later)
    }

    /// Whether these payloads after its own would bring a decision; their bytes are at hand.
    fn decides(&self, start: Option<u32>, sound: bool, later: &Self) -> bool {
        let (mut half, mut bytes) = (self.clone(), Vec::new());
        let before = half.count;
        later.pieces.iter().any(|piece| {
            half.offer(&piece.payload().after(before), start, false, true)
                && (!half.read(sound, false, &mut bytes, &mut |_| {}).is_undecided()
                    || half.is_spent(bytes.len()))
        })
    }
}

impl Payload<'_> {
    /// What the readers say of it alone, as the whole beginning of its half.
    pub(crate) fn read(&self, facts: &mut dyn FnMut(Fact<'_>)) -> Reading {
        match self.order {
            Order::Segment { ends, .. } => {
                readers::read_stream(&Stream { bytes: self.bytes, ended: ends }, facts)
            }
            Order::Datagram { reader } => {
                readers::read_datagrams(&std::iter::once((ReaderId(reader), self.bytes)), false, facts)
            }
        }
    }

    /// Whether a half of which nothing was seen may be read from this payload alone, and not behind one of a later part that showed no
    /// byte; `sound` says whether a checksum may tell that it was dropped.
    pub(crate) fn stands_alone(&self, start: Option<u32>, sound: impl FnOnce() -> bool) -> bool {
        match self.order {
            Order::Segment { sequence, ordinal, wrong, .. } => {
                ordinal <= 1 && !(wrong && sound()) && start.is_none_or(|start| start == sequence)
            }
            Order::Datagram { .. } => true,
        }
    }

    /// Itself in a half that had so many segments before those that it was counted with.
    pub(crate) fn after(mut self, count: u16) -> Self {
        if let Order::Segment { ordinal, .. } = &mut self.order {
            *ordinal = ordinal.saturating_add(count);
        }
        self
    }
}

#[cfg(test)]
mod tests;
