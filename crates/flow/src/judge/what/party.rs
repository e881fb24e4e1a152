//! Who the other end of a flow is to a station: by the name that it knew it by, else by its address.
//!
//! A hello for `dev.example.com` names the party, whatever others call its address. Private addresses inside of a tunnel to the
//! outside are nobody's: the party is where the tunnel ends.

use lenscap_catalog::Called;
use lenscap_wire::{Activity, Address, Layer, ReaderId};
use std::collections::BTreeSet;

use super::contact::Dealing;
use crate::judge::judged::{Judged, KINDS, certifies, host_of, host_part};
use crate::judge::whose::name::Named;
use crate::judge::whose::proxied::literal;
use crate::judge::{Court, Flow, boundary};
use crate::report::Attribution;
use crate::state::key::{ICMP, ICMP6, Side};
use crate::state::path::PathId;
use crate::state::spell::flag;

/// The number of the protocol whose content is encrypted (RFC 4303).
pub(crate) const ESP: u8 = 50;

/// Who the other end of a contact is: the name by which the station knew it, else its address.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum PartyName {
    /// In lower case, without port and trailing dot.
    Name(Vec<u8>),
    Address(Address),
    /// All that were too many to be told one by one.
    Others,
}

impl PartyName {
    /// A name as it is compared; `None` where it is none.
    pub(crate) fn named(name: &[u8]) -> Option<Vec<u8>> {
        let name = host_of(name);
        let literal = std::str::from_utf8(&name).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok());
        (!name.is_empty() && !literal).then_some(name)
    }

    /// As it is printed.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Name(name) => String::from_utf8_lossy(name).into_owned(),
            Self::Address(address) => address.ip().to_string(),
            Self::Others => "other parties".into(),
        }
    }
}

/// Whether what a flow carries can be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    Read,
    /// Its protocol hides it.
    Hidden,
    /// Its protocol is known, and carries media in a form that no reader opens. Its messages alone, such as logins, were read.
    Packed,
    /// No reader knew its protocol.
    Unknown,
}

/// A name that a station had been given for an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    name: &'a [u8],
    /// How long before the flow it was given last, in ns.
    pub(crate) age: i64,
    /// Of how many names that the station had been given this address for it is one.
    pub(crate) names: u64,
}

/// Who called whom, before those without a name are joined to the one that has their address.
pub(crate) type Place = (Called, Option<Vec<u8>>, Option<Address>);

impl<'a> Court<'a> {
    pub(crate) fn place(&self, dealing: &Dealing<'a>) -> Place {
        if let Some(target) = self.proxied_to(dealing) {
            let name = self.own_name(dealing).or_else(|| PartyName::named(target));
            let address = literal(target).filter(|_| name.is_none());
            return (
                dealing.called(),
                name,
                address.or(Some(dealing.flow.hot.key.address(1 - dealing.side))),
            );
        }
        let address = self.party_address(&dealing.flow, 1 - dealing.side);
        (dealing.called(), self.spoken(dealing, address), Some(address))
    }

