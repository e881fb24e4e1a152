//! What a DNS message says, the same for unicast, multicast and link-local services.

use arrayvec::ArrayVec;

use super::{
    message::{A, AAAA, CNAME, DnsMessage, Entry, HTTPS, NS, SOA, SVCB, Section},
    name::{self, Name},
};
use crate::{
    Address, Fact, Resolver,
    cursor::Cursor,
    reader::Facts,
    text::{MAX_VALUE, Text},
};

const MAX_QUESTIONS: usize = 32;
const MAX_CHAIN: usize = 16;

/// The names that are asked for.
pub(crate) fn questions(message: &DnsMessage<'_>, by: Resolver, facts: Facts<'_>) {
    let mut name = Name::new();
    for question in message.asked().take(MAX_QUESTIONS) {
        if name::read(message.bytes, question.name, &mut name).is_some() && !name.is_empty() {
            facts(Fact::Asks { by, name: name.as_bytes() });
        }
    }
}

/// The address of an A or AAAA record.
pub(crate) fn address(entry: &Entry<'_>) -> Option<Address> {
    match entry.kind {
        A => entry.data.try_into().ok().map(Address::v4),
        AAAA => entry.data.try_into().ok().map(Address::v6),
        _ => None,
    }
}

/// The addresses that answer the question, or that there are none.
pub(crate) fn response(message: &DnsMessage<'_>, by: Resolver, facts: Facts<'_>) {
    let Some(question) = message.asked().next() else { return };
    let Some(chain) = Chain::of(message, question.name) else { return };
    let (mut answered, mut understood) = (false, !chain.question.is_empty());
    let (mut owner, mut target) = (Name::new(), Name::new());
    for entry in message.section(Section::Answer) {
        if name::read(message.bytes, entry.name, &mut owner).is_none() {
            understood = false;
            continue;
        }
        if let Some(address) = address(&entry) {
            answered = true;
            chain.say(by, &owner, &target, address, facts);
        } else if matches!(entry.kind, SVCB | HTTPS) {
            // The target's name belongs to the chain; a lone root stands for the owner itself.
            let target_at = entry.name_in_data(message.bytes, 2);
            if target_at.and_then(|at| name::read(message.bytes, at, &mut target)).is_some() {
                hints(message, &entry, |address| {
                    answered = true;
                    chain.say(by, &owner, &target, address, facts);
                });
            }
            target.clear();
        }
    }
    if understood && !answered && !message.is_cut() && is_denial(message, question.kind) {
        facts(Fact::Denied { by, name: chain.question.as_bytes(), code: message.code() });
    }
}

/// Whether a response without addresses says that there are none, rather than something else.
fn is_denial(message: &DnsMessage<'_>, asked: u16) -> bool {
    if message.code() != 0 {
        return true;
    }
    // Servers named without a start of authority are a referral to others.
    let has = |kind| message.section(Section::Authority).any(|entry| entry.kind == kind);
    matches!(asked, A | AAAA) && (has(SOA) || !has(NS)) && message.is_answered_whole()
}

/// The address hints of a service binding (RFC 9460, 7.3).
fn hints(message: &DnsMessage<'_>, entry: &Entry<'_>, mut say: impl FnMut(Address)) -> Option<()> {
    const IPV4: u16 = 4;
    const IPV6: u16 = 6;
    let start = name::skip(message.bytes, entry.data_at + 2)?;
    let end = entry.data_at + entry.data.len();
    let mut parameters = Cursor(message.bytes.get(start..end)?);
    while !parameters.is_empty() {
        let (key, mut list) = (parameters.u16()?, Cursor(parameters.vector16()?));
        match key {
            IPV4 => {
                while let Some(four) = list.array() {
                    say(Address::v4(four));
                }
            }
            IPV6 => {
                while let Some(six) = list.array() {
                    say(Address::v6(six));
                }
            }
            _ => {}
        }
    }
    Some(())
}

/// The name asked for and the canonical names that lead on from it, in whatever order the records stand.
struct Chain {
    question: Name,
    links: ArrayVec<Name, MAX_CHAIN>,
}

impl Chain {
    fn of(message: &DnsMessage<'_>, question_at: usize) -> Option<Self> {
        let mut question = Name::new();
        name::read(message.bytes, question_at, &mut question)?;
        let mut chain = Self { question, links: ArrayVec::new() };
        let mut target = Name::new();
        while !chain.links.is_full() && chain.next(message, &mut target).is_some() {
            if chain.position(&target).is_some() {
                break;
            }
            chain.links.push(target.clone());
        }
        Some(chain)
    }

    /// Writes the canonical name of the chain's last name.
    fn next(&self, message: &DnsMessage<'_>, target: &mut Name) -> Option<()> {
        let last = self.links.last().unwrap_or(&self.question);
        let mut aliases = message.section(Section::Answer).filter(|entry| entry.kind == CNAME);
        let alias = aliases.find(|alias| {
            name::read(message.bytes, alias.name, target).is_some() && target.as_bytes() == last.as_bytes()
        })?;
        name::read(message.bytes, alias.name_in_data(message.bytes, 0)?, target)
    }

    /// How many links lead to `name`: 0 for the question itself.
    fn position(&self, name: &Name) -> Option<usize> {
        let names = std::iter::once(&self.question).chain(&self.links);
        names.into_iter().position(|known| known.as_bytes() == name.as_bytes())
    }

    /// Yields an answer. A record that the question does not lead to speaks of its own owner.
    fn say(&self, by: Resolver, owner: &Name, target: &Name, address: Address, facts: Facts<'_>) {
        let place = self.position(owner);
        let name = if place.is_some() { &self.question } else { owner };
        // An address of the root names nobody.
        if name.is_empty() {
            return;
        }
        let links = self.links.get(..place.unwrap_or(0)).unwrap_or_default();
        let mut text = Text::<MAX_VALUE>::new();
        for link in links.iter().chain([target]).filter(|link| !link.is_empty()) {
            let space = usize::from(!text.is_empty());
            if text.as_bytes().len() + space + link.as_bytes().len() > MAX_VALUE {
                break;
            }
            if space == 1 {
                text.push(b' ');
            }
            text.extend(link.as_bytes());
        }
        facts(Fact::Answer { by, name: name.as_bytes(), chain: text.as_bytes(), address });
    }
}
