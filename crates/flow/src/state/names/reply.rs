//! Whether a name service's answer is one to a question: by the identifier of both (RFC 5452, 9.1), not by name and ports alone.
//!
//! Each question keeps the last exchanges in which it was asked. An answer is asked for where one of them is its own, and refuted where
//! it came between the ports of some and none has its identifier. Of an answer at the beginning of a part the question may stand in
//! an earlier one: it stays open, with how many of the exchanges before it were compared, and the joint goes on with those of the earlier part.

use serde::{Deserialize, Serialize};

use super::AnswerFlow;

/// A question and its answer: half a print of the flow, and the identifier.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exchange(u32);

impl Exchange {
    /// That of a message between the ends of a flow.
    pub(crate) fn of(flow: AnswerFlow, message: &[u8]) -> Option<Self> {
        let id = u16::from_be_bytes(*message.first_chunk()?);
        Some(Self(flow.0 & 0xffff_0000 | u32::from(id)))
    }

    /// Whether both lie between the same ports.
    const fn is_beside(self, other: Self) -> bool {
        self.0 >> 16 == other.0 >> 16
    }
}

/// The last exchanges in which something was asked, the oldest first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asked {
    count: u8,
    last: [Exchange; Asked::MOST],
}

impl Asked {
    /// A station asks for both versions of IP, and of two name services, at once, and asks again before it gives up.
    const MOST: usize = 8;

    pub(super) fn one(exchange: Exchange) -> Self {
        let mut last = [Exchange::default(); Self::MOST];
        last[0] = exchange;
        Self { count: 1, last }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn all(&self) -> &[Exchange] {
        self.last.get(..usize::from(self.count)).unwrap_or(&self.last)
    }

    /// Takes in those that came later.
    pub(super) fn join(&mut self, later: &Self) {
        for exchange in later.all() {
            if usize::from(self.count) == Self::MOST {
                self.last.rotate_left(1);
                self.last[Self::MOST - 1] = *exchange;
            } else {
                self.last[usize::from(self.count)] = *exchange;
                self.count += 1;
            }
        }
    }
}

/// An answer whose question may stand in an earlier part, and how many exchanges were compared with it. Packed: each answer has two.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[repr(C, packed(1))]
struct Open {
    exchange: Exchange,
    compared: u8,
}

impl Open {
    /// None.
    const NOTHING: Self = Self { exchange: Exchange(0), compared: u8::MAX };

    const fn is_nothing(self) -> bool {
        self.compared == u8::MAX
    }
}

/// Equal answers, as answers to a question.
#[allow(clippy::struct_excessive_bools, reason = "each is found out apart, and joins by itself")]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// The flow that the first of them came in.
    pub(crate) flow: AnswerFlow,
    /// One of them is to a question.
    matched: bool,
    /// One of them has the identifier of no question that was asked there.
    refuted: bool,
    /// All of them had a wrong checksum: who was asked sends none such, and who asked drops it.
    pub(crate) wrong: bool,
    /// One of them had a right one.
    pub(crate) sound: bool,
    /// Those whose question may stand in an earlier part. The flags below tell nothing then.
    open: [Open; 2],
    /// There were more of these: an earlier part cannot be put before this one.
    pub(crate) crowded: bool,
}

impl Reply {
    /// One in a stream: who answers there was asked there.
    pub(crate) const STREAM: Self = Self {
        flow: AnswerFlow::STREAM,
        matched: true,
        refuted: false,
        wrong: false,
        sound: false,
        open: [Open::NOTHING; 2],
        crowded: false,
    };

    /// A datagram, of which it is not known yet what was asked; whether its checksum was `sound`, where that could be told.
    pub(crate) fn datagram(flow: AnswerFlow, exchange: Option<Exchange>, sound: Option<bool>) -> Self {
        let open = exchange.map_or(Open::NOTHING, |exchange| Open { exchange, compared: 0 });
        let (wrong, sound) = (sound == Some(false), sound == Some(true));
        Self { flow, matched: false, wrong, sound, open: [open, Open::NOTHING], ..Self::STREAM }
    }

    /// Whether it is to no question, where the checksums of others to the asker are right or not, and questions went where it came from or
    /// not.
    pub(crate) fn is_stray(&self, others_sound: impl Fn() -> bool, unasked: impl Fn() -> bool) -> bool {
        self.wrong && others_sound() || !self.matched && (self.refuted || unasked())
    }

