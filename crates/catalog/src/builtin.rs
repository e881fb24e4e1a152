//! The data of `data/`, compiled to static tables: endpoints and shared names by domain, blocks by prefix and length, ports
//! by transport and number, banners by field, match and text.
#![allow(clippy::unreadable_literal, reason = "the tables are written by a program")]

use std::borrow::Cow;

#[allow(unused_imports, reason = "without an address range of its own the data names no range type")]
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::field::Field;
use crate::lists::{Basis, List, ListId, ListKind, ListStatus, Listed, OemFact, Proof};
use crate::record::{
    Banner, ContactRule, ContentRule, Endpoint, Label, OuiBlock, Port, Prefix, Protocol, SharedName,
    StandingLimits, StandingRow, Text, Vendor, VendorId,
};
use crate::roles::Roles;
use crate::words::{
    Called, Caller, Confidence, ContactKind, DeviceClass, Evidence, Extract, Level, Match, Measure, Reach,
    Serves, SharedGroup, Side, Transport, VendorKind,
};

const fn t(text: &'static str) -> Text {
    Cow::Borrowed(text)
}

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The registered blocks of hardware addresses, as `registrants.rs` packs them.
pub(crate) static REGISTRANTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/registrants.bin"));
