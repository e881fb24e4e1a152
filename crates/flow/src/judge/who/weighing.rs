//! The two sums of a station: how surely it is a camera, and who made it.
//!
//! A host name `DS-2CD2042WD-I` is 60 points for "is a camera" and 80 for Hikvision, a look-up of `hik-connect.com` 30 for "is
//! a camera" and none for a maker: phones look it up, too. What each kind of evidence is worth stands in the catalogue.

use lenscap_catalog::{Catalog, DeviceClass, Evidence, StandingRow, VendorId};
use lenscap_wire::PacketRef;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::said::{self, By, leans};
use super::texts::names_maker;
use crate::judge::rules;
use crate::report::{Standing, WhyRecord};

/// One piece of evidence about a station.
#[derive(Clone, Debug)]
pub(crate) struct Weighed<'a> {
    pub(crate) row: &'static StandingRow,
    pub(crate) value: Cow<'a, [u8]>,
    pub(crate) vendor: Option<VendorId>,
    pub(crate) class: DeviceClass,
    pub(crate) by: By,
    /// Whether only others said so: it is shown, and worth nothing.
    pub(crate) claimed: bool,
    pub(crate) at: Option<PacketRef>,
}

impl Weighed<'_> {
    /// Points that it is a camera.
    pub(crate) fn kind(&self) -> u32 {
        if self.claimed { 0 } else { self.row.kind.into() }
    }

    /// Points for its maker.
    pub(crate) fn maker(&self) -> u32 {
        if self.claimed { 0 } else { self.row.maker.into() }
    }
}

/// What a station is besides its evidence.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signs {
    /// Others stand behind its MAC.
    pub(crate) is_router: bool,
    /// It said that it is a phone, a computer or an application that views.
    pub(crate) is_client: bool,
    /// Owners of names that it asked for and nobody knows.
    pub(crate) strangers: usize,
    /// It tells the MAC of another device.
    pub(crate) tells_other: bool,
}

/// What the sums come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) standing: Standing,
    pub(crate) kind: u32,
    /// The maker, and its points.
    pub(crate) maker: Option<(VendorId, u32)>,
    /// Whether nothing but whom it calls names the maker.
    pub(crate) by_cloud: bool,
    /// The platform whose protocol it speaks, or whose name it bears, and its points: devices of many makers do.
    pub(crate) platform: Option<(VendorId, u32)>,
    /// Other makers that the evidence names, with their points, the most first.
    pub(crate) conflicts: Vec<(VendorId, u32)>,
}

