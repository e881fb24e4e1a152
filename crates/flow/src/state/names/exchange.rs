//! Exchanges with name services: which message is to which question.
//!
//! All are kept as a set, which parts of a capture join in any order: few as they are, and of many only a bit each. So an answer is
//! compared with all that was asked, before it and after it, as where one direction lags behind the other; and of many exchanges more may
//! seem to be in it than are, never fewer: what was asked for is never taken for unasked.

use serde::{Deserialize, Serialize};

use super::AnswerFlow;

/// A question and its answer: half a print of the flow, and the identifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Exchange(u32);

impl Exchange {
    /// That of a message between the ends of a flow.
    pub(crate) fn of(flow: AnswerFlow, message: &[u8]) -> Option<Self> {
        let id = u16::from_be_bytes(*message.first_chunk()?);
        Some(Self(flow.0 & 0xffff_0000 | u32::from(id)))
    }
}

/// The ports between which messages of an exchange lie, told by half a print.
const fn ports(exchange: u32) -> u32 {
    exchange >> 16
}

/// A set of exchanges in so many words.
///
/// Of more than there are words the first word tells the ports, where they are the same for all, and the others have a bit for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exchanges<W> {
    count: u8,
    words: W,
}

/// Those in which something was asked: for both versions of IP, of two name services, and again.
pub(crate) type Asked = Exchanges<[u32; 10]>;

/// Those in which it was answered.
pub(super) type Answered = Exchanges<[u32; 4]>;

/// Bits that [`Answered`] has for exchanges. [`Asked`] has a multiple of it.
const BITS: usize = 3 * 32;

/// How an answer stands to what was asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Comparison {
    /// It is to a question, as far as can be told of many.
    pub(crate) matched: bool,
    /// It is to a question beyond doubt.
    pub(crate) certain: bool,
    /// It came between the ports of one.
    pub(crate) beside: bool,
}

/// There are more exchanges than words.
const MANY: u8 = u8::MAX;

/// In place of the ports: there are several.
const SEVERAL: u32 = u32::MAX;

impl<W: AsRef<[u32]> + AsMut<[u32]> + Copy + Default> Default for Exchanges<W> {
    fn default() -> Self {
        Self { count: 0, words: W::default() }
    }
}

impl<W: AsRef<[u32]> + AsMut<[u32]> + Copy + Default> Exchanges<W> {
    pub(super) fn one(exchange: Option<Exchange>) -> Self {
        let mut all = Self::default();
        if let Some(Exchange(exchange)) = exchange {
            all.add(exchange);
        }
        all
    }

    /// Each of them, where they are few.
    fn few(&self) -> Option<&[u32]> {
        self.words.as_ref().get(..usize::from(self.count)).filter(|_| self.count != MANY)
    }

    /// The bits of many.
    fn bits(&self) -> &[u32] {
        self.words.as_ref().get(1..).unwrap_or_default()
    }

    fn add(&mut self, exchange: u32) {
        let Some(few) = self.few() else {
            if self.words.as_ref()[0] != ports(exchange) {
                self.words.as_mut()[0] = SEVERAL;
            }
            self.mark(exchange);
            return;
        };
        let Err(place) = few.binary_search(&exchange) else { return };
        let count = few.len();
        if let Some(tail) = self.words.as_mut().get_mut(place..=count) {
            tail.rotate_right(1);
            tail[0] = exchange;
            self.count += 1;
            return;
        }
        let all = self.words;
        *self = Self { count: MANY, words: W::default() };
        self.words.as_mut()[0] = ports(exchange);
        for &known in all.as_ref() {
            self.add(known);
        }
        self.mark(exchange);
    }

    /// Sets the bit of one among many.
    fn mark(&mut self, exchange: u32) {
        let bits = &mut self.words.as_mut()[1..];
        let bit = place(exchange) % (32 * bits.len());
        bits[bit / 32] |= 1 << (bit % 32);
    }

    /// Takes in others.
    pub(super) fn join(&mut self, others: &Self) {
        let mut others = *others;
        if self.count != MANY {
            std::mem::swap(self, &mut others);
        }
        if let Some(few) = others.few() {
            for &exchange in few {
                self.add(exchange);
            }
            return;
        }
        if self.words.as_ref()[0] != others.words.as_ref()[0] {
            self.words.as_mut()[0] = SEVERAL;
        }
        for (ours, theirs) in self.words.as_mut()[1..].iter_mut().zip(others.bits()) {
            *ours |= theirs;
        }
    }

    /// Their bits, as many as [`Answered`] has.
    fn folded(&self) -> [u32; BITS / 32] {
        let mut folded = [0; BITS / 32];
        let mut set = |bit: usize| folded[bit / 32] |= 1 << (bit % 32);
        if let Some(few) = self.few() {
            for &exchange in few {
                set(place(exchange) % BITS);
            }
            return folded;
        }
        for (n, word) in self.bits().iter().enumerate() {
            folded[n % (BITS / 32)] |= word;
        }
        folded
    }

    /// Whether one may be among them: of many one that is not may seem to be.
    fn may_have(&self, exchange: u32) -> bool {
        if let Some(few) = self.few() {
            return few.contains(&exchange);
        }
        let bits = self.bits();
        let bit = place(exchange) % (32 * bits.len());
        bits[bit / 32] >> (bit % 32) & 1 == 1
    }

    /// Between which ports they lie, as far as that is known.
    fn known_ports(&self) -> impl Iterator<Item = u32> {
        let many = self.few().is_none().then(|| self.words.as_ref()[0]).filter(|ports| *ports != SEVERAL);
        self.few().unwrap_or_default().iter().map(|exchange| ports(*exchange)).chain(many)
    }
}

impl Answered {
    /// Compares with all that was asked.
    pub(super) fn compare(&self, asked: &Asked) -> Comparison {
        let beside = self.known_ports().any(|ports| asked.known_ports().any(|other| ports == other));
        let Some(few) = self.few() else {
            let common =
                self.folded().into_iter().zip(asked.folded()).any(|(ours, theirs)| ours & theirs != 0);
            return Comparison { matched: common, certain: false, beside };
        };
        let matched = few.iter().any(|&exchange| asked.may_have(exchange));
        Comparison { matched, certain: matched && asked.few().is_some(), beside }
    }
}

/// A place for an exchange among bits.
fn place(exchange: u32) -> usize {
    // The multiplier is that of SplitMix64, whose upper bits hang on all bits below.
    (u64::from(exchange).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set<W: AsRef<[u32]> + AsMut<[u32]> + Copy + Default>(all: &[u32]) -> Exchanges<W> {
        let mut set = Exchanges::default();
        for exchange in all {
            set.add(*exchange);
        }
        set
    }

    proptest! {
        #[test]
        fn a_set_hangs_on_no_order_and_forgets_none(
            all in prop::collection::vec((0u32..3, 0u32..40), 0..40),
            cut in 0usize..40,
        ) {
            let all: Vec<u32> = all.into_iter().map(|(ports, id)| ports << 16 | id).collect();
            let (left, right) = all.split_at(cut.min(all.len()));
            let whole = set::<[u32; 10]>(&all);
            let (mut one, mut other) = (set(left), set(right));
            let first = one;
            one.join(&other);
            other.join(&first);
            prop_assert_eq!((one, other), (whole, whole));
            for exchange in &all {
                prop_assert!(set::<[u32; 4]>(&[*exchange]).compare(&whole).matched);
            }
            if !right.is_empty() {
                prop_assert!(set::<[u32; 4]>(right).compare(&whole).matched);
            }
        }
    }
}
