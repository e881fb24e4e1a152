//! Whose a flow's other end is: the best name first, then the address.

use lenscap_catalog::Transport;
use lenscap_wire::{Address, Mac};

use super::name::{Asker, Named};
use super::opinion::{Naming, Owner, Testimony, owner};
use crate::judge::boundary::Place;
use crate::judge::judged::{Callers, Judged, host_part, is_host_name};
use crate::judge::{Court, Flow, rules};
use crate::report::{Attribution, Party};
use crate::state::key::{Side, TCP, UDP};
use crate::state::spell::counters::Counters;
use crate::state::spell::way::Hops;
use crate::state::spell::{Once, flag};

/// Places in [`KINDS`](crate::judge::judged::KINDS).
const SNI: u8 = 0;
const HOST: u8 = 1;
const CERTIFICATE: u8 = 2;

impl<'a> Court<'a> {
    /// The side that serves by a hello of TLS.
    fn server(&self, flow: &Flow<'a>) -> Option<Side> {
        [0, 1].into_iter().find(|&side| self.testimony(flow, side).serves())
    }

    /// Whether the SYN of one side is that of an outside party to a station that did not heed it, so that it shows no caller.
    fn is_uncalled(&self, flow: &Flow<'a>, caller: Side) -> bool {
        let station = 1 - (caller & 1);
        let place = |side: Side| self.boundary.place(flow.hot.key.address(side));
        flow.hot.ignores_syn(flow.cold, station)
            && place(station) == Some(Place::Inside)
            && place(caller) == Some(Place::Outside)
    }

    /// Judges one flow, given what its halves said. Beside it the reader that knew its protocol.
    pub(crate) fn judge_flow(
        &self,
        flow: &Flow<'a>,
        halves: &[Testimony<'_, 'a>; 2],
    ) -> (Judged, Option<u8>) {
        let key = &flow.hot.key;
        let opener = flow.hot.opener().filter(|side| !self.is_uncalled(flow, *side));
        let (orig, by_syn) = (opener.unwrap_or(flow.hot.first_side()), opener.is_some());
        let earlier = self.earlier.of(flow.at);
        let (orig, by_syn) = earlier.map_or((orig, by_syn), |heritage| (heritage.orig, heritage.by_syn));
        let half = self.halves.other(flow.at);
        // As nearly every flow: see `Court::tells_alone`.
        let alone = earlier.is_none() && half.is_none();
        let other = half.and_then(|at| self.flow(at));
        let shown = other.map(|other| other.hot).filter(|other| !by_syn && other.shows_client());
        let (orig, by_syn) = shown.map_or((orig, by_syn), |other| (other.client(), true));
        let server = || self.tellers(flow).find_map(|flow| self.server(&flow));
        let client = || {
            let asks = |side: &Side| halves[*side].asks();
            [0, 1].into_iter().filter(|_| flow.hot.shows_client()).find(asks)
        };
        let turned = if by_syn || key.protocol != TCP {
            None
        } else {
            server().map(|server| 1 - server).or_else(client)
        };
        let orig = turned.unwrap_or(orig);
        let mut judged = Judged { vendor: Judged::NOBODY, ..Judged::default() };
        judged.bits = orig as u8 | u8::from(by_syn) << 1;
        judged.bits |= if earlier.is_some() { Judged::EARLIER } else { 0 };
        for side in [0, 1] {
            judged.bits |= match self.boundary.place(key.address(side)) {
                Some(Place::Inside) => Judged::INSIDE << side,
                Some(Place::Outside) => Judged::OUTSIDE << side,
                None => 0,
            };
        }
        if judged.is_external() {
            judged.bits = self.near_ends(flow, &judged);
        }
        if let Some(near) = self.near_side(flow, judged.is_external(), orig) {
            judged = judged.sent_outside_by(near);
        }
        if !judged.is_external() {
            let may_ask = !alone || halves.iter().any(|half| half.target().is_some());
            match may_ask.then(|| self.asks_outside(flow)).flatten() {
                Some(client) => judged = judged.sent_outside_by(client),
                None => judged.party = Party::Local,
            }
        }
        let reader = self.reader_of(flow, halves);
        let testimonies = |flow: Flow<'a>| [0, 1].map(|side| self.testimony(&flow, side));
        let naming = |halves: &[Testimony<'_, 'a>; 2]| halves.iter().any(Testimony::is_naming);
        let before = || self.tellers(flow).skip(1).map(testimonies).find(naming);
        let told = if alone || naming(halves) { None } else { before() };
        if self.attribute(flow, &mut judged, told.as_ref().unwrap_or(halves), reader) && judged.is_external()
        {
            judged.bits |= Judged::NAMED;
        }
        judged.activity = self.activity(flow, reader, &judged);
        (judged, reader)
    }