impl Outcome {
    /// Adds up all evidence.
    pub(crate) fn of(catalog: &Catalog, evidence: &[Weighed<'_>], signs: Signs) -> Self {
        let (standing, kind) = kind(catalog, evidence, signs);
        let mut makers: BTreeMap<VendorId, BTreeMap<u8, u32>> = BTreeMap::new();
        for piece in evidence.iter().filter(|piece| piece.maker() > 0) {
            let Some(vendor) = piece.vendor else { continue };
            let best = makers.entry(vendor).or_default().entry(piece.row.row).or_default();
            *best = (*best).max(piece.maker());
        }
        let mut makers: Vec<(VendorId, u32)> =
            makers.into_iter().map(|(vendor, rows)| (vendor, rows.into_values().sum())).collect();
        makers.sort_by_key(|(vendor, points)| (Reverse(*points), *vendor));
        let is_platform = |vendor: VendorId| catalog.vendor(vendor).kind.is_platform();
        let platform = makers.iter().find(|(vendor, _)| is_platform(*vendor)).copied();
        makers.retain(|made| !is_platform(made.0) && names_maker(catalog, evidence, *made));
        // What it says that it is stands above what its hardware shows of who made it for the badge.
        let badge = makers.first().and_then(|(made_by, _)| said::badge(catalog, evidence, *made_by));
        let place = makers.iter().position(|(vendor, _)| Some(*vendor) == badge).unwrap_or(0);
        let maker = (place < makers.len()).then(|| makers.remove(place));
        let others = makers.into_iter();
        let conflicts =
            others.filter(|(other, _)| maker.is_some_and(|(maker, _)| !related(catalog, maker, *other)));
        let names = |piece: &&Weighed<'_>| piece.maker() > 0 && piece.vendor == maker.map(|(id, _)| id);
        let by_cloud =
            maker.is_some() && evidence.iter().filter(names).all(|piece| piece.row.evidence.is_contact());
        Self { standing, kind, maker, by_cloud, platform, conflicts: conflicts.collect() }
    }
}

impl Outcome {
    /// Takes a maker that is stated, above the one that evidence names.
    pub(crate) fn make(&mut self, catalog: &Catalog, stated: VendorId) {
        self.conflicts.retain(|(other, _)| *other != stated && !related(catalog, stated, *other));
        let other = self.maker.filter(|(other, _)| !related(catalog, stated, *other));
        self.conflicts.splice(0..0, other);
        self.by_cloud = false;
        self.maker = Some((stated, self.maker.filter(|(maker, _)| *maker == stated).map_or(0, |(_, p)| p)));
    }
}

fn kind(catalog: &Catalog, evidence: &[Weighed<'_>], signs: Signs) -> (Standing, u32) {
    let limits = catalog.limits();
    let mut rows: BTreeMap<u8, (u32, &StandingRow)> = BTreeMap::new();
    let is = |what| evidence.iter().find(|piece| piece.row.evidence == what);
    for piece in evidence.iter().filter(|piece| piece.kind() > 0 && piece.row.evidence != Evidence::Upload) {
        let best = rows.entry(piece.row.row).or_insert((0, piece.row));
        best.0 = best.0.max(piece.kind());
    }
    let said_by_more = |row: &StandingRow| rows.contains_key(&row.not_beside);
    let counted: Vec<_> = rows.values().filter(|(_, row)| !said_by_more(row)).collect();
    let by_contact = |row: &StandingRow| row.evidence.is_contact();
    let contacts: u32 = counted.iter().filter(|(_, row)| by_contact(row)).map(|(points, _)| points).sum();
    let own: u32 = counted.iter().filter(|(_, row)| !by_contact(row)).map(|(points, _)| points).sum();
    let most = if signs.is_router { limits.router_most.into() } else { u32::MAX };
    let mut kind = own + contacts.min(most);
    let suspected = u32::from(limits.suspected);
    if said::says_other(evidence) {
        return (Standing::Other, kind.min(suspected - 1));
    }
    if let Some(upload) = is(Evidence::Upload) {
        // It lifts a possible camera, and makes none: an upload would prove itself.
        if (suspected..limits.camera.into()).contains(&kind) {
            kind = (kind + upload.kind()).min(u32::from(limits.camera) - 1);
        } else if kind == 0 && is(Evidence::MixedPrefix).is_some() && !signs.is_router {
            kind = suspected;
        }
    }
    let whole = || counted.iter().filter(|(_, row)| !(signs.is_router && by_contact(row)));
    let is_strong = |points: u32| points >= limits.strong.into();
    let strong = whole().any(|(points, _)| is_strong(*points));
    // Two signs that viewers give, too, are no more than one: an app asks its cloud, and keeps a way to its camera open.
    let no_viewer = evidence.iter().any(|piece| piece.kind() > 0 && !piece.row.evidence.is_of_viewers_too());
    let good = || whole().filter(|(points, _)| *points >= limits.second.into());
    let second = no_viewer
        && good().count() > 1
        && (good().any(|(_, row)| said::is_more_than_the_part(row.evidence))
            || evidence.iter().any(|piece| said::makes_cameras_only(catalog, piece)));
    let by_prefix = counted.iter().any(|(_, row)| row.evidence == Evidence::Prefix);
    // A phone has no MAC of a maker of cameras, but a camera may know names that the catalogue does not.
    let views = signs.is_client || signs.strangers >= limits.viewer_names.into() && !by_prefix;
    // What says that it views is contradicted by its own words alone, and not by whom it calls: an app may call that, too.
    let own_word = counted.iter().any(|(points, row)| is_strong(*points) && !by_contact(row));
    if views && kind > 0 && !own_word {
        return (Standing::Viewer, kind.min(limits.viewer_most.into()));
    }
    let camera = u32::from(limits.camera);
    // What two makers' devices show, each for its own, adds up to no camera of either.
    let of_one = || {
        let best = counted.iter().filter_map(|(points, row)| {
            let mut of_row =
                evidence.iter().filter(|piece| piece.row.row == row.row && piece.kind() == *points);
            let vendor = of_row.find_map(|piece| piece.vendor)?;
            (!catalog.vendor(vendor).kind.is_platform()).then_some(vendor)
        });
        let makers: Vec<_> = best.collect();
        makers.iter().all(|one| makers.iter().all(|other| related(catalog, *one, *other)))
    };
    if kind >= camera && !signs.tells_other && (strong || second && of_one()) {
        return (Standing::Camera, kind);
    }
    let kind = kind.min(camera - 1);
    (if kind >= suspected { Standing::Suspected } else { Standing::Other }, kind)
}

/// Whether two makers are no contradiction: one owns the other, or is reported to sell what the other makes or to use its
/// platform.
fn related(catalog: &Catalog, one: VendorId, other: VendorId) -> bool {
    one == other || leans(catalog, one, other) || leans(catalog, other, one)
}

/// Records of evidence, of each text one, strongest first: an entry of the catalogue may tell its kind and another its maker.
pub(super) fn each_once<'a>(pieces: impl Iterator<Item = WhyRecord<'a>>) -> Vec<WhyRecord<'a>> {
    let mut all: Vec<WhyRecord<'a>> = Vec::new();
    for piece in pieces {
        let same = |known: &WhyRecord<'a>| {
            (known.kind, &known.value, known.claimed) == (piece.kind, &piece.value, piece.claimed)
        };
        if let Some(known) = all.iter().position(same).and_then(|at| all.get_mut(at)) {
            known.names_maker |= piece.names_maker;
        } else if all.len() < rules::WHY {
            all.push(piece);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_catalog::Confidence;

    fn weighed(catalog: &Catalog, evidence: Evidence, vendor: &str) -> Weighed<'static> {
        Weighed {
            row: catalog.worth(evidence, Confidence::High),
            value: b"".as_slice().into(),
            vendor: catalog.vendor_id(vendor),
            class: DeviceClass::Unknown,
            by: By::Other,
            claimed: false,
            at: None,
        }
    }

