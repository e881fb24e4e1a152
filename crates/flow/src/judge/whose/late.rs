//! Names that were told over streams, which is DNS over TCP, and flows that halves of flows named.
//!
//! They stay with the flow until here. A camera whose answer over UDP was truncated asks again over TCP: what it is told there
//! becomes an answer at the time of its own packet, and its question is not one without an answer.

use lenscap_wire::{Address, Mac, PacketRef, Resolver};

use crate::state::key::Side;
use crate::state::learned::{Learned, Told};
use crate::state::names::{Denial, Names, Notice, Reply, Run};
use crate::state::spell::Hot;
use crate::state::text::TextId;

/// Something learned, and between whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lesson {
    sender: Address,
    /// The sender's MAC; zero where none was seen.
    mac: Mac,
    receiver: Address,
    learned: Learned,
}

impl Lesson {
    /// What a half told, its texts called as `text` calls them.
    pub(crate) fn of<'l>(
        (hot, mac): (&Hot, Mac),
        side: Side,
        all: &'l [Learned],
        mut text: impl FnMut(TextId) -> TextId + 'l,
    ) -> impl Iterator<Item = Self> + 'l {
        let (sender, receiver) = (hot.key.address(side), hot.key.address(1 - side));
        let rename = move |told: Told<TextId>| told.map(&mut text);
        let mut rename = rename;
        all.iter().map(move |learned| {
            let learned = Learned { told: rename(learned.told), ..*learned };
            Self { sender, mac, receiver, learned }
        })
    }
}

/// Another flow that a half named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Referral {
    pub(crate) address: Address,
    pub(crate) port: u16,
    pub(crate) transport: u8,
    /// Who told it, and who was told.
    pub(crate) parties: [Address; 2],
    /// The reader of what will be spoken there.
    pub(crate) app: u8,
    pub(crate) time: i64,
    pub(crate) at: PacketRef,
}

/// The flows that were named, of which it is known what will be spoken there.
pub(crate) fn referrals(lessons: &[Lesson]) -> Vec<Referral> {
    let of = |lesson: &Lesson| match lesson.learned {
        Learned { told: Told::Refers { address, port, transport, app: Some(app) }, time, at } => {
            let parties = [lesson.sender, lesson.receiver];
            Some(Referral { address, port, transport, parties, app, time, at })
        }
        _ => None,
    };
    lessons.iter().filter_map(of).collect()
}

/// The names and questions in what was learned. Equal answers one after another are a run, so they go in by time.
pub(crate) fn names(mut lessons: Vec<Lesson>) -> Names {
    lessons.sort_by_key(|lesson| (lesson.learned.time, lesson.learned.at));
    let mut names = Names::default();
    for Lesson { sender, mac, receiver, learned: Learned { told, time, at } } in lessons {
        match told {
            Told::Asks { name } => names.hear(sender, name, Notice::Asked(mac, None), time, at),
            Told::Denied { name, code } => {
                let denial = Denial { code, reply: Reply::stream() };
                names.hear(receiver, name, Notice::Denied(denial), time, at);
            }
            Told::Answer { name, chain, address } => {
                let (by, reply) = (Resolver::Dns, Reply::stream());
                let run = Run { name, chain, by, reply, first: time, last: time, count: 1, at };
                names.answer((address, receiver), run);
                names.hear(receiver, name, Notice::Answered, time, at);
            }
            Told::Refers { .. } | Told::Unread => {}
        }
    }
    names
}
