//! Devices: the stations of the roll with what they are, and the record of each.

mod records;

use hashbrown::HashSet;
use lenscap_catalog::{Catalog, Extract};
use lenscap_wire::{Activity, Address, Field, Meaning};
use rayon::prelude::*;
use std::borrow::Cow;

use super::dealings::{DealingAt, Through, dealings_of};
use super::dealt::least_upload;
use super::disputed::Doubts;
use super::grouped::Grouped;
use super::heard::Heard;
use super::identity::Identity;
use super::questions::{Background, Questions};
use super::relays::Relayed;
use super::roll::{Roll, Sighted, Station, StationKey};
use super::volume::Volume;
use crate::judge::by_flow::ByFlow;
use crate::judge::judged::Judged;
use crate::judge::walk::Walk;
use crate::judge::{Court, FlowAt, Stated};
use crate::report::{DeviceId, Standing};
use crate::state::key::Side;
use crate::state::table::index::NOWHERE;
use crate::state::table::slab::Slab;

/// Every station, with its flows.
pub(crate) struct Stations<'a> {
    /// The places that all other lists go by.
    keys: Vec<StationKey>,
    all: Slab<Station>,
    /// Addresses of stations that have several, beside the first.
    others: Grouped<Address>,
    /// By shard and flow, the place of each end's station, or [`NOWHERE`].
    places: ByFlow<[u32; 2]>,
    /// Flows with a vendor, by station.
    dealings: Grouped<DealingAt>,
    /// Flows of others in tunnels that cameras and possible cameras opened to the outside, by station.
    through: Vec<Through>,
    /// Flows in which they were asked as proxies, by station.
    asked: Grouped<DealingAt>,
    said: Grouped<Heard>,
    shown: Grouped<Sighted<'a>>,
    doubts: Doubts,
    questions: Questions<'a>,
    /// What those are of whom anything is known that can be evidence, by place, up to [`Stations::KEPT`]: worked out once, for
    /// standings, findings and records. The others are many, and shown in records alone.
    identities: Vec<(u32, Box<Identity<'a>>)>,
    /// The standing of each.
    standings: Vec<Standing>,
}

/// One station.
#[derive(Clone, Copy)]
pub(crate) struct Device<'s, 'a> {
    pub(crate) key: StationKey,
    pub(crate) station: &'s Station,
    pub(crate) place: usize,
    stations: &'s Stations<'a>,
}

impl<'a> Stations<'a> {
    /// Stations of which is kept what they are, beside cameras and possible ones. An identity takes a kilobyte, and stations may
    /// be as many as flows: that of those further on is worked out again for their records.
    const KEPT: u32 = 4096;

    pub(crate) fn new(court: &Court<'a>, walk: &mut Walk) -> Self {
        let through = std::mem::take(&mut walk.ends.through);
        let asked = std::mem::take(&mut walk.ends.asked);
        let roll = Roll::new(court, std::mem::take(&mut walk.ends));
        let mut places = std::mem::take(&mut walk.places);
        let of_end = &roll.of_end;
        let station = |end: &mut u32| *end = of_end.get(*end as usize).copied().unwrap_or(NOWHERE);
        places.for_each_mut(|places| places.iter_mut().for_each(station));
        let of = |(end, flow)| (of_end.get(end as usize).copied().unwrap_or(NOWHERE), flow);
        let through = through.into_iter().map(of).collect();
        let asked: Vec<Through> = asked.into_iter().map(of).filter(|(place, _)| *place != NOWHERE).collect();
        let mut all = Self::conclude(court, &walk.judged, roll, (places, asked));
        all.pass(court, through);
        all
    }

    /// Takes what others have in tunnels that cameras and possible cameras opened to the outside for sent by these, too.
    fn pass(&mut self, court: &Court<'a>, mut through: Vec<Through>) {
        through.retain(|(station, flow)| {
            let is_end = [0, 1].map(|side| self.station_of(flow.at(), side)).contains(&Some(*station));
            !is_end && self.standing(*station as usize) != Standing::Other
        });
        for (station, dealing) in &through {
            let (flow, station) = (court.flow(dealing.at()), self.all.get_mut(*station as usize));
            let Some((flow, station)) = flow.zip(station) else { continue };
            let bytes = flow.whole_counters().bytes;
            let (sent, received) = (bytes[dealing.side()], bytes[1 - dealing.side()]);
            let outside = Volume {
                sent,
                received,
                sent_outside: sent,
                received_outside: received,
                ..Volume::default()
            };
            station.volume.join(&outside);
        }
        self.through = through;
    }

