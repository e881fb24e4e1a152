//! What it is known by who made a device: a prefix is only registered, and a cloud may serve anybody's.

use crate::vendor;
use lenscap_flow::report::{DeviceRecord, Evidence, Vendor, WhyRecord};

/// What it is known by who made a device.
pub(super) enum Ground {
    /// Its own word, or a prefix and a cloud together.
    Said,
    /// To whom its prefix is registered, alone.
    Prefix,
    /// The cloud that it calls, alone.
    Cloud,
}

impl Ground {
    pub(super) fn of(device: &DeviceRecord<'_>, maker: &Vendor) -> Self {
        let is_of_maker = |why: &&WhyRecord<'_>| is_of_maker(device, maker, why);
        let by_prefix =
            device.why.iter().any(|why| matches!(why.kind, Evidence::Prefix | Evidence::MixedPrefix));
        // Devices of one maker alone call such a cloud: that says whose it is, and the device itself may say nothing.
        let (by_cloud, by_more): (Vec<_>, Vec<_>) =
            device.why.iter().filter(is_of_maker).partition(|why| why.kind.is_contact());
        let both = by_prefix && !by_cloud.is_empty();
        if both || !by_more.is_empty() || device.is_maker_proven() {
            Self::Said
        } else if by_prefix {
            Self::Prefix
        } else {
            Self::Cloud
        }
    }
}

/// Whether a piece of evidence says more of this maker than that a prefix is registered to it. The part that a device plays in
/// a platform's protocol says nothing of who made it.
fn is_of_maker(device: &DeviceRecord<'_>, maker: &Vendor, why: &WhyRecord<'_>) -> bool {
    let is = |other: Option<&Vendor>| other.is_none_or(|other| vendor::id(other) == vendor::id(maker));
    let of_maker = match why.kind {
        Evidence::Prefix | Evidence::MixedPrefix | Evidence::Upload => false,
        kind if kind.is_contact() => is(device.cloud_of),
        Evidence::Protocol | Evidence::DeviceRole | Evidence::P2p => is(device.platform),
        _ => true,
    };
    of_maker && !why.claimed && why.weight > 0
}
