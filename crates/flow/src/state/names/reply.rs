//! Whether a name service's answer is one to a question: by the identifier of both (RFC 5452, 9.1), not by name and ports alone.
//!
//! An answer is asked for where a question for its name has its identifier and its ports, whenever that was captured, and refuted where it came
//! between the ports of some and none has its identifier. That is told of all answers and questions at the end, since no part of a
//! capture has them all.

use lenscap_wire::Address;
use serde::{Deserialize, Serialize};

use super::AnswerFlow;
use super::exchange::{Answered, Asked, Comparison, Exchange};

/// A name service, in 16 bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize, Deserialize)]
pub(crate) struct Service(u16);

impl Service {
    /// Not one alone.
    const SEVERAL: Self = Self(0);

    fn new(server: Address) -> Self {
        Self((AnswerFlow::new(server, (0, 0)).0 >> 16) as u16 | 1)
    }
}

/// Equal answers, as answers to a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// The flow that the first of them came in.
    pub(crate) flow: AnswerFlow,
    exchanges: Answered,
    service: Service,
    /// All of them had a wrong checksum: who was asked sends none such, and who asked drops it.
    pub(crate) damaged: bool,
    /// All of them had a right one.
    sound: bool,
}

impl Reply {
    /// One in a stream: who answers there was asked there.
    pub(crate) fn stream() -> Self {
        let (flow, exchanges, service) = (AnswerFlow::STREAM, Answered::default(), Service::SEVERAL);
        Self { flow, exchanges, service, damaged: false, sound: false }
    }

    /// A datagram of a name service, of which it is not known yet what was asked; whether its checksum was right, where that could be told.
    pub(crate) fn datagram(
        (server, flow): (Address, AnswerFlow),
        exchange: Option<Exchange>,
        sound: Option<bool>,
    ) -> Self {
        let (exchanges, service) = (Answered::one(exchange), Service::new(server));
        Self { flow, exchanges, service, damaged: sound == Some(false), sound: sound == Some(true) }
    }

    pub(crate) fn is_of_stream(&self) -> bool {
        self.flow == AnswerFlow::STREAM
    }

    /// How it stands to all that was asked for its name.
    pub(crate) fn compare(&self, asked: Option<&Asked>) -> Comparison {
        asked.map(|asked| self.exchanges.compare(asked)).unwrap_or_default()
    }

    /// Whether it is to one of those, or came in a stream.
    pub(crate) fn is_to(&self, asked: Option<&Asked>) -> bool {
        self.is_of_stream() || self.compare(asked).matched
    }

    /// The name service that sent it, where that is one alone.
    pub(crate) fn service(&self) -> Option<Service> {
        Some(self.service).filter(|service| *service != Service::SEVERAL)
    }

    /// The same where it shows that its checksums are right: where each has a right one, and it is to a question beyond doubt. Anybody can
    /// send others.
    pub(crate) fn shows_sound(&self, asked: Option<&Asked>) -> Option<Service> {
        self.service().filter(|_| self.sound && self.compare(asked).certain)
    }

    /// Takes in equal answers that came later.
    pub(super) fn join(&mut self, later: &Self) {
        self.exchanges.join(&later.exchanges);
        if self.service != later.service {
            self.service = Service::SEVERAL;
        }
        self.damaged &= later.damaged;
        self.sound &= later.sound;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::names::{Denial, Names, Notice, Run};
    use crate::state::text::TextId;
    use lenscap_wire::{Mac, PacketRef, Resolver};
    use proptest::prelude::*;

    const ASKER: Address = Address([7; 16]);

    /// A question, an answer or one of three denials with an identifier, from one of two ports.
    type Said = (u8, u16, u16);

    fn hear(names: &mut Names, (what, id, port): Said, time: i64) {
        let (name, at) = (TextId(1), PacketRef { offset: time as u64, ..PacketRef::default() });
        let server = Address([u8::from(id == 8); 16]);
        let flow = AnswerFlow::new(server, (53, port));
        let exchange = Exchange::of(flow, &id.to_be_bytes());
        let reply = Reply::datagram((server, flow), exchange, Some(id != 9));
        match what {
            0 => names.hear(ASKER, name, Notice::Asked(Mac::default(), exchange), time, at),
            1 => {
                let (chain, by, first, last) = (TextId::EMPTY, Resolver::Dns, time, time);
                names.answer(
                    (Address::default(), ASKER),
                    Run { name, chain, by, reply, first, last, count: 1, at },
                );
            }
            code => names.hear(ASKER, name, Notice::Denied(Denial { code, reply }), time, at),
        }
    }

    fn fold(all: &[Said], from: usize) -> Names {
        let mut names = Names::default();
        for (n, said) in all.iter().enumerate() {
            hear(&mut names, *said, (from + n) as i64);
        }
        names
    }

    fn compare(all: &[Said]) -> Comparison {
        let names = fold(all, 0);
        let (_, run) = names.all()[0];
        run.reply.compare(names.asked(ASKER, run.name))
    }

    #[test]
    fn an_answer_has_the_identifier_of_a_question() {
        let is = |all: &[Said]| compare(all).matched;
        assert!(is(&[(0, 1, 4), (1, 1, 4)]));
        assert!(is(&[(1, 1, 4), (0, 1, 4)]), "its question was captured later");
        assert!(is(&[(0, 1, 4), (0, 2, 4), (1, 1, 4)]), "two versions of IP are asked for");
        assert!(is(&[(0, 1, 4), (1, 2, 4), (1, 1, 4)]), "one says the same as the true one");
        assert!(!is(&[(0, 1, 4), (1, 2, 4)]), "another identifier");
        assert!(compare(&[(0, 1, 4), (1, 2, 4)]).beside);
        assert!(!compare(&[(0, 1, 4), (1, 2, 5)]).beside, "of other ports the flow tells");
    }

    proptest! {
        #[test]
        fn a_cut_anywhere_changes_nothing(
            all in prop::collection::vec((0u8..5, 1u16..20, 4u16..6), 0..60),
            cuts in [0usize..60, 0..60],
        ) {
            let [a, b] = { let mut cuts = cuts.map(|cut| cut.min(all.len())); cuts.sort_unstable(); cuts };
            let parts = [fold(&all[..a], 0), fold(&all[a..b], a), fold(&all[b..], b)];
            let whole = fold(&all, 0);
            for right_first in [false, true] {
                let [mut first, mut second, third] = parts.clone();
                if right_first {
                    second.join(third, |id| id);
                    first.join(second, |id| id);
                } else {
                    first.join(second, |id| id);
                    first.join(third, |id| id);
                }
                prop_assert_eq!(first.all(), whole.all());
                let question = |names: &Names| names.question(ASKER, TextId(1)).copied();
                prop_assert_eq!(question(&first), question(&whole));
            }
        }
    }
}
