//! The TCP history of a flow in Zeek's letters: each letter once a direction, in order of appearance.

use lenscap_wire::{Hazards, Tcp, TcpFlags};
use serde::{Deserialize, Serialize};

use crate::state::key::Side;

/// Letters that one packet can show, in the order in which a packet shows several. Upper case is the originator's,
/// lower case the responder's. `T` (retransmission) and `G` (gap) need a whole half and are appended when judged; `^`, in
/// front, says that the first packet was the responder's.
const LETTERS: [u8; 10] = *b"CISHFRDAWQ";

pub(crate) const BAD_CHECKSUM: u16 = 1;
/// FIN and RST.
pub(crate) const INCONSISTENT: u16 = 1 << 1;
pub(crate) const SYN: u16 = 1 << 2;
pub(crate) const SYN_ACK: u16 = 1 << 3;
pub(crate) const FIN: u16 = 1 << 4;
pub(crate) const RST: u16 = 1 << 5;
pub(crate) const DATA: u16 = 1 << 6;
pub(crate) const ACK: u16 = 1 << 7;
const ZERO_WINDOW: u16 = 1 << 8;
/// SYN and FIN, or SYN and RST.
pub(crate) const MULTI_FLAG: u16 = 1 << 9;
/// All letters. Above them stand the flags that no letter tells of: FIN, then PSH to CWR.
const SHOWN: u16 = (1 << 10) - 1;
pub(crate) const FIN_FLAG: u16 = 1 << 10;
/// The flag ACK, of whatever segment.
pub(crate) const ACK_FLAG: u16 = (TcpFlags::ACK as u16) << 8;

/// Every TCP flag that a side set (IPFIX tcpControlBits), by what was seen of it. SYN is not told where it stood beside both
/// FIN and RST, nor RST beside SYN where the side sent a FIN, too: nobody's connection has such segments.
pub(crate) fn flags(seen: u16) -> u8 {
    let syn = seen & (SYN | SYN_ACK | MULTI_FLAG) != 0;
    let fin = seen & FIN_FLAG != 0;
    let rst = seen & (RST | INCONSISTENT) != 0 || seen & MULTI_FLAG != 0 && !fin;
    let one = |is: bool, flag: u8| if is { flag } else { 0 };
    let low = one(syn, TcpFlags::SYN) | one(fin, TcpFlags::FIN) | one(rst, TcpFlags::RST);
    (seen >> 8) as u8 & 0xf8 | low
}

/// The letters that a packet shows, as bits in the order of [`LETTERS`], and its other flags above them; see [`flags`].
#[inline]
pub(crate) fn letters(tcp: &Tcp, payload: u32, hazards: Hazards) -> u16 {
    let mut bits = SHOWN_BY[usize::from(tcp.flags.0) | usize::from(payload > 0) << 8];
    if tcp.window == 0 && tcp.flags.0 & (TcpFlags::SYN | TcpFlags::RST) == 0 {
        bits |= ZERO_WINDOW;
    }
    if hazards.0 & (Hazards::BAD_TRANSPORT_CHECKSUM.0 | Hazards::BAD_IP_CHECKSUM.0) != 0 {
        bits |= BAD_CHECKSUM;
    }
    bits
}

/// What a segment shows by its flags alone: without payload, then with.
static SHOWN_BY: [u16; 512] = {
    let mut all = [0; 512];
    let mut n = 0;
    while n < all.len() {
        all[n] = shown_by(TcpFlags(n as u8), n > 255);
        n += 1;
    }
    all
};

const fn shown_by(flags: TcpFlags, payload: bool) -> u16 {
    let (syn, ack) = (flags.has(TcpFlags::SYN), flags.has(TcpFlags::ACK));
    let (fin, rst) = (flags.has(TcpFlags::FIN), flags.has(TcpFlags::RST));
    let bits = match (syn, fin, rst) {
        (false, false, false) if payload => DATA,
        (false, false, false) if ack => ACK,
        (false, false, false) => 0,
        (true, false, false) if ack => SYN_ACK,
        (true, false, false) => SYN,
        (false, true, false) => FIN,
        (false, false, true) => RST,
        (_, true, true) => INCONSISTENT,
        (true, ..) => MULTI_FLAG,
    };
    bits | (flags.0 as u16 & 0xf8) << 8 | ((flags.0 & TcpFlags::FIN) as u16 * FIN_FLAG)
}

