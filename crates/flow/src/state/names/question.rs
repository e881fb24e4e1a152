//! What was heard of a question to a name service: who asked, how often, and what came back.

use lenscap_wire::{Fact, Mac, PacketRef};
use serde::{Deserialize, Serialize};

use super::exchange::{Asked, Exchange};
use super::reply::Reply;

/// How often somebody asked for a name, and what came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    /// Answers without an address.
    pub(crate) denials: Denials,
    /// From which MAC it was asked: zero where none was seen, [`Question::SEVERAL`] where not from one alone.
    pub(crate) from: [u8; 6],
    /// The exchanges in which it was asked.
    pub(crate) exchanges: Asked,
    /// Earliest and latest stamp.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// The first packet about it.
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

/// Answers without an address that have the same response code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Denial {
    /// Their response code (RFC 1035, 4.1.1), or [`Fact::UNREAD`].
    pub(crate) code: u8,
    /// To which question they are answers: anybody can send one that nobody asked for.
    pub(crate) reply: Reply,
}

impl Denial {
    /// What says more comes first: that there is no such name, that it has no address, that the service failed, and that what it said could
    /// not be read.
    const fn rank(&self) -> u8 {
        match self.code {
            3 => 0,
            0 => 1,
            Fact::UNREAD => u8::MAX,
            code => code.saturating_add(1),
        }
    }
}

/// The answers without an address, those of two codes: a forged one does not hide the true one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Denials {
    /// What says most comes first.
    kept: [Option<Denial>; 2],
    /// There were others, which said less.
    pub(crate) more: bool,
}

impl Denials {
    pub(super) const fn one(denial: Denial) -> Self {
        Self { kept: [Some(denial), None], more: false }
    }

    /// Each, what says most first.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Denial> {
        self.kept.iter().flatten()
    }

    /// Takes in later ones. Those that are kept of all are among those that are kept of each part, with all equal ones.
    fn join(&mut self, later: &Self) {
        self.more |= later.more;
        for denial in later.each() {
            let same = self.kept.iter_mut().flatten().find(|known| known.code == denial.code);
            if let Some(known) = same {
                known.reply.join(&denial.reply);
                continue;
            }
            let mut left = Some(*denial);
            for place in &mut self.kept {
                let before = match (&*place, &left) {
                    (Some(known), Some(new)) => new.rank() < known.rank(),
                    (known, new) => known.is_none() && new.is_some(),
                };
                if before {
                    std::mem::swap(place, &mut left);
                }
            }
            self.more |= left.is_some();
        }
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
        self.exchanges.join(&later.exchanges);
        self.denials.join(&later.denials);
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
        Asked::one(if let Self::Asked(_, exchange) = self { exchange } else { None })
    }

    pub(super) fn denials(self) -> Denials {
        if let Self::Denied(denial) = self { Denials::one(denial) } else { Denials::default() }
    }
}
