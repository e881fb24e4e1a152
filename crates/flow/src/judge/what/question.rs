//! Names that a station asked for and was given no usable address for: how each look-up ended.
//!
//! Asked for `dev.example.com`; NXDOMAIN came: that is a refusal. Nothing came: "no answer was captured", since the capture may
//! lack it. An answer of 0.0.0.0 or an inside address: somebody on the way diverts the name, and it was asked for all the same.
//! What came from where nobody had asked ends no look-up: anybody on the link can send it.

use hashbrown::HashSet;
use lenscap_catalog::Called;
use lenscap_wire::{Address, Fact};

use super::contact::{Asked, Contact, ContactKey};
use super::party::PartyName;
use crate::judge::boundary::Place;
use crate::judge::who::askers::Askers;
use crate::judge::who::device::Stations;
use crate::judge::whose::name::{LookedUp, NameIndex};
use crate::judge::{Court, rules};
use crate::report::LookUp;
use crate::state::names::Question;

/// The response code of a name that does not exist (RFC 1035 4.1.1, RFC 2308).
const NXDOMAIN: u8 = 3;

/// What a station asked for, and how that ended.
pub(crate) type Unanswered = (ContactKey, Asked);

/// Look-ups of vendors' names without a usable address, by the station's place.
pub(crate) fn unanswered(court: &Court<'_>, stations: &Stations<'_>) -> Vec<(usize, Unanswered)> {
    let vendor = |of: &LookedUp<'_>| {
        let endpoint = court.opinions.owner(of.at_end, of.id).0?;
        (!endpoint.roles.only_web()).then_some(endpoint.vendor)
    };
    let mut questions: Vec<_> =
        court.names.questions().into_iter().filter_map(|of| Some((vendor(&of)?, of))).collect();
    if questions.is_empty() {
        return Vec::new();
    }
    questions.sort_by_key(|(_, of)| (of.asker, of.question.at, of.name));
    let given = Given::new(court);
    let mut asked: Vec<(Address, Question, Unanswered)> = Vec::new();
    for (vendor, LookedUp { asker, name, question, .. }) in questions {
        let Some(outcome) = given.outcome(asker, name, &question) else { continue };
        let Some(party) = PartyName::named(name) else { continue };
        let Question { at, first, last, .. } = question;
        let one = Asked { at, first, last, outcome, vendor };
        asked.push((asker, question, ((Called::Out, PartyName::Name(party)), one)));
    }
    if asked.is_empty() {
        return Vec::new();
    }
    let residents = stations.iter().flat_map(|device| {
        let (key, place) = (device.key, device.place);
        device.addresses().map(move |address| (address, key, place))
    });
    let askers = Askers::new(asked.iter().map(|(asker, ..)| *asker), residents);
    let of =
        |(asker, question, asked): (Address, Question, _)| Some((askers.station(asker, &question)?, asked));
    asked.into_iter().filter_map(of).collect()
}

/// Which names askers were given addresses for: of the outside, any, and by answers that nobody had asked for.
struct Given<'c, 'a> {
    names: &'c NameIndex<'a>,
    outside: HashSet<(Address, &'a [u8])>,
    any: HashSet<(Address, &'a [u8])>,
    stray: HashSet<(Address, &'a [u8])>,
}

impl<'c, 'a> Given<'c, 'a> {
    fn new(court: &'c Court<'a>) -> Self {
        let (outside, any, stray) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut given = Self { names: &court.names, outside, any, stray };
        for ((address, asker), name, is_stray) in court.names.answers() {
            if is_stray {
                given.stray.insert((asker, name));
                continue;
            }
            given.any.insert((asker, name));
            if court.boundary.place(address) == Some(Place::Outside) {
                given.outside.insert((asker, name));
            }
        }
        // What a name stands for was asked for in its place.
        let aliases: Vec<_> = court.names.aliases().collect();
        for _ in 0..rules::ALIASES {
            for (asker, name, target) in &aliases {
                if given.outside.contains(&(*asker, *target)) {
                    given.outside.insert((*asker, *name));
                }
            }
        }
        given
    }

    /// How a look-up ended; `None` where it gave an address of the outside.
    fn outcome(&self, asker: Address, name: &'a [u8], question: &Question) -> Option<LookUp> {
        let of = (asker, name);
        if self.outside.contains(&of) {
            return None;
        }
        if self.any.contains(&of) {
            return Some(LookUp::Diverted);
        }
        // The answer may have left memory, but not where a stray one stands for it.
        if question.answered > 0 && !self.stray.contains(&of) {
            return None;
        }
        let denial = self.names.denial(asker, question);
        // What was not kept may be the true answer.
        if denial.is_none() && question.denials.more {
            return None;
        }
        // An answer where nobody had asked shows no question.
        if question.asked == 0 && denial.is_none() {
            return None;
        }
        Some(match denial {
            None => LookUp::Unanswered,
            Some(Fact::UNREAD) => LookUp::Unread,
            Some(NXDOMAIN) => LookUp::Denied,
            Some(0) => LookUp::WithoutAddress,
            Some(code) => LookUp::Failed(code),
        })
    }
}

impl Contact {
    /// Look-ups that were denied.
    pub(crate) fn denied(&self) -> u64 {
        self.asked.iter().filter(|asked| asked.outcome == LookUp::Denied).count() as u64
    }
}
