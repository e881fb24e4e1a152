use super::*;
use lenscap_catalog::Confidence;

pub(in crate::judge::who) fn piece(
    catalog: &Catalog,
    evidence: Evidence,
    of: Confidence,
    vendor: &str,
) -> Weighed<'static> {
    Weighed {
        row: catalog.worth(evidence, of),
        value: b"".as_slice().into(),
        vendor: catalog.vendor_id(vendor),
        class: DeviceClass::Unknown,
        by: TextKind::Other,
        claimed: false,
        at: None,
    }
}

fn weighed(catalog: &Catalog, evidence: Evidence, vendor: &str) -> Weighed<'static> {
    piece(catalog, evidence, Confidence::High, vendor)
}

fn outcome(evidence: &[(Evidence, &str)], signs: Signs) -> (Standing, u32) {
    let catalog = Catalog::builtin();
    let evidence: Vec<_> = evidence.iter().map(|(what, vendor)| weighed(&catalog, *what, vendor)).collect();
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
        let Outcome { maker, platform, conflicts, .. } = Outcome::of(&catalog, &evidence, Signs::default());
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
    let mut outcome = Outcome::of(&catalog, &[weighed(&catalog, Evidence::Model, "axis")], Signs::default());
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