    fn conclude(
        court: &Court<'a>,
        judged: &ByFlow<Judged>,
        roll: Roll<'a>,
        (places, asked): (ByFlow<[u32; 2]>, Vec<Through>),
    ) -> Self {
        let Roll { keys, stations, others, said, shown, doubts, .. } = roll;
        let groups = keys.len();
        let (said, shown) = rayon::join(|| Grouped::new(said, groups), || Grouped::new(shown, groups));
        let dealings = dealings_of((&places, &[]), judged, groups, |judged, _, side, _| {
            let uploads = judged.activity == Activity::BulkUpload && judged.is_outside(1 - side);
            judged.vendor().is_some() && judged.is_contact(side) || uploads
        });
        let residents = (0u32..).zip(stations.iter()).filter_map(|(at, of)| Some((of.title?.0, at)));
        let residents = residents.chain(others.iter().map(|(place, address)| (*address, *place)));
        let residents = residents.filter_map(|(address, at)| Some((address, *keys.get(at as usize)?, at)));
        let questions = Questions::new(court, residents, groups, |place| dealings.of(place).len() > 0);
        let others = Grouped::new(others, groups);
        let mut all = Self {
            keys,
            all: stations,
            others,
            places,
            dealings,
            through: Vec::new(),
            asked: Grouped::new(asked, groups),
            said,
            shown,
            doubts,
            questions,
            identities: Vec::new(),
            standings: Vec::new(),
        };
        let known = all.known(court, judged);
        let identify = |place: u32| {
            let identity = all.identify(court, judged, place as usize);
            let standing = identity.standing();
            // One in which nothing was found is worked out again as soon as it were given back.
            let kept = standing != Standing::Other || place < Self::KEPT && !identity.is_blank();
            (place, standing, kept.then(|| Box::new(identity)))
        };
        let known: Vec<_> = known.into_par_iter().map(identify).collect();
        all.standings = vec![Standing::Other; groups];
        for (place, standing, identity) in known {
            all.standings[place as usize] = standing;
            all.identities.extend(identity.map(|identity| (place, identity)));
        }
        all
    }

    /// The stations of which anything is known that can be evidence of what they are, by place. It is marked by what there is
    /// to know: of most stations nothing is.
    fn known(&self, court: &Court<'a>, judged: &ByFlow<Judged>) -> Vec<u32> {
        let telling: Vec<bool> = Field::ALL.iter().map(|field| is_telling(court.catalog, *field)).collect();
        let tells = |field: Field| telling.get(field as usize).copied().unwrap_or(true);
        let says = |statement| {
            let mut says = false;
            court.opinions.said(statement, |field, _| says |= tells(field));
            says
        };
        let mut known = vec![court.statements.has_serials(); self.len()];
        let shown = self.shown.each().filter(|(_, shown)| tells(shown.field)).map(|(place, _)| place);
        shown.for_each(|place| known[place] = true);
        self.questions.clouds().for_each(|place| known[place] = true);
        let least = least_upload(court);
        for place in self.dealings.groups() {
            known[place] = known[place] || self.tells_by_dealings(court, judged, place, least);
        }
        // What was said takes most to look at.
        for (place, heard) in self.said.each() {
            known[place] = known[place] || says(heard.statement);
        }
        let is_known = |(place, key): (usize, &StationKey)| {
            let mac = || key.mac().filter(|mac| !mac.is_local());
            let known = known[place]
                || mac().is_some_and(|mac| court.catalog.mac(mac.0).is_some())
                || self.stated(court, place).is_some();
            known.then_some(place as u32)
        };
        self.keys.iter().enumerate().filter_map(is_known).collect()
    }

    /// Whether the flows of a station can tell anything of it: one is with a vendor, or what they sent is as much as makes an upload.
    fn tells_by_dealings(
        &self,
        court: &Court<'a>,
        judged: &ByFlow<Judged>,
        place: usize,
        least: Option<u64>,
    ) -> bool {
        let mut sent = 0;
        self.dealings.of(place).any(|dealing| {
            if judged.get(dealing.at()).is_some_and(|judged| judged.vendor().is_some()) {
                return true;
            }
            let payload = court.flow(dealing.at()).map(|flow| flow.whole_counters().payload[dealing.side()]);
            sent += payload.unwrap_or(0);
            least.is_some_and(|least| sent >= least)
        })
    }

    /// What the owner states of a station.
    fn stated<'c>(&self, court: &'c Court<'a>, place: usize) -> Option<&'c Stated> {
        if court.statements.is_empty() {
            return None;
        }
        let title = self.all.get(place).and_then(|station| station.title).map(|(address, _)| address);
        let addresses = title.into_iter().chain(self.others.of(place).copied());
        court.statements.of(self.keys.get(place).and_then(|key| key.mac()), addresses)
    }

    /// What a station is: as it was worked out, or now where that was not kept.
    fn identity(&self, court: &Court<'a>, judged: &ByFlow<Judged>, place: usize) -> Cow<'_, Identity<'a>> {
        match self.identities.binary_search_by_key(&place, |(known, _)| *known as usize) {
            Ok(at) => Cow::Borrowed(&self.identities[at].1),
            Err(_) => Cow::Owned(self.identify(court, judged, place)),
        }
    }

