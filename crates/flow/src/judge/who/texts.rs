//! What texts of the catalogue are worth as evidence, by the field in which a station says them.

use lenscap_catalog::{Banner, BannerHit, Catalog, Confidence, DeviceClass, Evidence, VendorId};
use lenscap_wire::{Field, Mac, Meaning};
use std::collections::BTreeSet;

use super::identity::{Shown, Sighting};
use super::precedence::TextKind;
use super::weighing::Weighed;

/// What kind of evidence a text of the catalogue is in a field. In a field for the part that a station plays, it is the
/// protocol that speaks.
pub(crate) fn evidence_of(field: Field, banner: &Banner) -> Evidence {
    let plays = field.meaning() == Some(Meaning::Role) || field == Field::OnvifClass;
    match (banner.device_class, banner.confidence) {
        (DeviceClass::App, _) => Evidence::Client,
        _ if field == Field::UaApp => Evidence::Client,
        _ if !banner.is_camera => Evidence::Banner,
        _ if plays && banner.value == "login" => Evidence::Login,
        (_, Confidence::High) if plays => Evidence::Protocol,
        _ if plays => Evidence::DeviceRole,
        _ => Evidence::Model,
    }
}

/// The models that a value may hold. People choose host names: `wv-desk` is no WV camera. What a station's own maker, by its
/// prefix, calls so bears it from the factory.
pub(crate) fn models<'c>(
    catalog: &'c Catalog,
    (field, value): (Field, &[u8]),
    own_maker: Option<VendorId>,
) -> Vec<BannerHit<'c>> {
    let is_host_name = matches!(field, Field::DhcpHostname | Field::DhcpFqdn);
    if !(field.may_hold_model() || is_host_name && own_maker.is_some()) {
        return Vec::new();
    }
    let mut models = catalog.banners(Field::Model, value);
    // Two letters are soon part of a name: a computer has a prefix of a maker of cameras, too, by what it sends with.
    let is_long = |banner: &Banner| !banner.of_maker || banner.value.len() >= 4;
    models.retain(|hit| field.may_hold_model() || hit.banner.vendor == own_maker && is_long(hit.banner));
    models
}

/// Who may have made a station: whose prefix it has, and whom it names in the fields that protocols have for it.
pub(crate) struct Makers(Vec<VendorId>);

