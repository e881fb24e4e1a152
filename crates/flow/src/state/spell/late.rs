//! Segments of a connection that has ended, which come while the next one on the same ports is asked for.
//!
//! A client closes, asks for the next connection from the same port at once, and only then comes its last ACK of the first, with
//! the numbers of the first. Nobody has answered yet, so no segment without SYN can be of the new one (RFC 9293, 3.10.7.3):
//! it goes to the one before if it stands where that one's half ended.

use lenscap_wire::{Tcp, TcpFlags};

use super::{Cold, Hot, flag, history};
use crate::state::entry::Entry;
use crate::state::key::Side;

impl Hot {
    /// Whether a client has asked for this connection and nobody has answered: nothing but its SYN was seen.
    #[inline]
    pub(crate) fn is_asking(&self) -> bool {
        let asks = flag::OPENS | flag::PURE;
        self.flags & (asks | flag::SERVER_ISN) == asks
    }

    /// Whether a segment of this length shows numbers of another handshake than the one that this spell asks for: an ACK of the
    /// client's behind another SYN, or one of the server's for another.
    pub(crate) fn is_strange(&self, cold: &Cold, tcp: &Tcp, payload: u32, side: Side) -> bool {
        is_bare(tcp, payload) && self.is_other(cold, [tcp.sequence, tcp.acknowledgement], side)
    }

    /// Whether these numbers of a side, its own and what it acknowledges, are of another handshake than this spell's.
    fn is_other(&self, cold: &Cold, [sequence, acknowledgement]: [u32; 2], side: Side) -> bool {
        let number = if side & 1 == self.client() { sequence } else { acknowledgement };
        number != cold.client_isn.wrapping_add(1)
    }

    /// Keeps the numbers of a spell's first segment where that is of no handshake and may be late: an earlier chunk may have asked
    /// for a connection that they are not of. They stand where a handshake's would.
    pub(super) fn note_first(cold: &mut Cold, tcp: &Tcp, payload: u32) {
        if is_bare(tcp, payload) {
            [cold.client_isn, cold.server_isn] = [tcp.sequence, tcp.acknowledgement];
        }
    }

    /// Whether a segment of a later part, which goes on with this spell, is strange to it: its first one, or one that was strange to
    /// the same SYN there.
    pub(super) fn is_strange_to(&self, cold: &Cold, (later, later_cold): (&Self, &Cold)) -> bool {
        if !self.is_asking() {
            return false;
        }
        if later.flags & flag::OPENS != 0 {
            return later_cold.history.is_marked() && later.handshake(later_cold) == self.handshake(cold);
        }
        let numbers = [later_cold.client_isn, later_cold.server_isn];
        let known = !later.shows_client() && numbers != [0; 2];
        known && self.is_other(cold, numbers, later.first_side())
    }

    /// Whether a segment without payload stands where this spell's half ended, within the `idle` time: behind its last byte,
    /// or behind its FIN.
    pub(crate) fn ends_at(&self, cold: &Cold, entry: &Entry, side: Side, idle: i64) -> bool {
        let (Some(tcp), Some(end)) = (&entry.tcp, self.end_of(cold, side & 1)) else { return false };
        let fin = self.seen[side & 1] & (history::FIN | history::FIN_FLAG) != 0;
        tcp.sequence.wrapping_sub(end) <= u32::from(fin) && !self.has_ended(cold, entry.share.time, idle)
    }

    /// The sequence number behind the last payload of a half, or behind its SYN.
    fn end_of(&self, cold: &Cold, side: Side) -> Option<u32> {
        if self.flags & flag::SEQUENCED << side != 0 {
            return Some(self.next[side]);
        }
        cold.start(self, side)
    }
}

/// Whether a segment is no more than an acknowledgement, as a late one is. One without numbers is none: two zeros stand for what
/// is not kept.
fn is_bare(tcp: &Tcp, payload: u32) -> bool {
    payload == 0
        && (tcp.sequence, tcp.acknowledgement) != (0, 0)
        && tcp.flags.has(TcpFlags::ACK)
        && !tcp.flags.has(TcpFlags::SYN)
        && !tcp.flags.has(TcpFlags::RST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::entry::Share;
    use crate::state::key::{Key, TCP};
    use crate::state::spell::Spell;

    const CLIENT: Side = 0;
    const SERVER: Side = 1;

    fn entry(flags: u8, (sequence, acknowledgement): (u32, u32), payload: u32) -> Entry {
        let tcp = Tcp { flags: TcpFlags(flags), sequence, acknowledgement, window: 1000 };
        Entry { share: Share { payload, ..Share::default() }, tcp: Some(tcp), ..Entry::default() }
    }

    fn asked() -> Spell {
        Spell::begin(Key { protocol: TCP, ..Key::default() }, CLIENT, &entry(TcpFlags::SYN, (900, 0), 0))
    }

    #[test]
    fn what_is_of_another_handshake_is_strange() {
        let Spell { hot, cold } = asked();
        assert!(hot.is_asking());
        let strange = |flags, numbers, payload, side| {
            let entry = entry(flags, numbers, payload);
            hot.is_strange(&cold, &entry.tcp.unwrap(), payload, side)
        };
        assert!(strange(TcpFlags::ACK, (77, 5), 0, CLIENT));
        assert!(strange(TcpFlags::ACK | TcpFlags::FIN, (77, 5), 0, CLIENT));
        assert!(strange(TcpFlags::ACK, (5, 77), 0, SERVER));
        assert!(
            !strange(TcpFlags::ACK, (901, 5), 0, CLIENT),
            "the third segment, where the second was not captured"
        );
        assert!(!strange(TcpFlags::ACK, (5, 901), 0, SERVER));
        assert!(!strange(TcpFlags::ACK, (77, 5), 9, CLIENT), "bytes are never late");
        assert!(!strange(TcpFlags::ACK | TcpFlags::RST, (0, 77), 0, SERVER), "a refusal");
    }

    #[test]
    fn a_half_ends_behind_its_last_byte_or_its_fin() {
        let Spell { mut hot, mut cold } = asked();
        let ends = |hot: &Hot, cold: &Cold, sequence| {
            hot.ends_at(cold, &entry(TcpFlags::ACK, (sequence, 1), 0), CLIENT, i64::MAX)
        };
        assert!(ends(&hot, &cold, 901) && !ends(&hot, &cold, 902));
        hot.absorb(&mut cold, &entry(TcpFlags::ACK, (901, 1), 100), CLIENT);
        assert!(!hot.is_asking());
        assert!(ends(&hot, &cold, 1001) && !ends(&hot, &cold, 1002), "no FIN was seen");
        hot.absorb(&mut cold, &entry(TcpFlags::ACK | TcpFlags::FIN, (1001, 1), 0), CLIENT);
        assert!(ends(&hot, &cold, 1002) && ends(&hot, &cold, 1001) && !ends(&hot, &cold, 1003));
    }
}
