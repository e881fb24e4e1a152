//! What kind of text tells what a station is, and what follows where two of them differ: the word for its model against other words,
//! the badge that it bears against who made the hardware.

use lenscap_catalog::{Catalog, DeviceClass, Evidence, VendorId};

use super::weighing::Weighed;

/// What kind of text a piece of evidence is read from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum TextKind {
    /// The word for its model, wherever it stands: it tells best what a device is.
    Model,
    /// The field of a protocol for who made it: the badge that it bears.
    Badge,
    /// Any other, or none.
    #[default]
    Other,
}

/// Whether it says that it is something else than a camera. Makers of cameras build door controllers, switches and screens that answer
/// in the same protocols and call the same cloud, and in some fields call themselves `DVR`: the word for the model tells better.
pub(super) fn says_other(evidence: &[Weighed<'_>]) -> bool {
    let own = || evidence.iter().filter(|piece| !piece.claimed);
    let other =
        |piece: &Weighed<'_>| matches!(piece.class, DeviceClass::AccessControl | DeviceClass::Accessory);
    let camera = |piece: &Weighed<'_>| {
        let cameras =
            [DeviceClass::Camera, DeviceClass::Recorder, DeviceClass::Doorbell, DeviceClass::Encoder];
        cameras.contains(&piece.class)
    };
    let by_model = own().any(|piece| other(piece) && piece.by == TextKind::Model);
    own().any(other) && !own().any(|piece| camera(piece) && (!by_model || piece.by == TextKind::Model))
}

/// Whether evidence shows more than that a station plays the device's part in a protocol that door controllers of the same makers
/// speak, too.
pub(super) const fn is_more_than_the_part(evidence: Evidence) -> bool {
    !matches!(evidence, Evidence::DeviceRole | Evidence::Prefix | Evidence::Maker)
}

/// Whether a piece of evidence names a maker of nothing but cameras.
pub(super) fn makes_cameras_only(catalog: &Catalog, piece: &Weighed<'_>) -> bool {
    !piece.claimed
        && matches!(piece.row.evidence, Evidence::Prefix | Evidence::Maker)
        && piece.vendor.is_some_and(|vendor| catalog.vendor(vendor).makes_cameras_only)
}

/// The badge of hardware that another made, where a station says it in the field for its maker.
pub(super) fn badge(catalog: &Catalog, evidence: &[Weighed<'_>], made_by: VendorId) -> Option<VendorId> {
    let mut said = evidence.iter().filter(|piece| piece.by == TextKind::Badge && piece.maker() > 0);
    let is_said = |vendor| said.clone().any(|piece| piece.vendor == Some(vendor));
    if is_said(made_by) {
        return None;
    }
    said.find_map(|piece| piece.vendor.filter(|badge| leans(catalog, *badge, made_by)))
}

/// Whether one maker is owned by another, or is reported to sell what that makes or to use its platform.
pub(super) fn leans(catalog: &Catalog, one: VendorId, other: VendorId) -> bool {
    let vendor = catalog.vendor(one);
    let reported = [&vendor.oem_of, &vendor.platform_of];
    catalog.parent(one) == Some(other) || reported.iter().any(|others| others.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::who::weighing::tests::piece;
    use crate::judge::who::weighing::{Outcome, Signs};
    use crate::report::Standing;
    use lenscap_catalog::Confidence;

    fn outcome(catalog: &Catalog, evidence: &[Weighed<'_>]) -> Outcome {
        Outcome::of(catalog, evidence, Signs::default())
    }

    #[test]
    fn the_word_for_a_model_tells_better_than_others() {
        let catalog = Catalog::builtin();
        let of = |class, by| Weighed {
            class,
            by,
            ..piece(&catalog, Evidence::Banner, Confidence::High, "hikvision")
        };
        let indoor = of(DeviceClass::Accessory, TextKind::Model);
        // A station inside that calls itself a DVR is none.
        assert!(says_other(&[indoor.clone(), of(DeviceClass::Recorder, TextKind::Other)]));
        assert!(!says_other(&[indoor.clone(), of(DeviceClass::Recorder, TextKind::Model)]));
        // Words that are no model's weigh as much as one another.
        let other = of(DeviceClass::Accessory, TextKind::Other);
        assert!(!says_other(&[other.clone(), of(DeviceClass::Recorder, TextKind::Other)]));
        assert!(says_other(std::slice::from_ref(&other)));
        assert!(!says_other(&[Weighed { claimed: true, ..other }]));
    }

    #[test]
    fn the_part_of_a_device_makes_a_camera_of_a_maker_of_nothing_else() {
        let catalog = Catalog::builtin();
        let of = |evidence, vendor| {
            let part = piece(&catalog, Evidence::DeviceRole, Confidence::Low, vendor);
            let whose = piece(&catalog, evidence, Confidence::High, vendor);
            outcome(&catalog, &[part, whose]).standing
        };
        assert_eq!(of(Evidence::Maker, "pelco"), Standing::Camera);
        assert_eq!(of(Evidence::Prefix, "pelco"), Standing::Camera);
        // It makes door controllers, too, which speak ONVIF.
        assert_eq!(of(Evidence::Prefix, "axis"), Standing::Suspected);
        assert_eq!(of(Evidence::Banner, "pelco"), Standing::Suspected);
        let named = piece(&catalog, Evidence::Maker, Confidence::High, "pelco");
        assert_eq!(outcome(&catalog, std::slice::from_ref(&named)).standing, Standing::Suspected);
        assert_eq!(outcome(&catalog, &[Weighed { claimed: true, ..named }]).standing, Standing::Other);
    }

    #[test]
    fn a_badge_stands_above_who_made_the_hardware_where_that_is_reported() {
        let catalog = Catalog::builtin();
        let of = |badge: &str, by| {
            let made = piece(&catalog, Evidence::Model, Confidence::High, "hikvision");
            let platform = piece(&catalog, Evidence::Protocol, Confidence::High, "hikvision");
            let badge = Weighed { by, ..piece(&catalog, Evidence::Banner, Confidence::High, badge) };
            outcome(&catalog, &[made, platform, badge])
        };
        let maker = |outcome: &Outcome| outcome.maker.map(|(id, _)| catalog.vendor(id).id.to_string());
        assert_eq!(maker(&of("annke", TextKind::Badge)).as_deref(), Some("annke"));
        assert!(of("annke", TextKind::Badge).conflicts.is_empty());
        // A text that is no field for makers, and a maker of whom nobody reports it.
        assert_eq!(maker(&of("annke", TextKind::Other)).as_deref(), Some("hikvision"));
        assert_eq!(maker(&of("axis", TextKind::Badge)).as_deref(), Some("hikvision"));
        assert_eq!(maker(&of("hikvision", TextKind::Badge)).as_deref(), Some("hikvision"));
    }
}