/// Letters in order of appearance: five bits each, of which the lowest is the side, first letter lowest. How many
/// there are is told by the letters seen on each side, which stand apart.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct History([u32; 3]);

fn length(seen: [u16; 2]) -> u32 {
    let [low, high] = seen.map(|seen| u32::from(COUNTS[usize::from(seen & SHOWN)]));
    low + high
}

/// How many letters a set of them has: a look-up costs less than counting does on the oldest processors, for which this is
/// built, and each flow asks half a dozen times.
static COUNTS: [u8; SHOWN as usize + 1] = {
    let mut all = [0; SHOWN as usize + 1];
    let mut n = 0;
    while n < all.len() {
        all[n] = n.count_ones() as u8;
        n += 1;
    }
    all
};

impl History {
    /// Letters that there is room for: all but the last, which is the one that is left.
    const ROOM: u32 = 19;
    /// Of the last word: no letter reaches so far.
    const MARK: u32 = 1 << 31;
    /// All letters of both sides.
    const ALL: u8 = 2 * LETTERS.len() as u8;

    /// Appends the letters of `bits` that `seen` lacks on this side, and adds them to it.
    #[cold]
    pub(crate) fn append(&mut self, seen: &mut [u16; 2], side: Side, bits: u16) {
        let before = length(*seen);
        let Some(seen) = seen.get_mut(side) else { return };
        let mut new = bits & !*seen & SHOWN;
        *seen |= bits;
        for n in before.. {
            if new == 0 {
                break;
            }
            self.put(n, (new.trailing_zeros() as u8) << 1 | side as u8);
            new &= new - 1;
        }
    }

    /// Notes that, while nobody had answered a SYN, something came with numbers of another handshake, and that an earlier
    /// chunk may tell whether this spell or another has it. It stands in the bit that no letter needs.
    pub(crate) fn mark(&mut self) {
        self.0[2] |= Self::MARK;
    }

    /// Whether it is [marked](History::mark).
    pub(crate) fn is_marked(&self) -> bool {
        self.0[2] & Self::MARK != 0
    }

    /// Appends what a later part shows and this one does not.
    pub(crate) fn join(&mut self, seen: &mut [u16; 2], later: &Self, later_seen: [u16; 2]) {
        for n in 0..length(later_seen) {
            let code = later.code(n);
            self.append(seen, usize::from(code & 1), 1 << (code >> 1));
        }
        for (seen, later) in seen.iter_mut().zip(later_seen) {
            *seen |= later & !SHOWN;
        }
    }

    fn put(&mut self, n: u32, code: u8) {
        if n < Self::ROOM {
            // The five bits of a letter may lie in two words.
            let (word, bits) = ((5 * n / 32) as usize, u64::from(code) << (5 * n % 32));
            for (word, bits) in self.0.iter_mut().skip(word).zip([bits as u32, (bits >> 32) as u32]) {
                *word |= bits;
            }
        }
    }

    fn bits(&self) -> u128 {
        self.0.iter().rev().fold(0, |all, &word| all << 32 | u128::from(word))
    }

    fn code(&self, n: u32) -> u8 {
        if n < Self::ROOM {
            return (self.bits() >> (5 * n)) as u8 & 31;
        }
        let known = |code: u8| (0..Self::ROOM).any(|n| self.code(n) == code);
        (0..Self::ALL).find(|&code| !known(code)).unwrap_or(0)
    }

    /// Whether the first packet of a side that had a checksum to be wrong had a right one. Where it had not, wrong ones
    /// tell nothing: a capture that was made anonymous has no others.
    pub(crate) fn began_sound(&self, seen: [u16; 2], side: Side) -> bool {
        let first = (0..length(seen)).map(|n| self.code(n)).find(|code| usize::from(code & 1) == side & 1);
        first.is_none_or(|code| code >> 1 != BAD_CHECKSUM.trailing_zeros() as u8)
    }

    /// A word that holds no letters, in a flow that is no TCP.
    pub(super) fn word(&self, n: usize) -> u32 {
        self.0.get(n).copied().unwrap_or(0)
    }

    /// Sets it.
    pub(super) fn set_word(&mut self, n: usize, word: u32) {
        if let Some(place) = self.0.get_mut(n) {
            *place = word;
        }
    }

