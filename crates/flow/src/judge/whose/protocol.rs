//! Whose protocol a flow speaks, who serves in it, and of whom its messages told.
//!
//! A camera sends PPPP to 198.51.100.7 port 32100, and no name is given for that: the protocol is CS2 Network's, and what is
//! asked there is a server. It sends PPPP to 203.0.113.9 port 29821, of which the server had told: that is a viewer or a relay,
//! and nobody knows whose; never the platform's cloud. It opens TCP to 198.51.100.7, too: an address that is a server's.

use hashbrown::HashMap;
use lenscap_catalog::{Catalog, Protocol, Role, Roles, VendorId};
use lenscap_wire::{Activity, Address, Field, Mac, Meaning, PacketRef, ReaderId};
use std::net::IpAddr;

use super::late::Referral;
use crate::judge::judged::Judged;
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, Party};
use crate::state::key::{Side, TCP, UDP};
use crate::state::summary::Summary;

/// A protocol, and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spoken<'a> {
    pub(crate) vendor: VendorId,
    pub(crate) protocol: &'a Protocol,
}

/// The part that an end plays in a vendor's protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Part {
    Server,
    Client,
    Device,
}

/// When something was told first, and in which packet: the least of all that told it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Told {
    first: i64,
    at: PacketRef,
    /// Whose protocol told it; nobody's where it is a standard's.
    vendor: Option<VendorId>,
}

/// Whose protocols are whose, and what their messages told.
#[derive(Debug)]
pub(crate) struct Protocols<'a> {
    catalog: &'a Catalog,
    parts: HashMap<(Address, Part, VendorId), Told>,
    /// Servers as who asks them takes them to be, by his MAC: that is his word on whom he deals with himself, and on nobody
    /// else's party.
    asked: HashMap<(Address, Mac, VendorId), Told>,
    /// Servers by their own word.
    servers: HashMap<Address, Told>,
    /// Ends to which a message refers, each for a party of that message; with them nobody's vendor where the protocol is a
    /// standard's.
    referred: HashMap<Referred, Told>,
}

/// An end of which a message told, by address, port and transport, and who told it or was told: it is nobody else's word on whom he
/// deals with.
type Referred = (Address, u16, u8, Address);

impl<'a> Protocols<'a> {
    pub(crate) fn new(summary: &Summary, referrals: &[Referral], catalog: &'a Catalog) -> Self {
        let mut protocols = Self {
            catalog,
            parts: HashMap::new(),
            asked: HashMap::new(),
            servers: HashMap::new(),
            referred: HashMap::new(),
        };
        for (shown, seen) in summary.site.sightings.iter() {
            let told = |vendor| Told { first: seen.first, at: seen.at, vendor: Some(vendor) };
            let value = || summary.flows.texts.text(shown.value);
            if shown.field == Field::Referred {
                if let Some(((transport, port, app), parties)) = referral(value()) {
                    let vendor = catalog.spoken_as(app).map(|(vendor, _)| vendor);
                    let told = Told { first: seen.first, at: seen.at, vendor };
                    for party in parties {
                        least(&mut protocols.referred, (shown.address, port, transport, party), told);
                    }
                }
            } else if let Some((vendor, _)) = catalog.spoken_in(shown.field) {
                let part = match (value(), shown.claimed) {
                    (b"server", false) => Part::Server,
                    (b"server", true) => {
                        let key = (shown.address, Mac(seen.by), vendor);
                        least(&mut protocols.asked, key, told(vendor));
                        continue;
                    }
                    (b"client", false) => Part::Client,
                    (b"device", false) => Part::Device,
                    _ => continue,
                };
                let told = told(vendor);
                least(&mut protocols.parts, (shown.address, part, vendor), told);
                if part == Part::Server {
                    least(&mut protocols.servers, shown.address, told);
                }
            }
        }
        for &Referral { address, port, transport, parties, app, time, at } in referrals {
            let vendor = protocols.of(Some(app)).map(|spoken| spoken.vendor);
            for party in parties {
                let told = Told { first: time, at, vendor };
                least(&mut protocols.referred, (address, port, transport, party), told);
            }
        }
        protocols
    }

    /// Whose protocol a reader reads.
    #[inline]
    pub(crate) fn of(&self, reader: Option<u8>) -> Option<Spoken<'a>> {
        let (vendor, protocol) = self.catalog.spoken(ReaderId(reader?))?;
        Some(Spoken { vendor, protocol })
    }

    /// Whether a field is that of a part in a peer-to-peer protocol of cameras.
    pub(crate) fn is_part_of_peers(&self, field: Field) -> bool {
        self.catalog.spoken_in(field).is_some_and(|(_, protocol)| protocol.p2p)
    }

    /// Whether messages told of any end.
    #[inline]
    fn tell_of_any(&self) -> bool {
        !(self.servers.is_empty() && self.referred.is_empty())
    }

    fn part(&self, address: Address, part: Part, vendor: VendorId) -> Option<&Told> {
        self.parts.get(&(address, part, vendor))
    }

    /// Where the station at the other end of a flow asked `remote` as a server.
    fn asked(&self, flow: &Flow<'_>, remote: Side, vendor: VendorId) -> Option<&Told> {
        let asker = flow.mac(1 - (remote & 1)).unwrap_or_default();
        self.asked.get(&(flow.hot.key.address(remote), asker, vendor))
    }
}