    fn outcome(evidence: &[(Evidence, &str)], signs: Signs) -> (Standing, u32) {
        let catalog = Catalog::builtin();
        let evidence: Vec<_> =
            evidence.iter().map(|(what, vendor)| weighed(&catalog, *what, vendor)).collect();
        let outcome = Outcome::of(&catalog, &evidence, signs);
        (outcome.standing, outcome.kind)
    }

    const CLOUD: (Evidence, &str) = (Evidence::Cloud, "hikvision");
    const ASKED: (Evidence, &str) = (Evidence::CloudAsked, "hikvision");
    const DEVICES: (Evidence, &str) = (Evidence::CloudOfDevices, "hikvision");
    const DEVICES_ASKED: (Evidence, &str) = (Evidence::CloudOfDevicesAsked, "hikvision");
    const PREFIX: (Evidence, &str) = (Evidence::Prefix, "hikvision");
    const MODEL: (Evidence, &str) = (Evidence::Model, "hikvision");

    #[test]
    fn one_strong_row_or_two_good_ones_make_a_camera() {
        let of = |evidence: &[_]| outcome(evidence, Signs::default());
        assert_eq!(of(&[MODEL]), (Standing::Camera, 60));
        assert_eq!(of(&[PREFIX, CLOUD, ASKED]), (Standing::Camera, 80));
        assert_eq!(of(&[PREFIX]), (Standing::Suspected, 40));
        assert_eq!(of(&[CLOUD, CLOUD]), (Standing::Suspected, 40));
        // A prefix of one maker, and another's cloud.
        assert_eq!(of(&[PREFIX, (Evidence::CloudOfDevicesAsked, "axis")]), (Standing::Suspected, 59));
        assert_eq!(of(&[PREFIX, (Evidence::CloudAsked, "ezviz"), DEVICES_ASKED]), (Standing::Camera, 80));
        // 70 points, but only one of the rows is good.
        assert_eq!(of(&[PREFIX, ASKED]), (Standing::Suspected, 59));
        assert_eq!(of(&[(Evidence::MixedPrefix, "tp-link")]), (Standing::Other, 0));
        assert_eq!(of(&[]), (Standing::Other, 0));
    }

