//! IPv6 neighbour discovery (RFC 4861): who says that it holds an address.
//!
//! A solicitation or router advertisement states the pair of its sender, an advertisement or redirect that of its
//! target, where the message carries the link-layer address as an option; what a redirect states is its router's claim. At
//! most 16 options are read. A router advertisement with a lifetime says besides that its sender is a router; one without
//! does not (4.2). It also says which prefixes are of its link. One of 64 bits alone is believed: all addresses that a link has end
//! in an identifier of 64 (RFC 4291, 2.5.1; RFC 2464, 4), so that one for `2000::/3` says nothing.
//!
//! Who is about to take an address asks from `::` whether anybody holds it (RFC 4862, 5.4): the frame's sender tries it.
//!
//! A message counts with a hop limit of 255 only (RFC 4861, 6.1 and 7.1): no router passes such a packet on, so its sender
//! stood on the link of which it speaks. A receiver drops every other one.
//!
//! The payload begins after type, code and checksum.

use arrayvec::ArrayString;
use std::fmt::Write;

use crate::{
    Activity, Address, Fact, Field, Mac, Message, Read, Reader, ReaderId, Route, cursor::Cursor,
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(10),
    app: "ndp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::Ndp, Field::NdpPrefix, Field::NdpRouter, Field::NdpTried],
    read: Read::Message(&[Route::Icmp6], read),
};

const ROUTER_ADVERTISEMENT: u16 = 134;
const SOLICITATION: u16 = 135;
const ADVERTISEMENT: u16 = 136;
const REDIRECT: u16 = 137;
const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;
const PREFIX: u8 = 3;
const MAX_OPTIONS: usize = 16;
/// The groups of those that might hold an address (RFC 4291, 2.7.1).
const SOLICITED: [u8; 13] = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];
/// What a packet can only have where no router has passed it on.
const OF_THE_LINK: u8 = 255;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let (kind, code) = message.packet.ports;
    if !(133..=137).contains(&kind) || code != 0 || message.packet.hop_limit != OF_THE_LINK {
        return false;
    }
    let Some((address, wanted, options)) = statement(kind, message) else { return false };
    if let (ROUTER_ADVERTISEMENT, Some((from, _)), [_, _, lifetime @ ..]) =
        (kind, message.packet.own_macs(), message.payload)
        && !lifetime.starts_with(&[0, 0])
    {
        facts(Fact::Holds { mac: from, address, field: Field::NdpRouter, claimed: false });
    }
    // In a tunnel the link of which it speaks is that of the tunnel's ends, of which a stranger may be one.
    if kind == ROUTER_ADVERTISEMENT && is_of_link(address) && message.packet.own_macs().is_some() {
        prefixes(options, facts);
    }
    if let (SOLICITATION, true, Some((from, _))) =
        (kind, address == Address::default(), message.packet.own_macs())
        && let Some(target) = tried(message)
    {
        facts(Fact::Holds { mac: from, address: target, field: Field::NdpTried, claimed: false });
    }
    let of_one = address != Address::default() && !address.0.starts_with(&[0xff]);
    if let Some(mac) = link_address(options, wanted).filter(|mac| of_one && !mac.is_zero() && !mac.is_group())
    {
        facts(Fact::Holds { mac, address, field: Field::Ndp, claimed: kind == REDIRECT });
    }
    true
}

/// The address that the message speaks of, the option that says who holds it, and the options.
fn statement<'a>(kind: u16, message: &Message<'a, '_>) -> Option<(Address, u8, Cursor<'a>)> {
    let mut cursor = Cursor(message.payload);
    let source = message.packet.source;
    cursor.u32()?;
    let target = match kind {
        ADVERTISEMENT | REDIRECT => Some(Address::v6(cursor.array()?)),
        _ => None,
    };
    // What stands between the fixed words and the options: lifetimes, the solicited target, the redirected one.
    cursor.take(match kind {
        ROUTER_ADVERTISEMENT => 8,
        SOLICITATION | REDIRECT => 16,
        _ => 0,
    })?;
    let (address, wanted) =
        target.map_or((source, SOURCE_LINK_ADDRESS), |target| (target, TARGET_LINK_ADDRESS));
    Some((address, wanted, cursor))
}