    /// Compares with what was asked before.
    pub(super) fn compare(&mut self, asked: &Asked) {
        for place in &mut self.open {
            let Open { exchange: own, compared } = *place;
            let room = Asked::MOST.saturating_sub(usize::from(compared));
            for exchange in asked.all().iter().rev().take(room) {
                place.compared += 1;
                self.matched |= *exchange == own;
                self.refuted |= exchange.is_beside(own);
            }
            if usize::from(place.compared) >= Asked::MOST {
                *place = Open::NOTHING;
            }
        }
        self.settle();
    }

    /// Takes in equal answers that came later.
    pub(super) fn join(&mut self, later: &Self) {
        self.matched |= later.matched;
        self.refuted |= later.refuted;
        self.wrong &= later.wrong;
        self.sound |= later.sound;
        self.crowded |= later.crowded;
        for open in later.open.iter().filter(|open| !open.is_nothing()) {
            match self.open.iter_mut().find(|place| place.is_nothing()) {
                Some(place) => *place = *open,
                None => self.crowded = true,
            }
        }
        self.settle();
    }

    /// Keeps one form of what says the same.
    fn settle(&mut self) {
        if self.matched {
            (self.refuted, self.open, self.crowded) = (false, [Open::NOTHING; 2], false);
        } else if self.open[0].is_nothing() {
            self.open.swap(0, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::names::{Denial, Names, Notice, Run};
    use crate::state::text::TextId;
    use lenscap_wire::{Address, Mac, PacketRef, Resolver};
    use proptest::prelude::*;

    const ASKER: Address = Address([7; 16]);

    /// A question, an answer or a denial with an identifier, from one of two ports.
    type Said = (u8, u16, u16);

    fn hear(names: &mut Names, (what, id, port): Said, time: i64) {
        let (name, at) = (TextId(1), PacketRef { offset: time as u64, ..PacketRef::default() });
        let flow = AnswerFlow::new(Address::default(), (53, port));
        let exchange = Exchange::of(flow, &id.to_be_bytes());
        let reply = Reply::datagram(flow, exchange, Some(id != 9));
        match what {
            0 => names.hear(ASKER, name, Notice::Asked(Mac::default(), exchange), time, at),
            1 => names.hear(ASKER, name, Notice::Denied(Denial { code: 3, reply }), time, at),
            _ => {
                let (chain, by, first, last) = (TextId::EMPTY, Resolver::Dns, time, time);
                names.answer(
                    (Address::default(), ASKER),
                    Run { name, chain, by, reply, first, last, count: 1, at },
                );
            }
        }
    }

    fn fold(all: &[Said], from: usize) -> Names {
        let mut names = Names::default();
        for (n, said) in all.iter().enumerate() {
            hear(&mut names, *said, (from + n) as i64);
        }
        names
    }

    fn is_stray(all: &[Said]) -> bool {
        let names = fold(all, 0);
        let (_, run) = names.all()[0];
        run.reply.is_stray(|| true, || false)
    }

    #[test]
    fn an_answer_has_the_identifier_of_a_question() {
        assert!(!is_stray(&[(0, 1, 4), (2, 1, 4)]));
        assert!(is_stray(&[(0, 1, 4), (2, 2, 4)]), "another identifier");
        assert!(!is_stray(&[(0, 1, 4), (0, 2, 4), (2, 1, 4)]), "two versions of IP are asked for");
        assert!(!is_stray(&[(0, 1, 4), (2, 2, 4), (2, 1, 4)]), "one says the same as the true one");
        assert!(!is_stray(&[(0, 1, 4), (2, 2, 5)]), "of other ports the flow tells");
        assert!(is_stray(&[(0, 9, 4), (2, 9, 4)]), "a wrong checksum");
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(
            all in prop::collection::vec((0u8..3, 1u16..4, 4u16..6), 0..40),
            cuts in [0usize..40, 0..40],
        ) {
            let [a, b] = { let mut cuts = cuts.map(|cut| cut.min(all.len())); cuts.sort_unstable(); cuts };
            let parts = [fold(&all[..a], 0), fold(&all[a..b], a), fold(&all[b..], b)];
            let [first, second, third] = parts;
            let whole = fold(&all, 0);
            for right_first in [false, true] {
                let [mut first, mut second, third] = [&first, &second, &third].map(Clone::clone);
                let mut refused = false;
                let mut join = |left: &mut Names, right: Names| {
                    refused |= right.lacks(left, Some);
                    left.join(right, |id| id);
                };
                if right_first {
                    join(&mut second, third);
                    join(&mut first, second);
                } else {
                    join(&mut first, second);
                    join(&mut first, third);
                }
                if !refused {
                    prop_assert_eq!(first.all(), whole.all());
                    let question = |names: &Names| names.question(ASKER, TextId(1)).copied();
                    prop_assert_eq!(question(&first), question(&whole));
                }
            }
        }
    }
}