/// Keeps the least: entries come in no order.
fn least<K: Eq + std::hash::Hash>(all: &mut HashMap<K, Told>, key: K, told: Told) {
    let known = all.entry(key).or_insert(told);
    *known = std::cmp::min_by_key(told, *known, |told| (told.vendor.is_none(), *told));
}

/// Transport, port and protocol of an end.
type Spot<'s> = (u8, u16, &'s str);

/// Transport, port and protocol of `udp 32100 pppp 198.51.100.7 192.168.1.64`, and the two parties of the message.
fn referral(said: &[u8]) -> Option<(Spot<'_>, [Address; 2])> {
    let mut words = str::from_utf8(said).ok()?.split(' ');
    let transport = match words.next()? {
        "tcp" => TCP,
        "udp" => UDP,
        _ => return None,
    };
    let end = (transport, words.next()?.parse().ok()?, words.next()?);
    let mut party = || Some(Address::from(words.next()?.parse::<IpAddr>().ok()?));
    Some((end, [party()?, party()?]))
}

impl<'a> Court<'a> {
    /// Attributes a flow by the protocol that it speaks. Who asks a server of it is in touch with that; anybody else there is
    /// a viewer or a relay.
    pub(super) fn attribute_protocol(
        &self,
        flow: &Flow<'a>,
        judged: &mut Judged,
        reader: Option<u8>,
    ) -> bool {
        let Some(spoken) = self.protocols.of(reader) else { return false };
        let activity = reader.and_then(|reader| ReaderId(reader).reader()?.activity);
        // Who searches the Internet for devices converses with nobody, and shows nothing but that he knows the protocol.
        if activity == Some(Activity::Discovery) && flow.counters().payload.contains(&0) {
            return false;
        }
        let remote = judged.remote();
        let (role, most) = if self.serves(flow, remote, spoken) {
            (Role::P2p, rules::BY_PROTOCOL)
        } else if self.views(flow, remote, spoken) {
            (Role::DeviceOrRelay, rules::BY_PEER)
        } else {
            (Role::ViewerOrRelay, rules::BY_PEER)
        };
        judged.vendor = spoken.vendor.0;
        judged.roles = Roles::NONE.with(role);
        judged.attribution = Some(Attribution::Protocol);
        judged.confidence = most.min(spoken.protocol.confidence.points());
        judged.party = if role == Role::P2p { Party::Vendor } else { Party::Peer };
        true
    }

    /// Attributes a flow by what messages told of the address: that it is a server's, or that somebody is there at this port.
    ///
    /// Where a message told whose it is, that is a vendor's word; where it did not, as a description of media, anything else that
    /// is known of the address goes before it: one datagram that nobody asked for takes no vendor away.
    pub(super) fn attribute_learned(
        &self,
        flow: &Flow<'a>,
        judged: &mut Judged,
        reader: Option<u8>,
        has_vendor: bool,
    ) -> bool {
        if !self.protocols.tell_of_any() {
            return false;
        }
        let service = || {
            let activity = reader.and_then(|reader| ReaderId(reader).reader()?.activity);
            matches!(activity, Some(Activity::NameLookup | Activity::TimeSync | Activity::Discovery))
        };
        let Some((told, is_server)) = self
            .learned(flow, judged.remote())
            .filter(|(told, _)| told.vendor.is_some() == has_vendor && !service())
        else {
            return false;
        };
        judged.vendor = told.vendor.map_or(Judged::NOBODY, |vendor| vendor.0);
        judged.roles = Roles::NONE.with(if is_server { Role::P2p } else { Role::ViewerOrRelay });
        judged.attribution = Some(Attribution::Learned);
        judged.confidence = rules::BY_LEARNED;
        judged.party = if is_server { Party::Vendor } else { Party::Peer };
        true
    }

