//! Whether the other end of a flow answered, and by whose packets that is known.
//!
//! A camera sends 300 kB of TCP, of which the capture has that direction alone: its segments acknowledge what it must have
//! received, so it was answered, though no packet shows the answer. Where a RST is all that came back to its SYN, it was
//! refused, whatever it sent after that.

use crate::state::key::{Side, TCP, streams};
use crate::state::spell::{Cold, Hot, history};

/// Payload that no sender has under way without an acknowledgement where the window was not scaled (RFC 9293 3.1): whoever sent
/// more in one connection was answered.
const FIRST_WINDOW: u64 = 1 << 16;

/// A flow to the outside that sends so much content in two neighbouring windows is an upload, whatever one message in it said.
pub(crate) const UPLOAD_BYTES: u64 = 16 << 10;

/// By what it is known that the other end answered, the surest last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Answer {
    /// Nothing shows it.
    None,
    /// This end sent more than it could have without an answer.
    Guessed,
    /// This end acknowledges what it must have received, though no packet of the other end was captured.
    Acknowledged,
    /// A packet of the other end.
    Seen,
}

impl Hot {
    /// How it is known that the other end answered one side. In TCP its payload says so, its acknowledgement of more than a SYN,
    /// and what this end acknowledges, which it must have received though the capture lacks it; else packets with payload do,
    /// of any protocol. A RST to a SYN is no answer (RFC 9293, 3.10.7.3), and what was sent after it went nowhere.
    pub(crate) fn answer(&self, cold: &Cold, side: Side) -> Answer {
        let (side, other) = (side & 1, 1 - (side & 1));
        let counters = self.counters(cold);
        if counters.payload[other] > 0 {
            return Answer::Seen;
        }
        if self.key.protocol != TCP {
            let seen = !streams(self.key.protocol) && counters.packets[other] > 0;
            return if seen { Answer::Seen } else { Answer::None };
        }
        let (own, theirs) = (self.seen[side], self.seen[other]);
        let has = |letters: u16| theirs & letters != 0;
        if has(history::ACK | history::FIN) {
            return Answer::Seen;
        }
        let by_own_word =
            if has(history::SYN | history::SYN_ACK) { Answer::Seen } else { Answer::Acknowledged };
        if own & (history::ACK | history::FIN) != 0 {
            return by_own_word;
        }
        let began = own & history::SYN != 0;
        let is_refused = began && has(history::RST) && !has(history::SYN | history::SYN_ACK);
        if is_refused || self.payload_once(cold, side).bytes < FIRST_WINDOW {
            return Answer::None;
        }
        // After a SYN, which acknowledges nothing, a client's bytes do acknowledge.
        let acknowledges = began && own & history::ACK_FLAG != 0;
        if acknowledges || by_own_word == Answer::Seen { by_own_word } else { Answer::Guessed }
    }

    /// Whether the other end acknowledges what one side sent, of which no packet was captured.
    pub(crate) fn is_unseen(&self, cold: &Cold, side: Side) -> bool {
        let (side, other) = (side & 1, 1 - (side & 1));
        let acknowledged = self.key.protocol == TCP && self.seen[other] & history::ACK_FLAG != 0;
        acknowledged && self.counters(cold).packets[side] == 0
    }

    /// Who began the connection, as far as its handshake shows that: of two who called each other at once (RFC 9293, 3.5), the one
    /// whom alone the other let in.
    pub(crate) fn opener(&self) -> Option<Side> {
        let has = |side: Side, letter: u16| self.seen[side & 1] & letter != 0;
        if !(self.shows_client() && has(0, history::SYN) && has(1, history::SYN)) {
            return self.shows_client().then(|| self.client());
        }
        match [0, 1].map(|side| has(1 - side, history::SYN_ACK)) {
            [true, false] => Some(0),
            [false, true] => Some(1),
            _ => None,
        }
    }

    /// Whether a SYN that one side was sent led to nothing that was captured: packets of it were, and no SYN-ACK among them nor
    /// a refusal alone. Anybody who knows addresses and ports of a connection can send such a SYN amid it.
    pub(crate) fn ignores_syn(&self, cold: &Cold, side: Side) -> bool {
        let (own, theirs) = (self.seen[side & 1], self.seen[1 - (side & 1)]);
        let called = self.shows_client() && theirs & history::SYN != 0 && own & history::SYN_ACK == 0;
        called
            && own & (history::ACK | history::DATA | history::FIN) != 0
            && self.counters(cold).packets[side & 1] > 0
    }

