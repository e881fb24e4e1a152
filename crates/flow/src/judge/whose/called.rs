//! What a flow's server is called, and by which packet: the names that reports show beside it, and the one that decided
//! whose it is.

use lenscap_wire::PacketRef;

use super::opinion::owner;
use crate::judge::judged::{Judged, KINDS};
use crate::judge::{Court, Flow};
use crate::report::Attribution;
use crate::state::key::Side;

/// A name of a flow, before it is numbered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) source: &'static str,
    /// The packet that shows it.
    pub(crate) at: Option<PacketRef>,
    /// What an attribution by it is called.
    by: Attribution,
    /// The end that it is a name of.
    about: Side,
}

impl<'a> Court<'a> {
    /// The names of a flow's server, best source first.
    pub(crate) fn names_of(&self, flow: &Flow<'a>, judged: &Judged) -> Vec<Name<'a>> {
        let mut all: Vec<Name<'a>> = Vec::new();
        let mut push = |name: Name<'a>| {
            if !name.text.is_empty()
                && !all.iter().any(|known| (known.text, known.source) == (name.text, name.source))
            {
                all.push(name);
            }
        };
        let told = self.told_names(flow, judged);
        for (field, by) in KINDS {
            if by == Attribution::Certificate {
                for (name, _) in told.iter().filter(|(_, own)| *own) {
                    push(*name);
                }
            }
            let source = by.word();
            for flow in self.tellers(flow) {
                for side in [0, 1] {
                    let at = self.decided(&flow, side);
                    for (of, text, of_receiver) in self.said(&flow, side) {
                        if of == field {
                            let about = if of_receiver { 1 - side } else { side };
                            push(Name { text, source, at, by, about });
                        }
                    }
                }
                if by == Attribution::Host {
                    for id in flow.cold.later_names() {
                        let text = self.summary.flows.texts.text(id);
                        push(Name { text, source, at: None, by, about: judged.remote() });
                    }
                }
            }
        }
        for (name, _) in told {
            push(name);
        }
        all
    }

    /// What the asker, else somebody, was told that the other end is called, with the aliases on the way; and whether
    /// it was [its own](super::name::Named::is_own) look-up.
    fn told_names(&self, flow: &Flow<'a>, judged: &Judged) -> Vec<(Name<'a>, bool)> {
        let Some(named) = self.named(flow, judged) else { return Vec::new() };
        let name = |text, source| Name {
            text,
            source,
            at: Some(named.at),
            by: Attribution::Dns,
            about: judged.remote(),
        };
        let first = name(named.name, named.source);
        let links = named.chain.split(|&byte| byte == b' ');
        let all = std::iter::once(first).chain(links.map(|link| name(link, "cname")));
        all.map(|name| (name, named.is_own())).collect()
    }

    /// The name that decided whose the other end is; where none did, the best one.
    pub(crate) fn best_name(&self, flow: &Flow<'a>, judged: &Judged) -> Option<Name<'a>> {
        let names = self.names_of(flow, judged);
        let (remote, one_outside) = (judged.remote(), judged.is_outside(0) != judged.is_outside(1));
        let decided =
            names.iter().find(|name| Some(name.by) == judged.attribution && self.owns(judged, name));
        let best = || names.iter().find(|name| name.about == remote || !one_outside);
        decided.or_else(best).copied()
    }

    /// The packet that shows whose a flow's other end is, or what it is called.
    pub(crate) fn shows_party(&self, flow: &Flow<'a>, judged: &Judged) -> Option<PacketRef> {
        match judged.attribution {
            // A range of addresses has no packet.
            Some(Attribution::Address) => None,
            Some(Attribution::Protocol | Attribution::Learned) => self.shows_protocol(flow, judged),
            _ => self.best_name(flow, judged)?.at,
        }
    }

    /// Whether a name is the vendor's to whom a flow was attributed.
    fn owns(&self, judged: &Judged, name: &Name<'_>) -> bool {
        let (endpoint, _) = owner(self.catalog, name.text);
        endpoint.is_some_and(|endpoint| endpoint.vendor.0 == judged.vendor)
    }
}
