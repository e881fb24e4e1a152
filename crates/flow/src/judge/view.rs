//! A flow put together for rendering.

use lenscap_catalog::Vendor;
use lenscap_wire::{Field, Hazards, Timestamp};
use rayon::prelude::*;
use std::ops::ControlFlow;

use super::by_flow::ByFlow;
use super::judged::Judged;
use super::walk::Undelivered;
use super::what::case::Cases;
use super::what::finding::records;
use super::who::device::Stations;
use super::whose::called::Name;
use super::{Court, EVICTED, Flow, FlowAt};
use crate::judge::community_id::community_id;
use crate::judge::uid::uid;
use crate::report::{
    Attribution, ContactRecord, CopiesView, DeviceRecord, EndReason, EndView, FirstPacket, FlowId, FlowView,
    Leaving, NameOf, NameView, OrigBasis, PacketAt, Records, Said, Standing,
};
use crate::state::key::{SCTP, Side, TCP, UDP};
use crate::state::learned::Told;
use crate::state::path::{PathId, tunnel_name};
use crate::state::spell::counters::Counters;
use crate::state::spell::history::flags;
use crate::state::spell::sequence::Trouble;
use crate::state::table::shard::SHARDS;

/// What was judged, from which records are put together.
pub(crate) struct Judgement<'a> {
    pub(crate) court: Court<'a>,
    pub(crate) judged: ByFlow<Judged>,
    pub(crate) undelivered: Undelivered,
    pub(crate) stations: Stations<'a>,
}

impl<'a> Records<'a> for Judgement<'a> {
    fn devices(
        &self,
        wanted: fn(Standing) -> bool,
        each: &mut dyn FnMut(Vec<DeviceRecord<'a>>) -> ControlFlow<()>,
    ) {
        self.stations.records(&self.cases(), wanted, each);
    }

    fn vendor(&self, id: &str) -> Option<&'a Vendor> {
        Some(self.court.catalog.vendor(self.court.catalog.vendor_id(id)?))
    }

    fn names(&self) -> Vec<NameView<'a>> {
        super::whose::name::records(&self.court)
    }

    fn contacts(&self) -> Vec<ContactRecord<'a>> {
        records(&self.cases())
    }

    fn flows(&self) -> Vec<FlowId> {
        self.ordered(|_| true).into_iter().map(flow_id).collect()
    }

    /// What waits for more pieces has not ended until the capture does.
    fn ended(&self, until: Timestamp) -> Vec<(FirstPacket, FlowId)> {
        let waits = |flow: &Flow<'_>| flow.at.shard as usize == SHARDS && until < Timestamp::MAX;
        let ended = self.ordered(|flow| flow.span().1 <= until.0 && !waits(flow));
        let first = |at: &FlowAt| self.court.flow(*at).map(|flow| flow.cold.at()).unwrap_or_default();
        ended.into_iter().map(|at| ((first(&at).chunk, first(&at).record), flow_id(at))).collect()
    }

    fn leaving(&self, until: Timestamp, said: Option<&Said>) -> Leaving {
        self.leavers(until, said)
    }

    fn flow(&self, FlowId(id): FlowId) -> Option<FlowView<'a>> {
        let at = FlowAt { shard: (id >> 32) as u32, place: id as u32 };
        let judged = self.judged.get(at)?;
        let flow = self.court.flow(at)?;
        let mut view = self.court.view(&flow, judged);
        let orig = judged.orig();
        view.orig.device = self.stations.at(at, orig);
        view.resp.device = self.stations.at(at, 1 - orig);
        Some(view)
    }
}

fn flow_id(at: FlowAt) -> FlowId {
    FlowId(u64::from(at.shard) << 32 | u64::from(at.place))
}

impl<'a> Judgement<'a> {
    fn cases(&self) -> Cases<'_, 'a> {
        Cases::new(&self.court, &self.judged, &self.undelivered, &self.stations)
    }
}

impl Judgement<'_> {
    /// Some of the flows by start, then Community ID, then first packet: no two are equal in all of these.
    fn ordered(&self, keep: impl Fn(&Flow<'_>) -> bool + Sync) -> Vec<FlowAt> {
        // What left memory is no flow of the report any more.
        let shards = 0..self.judged.shards().min(EVICTED);
        let keep = &keep;
        let flows = |shard| {
            self.court.flows(shard).filter(move |flow| keep(flow)).map(|flow| (flow.span().0, flow.at))
        };
        let mut all: Vec<_> = shards.into_par_iter().flat_map_iter(flows).collect();
        all.par_sort_unstable();
        for ties in all.chunk_by_mut(|a, b| a.0 == b.0).filter(|ties| ties.len() > 1) {
            ties.sort_by_cached_key(|(_, at)| {
                self.court.flow(*at).map(|flow| (flow.community_id(), flow.cold.at()))
            });
        }
        all.into_iter().map(|(_, at)| at).collect()
    }
}

