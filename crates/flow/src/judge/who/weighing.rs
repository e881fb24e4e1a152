//! The two sums of a station: how surely it is a camera, and who made it.
//!
//! A host name `DS-2CD2042WD-I` is 60 points for "is a camera" and 80 for Hikvision, a look-up of `hik-connect.com` 30 for "is
//! a camera" and none for a maker: phones look it up, too. What each kind of evidence is worth stands in the catalogue.

use lenscap_catalog::{Catalog, DeviceClass, Evidence, StandingRow, VendorId};
use lenscap_wire::PacketRef;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::precedence::{self, TextKind, leans};
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
    pub(crate) by: TextKind,
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
        let badge = makers.first().and_then(|(made_by, _)| precedence::badge(catalog, evidence, *made_by));
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
    if precedence::says_other(evidence) {
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
        && (good().any(|(_, row)| precedence::is_more_than_the_part(row.evidence))
            || evidence.iter().any(|piece| precedence::makes_cameras_only(catalog, piece)));
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
pub(super) mod tests;