fn link_address(options: Cursor<'_>, wanted: u8) -> Option<Mac> {
    let (_, body) = each(options).find(|(kind, _)| *kind == wanted)?;
    // Longer ones are of links that are no Ethernet.
    body.try_into().ok().map(Mac)
}

/// Kind and body of each option.
fn each(mut options: Cursor<'_>) -> impl Iterator<Item = (u8, &[u8])> {
    let next = move |_| {
        let kind = options.u8()?;
        let length = usize::from(options.u8()?).checked_mul(8)?.checked_sub(2)?;
        Some((kind, options.take(length)?))
    };
    (0..MAX_OPTIONS).map_while(next)
}

/// The prefixes of the link (RFC 4861, 4.6.2): those on it, and those in which its stations make addresses of their own. One that is
/// valid no longer is none.
fn prefixes(options: Cursor<'_>, facts: Facts<'_>) {
    const ON_LINK_OR_AUTONOMOUS: u8 = 0xc0;
    for (_, body) in each(options).filter(|(kind, _)| *kind == PREFIX) {
        let &[64, flags, a, b, c, d, _, _, _, _, _, _, _, _, ref prefix @ ..] = body else { continue };
        let Some((network, _)) = prefix.split_first_chunk::<8>().filter(|_| prefix.len() == 16) else {
            continue;
        };
        let is_usable = flags & ON_LINK_OR_AUTONOMOUS != 0 && [a, b, c, d] != [0; 4];
        let mut whole = [0; 16];
        whole[..8].copy_from_slice(network);
        // Groups have none, and fe80::/64 is each link's (RFC 4861, 6.3.4).
        if is_usable && network[0] != 0xff && *network != [0; 8] && !is_of_link(Address(whole)) {
            let mut value = ArrayString::<64>::new();
            if write!(value, "{}/64", Address(whole).ip()).is_ok() {
                facts(Fact::of_sender(Field::NdpPrefix, value.as_bytes()));
            }
        }
    }
}

/// The address that a sender without one is about to take: it asks the group of those that might hold it, and tells no link address
/// (RFC 4861, 7.1.1).
fn tried(message: &Message<'_, '_>) -> Option<Address> {
    let mut cursor = Cursor(message.payload);
    cursor.u32()?;
    let target = Address::v6(cursor.array()?);
    // What was not captured may be such an option.
    let is_whole = message.payload.len() >= message.packet.payload_length as usize;
    let is_of_one = target != Address::default() && !target.0.starts_with(&[0xff]);
    let asks_group = message.packet.destination.0.starts_with(&SOLICITED);
    let tells = || link_address(cursor, SOURCE_LINK_ADDRESS).is_some();
    (is_whole && is_of_one && asks_group && !tells()).then_some(target)
}