impl Flow<'_> {
    pub(crate) fn community_id(&self) -> String {
        community_id(&self.hot.key, self.hot.first_side())
    }
}

impl<'a> Court<'a> {
    fn first_said(&self, flow: &Flow<'a>, field: Field) -> Option<&'a [u8]> {
        let halves = self.tellers(flow).flat_map(|flow| [0, 1].map(|side| (flow, side)));
        let mut said = halves.flat_map(|(flow, side)| self.said(&flow, side));
        said.find(|(of, ..)| *of == field).map(|(_, value, _)| value)
    }

    /// What the server of TLS chose: the half that names a cipher is its own.
    fn tls(&self, flow: &Flow<'a>) -> Option<(Option<&'a [u8]>, &'a [u8])> {
        let value = |flow: &Flow<'a>, side, field| {
            self.said(flow, side).find(|(of, ..)| *of == field).map(|(_, value, _)| value)
        };
        let mut halves = self.tellers(flow).flat_map(|flow| [0, 1].map(|side| (flow, side)));
        halves.find_map(|(flow, side)| {
            let cipher = value(&flow, side, Field::TlsCipher)?;
            Some((value(&flow, side, Field::TlsVersion), cipher))
        })
    }

    /// All that is reported of a flow, but which devices its ends are.
    pub(crate) fn view(&self, flow: &Flow<'a>, judged: &Judged) -> FlowView<'a> {
        let orig = judged.orig();
        let (start, end) = flow.span();
        let layers = self.summary.flows.paths.layers(flow.hot.key.path);
        let names = self.names_of(flow, judged);
        let server_name =
            names.iter().find(|name| matches!(name.source, "sni" | "host")).map(|name| name.text);
        let decided = judged.vendor().is_some() || judged.attribution == Some(Attribution::Learned);
        FlowView {
            community_id: flow.community_id(),
            start: Timestamp(start),
            end: Timestamp(end),
            protocol: flow.hot.key.protocol,
            orig: self.end_view(flow, orig),
            resp: self.end_view(flow, 1 - orig),
            orig_basis: match judged.orig_basis() {
                OrigBasis::FirstSeen if self.testimony(flow, 1 - orig).serves() => OrigBasis::ServerHello,
                basis => basis,
            },
            vlan: layers.iter().filter(|l| tunnel_name(l.kind).is_none()).map(|l| l.id as u16).collect(),
            tunnel: layers.iter().filter_map(tunnel_text).collect(),
            tcp_history: (flow.hot.key.protocol == TCP).then(|| history(flow, orig)),
            app: self.app(flow),
            server_name,
            alpn: self.first_said(flow, Field::TlsAlpn),
            ja4: self.first_said(flow, Field::TlsJa4),
            ech: self.first_said(flow, Field::TlsEch).is_some(),
            names: names.iter().map(|name| self.name_of(name)).collect(),
            vendor: judged.vendor().map(|id| self.catalog.vendor(id)),
            role: judged.roles.iter().next().filter(|_| decided),
            attribution: judged.attribution,
            confidence: decided.then_some(judged.confidence),
            activity: judged.activity,
            external: judged.is_external(),
            first_packet: self.numbering.locate(&flow.cold.at()),
            copies: copies(flow),
            proof: matches!(judged.attribution, Some(Attribution::Protocol | Attribution::Learned))
                .then(|| self.shows_party(flow, judged))
                .flatten()
                .map(|at| self.numbering.locate(&at)),
            uid: uid(flow.cold.first, &flow.hot.key, layers),
            end_reason: self.end_reason(flow),
            joined: self.halves.other(flow.at).is_some(),
            frame_bytes: flow.counters().wire,
            tls: self.tls(flow),
            limits: limits(flow, self.is_spent(flow), self.earlier.is_mixed(flow.at)),
        }
    }

    fn end_reason(&self, flow: &Flow<'a>) -> EndReason {
        let latest = flow.hot.latest(flow.cold);
        let silent = || {
            let end = self.summary.site.captures.window().map(|(_, end)| end);
            let now = end.max(self.summary.site.now);
            now.is_some_and(|now| now.saturating_sub(latest) > self.summary.limits.idle)
        };
        match self.earlier.next(flow.at) {
            _ if flow.hot.is_closed() => EndReason::Closed,
            Some(true) => EndReason::Reuse,
            Some(false) => EndReason::Idle,
            None if silent() => EndReason::Idle,
            None => EndReason::End,
        }
    }

    /// Whether a half stayed undecided until its budget was spent, and no earlier one says what it is.
    fn is_spent(&self, flow: &Flow<'a>) -> bool {
        let spent = |flow: &Flow<'a>| [0, 1].into_iter().any(|side| self.testimony(flow, side).is_spent());
        self.tellers(flow).all(|flow| spent(&flow))
    }

    fn name_of(&self, name: &Name<'a>) -> NameOf<'a> {
        let packet: Option<PacketAt> = name.at.map(|at| self.numbering.locate(&at));
        NameOf { name: name.text, source: name.source, packet }
    }

    fn end_view(&self, flow: &Flow<'a>, side: Side) -> EndView {
        let key = &flow.hot.key;
        let ported = matches!(key.protocol, TCP | UDP | SCTP);
        let Counters { packets, bytes, payload, .. } = flow.counters();
        let once = flow.payload_once(side);
        EndView {
            address: key.address(side).ip(),
            port: key.port(side).filter(|_| ported),
            mac: flow.mac(side).filter(|_| !self.is_carried(flow)),
            device: None,
            packets: packets[side],
            bytes: bytes[side],
            payload: payload[side],
            payload_unique: (key.protocol == TCP && once.exact).then_some(once.bytes),
            missed: flow.cold.missed(flow.hot, side).filter(|_| key.protocol == TCP),
            tcp_flags: (key.protocol == TCP).then(|| flags(flow.hot.seen[side & 1])),
        }
    }
}

/// Datagrams that were seen again, if any were.
fn copies(flow: &Flow<'_>) -> Option<CopiesView> {
    let known = flow.cold.copies()?;
    let Counters { packets, payload, .. } = flow.counters();
    let mut all = CopiesView::default();
    for side in [0, 1] {
        let (once, again) = known.once(side, payload[side], packets[side]);
        // What its sender repeats himself is no copy of it, but it was seen.
        let counted = again == 0 && once.exact;
        all.packets += if counted { known.packets[side] } else { again };
        all.payload += if counted { known.payload[side] } else { payload[side] - once.bytes };
        all.estimated |= !once.exact;
    }
    (all.packets > 0).then_some(all)
}

fn tunnel_text(layer: &lenscap_wire::Layer) -> Option<String> {
    let name = tunnel_name(layer.kind)?;
    Some(if layer.id == 0 { name.to_string() } else { format!("{name}:{}", layer.id) })
}

/// Zeek's letters, with `T` and `G` where a whole half shows them, and `^` in front where the responder was seen first.
fn history(flow: &Flow<'_>, orig: Side) -> String {
    let flipped = if flow.hot.first_side() == orig { "" } else { "^" };
    let mut text = flipped.to_string() + &flow.cold.history.text(flow.hot.seen, orig);
    for side in [orig, 1 - orig] {
        let Some(trouble) = trouble(flow, side) else { continue };
        let again = trouble.seen() < flow.counters().payload[side];
        for letter in
            [('T', again), ('G', trouble.has_gap())].into_iter().filter(|(_, shown)| *shown).map(|(l, _)| l)
        {
            text.push(if side == orig { letter } else { letter.to_ascii_lowercase() });
        }
    }
    text
}

fn trouble<'f>(flow: &Flow<'f>, side: Side) -> Option<&'f Trouble> {
    flow.cold.extra.as_ref()?.trouble.get(side)?.as_deref()
}

impl Flow<'_> {
    /// Whether something stands behind what is read of a half, or in more pieces, that its readers would have asked for.
    pub(crate) fn leaves_unread(&self) -> bool {
        let unread = |side| self.cold.learned(side).iter().any(|learned| learned.told == Told::Unread);
        unread(0) || unread(1)
    }
}

/// What could not be told of a flow; `spent` where a half stayed undecided until its budget was spent.
fn limits(flow: &Flow<'_>, spent: bool, mixed: bool) -> Vec<&'static str> {
    let hazards = flow.hot.hazards();
    let mut all: Vec<_> =
        Hazards::NAMES.iter().filter(|(h, _)| hazards.contains(*h)).map(|(_, name)| *name).collect();
    if flow.hot.key.path == PathId::OTHER {
        all.push("path-cap");
    }
    if [0, 1].into_iter().any(|side| trouble(flow, side).is_some_and(|trouble| !trouble.is_exact())) {
        all.push("unique-bytes-cap");
    }
    if spent {
        all.push("undecided");
    }
    if mixed {
        all.push("two-stations");
    }
    if flow.leaves_unread() {
        all.push("unread-messages");
    }
    all
}