    /// What messages told of the other end of a flow: that a server is there, or, to a party of the message alone and over the
    /// transport that it named, that somebody is there at this port. It counts for what went on when that was said.
    fn learned(&self, flow: &Flow<'a>, remote: Side) -> Option<(&Told, bool)> {
        let (address, key) = (self.party_address(flow, remote), &flow.hot.key);
        let (_, end) = flow.span();
        let by = |told: &&Told, after: i64| told.first <= end.saturating_add(after);
        let server = self.protocols.servers.get(&address).filter(|told| by(told, rules::NAME_AFTER));
        let referred = || {
            let own = key.address(1 - (remote & 1));
            let end = (address, key.port(remote)?, key.protocol, own);
            self.protocols.referred.get(&end).filter(|told| by(told, rules::REFERRED_AFTER))
        };
        server.map(|told| (told, true)).or_else(|| Some((referred()?, false)))
    }

    /// Whether an end serves: its port is that of servers, it says so, or who asks it does.
    fn serves(&self, flow: &Flow<'a>, remote: Side, Spoken { vendor, protocol }: Spoken<'a>) -> bool {
        let key = &flow.hot.key;
        let part = |part| self.protocols.part(key.address(remote), part, vendor).is_some();
        key.port(remote).is_some_and(|port| protocol.server_ports.contains(&port))
            || part(Part::Server)
            || self.protocols.asked(flow, remote, vendor).is_some()
            || self.plays(flow, remote, b"server")
    }

    /// Whether it is the other end that views.
    fn views(&self, flow: &Flow<'a>, remote: Side, Spoken { vendor, .. }: Spoken<'a>) -> bool {
        let part = |side, part| self.protocols.part(flow.hot.key.address(side), part, vendor).is_some();
        let own = 1 - (remote & 1);
        let views = self.plays(flow, own, b"client") || part(own, Part::Client);
        let is_device = self.plays(flow, own, b"device") || part(own, Part::Device);
        let of_device = || self.plays(flow, remote, b"device") || part(remote, Part::Device);
        (views || of_device()) && !is_device
    }

    /// Whether the halves of a flow say that one end plays a part.
    fn plays(&self, flow: &Flow<'a>, side: Side, part: &[u8]) -> bool {
        [0, 1].into_iter().any(|half| {
            self.said(flow, half).any(|(field, value, of_receiver)| {
                let about = if of_receiver { 1 - half } else { half };
                about == side && value == part && field.meaning() == Some(Meaning::Role)
            })
        })
    }

    /// The packet that shows the protocol, or that told of the address.
    pub(crate) fn shows_protocol(&self, flow: &Flow<'a>, judged: &Judged) -> Option<PacketRef> {
        let remote = judged.remote();
        if judged.attribution == Some(Attribution::Learned) {
            return self.learned(flow, remote).map(|(told, _)| told.at);
        }
        let decided = [remote, 1 - remote].into_iter().find_map(|side| self.decided(flow, side));
        let vendor = judged.vendor()?;
        let part = |part| Some(self.protocols.part(flow.hot.key.address(remote), part, vendor)?.at);
        let asked = || Some(self.protocols.asked(flow, remote, vendor)?.at);
        let told = || part(Part::Server).or_else(asked);
        // A message says what it is by itself: the first of a flow of datagrams shows it, the first segment of a stream may be empty.
        let first = || (flow.hot.key.protocol == UDP).then(|| flow.cold.at());
        decided.or_else(told).or_else(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_refers_to_is_taken_apart() {
        let (teller, told) = (Address::v4([198, 51, 100, 7]), Address::v4([192, 168, 1, 64]));
        let of = |said: &str| {
            referral(format!("{said} 198.51.100.7 192.168.1.64").as_bytes()).map(|(end, parties)| {
                assert_eq!(parties, [teller, told]);
                (end.0, end.1, end.2.to_owned())
            })
        };
        assert_eq!(of("udp 32100 pppp"), Some((UDP, 32100, "pppp".into())));
        assert_eq!(of("tcp 8000 hcnetsdk"), Some((TCP, 8000, "hcnetsdk".into())));
        for other in ["udp 32100", "udp x pppp", "", "udp 70000 pppp", "icmp 1 pppp"] {
            assert_eq!(of(other), None);
        }
        for other in [&b"udp 32100 pppp"[..], b"udp 32100 pppp 192.0.2.1", b"\xff 1 pppp 192.0.2.1 192.0.2.2"]
        {
            assert_eq!(referral(other), None);
        }
    }

    #[test]
    fn every_protocol_of_the_catalogue_has_a_reader_and_one_owner() {
        let catalog = Catalog::builtin();
        let mut apps: Vec<&str> = catalog
            .vendors()
            .flat_map(|(_, vendor)| vendor.speaks.iter().map(|protocol| protocol.app.as_ref()))
            .collect();
        let is_read = |app: &str| (0..=u8::MAX).any(|id| ReaderId(id).reader().is_some_and(|r| r.app == app));
        assert!(apps.iter().all(|app| is_read(app)), "{apps:?}");
        let count = apps.len();
        apps.sort_unstable();
        apps.dedup();
        assert_eq!(apps.len(), count);
    }
}
