//! What TCP's numbers prove of a half beyond what was captured of it: payload behind its last captured segment, or all of it.
//!
//! A server acknowledges 600 kB of a camera, whose packets go another way, or of which a switch that hands flows over to its
//! hardware showed the hello alone: so much was sent at the least. Numbers move by steps that a window without a scale allows:
//! whoever sends one acknowledgement of 2 GB makes none of them sent, and by one that fits in a window no more than that, until
//! the next true one takes it back. A wider step is believed where both ends show it: the half by a segment without payload
//! of its own, such as its FIN, and the other end by what it acknowledges.
//!
//! Behind a segment with payload only what lies ahead of it counts, so that a half of which all was captured has nothing here.
//! A segment with payload ends it: what lies before that one is a gap between segments (`sequence.rs`).

use lenscap_wire::{Hazards, Tcp, TcpFlags};
use serde::{Deserialize, Serialize};

use super::{Cold, Hot, Spell, flag, history};
use crate::state::key::{Side, TCP};
use crate::state::spell::counters::Counters;
use crate::state::spell::sequence::Trouble;

/// What can be under way without a scale of the window (RFC 9293, 3.1).
const WINDOW: i64 = 1 << 16;
/// How far numbers may lie apart for it to be known which of them is ahead, however they moved.
const NEAR: i64 = 1 << 30;

fn distance(from: u32, to: u32) -> i64 {
    i64::from(to.wrapping_sub(from) as i32)
}

/// How far the numbers of one kind moved, by steps of a window at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
struct Moves {
    first: u32,
    last: u32,
    moved: i64,
    /// How far they had moved at the most and at the least.
    high: i64,
    low: i64,
    /// Whether a step was wider.
    wide: bool,
}

impl Moves {
    const fn at(first: u32) -> Self {
        Self { first, last: first, moved: 0, high: 0, low: 0, wide: false }
    }

    fn step(&mut self, number: u32) {
        self.append(&Self::at(number));
    }

    /// Appends later ones.
    fn append(&mut self, later: &Self) {
        let step = distance(self.last, later.first);
        let wide = step.abs() > WINDOW;
        let from = if wide { self.moved } else { self.moved.saturating_add(step) };
        self.last = later.last;
        self.moved = from.saturating_add(later.moved);
        self.high = self.high.max(from.saturating_add(later.high));
        self.low = self.low.min(from.saturating_add(later.low));
        self.wide |= wide || later.wide;
    }

    /// Whether they may have passed a number that the first of them does not lie ahead of. How low they were behind that is not kept.
    fn may_pass(&self, next: u32) -> bool {
        let ahead = distance(next, self.first);
        let is_known = !self.wide && ahead.abs() < NEAR && self.high < NEAR && self.low > -NEAR;
        !is_known || ahead.saturating_add(self.high) > 1
    }
}

/// The numbers that tell of a half what was not captured.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Marks {
    /// What the other end acknowledges of it.
    acked: Option<Moves>,
    /// The first and the last number of its own segments without payload; behind payload the last one, where it is ahead.
    told: Option<[u32; 2]>,
}

/// Who shows a number of a half.
#[derive(Clone, Copy, Eq, PartialEq)]
enum By {
    Itself,
    TheOther,
}

impl Marks {
    fn is_empty(&self) -> bool {
        self.acked.is_none() && self.told.is_none()
    }

    /// Of a half without payload: the next number.
    fn follow(&mut self, number: u32, by: By) {
        match by {
            By::TheOther => self.acked.get_or_insert(Moves::at(number)).step(number),
            By::Itself => self.told.get_or_insert([number; 2])[1] = number,
        }
    }

    /// Of such a half: appends those of a later part.
    fn append(&mut self, later: &Self) {
        match (&mut self.acked, &later.acked) {
            (Some(ours), Some(theirs)) => ours.append(theirs),
            (ours, theirs) => *ours = ours.or(*theirs),
        }
        self.told = match (self.told, later.told) {
            (Some([first, _]), Some([_, last])) => Some([first, last]),
            (ours, theirs) => ours.or(theirs),
        };
    }