    /// Attributes a flow: by the names that it was asked for itself, by what its asker had been told of the address, by
    /// the certificate, by the protocol, by what its messages told of the address, by what others had been told, and last by
    /// the address. Returns whether it was called anything.
    ///
    /// A camera that once asked for `cloud.example` and was told 192.0.2.7 may send an hour later, to the same address, a
    /// hello for `backup.example`: an address of a cloud is many tenants'. So a host name that the flow itself says, and
    /// that is nobody's, ends the search.
    fn attribute(
        &self,
        flow: &Flow<'a>,
        judged: &mut Judged,
        halves: &[Testimony<'_, 'a>; 2],
        reader: Option<u8>,
    ) -> bool {
        if self.is_proxied(flow, judged) {
            return self.attribute_target(flow, judged, halves);
        }
        let naming = halves.iter().any(Testimony::is_naming);
        let mut foreign = None;
        // Most flows have halves that name nobody.
        let kinds: &[_] = if naming { &[(SNI, Attribution::Sni), (HOST, Attribution::Host)] } else { &[] };
        for &(kind, attribution) in kinds {
            for claim in judged.claims(halves, kind) {
                if judged.settle(claim.owner, attribution, claim.confidence) {
                    self.doubt_host(flow, judged);
                    return true;
                }
                if foreign.is_none() && !claim.covers && is_host_name(claim.text) {
                    foreign = Some(claim.text);
                }
            }
        }
        if !judged.is_external() {
            if naming {
                judged.settle_certificate(halves);
            }
            return naming;
        }
        let named = self.named(flow, judged);
        let called = naming
            || flow.cold.later_names().next().is_some()
            || named.is_some_and(|named| !named.name.is_empty() || !named.chain.is_empty());
        // What the flow says itself confirms the name that the asker was given.
        let contested = foreign.is_none()
            && named.is_some_and(|named| {
                let asker = self.asker(flow, 1 - judged.remote());
                let address = self.party_address(flow, judged.remote());
                named.is_own() && self.is_contested(&named, (address, asker), flow.began())
            });
        let by_name = |judged: &mut Judged, own: bool| {
            let named = named.filter(|named| (named.is_own() && !contested) == own);
            let Some(named) = named else { return false };
            let confidence = if own { named.confidence } else { named.confidence.min(rules::BY_OTHER_DNS) };
            let mut owners = named.texts().map(|id| self.opinions.owner(named.at_end, id));
            owners.any(|owner| judged.settle(owner, Attribution::Dns, confidence))
        };
        if let Some(foreign) = foreign {
            if self.attribute_later_host(flow, judged) {
                return true;
            }
            // Of the very name that the flow says the asker may have been told an alias.
            let same = named.is_some_and(|named| named.name.eq_ignore_ascii_case(host_part(foreign)));
            return same && by_name(judged, true) || called;
        }
        if by_name(judged, true) || naming && judged.settle_certificate(halves) {
            return true;
        }
        if self.attribute_protocol(flow, judged, reader) || self.attribute_learned(flow, judged, reader, true)
        {
            return called;
        }
        if by_name(judged, false) {
            return true;
        }
        let _ = self.attribute_address(flow, judged)
            || self.attribute_learned(flow, judged, reader, false)
            || !called && self.attribute_port(flow, judged);
        called
    }