    #[test]
    fn a_cloud_that_only_cameras_call_decides_where_it_answered() {
        let of = |evidence: &[_]| outcome(evidence, Signs::default());
        assert_eq!(of(&[DEVICES]), (Standing::Camera, 60));
        // One row: the better counts, and the question behind it adds nothing.
        assert_eq!(of(&[DEVICES, CLOUD, DEVICES_ASKED, ASKED]), (Standing::Camera, 60));
        assert_eq!(of(&[DEVICES_ASKED]), (Standing::Suspected, 40));
        assert_eq!(of(&[DEVICES_ASKED, PREFIX]), (Standing::Camera, 80));
        assert_eq!(of(&[CLOUD, DEVICES_ASKED]), (Standing::Suspected, 40));
        let router = Signs { is_router: true, ..Signs::default() };
        assert_eq!(outcome(&[DEVICES], router), (Standing::Other, 29));
    }

    #[test]
    fn what_says_that_it_opens_doors_is_no_camera_by_its_protocol() {
        let catalog = Catalog::builtin();
        let of = |class, claimed| {
            let door = Weighed {
                class,
                claimed,
                row: catalog.worth(Evidence::Banner, Confidence::High),
                ..weighed(&catalog, Evidence::Banner, "dahua")
            };
            let all = [weighed(&catalog, Evidence::Protocol, "dahua"), door];
            Outcome::of(&catalog, &all, Signs::default()).standing
        };
        assert_eq!(of(DeviceClass::AccessControl, false), Standing::Other);
        assert_eq!(of(DeviceClass::Accessory, false), Standing::Other);
        assert_eq!(of(DeviceClass::AccessControl, true), Standing::Camera);
        assert_eq!(of(DeviceClass::Camera, false), Standing::Camera);
    }

    #[test]
    fn what_tells_the_mac_of_another_is_no_camera_for_certain() {
        let signs = Signs { tells_other: true, ..Signs::default() };
        assert_eq!(outcome(&[MODEL, PREFIX], signs), (Standing::Suspected, 59));
        assert_eq!(outcome(&[MODEL, PREFIX], Signs::default()), (Standing::Camera, 100));
    }

    #[test]
    fn what_others_claim_is_worth_nothing() {
        let catalog = Catalog::builtin();
        let claim = Weighed { claimed: true, ..weighed(&catalog, Evidence::Model, "hikvision") };
        let outcome = Outcome::of(&catalog, &[claim], Signs::default());
        assert_eq!((outcome.standing, outcome.kind, outcome.maker), (Standing::Other, 0, None));
    }

    #[test]
    fn viewers_and_routers_are_no_cameras_by_whom_they_call() {
        let client = Signs { is_client: true, ..Signs::default() };
        assert_eq!(outcome(&[CLOUD], client), (Standing::Viewer, 29));
        assert_eq!(outcome(&[], client), (Standing::Other, 0));
        assert_eq!(outcome(&[MODEL, CLOUD], client), (Standing::Camera, 100));
        let strangers = Signs { strangers: 5, ..Signs::default() };
        assert_eq!(outcome(&[CLOUD], strangers), (Standing::Viewer, 29));
        assert_eq!(outcome(&[CLOUD, PREFIX], strangers), (Standing::Camera, 80));
        let router = Signs { is_router: true, ..Signs::default() };
        assert_eq!(outcome(&[CLOUD], router), (Standing::Other, 29));
        assert_eq!(outcome(&[MODEL], router), (Standing::Camera, 60));
    }

    #[test]
    fn a_maker_by_its_cloud_alone_is_told_apart() {
        let catalog = Catalog::builtin();
        let of = |evidence: &[(Evidence, &str)]| {
            let all: Vec<_> = evidence.iter().map(|(what, who)| weighed(&catalog, *what, who)).collect();
            Outcome::of(&catalog, &all, Signs::default()).by_cloud
        };
        assert!(of(&[DEVICES]) && of(&[DEVICES, DEVICES_ASKED]));
        assert!(!of(&[]) && !of(&[CLOUD]) && !of(&[DEVICES, PREFIX]) && !of(&[MODEL]));
    }

    #[test]
    fn what_views_is_no_camera_by_a_cloud_of_devices() {
        let client = Signs { is_client: true, ..Signs::default() };
        assert_eq!(outcome(&[DEVICES], client), (Standing::Viewer, 29));
        let strangers = Signs { strangers: 5, ..Signs::default() };
        assert_eq!(outcome(&[DEVICES], strangers), (Standing::Viewer, 29));
        assert_eq!(outcome(&[DEVICES, PREFIX], strangers), (Standing::Camera, 100));
        assert_eq!(outcome(&[DEVICES, MODEL], client), (Standing::Camera, 120));
    }