    /// Of a half whose payload ends at `next`: the next number.
    fn pass(&mut self, next: u32, number: u32, by: By) {
        let ahead = distance(next, number) > 1;
        match by {
            By::TheOther if ahead || self.acked.is_some() => {
                self.acked.get_or_insert(Moves::at(next)).step(number);
            }
            By::TheOther => {}
            By::Itself => self.told = ahead.then_some([number; 2]),
        }
    }

    /// Of such a half: appends those of a later part without payload.
    fn pass_all(&mut self, next: u32, later: &Self) {
        if let Some(theirs) = &later.acked {
            let ahead = distance(next, theirs.first) > 1;
            if ahead || self.acked.is_some() {
                self.acked.get_or_insert(Moves::at(next)).append(theirs);
            }
        }
        if let Some([_, last]) = later.told {
            self.pass(next, last, By::Itself);
        }
    }

    /// What they prove beyond the number that the other end acknowledged first, or beyond the last byte that was captured; one of
    /// them may be that of a FIN.
    fn beyond(&self, next: Option<u32>) -> u64 {
        let Some(acked) = &self.acked else { return 0 };
        let from = next.unwrap_or(acked.first);
        let began = |[first, _]: &[u32; 2]| next.is_some() || distance(from, *first).abs() <= WINDOW;
        let agreed = self.told.filter(began).filter(|[_, last]| distance(*last, acked.last).abs() <= WINDOW);
        let agreed = agreed.map_or(0, |[_, last]| distance(from, last));
        u64::try_from(acked.moved.max(agreed).saturating_sub(1)).unwrap_or(0)
    }
}

impl Hot {
    /// Whether all numbers of a segment are due or lie behind, as those of nearly every one, so that nothing need be
    /// [marked](Self::mark): what it acknowledges, and where it has no payload its own.
    #[inline]
    pub(super) fn is_due(&self, tcp: &Tcp, (sequence, length): (u32, u32), side: Side) -> bool {
        let is_due = |half: Side, number: u32| {
            let ahead = number.wrapping_sub(self.next[half & 1]) as i32;
            ahead == 0 || ahead <= 1 && self.flags & flag::SEQUENCED << half != 0
        };
        self.flags & (flag::TROUBLE | flag::TROUBLE << 1) == 0
            && is_due(1 - side, tcp.acknowledgement)
            && (length > 0 || is_due(side, sequence))
    }

    /// Notes the numbers of a segment that tell of either half: what it acknowledges, and its `own` where it has no payload.
    /// Returns whether that took memory or gave it back. What was [`seen`](Self::seen) is still that of the segments before.
    #[inline(never)]
    pub(super) fn mark(&mut self, cold: &mut Cold, tcp: &Tcp, own: Option<u32>, side: Side) -> bool {
        if !tcp.flags.has(TcpFlags::ACK) {
            return false;
        }
        let grew = self.mark_by(cold, 1 - side, tcp.acknowledgement, By::TheOther);
        own.is_some_and(|own| self.mark_by(cold, side, own, By::Itself)) || grew
    }

    fn mark_by(&mut self, cold: &mut Cold, half: Side, number: u32, by: By) -> bool {
        let ahead = number.wrapping_sub(self.next[half]) as i32;
        let state = self.flags >> half & (flag::SEQUENCED | flag::TROUBLE);
        let is_known = if state == flag::SEQUENCED { ahead <= 1 } else { state == 0 && ahead == 0 };
        if is_known {
            return false;
        }
        if state == 0 && (self.seen[0] | self.seen[1]) & history::ACK_FLAG == 0 {
            // As at each handshake: the first number of a half stands as its next one, and nothing else is kept.
            self.next[half] = number;
            return false;
        }
        self.mark_new(cold, half, number, by)
    }

