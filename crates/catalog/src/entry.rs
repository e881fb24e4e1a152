//! What an entry of a file says, as a record of the catalogue. Built-in data and a user's files come through here.
//!
//! A new key of a vendor file is a field of its entry in `schema.rs`, a field of its record in `record.rs`, and a line here:
//! without that line the compiler says what is missing.

use std::borrow::Cow;

use ipnet::IpNet;

use crate::endpoint::EndpointEntry;
use crate::protocol::ProtocolEntry;
use crate::record::{Banner, Endpoint, Label, Port, Prefix, Text, Vendor, VendorId};
use crate::schema::{BannerEntry, PortEntry, PrefixEntry, VendorEntry};
use crate::words::{Serves, VendorKind};

impl EndpointEntry {
    pub(crate) fn record(&self, vendor: VendorId, serves: Serves) -> Endpoint {
        Endpoint {
            vendor,
            domain: owned(self.domain.get_ref()),
            reach: self.reach,
            label: self
                .label
                .as_ref()
                .map(|label| Label { how: label.how, value: owned(label.value.get_ref()) }),
            caller: self.caller,
            roles: self.roles.iter().copied().collect(),
            confidence: self.confidence,
            proves_camera: self.proves_camera(serves),
            source: owned(self.source.get_ref()),
            note: optional(self.note.as_ref()),
        }
    }
}

impl PortEntry {
    /// `port` is its checked number.
    pub(crate) fn record(&self, vendor: VendorId, port: u16) -> Port {
        Port {
            transport: self.proto,
            port,
            vendor,
            usage: owned(&self.usage),
            published: self.published,
            confidence: self.confidence,
            source: owned(self.source.get_ref()),
            note: optional(self.note.as_ref()),
        }
    }
}

impl PrefixEntry {
    /// `net` is its checked range.
    pub(crate) fn record(&self, vendor: VendorId, net: IpNet) -> Prefix {
        Prefix {
            net,
            vendor,
            roles: self.roles.iter().copied().collect(),
            confidence: self.confidence,
            source: owned(self.source.get_ref()),
            note: optional(self.note.as_ref()),
        }
    }
}

impl BannerEntry {
    pub(crate) fn record(&self, vendor: Option<VendorId>) -> Banner {
        Banner {
            field: self.field,
            how: self.how,
            value: owned(self.value.get_ref()),
            vendor,
            captures: self.captures,
            captures_at: self.captures_from(),
            captures_side: self.side(),
            of_maker: self.of_maker,
            device_class: self.device_class,
            is_camera: self.is_camera,
            confidence: self.confidence,
            source: owned(self.source.get_ref()),
            note: optional(self.note.as_ref()),
        }
    }
}

impl Vendor {
    /// A vendor of which only the id is known yet.
    pub(crate) fn unnamed(id: &str) -> Self {
        Self {
            id: owned(id),
            name: owned(id),
            aliases: Cow::Borrowed(&[]),
            parent: Cow::Borrowed(""),
            country: Cow::Borrowed(""),
            ndaa_889: false,
            prc_headquartered: false,
            oem_of: Cow::Borrowed(&[]),
            oem_source: Cow::Borrowed(""),
            platform_of: Cow::Borrowed(&[]),
            serves: Serves::Cameras,
            makes_cameras_only: false,
            kind: VendorKind::CameraVendor,
            speaks: Cow::Borrowed(&[]),
            oui_camera_specific: false,
            date: Cow::Borrowed(""),
        }
    }
}

impl VendorEntry {
    /// Takes what the entry says of the vendor itself; the two lists are of vendors that it names.
    pub(crate) fn amend(
        &self,
        vendor: &mut Vendor,
        oem_of: Option<Vec<VendorId>>,
        platform_of: Option<Vec<VendorId>>,
    ) {
        if let Some(name) = &self.name {
            vendor.name = owned(name.get_ref());
        }
        if let Some(aliases) = &self.aliases {
            vendor.aliases = aliases.iter().map(|alias| owned(alias)).collect();
        }
        if let Some(country) = &self.country {
            vendor.country = owned(country.get_ref());
        }
        if let Some(date) = &self.date {
            vendor.date = owned(date.get_ref());
        }
        if let Some(speaks) = &self.speaks {
            vendor.speaks = speaks.iter().map(ProtocolEntry::record).collect();
        }
        if let Some(oem_of) = oem_of {
            vendor.oem_of = Cow::Owned(oem_of);
        }
        if let Some(platform_of) = platform_of {
            vendor.platform_of = Cow::Owned(platform_of);
        }
        vendor.parent = self.parent.as_deref().map_or_else(|| vendor.parent.clone(), owned);
        vendor.oem_source = self.oem_source.as_deref().map_or_else(|| vendor.oem_source.clone(), owned);
        vendor.ndaa_889 = self.ndaa_889.unwrap_or(vendor.ndaa_889);
        vendor.prc_headquartered = self.prc_headquartered.unwrap_or(vendor.prc_headquartered);
        vendor.kind = self.kind.unwrap_or(vendor.kind);
        vendor.serves = self.serves(vendor.serves);
        vendor.makes_cameras_only = self.makes_cameras_only.unwrap_or(vendor.makes_cameras_only);
        vendor.oui_camera_specific = self.oui_camera_specific.unwrap_or(vendor.oui_camera_specific);
    }
}

fn owned(text: &str) -> Text {
    Cow::Owned(text.to_owned())
}

fn optional(text: Option<&String>) -> Text {
    text.map_or(Cow::Borrowed(""), |text| owned(text))
}