    #[test]
    fn two_signs_that_viewers_give_too_make_no_camera() {
        let of = |evidence: &[_]| outcome(evidence, Signs::default());
        let peer = (Evidence::P2p, "pppp");
        assert_eq!(of(&[CLOUD, peer]), (Standing::Suspected, 59));
        assert_eq!(of(&[CLOUD, peer, (Evidence::Upload, "")]), (Standing::Suspected, 59));
        assert_eq!(of(&[CLOUD, peer, PREFIX]), (Standing::Camera, 115));
        assert_eq!(of(&[peer, DEVICES_ASKED]), (Standing::Camera, 75));
    }

    #[test]
    fn a_platform_is_no_maker() {
        let catalog = Catalog::builtin();
        let of = |evidence: &[(Evidence, &str)]| {
            let evidence: Vec<_> = evidence.iter().map(|(what, who)| weighed(&catalog, *what, who)).collect();
            let Outcome { maker, platform, conflicts, .. } =
                Outcome::of(&catalog, &evidence, Signs::default());
            let id = |(id, _): (VendorId, u32)| catalog.vendor(id).id.to_string();
            (maker.map(id), platform.map(id), conflicts.len())
        };
        let speaks = (Evidence::DeviceRole, "pppp");
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(of(&[speaks]), (None, named("pppp"), 0));
        assert_eq!(of(&[speaks, (Evidence::MixedPrefix, "xiaomi")]), (named("xiaomi"), named("pppp"), 0));
    }

    #[test]
    fn a_maker_that_is_stated_stands_above_the_evidence() {
        let catalog = Catalog::builtin();
        let id = |name| catalog.vendor_id(name).unwrap();
        let mut outcome =
            Outcome::of(&catalog, &[weighed(&catalog, Evidence::Model, "axis")], Signs::default());
        outcome.make(&catalog, id("hikvision"));
        assert_eq!(outcome.maker, Some((id("hikvision"), 0)));
        assert_eq!(outcome.conflicts, [(id("axis"), 80)]);
        outcome.make(&catalog, id("axis"));
        assert_eq!(outcome.maker.map(|(maker, _)| maker), Some(id("axis")));
    }

    #[test]
    fn an_upload_counts_beside_what_else_makes_a_possible_camera() {
        let upload = (Evidence::Upload, "");
        let of = |evidence: &[_]| outcome(evidence, Signs::default());
        assert_eq!(of(&[upload]), (Standing::Other, 0));
        assert_eq!(of(&[PREFIX, upload]), (Standing::Suspected, 55));
        assert_eq!(of(&[PREFIX, ASKED, upload]), (Standing::Suspected, 59));
        let mixed = (Evidence::MixedPrefix, "tp-link");
        assert_eq!(of(&[mixed, upload]), (Standing::Suspected, 30));
        let router = Signs { is_router: true, ..Signs::default() };
        assert_eq!(outcome(&[mixed, upload], router), (Standing::Other, 0));
        let viewer = Signs { strangers: 5, ..Signs::default() };
        assert_eq!(outcome(&[mixed, upload], viewer), (Standing::Viewer, 29));
    }

    #[test]
    fn the_maker_is_the_device_s_own_word_and_not_whom_it_calls() {
        let catalog = Catalog::builtin();
        let of = |evidence: &[(Evidence, &str)]| {
            let evidence: Vec<_> = evidence.iter().map(|(what, who)| weighed(&catalog, *what, who)).collect();
            let Outcome { maker, conflicts, .. } = Outcome::of(&catalog, &evidence, Signs::default());
            let name = |(id, points): (VendorId, u32)| (catalog.vendor(id).id.to_string(), points);
            (maker.map(name), conflicts.into_iter().map(name).collect::<Vec<_>>())
        };
        let named = |name: &str, points| (name.to_owned(), points);
        assert_eq!(of(&[CLOUD]), (None, vec![]));
        assert_eq!(of(&[CLOUD, (Evidence::MixedPrefix, "tp-link")]), (Some(named("tp-link", 10)), vec![]));
        let two = of(&[MODEL, PREFIX, (Evidence::Prefix, "axis")]);
        assert_eq!(two, (Some(named("hikvision", 120)), vec![named("axis", 40)]));
        // Who owns a brand does not contradict it.
        assert_eq!(of(&[MODEL, (Evidence::Prefix, "ezviz")]).1, vec![]);
    }
}
