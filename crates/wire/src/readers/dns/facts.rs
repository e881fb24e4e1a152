//! What a DNS message says, the same for unicast, multicast and link-local services.

use arrayvec::ArrayVec;

use super::{
    message::{A, AAAA, CNAME, DnsMessage, Entry, HTTPS, NS, SOA, SRV, SVCB, Section},
    name::{self, Name, Names},
};
use crate::{
    Address, Fact, Resolver,
    cursor::Cursor,
    reader::Facts,
    text::{MAX_VALUE, Text},
};

const MAX_QUESTIONS: usize = 32;
const MAX_ALIASES: usize = 32;
const MAX_CHAIN: usize = 16;
const MAX_HINTS: usize = 32;

/// The names that are asked for.
pub(crate) fn questions(message: &DnsMessage<'_>, by: Resolver, facts: Facts<'_>) {
    let mut names = Names::of(message.bytes);
    for question in message.asked().take(MAX_QUESTIONS) {
        if let Some(name) = names.read(question.name).filter(|name| !name.is_empty()) {
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
///
/// Two walks over the entries, and names within the steps of [`Names`]: an answer costs what its bytes do.
pub(crate) fn response(message: &DnsMessage<'_>, by: Resolver, facts: Facts<'_>) {
    let survey = Survey::of(message);
    let mut names = Names::of(message.bytes);
    let Some(chain) = Chain::of(&survey, &mut names) else { return };
    let mut answered = false;
    let mut understood = !chain.question.is_empty() && chain.whole;
    if survey.addressed {
        for entry in message.answers() {
            let mut say = |owner: &Named<'_>, target: &Name, address| {
                answered |= matches!(owner, Named::Link(_));
                chain.say(by, owner, target, address, facts);
            };
            understood &= read_answer(message, &entry, &chain, &mut names, &mut say).is_some();
        }
    }
    let name = chain.question.as_bytes();
    if answered || name.is_empty() {
        return;
    }
    if by == Resolver::Dns && understood && survey.whole && !message.is_cut() {
        chain.stands_for(message, &mut names, facts);
    }
    if understood && !message.is_cut() && survey.is_denial(message) {
        facts(Fact::Denied { by, name, code: message.code() });
    } else if by == Resolver::Dns && survey.is_of_address() && !survey.is_referral() {
        facts(Fact::Denied { by, name, code: Fact::UNREAD });
    }
}

/// Gives `say` the addresses in one record; `None` where its owner cannot be read.
fn read_answer(
    message: &DnsMessage<'_>,
    entry: &Entry<'_>,
    chain: &Chain,
    names: &mut Names<'_>,
    say: &mut dyn FnMut(&Named<'_>, &Name, Address),
) -> Option<()> {
    if let Some(address) = address(entry) {
        say(&chain.owner(entry.name, names)?, &Name::new(), address);
    } else if matches!(entry.kind, SVCB | HTTPS) {
        // The target's name belongs to the chain; a lone root stands for the owner itself.
        let at = entry.name_in_data(message.bytes, 2);
        let target = at.and_then(|at| names.read(at)).cloned();
        let owner = chain.owner(entry.name, names)?;
        if let Some(target) = target {
            hints(message, entry, |address| say(&owner, &target, address));
        }
    }
    Some(())
}

/// The address hints of a service binding (RFC 9460, 7.3), at most 32.
fn hints(message: &DnsMessage<'_>, entry: &Entry<'_>, mut say: impl FnMut(Address)) -> Option<()> {
    const IPV4: u16 = 4;
    const IPV6: u16 = 6;
    let start = name::skip(message.bytes, entry.data_at + 2)?;
    let end = entry.data_at + entry.data.len();
    let mut parameters = Cursor(message.bytes.get(start..end)?);
    let mut left = MAX_HINTS;
    while !parameters.is_empty() {
        let (key, mut list) = (parameters.u16()?, Cursor(parameters.vector16()?));
        while matches!(key, IPV4 | IPV6) && left > 0 {
            let address = match key {
                IPV4 => list.array().map(Address::v4),
                _ => list.array().map(Address::v6),
            };
            let Some(address) = address else { break };
            say(address);
            left -= 1;
        }
    }
    Some(())
}

/// What one walk over a response finds.
#[derive(Debug, Default)]
struct Survey {
    /// Place of the name that was asked for, and the type.
    asked: Option<(usize, u16)>,
    /// Owner and target of each alias among the answers.
    aliases: ArrayVec<(usize, usize), MAX_ALIASES>,
    /// Whether all of them could be placed.
    aliases_whole: bool,
    /// Whether there are answers that may hold addresses.
    addressed: bool,
    authority: Authority,
    /// Whether every question, answer and authority that the header promises can be read.
    whole: bool,
}

impl Survey {
    fn of(message: &DnsMessage<'_>) -> Self {
        let mut survey = Self { aliases_whole: true, ..Self::default() };
        let mut found = 0;
        for entry in message.entries().take(message.promised()) {
            found += 1;
            match (entry.section, entry.kind) {
                (Section::Question, kind) => {
                    survey.asked.get_or_insert((entry.name, kind));
                }
                (Section::Answer, kind) => {
                    survey.addressed |= matches!(kind, A | AAAA | SVCB | HTTPS);
                    if kind == CNAME {
                        let target = entry.name_in_data(message.bytes, 0);
                        let placed =
                            target.is_some_and(|at| survey.aliases.try_push((entry.name, at)).is_ok());
                        survey.aliases_whole &= placed;
                    }
                }
                (_, SOA) => survey.authority = Authority::Start,
                (_, NS) if survey.authority == Authority::Silent => survey.authority = Authority::Servers,
                _ => {}
            }
        }
        survey.whole = found == message.promised();
        survey
    }

    /// Whether a response without addresses says that there are none, rather than something else.
    fn is_denial(&self, message: &DnsMessage<'_>) -> bool {
        if message.code() != 0 {
            return self.asked.is_some();
        }
        self.is_of_address() && !self.is_referral() && self.whole
    }

    /// Whether it was asked for what leads to an address.
    fn is_of_address(&self) -> bool {
        matches!(self.asked, Some((_, A | AAAA | SRV | SVCB | HTTPS)))
    }

    /// Whether it refers to other servers.
    fn is_referral(&self) -> bool {
        self.authority == Authority::Servers
    }
}

/// What the authority section holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Authority {
    /// Neither of the two.
    #[default]
    Silent,
    /// Servers only: a referral to others.
    Servers,
    /// A start of authority: who answers knows.
    Start,
}

/// Whose address it is.
#[derive(Debug)]
enum Named<'n> {
    /// The name that so many links of the chain lead to.
    Link(usize),
    /// A name that the question does not lead to.
    Other(&'n [u8]),
}

/// The name asked for and the canonical names that lead on from it, in whatever order the records stand.
#[derive(Debug)]
struct Chain {
    /// Empty where nobody knows what was asked.
    question: Name,
    /// Keys of the question and of the links.
    keys: ArrayVec<u64, { MAX_CHAIN + 1 }>,
    /// The links joined by spaces, as many as a fact holds.
    text: Text<MAX_VALUE>,
    /// How much of that text leads to each key.
    ends: ArrayVec<usize, { MAX_CHAIN + 1 }>,
    /// Whether all aliases could be read.
    whole: bool,
}

impl Chain {
    /// `None` where the question cannot be read.
    fn of(survey: &Survey, names: &mut Names<'_>) -> Option<Self> {
        let mut links = ArrayVec::<Link, MAX_ALIASES>::new();
        links.extend(survey.aliases.iter().filter_map(|&(owner, target)| Link::of(owner, target, names)));
        let mut chain = Self {
            question: Name::new(),
            keys: ArrayVec::new(),
            text: Text::new(),
            ends: ArrayVec::new(),
            whole: survey.aliases_whole && links.len() == survey.aliases.len(),
        };
        // A response may leave its question out (RFC 1035, 4.1): then the alias that none leads to was asked for.
        let start = match survey.asked {
            Some((at, _)) => Some(at),
            None => first_alias(&links, names),
        };
        if let Some(at) = start {
            chain.question = names.read(at)?.clone();
            chain.keys.push(names.key(at)?);
            chain.ends.push(0);
            chain.follow(&links, names);
        }
        Some(chain)
    }

    fn follow(&mut self, links: &[Link], names: &mut Names<'_>) -> Option<()> {
        let mut fits = true;
        while let Some(last) = self.keys.last().copied()
            && !self.keys.is_full()
        {
            names.spend(links.len() + self.keys.len())?;
            let link = links.iter().find(|link| link.owner == last)?;
            if self.keys.contains(&link.target) {
                return None;
            }
            fits = fits && append(&mut self.text, names.read(link.target_at)?);
            self.keys.push(link.target);
            self.ends.push(self.text.as_bytes().len());
        }
        Some(())
    }

    /// Whose name stands at `at`; `None` where it cannot be read.
    fn owner<'n>(&self, at: usize, names: &'n mut Names<'_>) -> Option<Named<'n>> {
        let key = names.key(at)?;
        names.spend(self.keys.len())?;
        match self.keys.iter().position(|&known| known == key) {
            Some(place) => Some(Named::Link(place)),
            None => names.read(at).map(|name| Named::Other(name.as_bytes())),
        }
    }

    /// Yields what the question stands for, where an alias says that: a canonical name, or the target of a service binding that is an
    /// alias (RFC 9460, 2.4.2).
    fn stands_for(&self, message: &DnsMessage<'_>, names: &mut Names<'_>, facts: Facts<'_>) -> Option<()> {
        let mut text = Text::<MAX_VALUE>::new();
        text.extend(self.text.as_bytes());
        let is_alias =
            |entry: &Entry<'_>| matches!(entry.kind, SVCB | HTTPS) && entry.data.starts_with(&[0, 0]);
        if let Some(entry) = message.answers().find(is_alias) {
            let at = entry.name_in_data(message.bytes, 2)?;
            let Named::Link(place) = self.owner(entry.name, names)? else { return None };
            text = Text::new();
            text.extend(self.text.as_bytes().get(..*self.ends.get(place)?)?);
            append(&mut text, names.read(at)?);
        }
        if !text.is_empty() {
            let (name, chain) = (self.question.as_bytes(), text.as_bytes());
            facts(Fact::Alias { by: Resolver::Dns, name, chain });
        }
        Some(())
    }

    /// Yields an answer. A record that the question does not lead to speaks of its own owner.
    fn say(&self, by: Resolver, owner: &Named<'_>, target: &Name, address: Address, facts: Facts<'_>) {
        let (name, end) = match owner {
            Named::Link(place) => (self.question.as_bytes(), self.ends.get(*place).copied().unwrap_or(0)),
            Named::Other(name) => (*name, 0),
        };
        // An address of the root names nobody.
        if name.is_empty() {
            return;
        }
        let chain = self.text.as_bytes().get(..end).unwrap_or_default();
        if target.is_empty() {
            return facts(Fact::Answer { by, name, chain, address });
        }
        let mut text = Text::<MAX_VALUE>::new();
        text.extend(chain);
        append(&mut text, target);
        facts(Fact::Answer { by, name, chain: text.as_bytes(), address });
    }
}

/// An alias and its canonical name.
#[derive(Clone, Copy, Debug)]
struct Link {
    owner: u64,
    owner_at: usize,
    target: u64,
    target_at: usize,
}

impl Link {
    fn of(owner_at: usize, target_at: usize, names: &mut Names<'_>) -> Option<Self> {
        Some(Self { owner: names.key(owner_at)?, owner_at, target: names.key(target_at)?, target_at })
    }
}

/// Where the first alias stands that no other leads to.
fn first_alias(links: &[Link], names: &mut Names<'_>) -> Option<usize> {
    for link in links {
        names.spend(links.len())?;
        if links.iter().all(|other| other.target != link.owner) {
            return Some(link.owner_at);
        }
    }
    None
}

/// Appends a name to a text of names, where it fits as a whole.
fn append(text: &mut Text<MAX_VALUE>, name: &Name) -> bool {
    let space = usize::from(!text.is_empty());
    let fits = text.as_bytes().len() + space + name.as_bytes().len() <= MAX_VALUE;
    if fits && !name.is_empty() {
        if space == 1 {
            text.push(b' ');
        }
        text.extend(name.as_bytes());
    }
    fits
}