impl Makers {
    pub(crate) fn of(catalog: &Catalog, by_prefix: Option<VendorId>, seen: &[(Shown<'_>, Sighting)]) -> Self {
        let is_named = |((field, _), by): &&(Shown<'_>, Sighting)| {
            !by.claimed && field.meaning() == Some(Meaning::Vendor)
        };
        let named = seen.iter().filter(is_named);
        let named =
            named.filter_map(|((_, value), _)| catalog.vendor_called(String::from_utf8_lossy(value).trim()));
        Self(named.chain(by_prefix).collect())
    }

    /// Whether a text counts: some words are a model's where the maker is known, and anybody's elsewhere.
    pub(crate) fn may_say(&self, banner: &Banner) -> bool {
        !banner.of_maker || banner.vendor.is_some_and(|vendor| self.0.contains(&vendor))
    }
}

/// What the name of a maker shows of its station: whose it is, and in a field for makers of one of nothing but cameras what it is.
pub(crate) fn maker_told(
    catalog: &Catalog,
    field: Field,
    text: &str,
) -> impl Iterator<Item = (VendorId, Evidence, TextKind)> {
    let is_badge = field.meaning() == Some(Meaning::Vendor);
    let by = if is_badge { TextKind::Badge } else { TextKind::Other };
    let vendor = catalog.vendor_called(text);
    let of_cameras = vendor.filter(|vendor| is_badge && catalog.vendor(*vendor).makes_cameras_only);
    let names = vendor.map(|vendor| (vendor, Evidence::Banner, by));
    names.into_iter().chain(of_cameras.map(|vendor| (vendor, Evidence::Maker, by)))
}

/// Whether a station tells over HTTP a MAC of another maker than the one that it sends from has: it may hand on what another device
/// said, as who keeps a copy of a camera's answer does, or who plays one.
pub(crate) fn tells_other_mac(catalog: &Catalog, own: Option<Mac>, seen: &[(Shown<'_>, Sighting)]) -> bool {
    let tells = |field: &Field| matches!(field, Field::IsapiMac | Field::CgiMac | Field::OnvifMac);
    let told = seen.iter().filter(|((field, _), by)| !by.claimed && tells(field));
    let Some(own) = own.filter(|mac| !mac.is_local()) else { return false };
    told.filter_map(|((_, value), _)| mac_of(value)).any(|told| {
        let [vendor, other] = [own.0, told].map(|mac| catalog.mac(mac).map(|prefix| prefix.vendor));
        let [registrant, name] = [own.0, told].map(|mac| catalog.registrant(mac));
        let is_known = registrant.is_some() && name.is_some();
        is_known && name != registrant && (other != vendor || other.is_none())
    })
}

/// Twelve hex digits, whatever stands between them.
fn mac_of(value: &[u8]) -> Option<[u8; 6]> {
    let digits = value.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let digits: Option<Vec<u8>> =
        digits.map(|digit| char::from(*digit).to_digit(16).map(|digit| digit as u8)).collect();
    let (pairs, []) = digits.as_deref()?.as_chunks::<2>() else { return None };
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

/// What a value shows by itself, without a text of the catalogue, and whose its station then is: that it serves pictures, by its
/// description, or sends some; that it is a server of media of a maker of cameras, where what it asks a password for is one of
/// that maker's link addresses. `passes_on` and `calls` say that pictures are none of a camera's own.
pub(crate) fn shown(
    catalog: &Catalog,
    (field, value): (Field, &[u8]),
    (passes_on, calls): (bool, bool),
) -> Option<(Evidence, Option<VendorId>)> {
    match field {
        Field::SdpMedia if value.starts_with(b"video ") && !passes_on => Some((Evidence::Video, None)),
        Field::OnvifVideo if !passes_on => Some((Evidence::Video, None)),
        // Both ends of a call send pictures.
        Field::RtpVideo if !passes_on && !calls => Some((Evidence::Pictures, None)),
        Field::RtspRealm if value.len() == 12 => {
            let prefix = catalog.mac(mac_of(value)?).filter(|prefix| prefix.camera_specific)?;
            Some((Evidence::Model, Some(prefix.vendor)))
        }
        _ => None,
    }
}

/// How sure a text is. A path is the asker's word, and a success with some answer shows little: many servers answer any path so.
/// It is worth what the catalogue says only where the station sends moving pictures over HTTP, or an answer with a camera's keys.
pub(crate) fn sureness(field: Field, banner: &Banner, is_answered: bool) -> Confidence {
    if field == Field::HttpPath && !is_answered { Confidence::Low } else { banner.confidence }
}

/// Whether a value is the type of moving pictures, or read from an answer with a camera's keys.
pub(crate) fn answers_as_camera(field: Field, value: &[u8]) -> bool {
    let begins = |with: &[u8]| value.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    match field {
        Field::HttpContentType => begins(b"multipart/x-mixed-replace") || begins(b"video/"),
        Field::CgiApi | Field::CgiModel | Field::CgiFirmware | Field::CgiSerial => true,
        _ => false,
    }
}

/// Whether evidence of so many points names a maker. Paths that others asked for, and that were answered with something, name none as
/// long as they are worth less than a prefix alone; but of who serves video they tell.
pub(crate) fn names_maker(
    catalog: &Catalog,
    evidence: &[Weighed<'_>],
    (vendor, points): (VendorId, u32),
) -> bool {
    let names = |piece: &Weighed<'_>| piece.maker() > 0 && piece.vendor == Some(vendor);
    // Nothing else that a station says, or is asked, begins so.
    let is_path = |piece: &Weighed<'_>| piece.value.starts_with(b"/");
    let is_video = |piece: &Weighed<'_>| !piece.claimed && piece.row.evidence == Evidence::Video;
    points >= catalog.worth(Evidence::Prefix, Confidence::Medium).maker.into()
        || evidence.iter().any(|piece| names(piece) && !is_path(piece) || is_video(piece))
}

/// Whose a text is, of several that stand in one value, the longest first: `Login to ND0` is one maker's, and `Login to `
/// within it is not another's. `longest` is the first that is anybody's.
pub(crate) fn maker<'b>(banner: &'b Banner, longest: &mut Option<&'b Banner>) -> Option<VendorId> {
    let vendor = banner.vendor?;
    let first = *longest.get_or_insert(banner);
    let within = || first.value.to_ascii_lowercase().contains(&banner.value.to_ascii_lowercase());
    (first.vendor == Some(vendor) || !within()).then_some(vendor)
}

/// Whose the paths are that others asked a server of video for, and the first of them that tells: `/cam/realmonitor` is in
/// the words of one maker. None where they are in the words of several: somebody tried them.
pub(crate) fn served<'p, T>(
    catalog: &Catalog,
    paths: impl Iterator<Item = (&'p [u8], T)>,
) -> Option<(VendorId, &'p [u8], T)> {
    let mut served: Option<(VendorId, &[u8], T)> = None;
    for (path, of) in paths {
        let hits = catalog.banners(Field::RtspPath, path);
        let sure = hits.iter().find(|hit| hit.banner.confidence > Confidence::Low);
        let Some(vendor) = sure.and_then(|hit| hit.banner.vendor) else { continue };
        match &served {
            Some((other, ..)) if *other != vendor => return None,
            Some(_) => {}
            None => served = Some((vendor, path, of)),
        }
    }
    served
}

/// Whether the video that a station describes is none of a camera's own. Who asks for media may also send some, to a server that
/// passes it on (ANNOUNCE), and so do programs that pass it on; and what has an end is a recording: where nothing else is
/// described, a film.
pub(crate) fn passes_on(catalog: &Catalog, seen: &[(Shown<'_>, Sighting)]) -> bool {
    let passes = seen.iter().any(|((field, value), _)| match field {
        Field::RtspUserAgent => true,
        Field::RtspServer | Field::SdpSession | Field::SdpTool => {
            let mut hits = catalog.banners(*field, value).into_iter();
            hits.any(|hit| hit.banner.device_class == DeviceClass::App)
        }
        _ => false,
    });
    let count = |of: Field, begins: &[u8]| -> u64 {
        let all = seen.iter().filter(|((field, value), _)| *field == of && value.starts_with(begins));
        all.map(|(_, sighting)| sighting.count).sum()
    };
    let recordings = count(Field::SdpRange, b"");
    passes || recordings > 0 && recordings >= count(Field::SdpMedia, b"video ")
}

/// Takes the paths that a server was asked for as claims where they are in the words of several makers: somebody tried them.
pub(crate) fn withdraw_scanned(catalog: &Catalog, seen: &mut [(Shown<'_>, Sighting)]) {
    let asked = seen.iter().filter(|((field, _), sighting)| *field == Field::HttpPath && !sighting.claimed);
    let makers =
        asked.filter_map(|((field, value), _)| catalog.banners(*field, value).first()?.banner.vendor);
    let makers: BTreeSet<_> = makers.collect();
    if makers.len() > 1 {
        for ((field, _), sighting) in seen {
            sighting.claimed |= matches!(field, Field::HttpPath | Field::HttpPicture);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_for_models_count_beside_their_maker() {
        let catalog = Catalog::builtin();
        let hits = catalog.banners(Field::Model, b"M3085-V");
        let hit = hits.iter().find(|hit| hit.banner.of_maker).unwrap();
        let seen = |field, claimed| {
            let mut by = Sighting::default();
            by.claimed = claimed;
            [((field, b"AXIS".as_slice().into()), by)]
        };
        let may = |by_prefix, seen: &[(Shown<'_>, Sighting)]| {
            Makers::of(&catalog, by_prefix, seen).may_say(hit.banner)
        };
        assert!(may(None, &seen(Field::OnvifManufacturer, false)));
        assert!(may(catalog.vendor_id("axis"), &[]));
        assert!(!may(catalog.vendor_id("hikvision"), &[]));
        assert!(!may(None, &seen(Field::OnvifManufacturer, true)), "others say so");
        assert!(!may(None, &seen(Field::OnvifScopeName, false)), "no field for makers");
        assert!(!may(None, &[]));
    }

    #[test]
    fn short_words_in_host_names_are_no_models() {
        let catalog = Catalog::builtin();
        let of = |field, name: &str| {
            let hits = models(&catalog, (field, name.as_bytes()), catalog.vendor_id("tp-link"));
            hits.iter().any(|hit| hit.banner.of_maker && hit.banner.vendor == catalog.vendor_id("tp-link"))
        };
        assert!(of(Field::DhcpHostname, "C200_3F21A4") && of(Field::TdpModel, "P110"));
        assert!(!of(Field::DhcpHostname, "P1-desk"));
    }

    #[test]
    fn the_name_of_a_maker_of_cameras_tells_what_it_is() {
        let catalog = Catalog::builtin();
        let told = |field, text| {
            maker_told(&catalog, field, text).map(|(_, evidence, by)| (evidence, by)).collect::<Vec<_>>()
        };
        let both = [(Evidence::Banner, TextKind::Badge), (Evidence::Maker, TextKind::Badge)];
        assert_eq!(told(Field::OnvifManufacturer, "Pelco"), both);
        assert_eq!(told(Field::OnvifManufacturer, "AXIS"), both[..1]);
        assert_eq!(told(Field::OnvifScopeName, "Pelco"), [(Evidence::Banner, TextKind::Other)]);
        assert!(told(Field::OnvifManufacturer, "Nobody").is_empty());
    }

    #[test]
    fn a_path_is_as_sure_as_its_answer() {
        let catalog = Catalog::builtin();
        let path = b"/cgi-bin/api.cgi?cmd=GetDevInfo";
        let hits = catalog.banners(Field::HttpPath, path);
        let banner = hits[0].banner;
        assert_eq!(sureness(Field::HttpPath, banner, false), Confidence::Low);
        assert_eq!(sureness(Field::HttpPath, banner, true), banner.confidence);
        assert!(answers_as_camera(Field::HttpContentType, b"Multipart/X-Mixed-Replace; boundary=b"));
        assert!(answers_as_camera(Field::CgiModel, b"FI8910W"));
        assert!(!answers_as_camera(Field::HttpContentType, b"text/plain"));
    }

    #[test]
    fn a_text_within_a_longer_one_is_of_nobody_else() {
        let catalog = Catalog::builtin();
        let of = |value: &str| {
            let mut longest = None;
            let hits = catalog.banners(Field::HttpRealm, value.as_bytes());
            let makers: Vec<_> = hits.iter().filter_map(|hit| maker(hit.banner, &mut longest)).collect();
            makers.iter().map(|vendor| catalog.vendor(*vendor).id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of("Login to ND0123456789"), ["lorex"]);
        assert_eq!(of("Login to 9Z01234PAB56789"), ["dahua"]);
    }

    #[test]
    fn paths_of_one_maker_tell_and_those_of_several_do_not() {
        let catalog = Catalog::builtin();
        let of = |paths: &[&'static str]| {
            let paths = paths.iter().enumerate().map(|(place, path)| (path.as_bytes(), place));
            served(&catalog, paths).map(|(vendor, _, place)| (&*catalog.vendor(vendor).id, place))
        };
        let (dahua, axis) = ("/cam/realmonitor?channel=1", "/axis-media/media.amp");
        assert_eq!(of(&["/x", dahua, "/cam/realmonitor?channel=2"]), Some(("dahua", 1)));
        assert_eq!(of(&[dahua, axis]), None);
        assert_eq!(of(&["/stream1", "/"]), None, "many makers' words");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_realm_that_is_an_address_of_a_maker_of_cameras_tells() {
        let catalog = Catalog::builtin();
        let told = |field, value: &str| {
            let shown = shown(&catalog, (field, value.as_bytes()), (false, false));
            shown.map(|(evidence, vendor)| (evidence, &*catalog.vendor(vendor.unwrap()).id))
        };
        assert_eq!(told(Field::RtspRealm, "4419b6a1b2c3"), Some((Evidence::Model, "hikvision")));
        assert_eq!(told(Field::RtspRealm, "4419B6A1B2C3"), Some((Evidence::Model, "hikvision")));
        // Another maker's, none, too short, not digits, and in another protocol, where doors and loudspeakers ask, too.
        for (field, value) in [
            (Field::RtspRealm, "00e04c112233"),
            (Field::RtspRealm, "02000000a1b2"),
            (Field::RtspRealm, "4419b6a1b2c"),
            (Field::RtspRealm, "4419b6a1b2cx"),
            (Field::HttpRealm, "4419b6a1b2c3"),
        ] {
            assert_eq!(told(field, value), None, "{value}");
        }
    }

    #[test]
    fn a_mac_of_another_maker_speaks_of_another_device() {
        let catalog = Catalog::builtin();
        let tells = |own: [u8; 6], field, value: &str| {
            let seen = [((field, value.as_bytes().to_vec().into()), Sighting::default())];
            tells_other_mac(&catalog, Some(Mac(own)), &seen)
        };
        let (hikvision, virtual_box) = ([0x44, 0x19, 0xb6, 1, 2, 3], [8, 0, 0x27, 1, 2, 3]);
        assert!(tells(virtual_box, Field::IsapiMac, "44:19:b6:11:22:33"));
        assert!(!tells(hikvision, Field::IsapiMac, "4419b6112233"));
        // Another prefix of the same maker, one that nobody registered, no MAC, and one that others are asked for.
        for (field, value) in [
            (Field::IsapiMac, "bc:ad:28:00:00:01"),
            (Field::IsapiMac, "02:00:00:00:00:01"),
            (Field::IsapiMac, "44:19:b6"),
            (Field::SadpMac, "08:00:27:00:00:01"),
        ] {
            assert!(!tells(hikvision, field, value), "{value}");
        }
    }
}