    /// What the asker, else somebody, was told of the flow's other end.
    #[inline]
    pub(crate) fn named(&self, flow: &Flow<'a>, judged: &Judged) -> Option<Named<'a>> {
        if self.names.is_empty() {
            return None;
        }
        let remote = judged.remote();
        self.names.name(self.party_address(flow, remote), self.asker(flow, 1 - remote), flow.course())
    }

    /// One end of a flow as who may have asked for the name of the other.
    pub(crate) fn asker(&self, flow: &Flow<'a>, side: Side) -> Asker {
        let mac = flow.mac(side).unwrap_or_default();
        let is_near = !mac.is_zero()
            && flow.hot.ways[side & 1].hops() == Hops::All
            && !self.claims.is_router(mac)
            && !self.is_carried(flow);
        Asker { address: flow.hot.key.address(side), mac, is_near, at: flow.cold.at() }
    }

    /// Whether the asker had been given the address of a vendor's name for a name of somebody else, too: which of them it called
    /// there, the address does not tell.
    pub(crate) fn is_contested(
        &self,
        named: &Named<'a>,
        (address, asker): (Address, Asker),
        moment: i64,
    ) -> bool {
        let whose = |named: &Named<'a>| {
            let mut owners = named.texts().map(|id| self.opinions.owner(named.at_end, id).0);
            owners.find_map(|endpoint| Some(endpoint?.vendor))
        };
        let Some(vendor) = whose(named) else { return false };
        let others = self.names.others(address, asker, moment, named.name);
        others.iter().any(|other| whose(other) != Some(vendor))
    }

    /// Whose the hosts are that later requests of a flow named, to which the device called.
    fn later_owners(&self, flow: &Flow<'a>, judged: &Judged) -> impl Iterator<Item = Owner<'a>> {
        let calls = judged.orig() != judged.remote() & 1;
        let later = self.tellers(flow).filter(move |_| calls).flat_map(|flow| flow.cold.later_names());
        let later = later.map(|id| self.summary.flows.texts.text(id));
        later.filter(|name| is_host_name(name)).map(|name| owner(self.catalog, name))
    }

    /// Is less sure of a vendor by the host of a request where later ones named hosts of somebody else: which bytes are whose is not
    /// told.
    pub(super) fn doubt_host(&self, flow: &Flow<'a>, judged: &mut Judged) {
        let is_others = |(endpoint, _): Owner<'a>| endpoint.is_none_or(|of| of.vendor.0 != judged.vendor);
        if judged.attribution == Some(Attribution::Host) && self.later_owners(flow, judged).any(is_others) {
            judged.confidence = judged.confidence.min(rules::BY_OTHER_DNS);
        }
    }

    /// Attributes a flow whose first host is nobody's to the vendor of one that was asked for later, less surely.
    pub(super) fn attribute_later_host(&self, flow: &Flow<'a>, judged: &mut Judged) -> bool {
        let owners: Vec<_> = self.later_owners(flow, judged).collect();
        owners.into_iter().any(|owner| judged.settle(owner, Attribution::Host, rules::BY_OTHER_DNS))
    }

    fn attribute_address(&self, flow: &Flow<'a>, judged: &mut Judged) -> bool {
        self.attribute_range(self.party_address(flow, judged.remote()), judged)
    }

    /// Attributes what goes to an address of a vendor's range.
    pub(super) fn attribute_range(&self, address: Address, judged: &mut Judged) -> bool {
        let found = self.catalog.address(address.ip());
        if let Some(prefix) = found {
            judged.vendor = prefix.vendor.0;
            judged.roles = prefix.roles;
            judged.attribution = Some(Attribution::Address);
            judged.confidence = rules::BY_ADDRESS.min(prefix.confidence.points());
            judged.party = Party::Vendor;
        }
        found.is_some()
    }

    /// Attributes what a device of a vendor's hardware prefix says to a port which that vendor publishes for servers of its own.
    /// A Ring doorbell keeps a connection to TCP port 9998 of rented machines for days, and a capture that began amid it holds no
    /// name for them. The port alone decides nothing: it is anybody's, and so is the address; nor is it asked where a name is known.
    fn attribute_port(&self, flow: &Flow<'a>, judged: &mut Judged) -> bool {
        let remote = judged.remote();
        // Who calls in has chosen his port himself.
        if judged.orig() == remote & 1 {
            return false;
        }
        let (key, own) = (&flow.hot.key, 1 - (remote & 1));
        let transport = match key.protocol {
            TCP => Transport::Tcp,
            UDP => Transport::Udp,
            _ => return false,
        };
        let port = key.port(remote).unwrap_or_default();
        let maker = || Some(self.catalog.mac(flow.mac(own)?.0)?.vendor);
        let mut publishers = self.catalog.publishers(transport, port);
        let Some(port) = publishers.find(|port| maker() == Some(port.vendor)) else {
            return false;
        };
        judged.vendor = port.vendor.0;
        judged.attribution = Some(Attribution::PublishedPort);
        judged.confidence = rules::BY_PUBLISHED_PORT.min(port.confidence.points());
        judged.party = Party::Vendor;
        true
    }
}

impl Judged {
    /// The names of one kind that the halves gave for the flow's [remote](Judged::remote) end. Where it is an outside
    /// party that called in, a name in its hello is that of the station here.
    fn claims<'c, 'a>(
        &self,
        halves: &'c [Testimony<'c, 'a>; 2],
        kind: u8,
    ) -> impl Iterator<Item = Naming<'a>> + use<'c, 'a> {
        let (remote, one_outside) = (self.remote(), self.is_outside(0) != self.is_outside(1));
        halves.iter().zip([0, 1]).flat_map(move |(half, side)| {
            half.claims().filter(move |claim| {
                let about = if claim.of_receiver { 1 - side } else { side };
                claim.kind == kind && (about == remote || !one_outside)
            })
        })
    }