    #[cold]
    #[inline(never)]
    fn mark_new(&mut self, cold: &mut Cold, half: Side, number: u32, by: By) -> bool {
        let next = self.next[half];
        let sequenced = self.flags & flag::SEQUENCED << half != 0;
        let before = marks(cold, half);
        let mut known = match before {
            Some(before) => before.clone(),
            None if sequenced => Marks::default(),
            None => self.alone(half),
        };
        if sequenced {
            known.pass(next, number, by);
        } else if known.is_empty() {
            self.next[half] = number;
        } else {
            known.follow(number, by);
        }
        // Of a half without payload one number alone needs no more room than that of its next one.
        let was_kept = before.is_some();
        let is_kept = was_kept || !known.is_empty();
        if is_kept {
            self.keep_marks(cold, half, known);
        }
        was_kept != (self.flags & flag::TROUBLE << half != 0)
    }

    /// Keeps the numbers that tell of a half.
    fn keep_marks(&mut self, cold: &mut Cold, half: Side, known: Marks) {
        let sequenced = self.flags & flag::SEQUENCED << half != 0;
        let (next, payload) = (self.next[half], self.counters(cold).payload[half]);
        let trouble = &mut cold.extra.get_or_insert_default().trouble[half];
        let make = || Box::new(if sequenced { Trouble::after(next, payload) } else { Trouble::unseen() });
        let kept = trouble.get_or_insert_with(make);
        match &mut kept.marks {
            _ if known.is_empty() => kept.marks = None,
            Some(marks) => **marks = known,
            none => *none = Some(Box::new(known)),
        }
        self.settle(cold, half);
    }

    /// Keeps of a half no more than there is to be kept.
    pub(super) fn settle(&mut self, cold: &mut Cold, half: Side) {
        let Some(extra) = &mut cold.extra else { return };
        let trouble = &mut extra.trouble[half];
        trouble.take_if(|trouble| trouble.breaks == 0 && trouble.marks.is_none());
        let is_kept = trouble.is_some();
        self.flags = self.flags & !(flag::TROUBLE << half) | if is_kept { flag::TROUBLE << half } else { 0 };
    }

    /// What tells of a half without payload, all of which shows the number that is its next one.
    fn alone(&self, half: Side) -> Marks {
        let shows = |side: Side| self.seen[side & 1] & history::ACK_FLAG != 0;
        let number = self.next[half];
        Marks {
            acked: shows(1 - half).then_some(Moves::at(number)),
            told: shows(half).then_some([number; 2]),
        }
    }

    /// All that tells of a half without payload.
    fn marks_of(&self, cold: &Cold, half: Side) -> Marks {
        marks(cold, half).cloned().unwrap_or_else(|| self.alone(half))
    }

    /// Forgets what told of a half of which payload was captured now. Returns whether memory was given back.
    pub(super) fn see(&mut self, cold: &mut Cold, side: Side) -> bool {
        self.flags &= !(flag::TROUBLE << side);
        cold.extra.as_mut().is_some_and(|extra| extra.trouble[side].take().is_some())
    }

    /// Payload of one side that the other end acknowledges behind what was captured of it: at least so much.
    pub(crate) fn acknowledged(&self, cold: &Cold, side: Side) -> u64 {
        let side = side & 1;
        let next = (self.flags & flag::SEQUENCED << side != 0).then(|| self.next[side]);
        let trouble = cold.extra.as_ref().and_then(|extra| extra.trouble[side].as_ref());
        let beyond = |trouble: &Trouble| {
            let beyond = trouble.marks.as_ref()?.beyond(next);
            // The last segment may be one that was sent again, or late: what stands ahead of it was captured.
            Some(beyond.saturating_sub(trouble.ahead()))
        };
        trouble.filter(|_| self.key.protocol == TCP).and_then(|trouble| beyond(trouble)).unwrap_or(0)
    }