    /// The only side that sent, where the other one did not.
    pub(crate) fn only_sender(&self, cold: &Cold) -> Option<Side> {
        let packets = self.counters(cold).packets;
        [0, 1].into_iter().find(|&side| packets[1 - side] == 0)
    }

    /// Whether the other end answered.
    pub(crate) fn is_answered(&self, cold: &Cold, side: Side) -> bool {
        self.answer(cold, side) > Answer::None
    }

    /// Whether what one side sent is judged though it was refused. A little that was refused reached nobody. Who sends content all
    /// the same is judged by what left, for one error is easily sent by who receives it, and would hide it.
    pub(crate) fn counts_though_refused(&self, cold: &Cold, side: Side) -> bool {
        self.payload_once(cold, side).bytes >= UPLOAD_BYTES
    }

    /// Whether the other end reset the connection before it acknowledged a byte. To a SYN alone a RST says nothing that
    /// acknowledges nothing: anybody can send it, and who called does not heed it (RFC 9293, 3.10.7.3).
    pub(crate) fn is_reset(&self, cold: &Cold, side: Side) -> bool {
        let (own, theirs) = (self.seen[side & 1], self.seen[1 - (side & 1)]);
        let asks_alone = own & history::SYN != 0 && own & (history::ACK | history::DATA | history::FIN) == 0;
        let is_heeded = !asks_alone || theirs & history::ACK_FLAG != 0;
        self.key.protocol == TCP && theirs & history::RST != 0 && is_heeded && !self.is_answered(cold, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::{Entry, Share};
    use crate::state::key::Key;
    use crate::state::spell::Spell;
    use lenscap_wire::{Tcp, TcpFlags};

    const SYN: u8 = TcpFlags::SYN;
    const ACK: u8 = TcpFlags::ACK;
    const RST: u8 = TcpFlags::RST;

    /// How one who sent these segments was answered, and whether he was refused. Each: by whom, flags, payload.
    fn of(segments: &[(Side, u8, u32)]) -> (Answer, bool) {
        let mut spell: Option<Spell> = None;
        let mut sequence = [1000, 9000];
        for &(side, flags, payload) in segments {
            let tcp = Tcp { flags: TcpFlags(flags), sequence: sequence[side], window: 1, ..Tcp::default() };
            sequence[side] += payload + u32::from(flags & SYN != 0);
            let share = Share { payload, ..Share::default() };
            let entry = Entry { share, tcp: Some(tcp), ..Entry::default() };
            match &mut spell {
                Some(spell) => _ = spell.hot.absorb(&mut spell.cold, &entry, side),
                None => spell = Some(Spell::begin(Key { protocol: TCP, ..Key::default() }, side, &entry)),
            }
        }
        let Spell { hot, cold } = spell.unwrap();
        assert!(!hot.is_unseen(&cold, 0), "a packet of it was captured");
        (hot.answer(&cold, 0), hot.is_reset(&cold, 0))
    }

    const CALL: (Side, u8, u32) = (0, SYN, 0);
    const MUCH: (Side, u8, u32) = (0, ACK, 100_000);

    #[test]
    fn what_was_refused_stays_so_whatever_was_sent_after() {
        let refused = (1, RST | ACK, 0);
        assert_eq!(of(&[CALL, refused]), (Answer::None, true));
        assert_eq!(of(&[CALL, refused, MUCH]), (Answer::None, true));
        // The other end had let it in, or the sender received what the capture lacks: then a RST is an end.
        assert_eq!(of(&[CALL, (1, SYN | ACK, 0), MUCH, refused]), (Answer::Seen, false));
        assert_eq!(of(&[CALL, (0, ACK, 0), MUCH, refused]), (Answer::Acknowledged, false));
    }

    #[test]
    fn a_rst_that_acknowledges_nothing_refuses_no_syn() {
        assert_eq!(of(&[CALL, (1, RST, 0)]), (Answer::None, false));
        assert_eq!(of(&[CALL, (0, ACK, 700), (1, RST, 0)]), (Answer::None, true));
    }

    #[test]
    fn an_answer_that_was_not_captured_is_told_from_one_that_was() {
        assert_eq!(of(&[CALL, MUCH]).0, Answer::Acknowledged);
        assert_eq!(of(&[MUCH]).0, Answer::Guessed);
        assert_eq!(of(&[(0, ACK, 9000)]).0, Answer::None);
        assert_eq!(of(&[MUCH, (1, ACK, 0)]).0, Answer::Seen);
        assert_eq!(of(&[CALL, (1, SYN | ACK, 0), (0, ACK, 0)]).0, Answer::Seen);
        assert_eq!(of(&[CALL]).0, Answer::None);
    }
}