    /// The names that the certificate of the flow's [remote](Judged::remote) end holds for.
    pub(crate) fn certified<'c, 'a>(
        &self,
        halves: &'c [Testimony<'c, 'a>; 2],
    ) -> impl Iterator<Item = Naming<'a>> + use<'c, 'a> {
        self.claims(halves, CERTIFICATE)
    }

    /// Takes the owner of a name that the halves gave for the remote end, rather of one that TLS says.
    pub(super) fn settle_names(&mut self, halves: &[Testimony<'_, '_>; 2]) -> bool {
        [(SNI, Attribution::Sni), (HOST, Attribution::Host)].into_iter().any(|(kind, by)| {
            let mut claims = self.claims(halves, kind);
            claims.any(|claim| self.settle(claim.owner, by, claim.confidence))
        })
    }

    fn settle_certificate(&mut self, halves: &[Testimony<'_, '_>; 2]) -> bool {
        let mut claims = self.certified(halves);
        claims.any(|claim| self.settle(claim.owner, Attribution::Certificate, claim.confidence))
    }

    /// Takes a name's owner, if the catalogue knows one. A name shared by many tenants is noted, never a vendor.
    pub(super) fn settle(
        &mut self,
        (endpoint, shared): Owner<'_>,
        attribution: Attribution,
        confidence: u8,
    ) -> bool {
        if let Some(endpoint) = endpoint {
            self.vendor = endpoint.vendor.0;
            self.roles = endpoint.roles;
            self.attribution = Some(attribution);
            self.confidence = confidence.min(endpoint.confidence.points().saturating_add(5));
            self.callers = Callers::of(endpoint);
            self.party = Party::Vendor;
            return true;
        }
        if let (Some(group), Party::Unknown) = (shared, self.party) {
            self.party = Party::Shared(group);
        }
        false
    }
}

impl Flow<'_> {
    /// Earliest and latest stamp.
    pub(crate) fn span(&self) -> (i64, i64) {
        self.hot.span(self.cold)
    }

    /// Stamp of the first packet, in the order of the capture: of many one may have any stamp.
    pub(crate) fn began(&self) -> i64 {
        self.cold.first
    }

    /// That stamp, and the latest.
    pub(crate) fn course(&self) -> (i64, i64) {
        (self.began(), self.span().1)
    }

    /// Earliest and latest stamp, with those that left memory with it.
    pub(crate) fn whole_span(&self) -> (i64, i64) {
        let (first, last) = self.span();
        let gone = self.gone().and_then(|gone| gone.span).unwrap_or((first, last));
        (first.min(gone.0), last.max(gone.1))
    }

    /// The MAC of one end: what it sent from, else what was sent to.
    pub(crate) fn mac(&self, side: Side) -> Option<Mac> {
        let known = self.hot.flags & flag::MAC << side != 0;
        self.cold.macs.get(side).copied().filter(|_| known)
    }

    /// Payload of one side, each byte counted once: what is judged, where [`Flow::counters`] is what was seen. Where it is
    /// not exact it is said with "at most".
    pub(crate) fn payload_once(&self, side: Side) -> Once {
        self.hot.payload_once(self.cold, side)
    }

    /// All that was counted of it.
    #[inline]
    pub(crate) fn counters(&self) -> Counters {
        self.hot.counters(self.cold)
    }
}