    /// Payload of one side that was sent and not captured, by the numbers of both ends and by the lengths of packets whose
    /// TCP header was cut: at least so much.
    pub(crate) fn lacking(&self, cold: &Cold, side: Side) -> u64 {
        if self.key.protocol != TCP {
            return 0;
        }
        let numbered = self.acknowledged(cold, side).saturating_add(cold.gaps(self, side));
        numbered.saturating_add(self.behind_cut_headers(cold, side))
    }

    /// Payload behind headers that were cut, if each of all had the longest header of IPv4 and of TCP.
    fn behind_cut_headers(&self, cold: &Cold, side: Side) -> u64 {
        const HEADERS: u64 = 60 + 60;
        if !self.hazards().contains(Hazards::CUT_TRANSPORT) {
            return 0;
        }
        let Counters { packets, bytes, payload, .. } = self.counters(cold);
        let headers = packets[side & 1].saturating_mul(HEADERS);
        bytes[side & 1].saturating_sub(headers).saturating_sub(payload[side & 1])
    }

    /// Whether it is not known what a later part, which shows no payload of a half, proves beyond what we captured of it: its
    /// numbers begin before that, and which of them came behind is not kept.
    pub(crate) fn is_beyond_doubtful(&self, cold: &Cold, (later, later_cold): (&Self, &Cold)) -> bool {
        self.key.protocol == TCP
            && [0, 1].into_iter().any(|half| {
                let sequenced = |hot: &Self| hot.flags & flag::SEQUENCED << half != 0;
                let next = self.next[half];
                let is_doubtful = |theirs: Moves| distance(next, theirs.first) <= 1 && theirs.may_pass(next);
                sequenced(self)
                    && !sequenced(later)
                    && marks(cold, half).is_none_or(|ours| ours.acked.is_none())
                    && marks(later_cold, half).and_then(|theirs| theirs.acked).is_some_and(is_doubtful)
            })
    }

    /// Whether a later part, which shows no payload of a half, may have marks be kept beside what we captured of it.
    pub(crate) fn may_be_marked(&self, (later, later_cold): (&Self, &Cold), half: Side) -> bool {
        let Marks { acked, told } = later.marks_of(later_cold, half);
        let ahead = |number: u32| distance(self.next[half], number) > 1;
        acked.is_some_and(|acked| acked.first != acked.last || acked.high > 0 || ahead(acked.first))
            || told.is_some_and(|[_, last]| ahead(last))
    }
}

fn marks(cold: &Cold, half: Side) -> Option<&Marks> {
    cold.extra.as_ref()?.trouble[half].as_ref()?.marks.as_deref()
}

impl Spell {
    /// Appends what a later part, which shows no payload of a half, tells of it by numbers.
    pub(super) fn join_unseen(&mut self, later: &Self, side: Side) {
        if self.hot.key.protocol != TCP {
            return;
        }
        let theirs = later.hot.marks_of(&later.cold, side);
        if theirs.is_empty() {
            return;
        }
        if self.hot.flags & flag::SEQUENCED << side != 0 {
            let before = marks(&self.cold, side).cloned().unwrap_or_default();
            let mut known = before.clone();
            known.pass_all(self.hot.next[side], &theirs);
            if known != before {
                self.hot.keep_marks(&mut self.cold, side, known);
            }
            return;
        }
        let mut ours = self.hot.marks_of(&self.cold, side);
        let boxed = (self.hot.flags | later.hot.flags) & flag::TROUBLE << side != 0;
        if ours.is_empty() {
            self.hot.next[side] = later.hot.next[side];
        } else if !boxed && self.hot.next[side] == later.hot.next[side] {
            return;
        }
        if boxed || !ours.is_empty() {
            ours.append(&theirs);
            self.hot.keep_marks(&mut self.cold, side, ours);
        }
    }
}

#[cfg(test)]
mod tests;