    /// The letters as text, given which side is the originator.
    pub(crate) fn text(&self, seen: [u16; 2], orig: Side) -> String {
        let letter = |code: u8| {
            let letter = char::from(LETTERS.get(usize::from(code >> 1)).copied().unwrap_or(b'?'));
            if usize::from(code & 1) == orig { letter } else { letter.to_ascii_lowercase() }
        };
        (0..length(seen)).map(|n| letter(self.code(n))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(steps: &[(Side, u16)]) -> (History, [u16; 2]) {
        let (mut history, mut seen) = (History::default(), [0; 2]);
        for &(side, bits) in steps {
            history.append(&mut seen, side, bits);
        }
        (history, seen)
    }

    fn text(steps: &[(Side, u16)], orig: Side) -> String {
        let (history, seen) = history(steps);
        history.text(seen, orig)
    }

    const TALK: [(Side, u16); 9] =
        [(0, SYN), (1, SYN_ACK), (0, ACK), (0, DATA), (1, ACK), (1, DATA), (0, FIN), (1, FIN), (0, ACK)];

    #[test]
    fn every_flag_is_told() {
        for all in 0..=u8::MAX {
            // One segment with all of them, apart from what no letter tells of, and one for each.
            let (syn, closing) = (all & TcpFlags::SYN != 0, all & (TcpFlags::FIN | TcpFlags::RST));
            let of = |flags: u8| letters(&Tcp { flags: TcpFlags(flags), ..Tcp::default() }, 0, Hazards::NONE);
            if !(syn && closing == TcpFlags::FIN | TcpFlags::RST) {
                assert_eq!(flags(of(all)), all, "{all:#010b}");
            }
            let each = (0..8).map(|n| all & 1 << n).fold(0, |seen, flag| seen | of(flag));
            assert_eq!(flags(each), all, "{all:#010b}");
        }
    }

    #[test]
    fn flags_without_a_letter_take_no_place_and_pass_a_cut() {
        let steps = [(0, SYN), (0, ACK | 1 << 12), (1, SYN_ACK), (0, DATA | 1 << 11)];
        let (whole, seen) = history(&steps);
        assert_eq!(whole.text(seen, 0), "SAhD");
        for cut in 0..=steps.len() {
            let (mut left, mut left_seen) = history(&steps[..cut]);
            let (right, right_seen) = history(&steps[cut..]);
            left.join(&mut left_seen, &right, right_seen);
            assert_eq!((left, left_seen), (whole, seen));
        }
    }

    #[test]
    fn letters_stand_once_in_order() {
        assert_eq!(text(&TALK, 0), "ShADadFf");
        assert_eq!(text(&TALK, 1), "sHadADfF");
    }

    #[test]
    fn a_cut_anywhere_changes_nothing() {
        for cut in 0..=TALK.len() {
            let (mut left, mut seen) = history(&TALK[..cut]);
            let (right, right_seen) = history(&TALK[cut..]);
            left.join(&mut seen, &right, right_seen);
            assert_eq!((left, seen), history(&TALK));
        }
    }

    #[test]
    fn every_letter_of_both_sides_fits() {
        let all: Vec<_> = [0, 1].into_iter().map(|side| (side, 0x3ff)).collect();
        assert_eq!(text(&all, 0), "CISHFRDAWQcishfrdawq");
    }

    #[test]
    fn a_packet_shows_the_letter_of_its_flags_and_no_data_beside_it() {
        const SYN: u8 = TcpFlags::SYN;
        const ACK: u8 = TcpFlags::ACK;
        const FIN: u8 = TcpFlags::FIN;
        const RST: u8 = TcpFlags::RST;
        let shown = |flags: u8, payload| {
            let tcp = Tcp { flags: TcpFlags(flags), window: 1, ..Tcp::default() };
            text(&[(0, letters(&tcp, payload, Hazards::NONE))], 0)
        };
        let both = [(SYN, "S"), (SYN | ACK, "H"), (FIN | ACK, "F"), (RST, "R"), (FIN | RST, "I")];
        for (flags, letter) in both.into_iter().chain([(SYN | FIN, "Q"), (SYN | RST | ACK, "Q")]) {
            assert_eq!((shown(flags, 0).as_str(), shown(flags, 9).as_str()), (letter, letter), "{flags:#x}");
        }
        assert_eq!((shown(ACK, 0).as_str(), shown(ACK, 9).as_str(), shown(0, 0).as_str()), ("A", "D", ""));
    }
}
