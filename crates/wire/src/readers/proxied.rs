//! What a client asks a proxy for, as a flow that its request names (SOCKS, CONNECT of HTTP).

use std::net::IpAddr;

use crate::{Address, Fact, reader::Facts};

const TCP: u8 = 6;

/// Yields that the first `to` bytes of a half name a connection to `host`, where that is an address; an IPv6 address may
/// stand in brackets.
pub(super) fn refer(host: &[u8], port: u16, to: usize, facts: Facts<'_>) {
    let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    let address = str::from_utf8(bare).ok().and_then(|text| text.parse::<IpAddr>().ok());
    if let (Some(address), true) = (address, port != 0) {
        let refers = Fact::Refers { address: Address::from(address), port, transport: TCP, app: None };
        facts(Fact::Within { from: 0, to, fact: &refers });
    }
}
