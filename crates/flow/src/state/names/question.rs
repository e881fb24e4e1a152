//! What was heard of a question to a name service: who asked, how often, and what came back.

use lenscap_wire::{Fact, Mac, PacketRef};
use serde::{Deserialize, Serialize};

use super::reply::{Asked, Exchange, Reply};

/// How often somebody asked for a name, and what came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    /// The first answer without an address, rather one that could be read.
    pub(crate) denial: Option<Denial>,
    /// From which MAC it was asked: zero where none was seen, [`Question::SEVERAL`] where not from one alone.
    pub(crate) from: [u8; 6],
    /// The last exchanges in which it was asked.
    pub(crate) exchanges: Asked,
    /// Earliest and latest stamp.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// The first packet about it.
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

/// An answer without an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Denial {
    /// Its response code (RFC 1035, 4.1.1), or [`Fact::UNREAD`].
    pub(crate) code: u8,
    /// To which question it is the answer: anybody can send one that nobody asked for.
    pub(crate) reply: Reply,
}

impl Denial {
    /// Whether what the answer held could not be read.
    pub(crate) const fn is_unread(self) -> bool {
        self.code == Fact::UNREAD
    }
}

impl Question {
    /// Stands for more than one MAC.
    pub(crate) const SEVERAL: [u8; 6] = [0xff; 6];

    /// Whether the station with a MAC may have asked: an address is lent to one station after another, and each VLAN has its own
    /// 192.168.1.64. A MAC that is not known tells nothing.
    pub(crate) fn may_be_of(&self, mac: Mac) -> bool {
        self.from == mac.0 || [[0; 6], Self::SEVERAL].contains(&self.from) || mac.is_zero()
    }

    /// Whether it was seen to be asked, and that may have been the station with a MAC: anybody can send an answer that nobody asked
    /// for.
    pub(crate) fn was_asked_by(&self, mac: Mac) -> bool {
        self.asked > 0 && self.may_be_of(mac)
    }

    /// Takes in what was heard later.
    pub(crate) fn join(&mut self, later: &Self) {
        self.from = match (self.from, later.from) {
            (ours, [0, 0, 0, 0, 0, 0]) => ours,
            ([0, 0, 0, 0, 0, 0], theirs) => theirs,
            (ours, theirs) if ours == theirs => ours,
            _ => Self::SEVERAL,
        };
        self.asked += later.asked;
        self.answered += later.answered;
        let theirs = later.denial.map(|mut denial| {
            denial.reply.compare(&self.exchanges);
            denial
        });
        self.exchanges.join(&later.exchanges);
        self.denial = match (self.denial, theirs) {
            // What could be read says more than what could not.
            (Some(ours), Some(theirs)) if ours.is_unread() && !theirs.is_unread() => Some(theirs),
            (ours, theirs) => ours.or(theirs),
        };
        self.first = self.first.min(later.first);
        self.last = self.last.max(later.last);
    }
}

/// Something said about a name, with its time and packet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    /// It was asked for, from a MAC; zero where there is none of the asker's own. Where by a datagram, in which exchange.
    Asked(Mac, Option<Exchange>),
    Answered,
    Denied(Denial),
}

impl Notice {
    pub(super) fn exchanges(self) -> Asked {
        match self {
            Self::Asked(_, Some(exchange)) => Asked::one(exchange),
            _ => Asked::default(),
        }
    }
}
