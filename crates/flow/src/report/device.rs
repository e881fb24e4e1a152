//! A device: who it is, how that is known, what it sent and received, and with whom.

use lenscap_catalog::{DeviceClass, Evidence, Vendor};
use lenscap_wire::{Activity, Mac};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use super::{PacketAt, Party, Standing};

/// What a device is called in records: its MAC where that is its own, else its address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(missing_docs)]
pub enum DeviceId {
    Mac(Mac),
    Address(IpAddr),
}

/// The MAC as twelve hexadecimal digits, or the address.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.0.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// A device: a station of the site, or a camera wherever it is.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct DeviceRecord<'a> {
    /// The MAC in hexadecimal where it is the device's own, else the address.
    pub id: String,
    pub mac: Option<Mac>,
    /// The one from which most bytes were sent first, the others sorted.
    pub addresses: Vec<IpAddr>,
    /// Who made it, of the catalogue's vendors, by what it says and shows itself. Where nothing tells that, the
    /// [platform](Self::platform) that it belongs to: a platform makes no device, so `maker` says nothing of it.
    pub vendor: Option<&'a Vendor>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub firmware: Option<String>,
    /// What it is, where that is known.
    pub class: Option<DeviceClass>,
    pub is_camera: bool,
    pub confidence: u8,
    /// IP bytes of its flows, from its side.
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub bytes_out_external: u64,
    pub bytes_in_external: u64,
    /// Payload to and from parties outside, each byte once.
    pub payload_out_external: u64,
    pub payload_in_external: u64,
    pub endpoints: Vec<EndpointRecord<'a>>,
    pub sightings: Vec<SightingRecord<'a>>,
    /// Other ids that the device may have in another capture: its addresses and its serial number.
    pub aliases: Vec<String>,
    pub standing: Standing,
    /// Points that it is a camera, and points of its maker.
    pub kind_points: u32,
    pub maker_points: u32,
    /// Who made it, else who registered its MAC's prefix, camera vendor or not.
    pub maker: Option<&'a str>,
    /// Who registered the prefix of its MAC with the IEEE, as the registry spells it.
    pub registrant: Option<&'a str>,
    /// Whether nothing but the cloud that it calls says that the vendor made it.
    pub maker_by_cloud: bool,
    /// The evidence, strongest first.
    pub why: Vec<WhyRecord<'a>>,
    /// Makers that other evidence names than the one chosen, strongest first.
    pub conflicts: Vec<MakerRecord<'a>>,
    /// What is doubtful about its addresses, whatever it is.
    pub address_doubts: Vec<AddressDoubt>,
    /// Who is reported to make what bears this vendor's badge: never proof for one device.
    pub reported_makers: Vec<&'a Vendor>,
    /// The vendor whose cloud it uses; that need not be its maker.
    pub cloud_of: Option<&'a Vendor>,
    /// The platform for devices of many makers whose protocol it speaks.
    pub platform: Option<&'a Vendor>,
}

/// Why an address is not surely a device's.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub enum AddressDoubt {
    /// Another MAC used it at the same time, as sender or by its word in ARP or neighbour discovery.
    Shared { address: IpAddr, with: Mac },
    /// It sent from so many addresses, or `is_more`, that are not known as its own, and to which nothing came back.
    Foreign { addresses: u64, is_more: bool },
}

impl<'a> DeviceRecord<'a> {
    /// Who made it, of the catalogue's vendors: no platform, and not whose cloud it calls where nothing else names a maker, for
    /// one name in a hello is no reason to call a device by a maker that stands on lists.
    pub fn made_by(&self) -> Option<&'a Vendor> {
        self.vendor.filter(|vendor| !vendor.kind.is_platform() && !self.maker_by_cloud)
    }

    /// The packets that show what it is, each with why: those of its evidence, and those that told model, serial number and
    /// firmware.
    pub fn identified(&self) -> impl Iterator<Item = (PacketAt, String)> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let evidence = self.why.iter().filter_map(move |why| {
            let claimed = if why.claimed { "claimed by others: " } else { "" };
            Some((why.packet?, format!("{claimed}{} {}", why.kind, text(&why.value))))
        });
        let own = [&self.model, &self.serial, &self.firmware];
        let told = self.sightings.iter().filter_map(move |sighting| {
            let is_told = own.iter().any(|own| own.as_deref().map(str::as_bytes) == Some(&*sighting.value));
            Some((
                sighting.packet.filter(|_| is_told)?,
                format!("{} {}", sighting.kind, text(&sighting.value)),
            ))
        });
        evidence.chain(told)
    }

    /// Whether the device itself says who made it: a prefix was only registered, and a cloud may serve anybody's.
    pub fn is_maker_proven(&self) -> bool {
        let Some(maker) = self.made_by() else { return false };
        self.sightings.iter().any(|sighting| {
            sighting.kind != "oui"
                && sighting.vendor.is_some_and(|vendor| vendor.id == maker.id)
                && self.why.iter().any(|why| !why.claimed && why.packet == sighting.packet)
        })
    }
}

/// A piece of evidence for what a device is.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct WhyRecord<'a> {
    pub kind: Evidence,
    pub value: Cow<'a, [u8]>,
    /// Points that it is a camera.
    pub weight: u8,
    /// Whether only others say so: then it weighs nothing.
    pub claimed: bool,
    /// Whether it names the maker that was chosen.
    pub names_maker: bool,
    pub packet: Option<PacketAt>,
}

/// A maker and how much evidence names it.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct MakerRecord<'a> {
    pub vendor: &'a Vendor,
    pub points: u32,
}

/// One party that a device dealt with.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct EndpointRecord<'a> {
    pub party: Party,
    pub vendor: Option<&'a Vendor>,
    pub name: Option<&'a [u8]>,
    pub address: IpAddr,
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub flows: u64,
    /// Each once, by word.
    pub activity: Vec<Activity>,
    /// Whether it is a name server that was spoken to in a protocol that hides what was asked for (RFC 7858, RFC 8484, RFC 9250).
    pub hides_look_ups: bool,
}

/// Something a device said or showed.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct SightingRecord<'a> {
    /// `oui`, `dhcp.hostname`, `http.server`, …
    pub kind: &'a str,
    pub value: Cow<'a, [u8]>,
    pub vendor: Option<&'a Vendor>,
    pub count: u64,
    pub packet: Option<PacketAt>,
}