    /// Works out what a station is.
    fn identify(&self, court: &Court<'a>, judged: &ByFlow<Judged>, place: usize) -> Identity<'a> {
        let mut identity = Identity::with_room(self.said.of(place).len() + self.shown.of(place).len());
        for heard in self.said.of(place) {
            let (often, claimed) = (heard.often(), heard.claimed);
            court.opinions.said(heard.statement, |kind, value| identity.see((kind, value), often, claimed));
        }
        for shown in self.shown.of(place) {
            identity.see((shown.field, shown.value), (shown.count, shown.at), shown.claimed);
        }
        let relayed = Relayed::of(court, self.asked.of(place));
        let known = self.dealings.of(place).filter_map(|dealing| {
            Some((court.flow(dealing.at())?, dealing.side(), judged.get(dealing.at())?))
        });
        let passed_on = relayed.passed_on(court, known.clone());
        let known = known.filter(|(flow, ..)| !passed_on.contains(&flow.at));
        let background = Background {
            mac: self.keys.get(place).and_then(|key| key.mac()),
            is_router: self.all.get(place).is_some_and(|station| station.is_router),
            asked: self.questions.cloud(place, |asked| !relayed.asks(asked)),
            strangers: self.questions.strangers(place),
        };
        identity.conclude(court, background, known);
        let by_serial = || {
            let serial = if court.statements.has_serials() { identity.told(Extract::Serial) } else { None };
            court.statements.of_serial(&serial?)
        };
        if let Some(stated) = self.stated(court, place).or_else(by_serial) {
            identity.correct(court, stated);
        }
        identity
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many of them have a standing.
    pub(crate) fn count(&self, wanted: Standing) -> u64 {
        self.standings.iter().filter(|standing| **standing == wanted).count() as u64
    }

    /// What the station at a place is.
    pub(crate) fn standing(&self, place: usize) -> Standing {
        self.standings.get(place).copied().unwrap_or_default()
    }

    /// The flows with parties outside that are judged, by station: all of a camera and a possible camera, of any other those
    /// with a vendor, and those to addresses of such.
    pub(crate) fn dealings_outside(&self, court: &Court<'a>, judged: &ByFlow<Judged>) -> Grouped<DealingAt> {
        // Where all are others and none has a flow with a vendor there is nothing to look for.
        if self.dealings.is_empty() && self.standings.iter().all(|standing| *standing == Standing::Other) {
            return Grouped::new(Vec::new(), self.len());
        }
        let party = |at, side: Side| Some(court.party_address(&court.flow(at)?, 1 - side));
        let is_other = |place| self.standing(place) == Standing::Other;
        let of_vendor = self.dealings.each().filter(|(place, dealing)| {
            let judged = judged.get(dealing.at());
            let has_vendor =
                |judged: &Judged| judged.vendor().is_some() && judged.is_outside(1 - dealing.side());
            is_other(*place) && judged.is_some_and(has_vendor)
        });
        let vendors: HashSet<(usize, Address)> =
            of_vendor.filter_map(|(place, at)| Some((place, party(at.at(), at.side())?))).collect();
        dealings_of((&self.places, &self.through), judged, self.len(), |judged, at, side, place| {
            let told = || judged.vendor().is_some() || !is_other(place);
            let goes_there = || party(at, side).is_some_and(|address| vendors.contains(&(place, address)));
            judged.is_outside(1 - side)
                && (told() || self.dealings.of(place).len() > 0 && !vendors.is_empty() && goes_there())
        })
    }

    /// The place of the station at one end of a flow.
    fn station_of(&self, at: FlowAt, side: Side) -> Option<u32> {
        Some(self.places.get(at)?[side & 1])
    }

    /// The station at one end of a flow.
    pub(crate) fn at(&self, at: FlowAt, side: Side) -> Option<DeviceId> {
        self.keys.get(self.station_of(at, side)? as usize).map(|key| (*key).into())
    }

    /// The station at a place.
    pub(crate) fn device(&self, place: usize) -> Option<Device<'_, 'a>> {
        let (key, station) = (*self.keys.get(place)?, self.all.get(place)?);
        Some(Device { key, station, place, stations: self })
    }

    /// Every station, in no promised order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Device<'_, 'a>> {
        (0..self.len()).filter_map(|place| self.device(place))
    }
}

impl<'s, 'a> Device<'s, 'a> {
    /// Its addresses, in no order.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Address> + use<'s, 'a> {
        let others = self.stations.others.of(self.place).copied();
        self.station.title.map(|(address, _)| address).into_iter().chain(others)
    }

    /// What it is.
    pub(crate) fn identity(&self, court: &Court<'a>, judged: &ByFlow<Judged>) -> Cow<'s, Identity<'a>> {
        self.stations.identity(court, judged, self.place)
    }
}

/// Whether what stands in a field can be evidence of what its station is. What clients say of every server cannot.
fn is_telling(catalog: &Catalog, field: Field) -> bool {
    catalog.has_banners(field)
        || field.may_hold_model()
        || matches!(field, Field::SdpMedia | Field::OnvifVideo | Field::RtpVideo)
        || !matches!(field.meaning(), None | Some(Meaning::Role))
}
