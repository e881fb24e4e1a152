//! What the right side took for granted of the first spell of a key: that nothing stood before it.
//!
//! The left side saw the stamps 1,000 and 1,003 s, the right one 988 and 1,000 s, with an idle time of 10 s. Alone the right one
//! has two spells; in order it is one, since the latest stamp is 1,003 throughout. Likewise a late copy of a SYN begins a
//! spell on the right and none in order. Where that is so, `then` refuses; where stamps are in order and connections
//! are not reused, nothing is looked at.

use hashbrown::HashMap;

use crate::join::refusal::Refusal;
use crate::state::key::TCP;
use crate::state::spell::{Cold, Hot, flag, history};

/// Whether a right-hand spell began with a handshake, or saw the SYN of the SYN-ACK that it began with, or has a list that
/// was cut short.
pub(crate) fn takes_for_granted(hot: &Hot) -> bool {
    hot.flags & (flag::OPENS | flag::SHORT | flag::SHORT << 1) != 0 || took_syn(hot)
}

/// Whether a spell that began with a SYN-ACK went on with the SYN before it.
fn took_syn(hot: &Hot) -> bool {
    let by_answer = hot.flags & flag::OPENS == 0 && hot.shows_client();
    hot.key.protocol == TCP && by_answer && hot.seen.into_iter().any(shows_syn)
}

/// Whether a side may have sent a bare SYN.
fn shows_syn(seen: u16) -> bool {
    seen & (history::SYN | history::MULTI_FLAG | history::INCONSISTENT) != 0
}

/// Latest stamps of the spells on the left that a right-hand one goes on with which ended: the next of its key may go on
/// with them, too.
#[derive(Default)]
pub(crate) struct Chains(HashMap<u32, i64>);

impl Chains {
    /// Whether the next spell of any key is waited for.
    pub(crate) fn await_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Looks at a right-hand spell, which `ended` there or is open, and whose counterpart on the left stands at `place`. They
    /// come in the order of their beginning. Refuses where the second one of a key goes on with the left one, too.
    pub(crate) fn check(
        &mut self,
        place: u32,
        (ours, ours_cold): (&Hot, &Cold),
        (hot, cold, ended): (&Hot, &Cold, bool),
        idle: i64,
    ) -> Result<(), Refusal> {
        if hot.flags & flag::FIRST == 0 {
            let Some(latest) = self.0.remove(&place) else { return Ok(()) };
            let opens = hot.flags & flag::OPENS != 0;
            let own = !opens
                || hot.handshake(cold) == ours.handshake(ours_cold)
                || may_cross((ours, ours_cold), (hot, cold));
            let goes_on = own && cold.first.saturating_sub(latest) <= idle;
            return if goes_on { Err(Refusal::Chain) } else { Ok(()) };
        }
        let (latest, later) = (ours.latest(ours_cold), hot.latest(cold));
        if ended && (latest > later || ours.shows_client()) && ours.goes_on(ours_cold, (hot, cold), idle) {
            self.0.insert(place, latest.max(later));
        }
        Ok(())
    }
}

/// Whether a right-hand spell that goes on with ours was read as it would have been behind ours, as far as its
/// handshake is concerned.
pub(crate) fn is_known((ours, ours_cold): (&Hot, &Cold), (hot, cold): (&Hot, &Cold)) -> bool {
    if hot.flags & flag::OPENS == 0 {
        return !took_syn(hot) || ours.handshake(ours_cold) == hot.handshake(cold);
    }
    if !calls_alike((ours, ours_cold), (hot, cold)) {
        return false;
    }
    let opening = flag::OPENS | flag::PURE;
    if ours.flags & opening == opening {
        return !is_astray((ours, ours_cold), (hot, cold))
            && !trusts_otherwise((ours, ours_cold), (hot, cold));
    }
    // Ours is past its handshake, and the right one was read from a beginning of its own. That is nothing to ours where both
    // of its halves are decided, and where the right one kept every name that ours would keep.
    let open = flag::UNDECIDED | flag::UNDECIDED << 1 | flag::LISTING | flag::LISTING << 1;
    let listed = cold.extra.as_ref().map_or(0, |extra| extra.names().len());
    ours.flags & open == 0 && listed < Cold::NAMES && cold.own_names_are_of(ours_cold)
}

/// Whether a right-hand spell's SYN may cross that of ours, whatever of the right side comes between.
fn may_cross((ours, ours_cold): (&Hot, &Cold), (hot, cold): (&Hot, &Cold)) -> bool {
    let known = ours.flags & flag::SERVER_ISN != 0 && ours_cold.server_isn != cold.client_isn;
    ours.flags & flag::OPENS != 0 && ours.client() != hot.client() && !known
}

/// Whether a right-hand spell that opens has the client that ours has, and took no SYN of the other end for one that crossed
/// its own which crosses none of ours.
fn calls_alike((ours, ours_cold): (&Hot, &Cold), (hot, cold): (&Hot, &Cold)) -> bool {
    let server = 1 - hot.client();
    let crossed = hot.seen.get(server).is_some_and(|seen| shows_syn(*seen));
    ours.handshake(ours_cold) == hot.handshake(cold)
        && (!crossed || ours.is_crossed(ours_cold, (server, cold.server_isn)))
}

/// Whether a right-hand spell that opens believed segments that their receiver dropped and ours would not, or the reverse: what
/// it decided then rests on that.
fn trusts_otherwise((ours, ours_cold): (&Hot, &Cold), (hot, cold): (&Hot, &Cold)) -> bool {
    [0, 1].into_iter().any(|side| {
        let shows = |hot: &Hot| hot.seen.get(side).is_some_and(|seen| *seen != 0);
        let sound = |hot: &Hot, cold: &Cold| hot.began_sound(cold, side);
        shows(ours) && shows(hot) && sound(ours, ours_cold) != sound(hot, cold)
    })
}

/// Whether a right-hand spell that opens with our handshake could not know what its server's bytes belong to.
fn is_astray((ours, ours_cold): (&Hot, &Cold), (hot, cold): (&Hot, &Cold)) -> bool {
    let server = 1 - hot.client();
    let alone = ours.flags & !hot.flags & flag::SERVER_ISN != 0;
    let both = ours.flags & hot.flags & flag::SERVER_ISN != 0;
    let differs = both && ours_cold.server_isn != cold.server_isn;
    if !(alone || differs) {
        return ours_cold.half(server).is_some();
    }
    // Without a FIN nothing but payload is read, and a stream that begins where our SYN-ACK says was read as it should be.
    let fin = history::FIN | history::MULTI_FLAG | history::INCONSISTENT;
    let plain = hot.seen.get(server).is_some_and(|seen| seen & fin == 0);
    let begins = Some(ours_cold.server_isn.wrapping_add(1));
    let known = alone && hot.begins(cold, server) == begins;
    ours_cold.half(server).is_some()
        || !(plain && (known || hot.counters(cold).payload.get(server) == Some(&0)))
}