/// Whether an address is of its link alone (RFC 4291, 2.5.6), as that is from which a router advertises.
fn is_of_link(address: Address) -> bool {
    matches!(address.0, [0xfe, second, ..] if second & 0xc0 == 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts_in},
    };

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const TARGET: [u8; 16] = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const SENDER: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

    fn packet(kind: u16, source: [u8; 16]) -> Packet<'static> {
        let (protocol, ports, source) = (58, (kind, 0), Address(source));
        Packet { version: 6, hop_limit: OF_THE_LINK, protocol, ports, source, ..Packet::default() }
    }

    /// What stands between checksum and options, then an option with `mac`.
    fn message(kind: u16, option: u8, mac: [u8; 6]) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        match kind {
            134 => bytes.extend([0; 8]),
            135 | 136 => bytes.extend(TARGET),
            137 => bytes.extend([TARGET, TARGET].concat()),
            _ => {}
        }
        bytes.extend([option, 1]);
        bytes.extend(mac);
        bytes
    }

    fn said(kind: u16, source: [u8; 16], bytes: &[u8]) -> Option<Vec<String>> {
        facts_in(&READER, &packet(kind, source), bytes)
    }

    #[test]
    fn solicitations_and_router_advertisements_speak_of_their_sender() {
        for kind in [133, 134, 135] {
            let said = said(kind, SENDER, &message(kind, SOURCE_LINK_ADDRESS, MAC));
            assert_eq!(said.unwrap(), ["ndp fe80::9 at 02:00:00:00:00:01"], "type {kind}");
        }
    }

    #[test]
    fn who_offers_a_lifetime_is_a_router() {
        let from = Some((Mac([2, 0, 0, 0, 0, 7]), Mac::default()));
        let packet = Packet { macs: from, ..packet(134, SENDER) };
        let mut bytes = message(134, SOURCE_LINK_ADDRESS, MAC);
        let held = "ndp fe80::9 at 02:00:00:00:00:01".to_owned();
        assert_eq!(facts_in(&READER, &packet, &bytes).unwrap(), [held.as_str()]);
        bytes[3] = 30;
        let router = "ndp.router fe80::9 at 02:00:00:00:00:07".to_owned();
        assert_eq!(facts_in(&READER, &packet, &bytes).unwrap(), [router, held]);
        cut_everywhere(&READER, &packet, &bytes);
    }

    fn prefix(length: u8, flags: u8, lifetime: u32, network: [u8; 4]) -> Vec<u8> {
        let mut bytes = vec![PREFIX, 4, length, flags];
        bytes.extend(lifetime.to_be_bytes());
        bytes.extend([0; 8]);
        bytes.extend(network);
        bytes.extend([7; 12]);
        bytes
    }

    #[test]
    fn a_router_tells_the_prefixes_of_its_link() {
        let of = |source, option: Vec<u8>| {
            let bytes = [vec![0; 12], option].concat();
            let macs = Some((Mac(MAC), Mac::default()));
            let own = Packet { macs, ..packet(134, source) };
            cut_everywhere(&READER, &own, &bytes);
            assert_eq!(said(134, source, &bytes), Some(vec![]), "in a tunnel of IP alone");
            facts_in(&READER, &own, &bytes).unwrap()
        };
        let known = [0x20, 1, 0x0d, 0xb8];
        let told = "sender ndp.prefix 2001:db8:707:707::/64".to_owned();
        assert_eq!(of(SENDER, prefix(64, 0xc0, 60, known)), [told.as_str()]);
        assert_eq!(of(SENDER, prefix(64, 0x40, 60, known)), [told.as_str()]);
        for other in [
            prefix(3, 0xc0, 60, known),
            prefix(48, 0xc0, 60, known),
            prefix(128, 0xc0, 60, known),
            prefix(64, 0x20, 60, known),
            prefix(64, 0xc0, 0, known),
            prefix(64, 0xc0, 60, [0xfe, 0x80, 0, 0]),
            prefix(64, 0xc0, 60, [0xff, 2, 0, 0]),
        ] {
            assert_eq!(of(SENDER, other), Vec::<String>::new());
        }
        assert_eq!(of(TARGET, prefix(64, 0xc0, 60, known)), Vec::<String>::new(), "no router's address");
    }

    #[test]
    fn who_is_about_to_take_an_address_tries_it() {
        let (from, destination) = (Some((Mac(MAC), Mac::default())), Address([0xff; 16]));
        let mut group = SOLICITED.to_vec();
        group.extend([0, 0, 2]);
        let asked = Address::v6(group.try_into().unwrap());
        let packet = Packet { macs: from, destination: asked, ..packet(135, [0; 16]) };
        let bytes = &message(135, SOURCE_LINK_ADDRESS, MAC)[..20];
        let tried = "ndp.tried 2001:db8::2 at 02:00:00:00:00:01".to_owned();
        assert_eq!(facts_in(&READER, &packet, bytes).unwrap(), [tried]);
        cut_everywhere(&READER, &packet, bytes);
        let with_link = message(135, SOURCE_LINK_ADDRESS, MAC);
        assert_eq!(facts_in(&READER, &packet, &with_link), Some(vec![]), "RFC 4861, 7.1.1");
        let elsewhere = Packet { destination, ..packet };
        assert_eq!(facts_in(&READER, &elsewhere, bytes), Some(vec![]));
    }

    #[test]
    fn advertisements_and_redirects_speak_of_their_target() {
        // That somebody else holds it, the router that redirects to it claims.
        for (kind, claimed) in [(ADVERTISEMENT, ""), (REDIRECT, " (claimed)")] {
            let said = said(kind, SENDER, &message(kind, TARGET_LINK_ADDRESS, MAC));
            let held = format!("ndp 2001:db8::2 at 02:00:00:00:00:01{claimed}");
            assert_eq!(said.unwrap(), [held], "type {kind}");
        }
    }

    #[test]
    fn who_has_no_address_or_no_link_address_states_nothing() {
        let ask = message(135, SOURCE_LINK_ADDRESS, MAC);
        assert_eq!(said(135, [0; 16], &ask), Some(vec![]));
        assert_eq!(said(135, SENDER, &ask[..20]), Some(vec![]));
        assert_eq!(said(135, SENDER, &message(135, TARGET_LINK_ADDRESS, MAC)), Some(vec![]));
        assert_eq!(said(135, SENDER, &message(135, SOURCE_LINK_ADDRESS, [1; 6])), Some(vec![]));
        assert_eq!(said(135, SENDER, &message(135, SOURCE_LINK_ADDRESS, [0; 6])), Some(vec![]));
    }

    #[test]
    fn addresses_of_other_links_are_not_taken_for_ethernets() {
        let mut bytes = message(135, SOURCE_LINK_ADDRESS, MAC);
        bytes[21] = 2;
        bytes.extend([7; 8]);
        assert_eq!(said(135, SENDER, &bytes), Some(vec![]));
    }

    #[test]
    fn a_group_is_held_by_nobody() {
        let mut bytes = message(136, TARGET_LINK_ADDRESS, MAC);
        bytes[4] = 0xff;
        assert_eq!(said(136, SENDER, &bytes), Some(vec![]));
    }

    #[test]
    fn other_options_are_passed_and_an_empty_one_ends_them() {
        let mut bytes = message(133, 14, [9; 6]);
        bytes.extend(&message(133, SOURCE_LINK_ADDRESS, MAC)[4..]);
        assert_eq!(said(133, SENDER, &bytes).unwrap(), ["ndp fe80::9 at 02:00:00:00:00:01"]);
        bytes[5] = 0;
        assert_eq!(said(133, SENDER, &bytes), Some(vec![]));
    }

    #[test]
    fn other_messages_are_not_read() {
        let bytes = message(133, SOURCE_LINK_ADDRESS, MAC);
        assert_eq!(said(128, SENDER, &bytes), None);
        assert_eq!(said(138, SENDER, &bytes), None);
        let coded = Packet { ports: (133, 1), ..packet(133, SENDER) };
        assert_eq!(facts_in(&READER, &coded, &bytes), None);
    }

    #[test]
    fn what_a_router_passed_on_is_not_read() {
        let bytes = message(136, TARGET_LINK_ADDRESS, MAC);
        assert!(said(136, SENDER, &bytes).is_some());
        for hop_limit in [0, 64, 254] {
            let passed_on = Packet { hop_limit, ..packet(136, SENDER) };
            assert_eq!(facts_in(&READER, &passed_on, &bytes), None, "{hop_limit}");
        }
    }

    #[test]
    fn cut_at_every_byte() {
        for kind in 133..=137 {
            let option = if kind < 136 { SOURCE_LINK_ADDRESS } else { TARGET_LINK_ADDRESS };
            cut_everywhere(&READER, &packet(kind, SENDER), &message(kind, option, MAC));
        }
    }
}