    /// Whom a proxy of the site was asked for, where the flow is with one.
    pub(crate) fn proxied_to(&self, dealing: &Dealing<'a>) -> Option<&'a [u8]> {
        let is_proxied = self.is_proxied(&dealing.flow, &dealing.judged);
        is_proxied.then(|| self.target(&dealing.flow, dealing.side).unwrap_or_default())
    }

    /// The name that a flow itself says its server has, else the one that the station had been given for the address before the
    /// flow began.
    fn spoken(&self, dealing: &Dealing<'a>, address: Address) -> Option<Vec<u8>> {
        let given = || PartyName::named(self.given(dealing, address)?.name);
        self.own_name(dealing).or_else(given)
    }

    /// The name that a flow itself says its server has.
    fn own_name(&self, dealing: &Dealing<'a>) -> Option<Vec<u8>> {
        let said = |wanted| self.said_of_party(dealing, wanted).find_map(PartyName::named);
        said(Attribution::Sni).or_else(|| said(Attribution::Host))
    }

    /// How many hosts a flow asked for, by requests that followed one another. A proxy is asked for many, and who calls in asks for the
    /// station by any.
    pub(crate) fn hosts(&self, dealing: &Dealing<'a>) -> u64 {
        if dealing.called() == Called::In {
            return 0;
        }
        let later = self.tellers(&dealing.flow).flat_map(|flow| flow.cold.later_names());
        let later = later.filter_map(|id| PartyName::named(self.summary.flows.texts.text(id)));
        let first = self.said_of_party(dealing, Attribution::Host).filter_map(PartyName::named);
        let all: BTreeSet<Vec<u8>> = later.chain(first).collect();
        all.len() as u64
    }

    /// The names of one kind that a flow says of the party. What one that calls in says in its hello is a name of the station here.
    fn said_of_party(&self, dealing: &Dealing<'a>, wanted: Attribution) -> impl Iterator<Item = &'a [u8]> {
        let Dealing { flow, side, .. } = *dealing;
        let field = KINDS.into_iter().find(|(_, by)| *by == wanted).map(|(field, _)| field);
        let halves = self.tellers(&flow).flat_map(|flow| [0, 1].map(|half| (flow, half)));
        let halves = halves.flat_map(move |(flow, half)| {
            let about = move |of_receiver: bool| if of_receiver { 1 - half } else { half };
            self.said(&flow, half).map(move |(of, name, of_receiver)| (of, name, about(of_receiver)))
        });
        halves.filter(move |(of, _, about)| Some(*of) == field && *about != side).map(|(_, name, _)| name)
    }

    /// The name that the station had been given for the address of a party before the flow began. Of several it is the one for which
    /// the party's certificate holds, else the latest.
    fn given(&self, dealing: &Dealing<'a>, address: Address) -> Option<Given<'a>> {
        let Dealing { flow, side, .. } = *dealing;
        let (asker, moment) = (self.asker(&flow, side), flow.began());
        let latest = self.names.given(address, asker, moment)?;
        let mut all = self.names.others(address, asker, moment, latest.name);
        if !all.is_empty() {
            all.insert(0, latest);
            let certified: Vec<_> = self.said_of_party(dealing, Attribution::Certificate).collect();
            let holds =
                |named: &Named<'_>| certified.iter().any(|name| certifies(name, host_part(named.name)));
            if all.iter().any(holds) {
                all.retain(holds);
            }
        }
        let named = all.first().unwrap_or(&latest);
        Some(Given { name: named.name, age: named.age(moment), names: all.len().max(1) as u64 })
    }

    /// How the name of a party is known of a flow that does not say it itself.
    pub(crate) fn looked_up(&self, dealing: &Dealing<'a>) -> Option<Given<'a>> {
        let address = self.party_address(&dealing.flow, 1 - dealing.side);
        let is_unnamed = || self.own_name(dealing).is_none() && self.proxied_to(dealing).is_none();
        self.given(dealing, address).filter(|_| is_unnamed())
    }

    /// The address of the party at one end: that of the tunnel's end where the inner one is nobody's outside.
    pub(crate) fn party_address(&self, flow: &Flow<'a>, side: Side) -> Address {
        let address = flow.hot.key.address(side);
        match self.tunnel_ends(flow) {
            Some([_, outside]) if self.boundary.place(address) != Some(boundary::Place::Outside) => outside,
            _ => address,
        }
    }

    /// Which end of a flow in a tunnel to the outside is inside, where the tunnel says so: who receives what is sent there is
    /// where the tunnel ends, whatever the addresses inside. In one of IP alone its direction says more than they do; else they do
    /// where one `is_external`. Where nothing tells, `orig` sent.
    pub(crate) fn near_side(&self, flow: &Flow<'a>, is_external: bool, orig: Side) -> Option<Side> {
        let (layer, inside, ends) = self.tunnel(flow)?;
        let near = sent_within(flow, layer, inside);
        if is_external {
            return near.filter(|_| self.is_carried(flow));
        }
        let by_address = || [0, 1].into_iter().find(|&side| flow.hot.key.address(side) == ends[inside]);
        near.or_else(by_address).or(Some(orig))
    }

    /// The station that opened a tunnel of links to the outside in which a flow lies, by its address, and the side of what it sends
    /// there. Who sends inside is another station, which its own frame names, or none that there is.
    pub(crate) fn carrier(&self, flow: &Flow<'a>) -> Option<(Address, Side)> {
        let (layer, inside, ends) = self.tunnel(flow)?;
        let near = sent_within(flow, layer, inside).filter(|_| !self.is_carried(flow))?;
        Some((ends[inside], near))
    }

    /// The ends of the outermost tunnel around a flow that goes from inside to outside.
    pub(crate) fn tunnel_ends(&self, flow: &Flow<'a>) -> Option<[Address; 2]> {
        let (_, inside, ends) = self.tunnel(flow)?;
        Some([ends[inside], ends[1 - inside]])
    }

    /// The same: its place in the path, which of its ends is inside, and both.
    fn tunnel(&self, flow: &Flow<'a>) -> Option<(usize, Side, [Address; 2])> {
        if flow.hot.key.path == PathId::NONE {
            return None;
        }
        let tunnel = |(place, layer): (usize, &Layer)| {
            let inside = match layer.ends.map(|end| self.boundary.place(end)) {
                [Some(boundary::Place::Inside), Some(boundary::Place::Outside)] => 0,
                [Some(boundary::Place::Outside), Some(boundary::Place::Inside)] => 1,
                _ => return None,
            };
            Some((place, inside, layer.ends))
        };
        self.summary.flows.paths.layers(flow.hot.key.path).iter().enumerate().find_map(tunnel)
    }

    /// Whether a flow lies in a tunnel of IP alone: its link addresses are then those of the tunnel's ends.
    pub(crate) fn is_carried(&self, flow: &Flow<'a>) -> bool {
        let path = flow.hot.key.path;
        let innermost = || self.summary.flows.paths.layers(path).last();
        path != PathId::NONE && innermost().is_some_and(|layer| layer.kind.carries_ip_alone())
    }

    /// Whether a flow is of a protocol that every host uses: looking up names, setting clocks, finding its own address, asking
    /// whether a host is there (an echo each minute reports nothing).
    pub(crate) fn is_service(&self, flow: &Flow<'a>, judged: &Judged) -> bool {
        let of_activity =
            matches!(judged.activity, Activity::NameLookup | Activity::TimeSync | Activity::Discovery);
        of_activity
            || matches!(flow.hot.key.protocol, ICMP | ICMP6)
            || flow.hot.flags >> flag::APP != 0 && matches!(self.app(flow), Some("dhcp" | "dhcpv6" | "stun"))
    }

    /// Whether what a flow carries can be read.
    pub(crate) fn content(&self, flow: &Flow<'a>) -> Content {
        let halves = [self.testimony(flow, 0), self.testimony(flow, 1)];
        let reader = self.reader_of(flow, &halves);
        match reader.and_then(|reader| ReaderId(reader).reader()) {
            Some(known) if known.hides => Content::Hidden,
            Some(_) if self.protocols.of(reader).is_some_and(|spoken| spoken.protocol.p2p) => {
                let carries = |side| flow.content(self.catalog.content(), side) > 0;
                if flow.is_evicted() || carries(0) || carries(1) { Content::Packed } else { Content::Read }
            }
            None => match flow.hot.key.protocol {
                ESP => Content::Hidden,
                ICMP | ICMP6 => Content::Read,
                _ => Content::Unknown,
            },
            Some(_) => Content::Read,
        }
    }
}

/// The side of a flow whose packets went into a tunnel at its end inside; `None` where nothing tells. What a mirror sends comes
/// from one end, whoever sent it.
fn sent_within(flow: &Flow<'_>, layer: usize, inside: Side) -> Option<Side> {
    match [0, 1].map(|side| flow.hot.ways[side].end(layer)) {
        [Some(one), Some(other)] if one == other => None,
        [Some(end), _] => Some(usize::from(end != inside)),
        [None, end] => end.map(|end| usize::from(end == inside)),
    }
}
