//! PPPP, the peer-to-peer protocol of low-price cameras (CS2 Network, Shenzhen Yunni's iLnk, Yi's TNP): a datagram is `f1`, a
//! type, the length of what follows, and that.
//!
//! Four readers of one protocol:
//!
//! - messages that tell who is who, each alone: a camera's login to its cloud, an app's request for a camera, the search on
//!   the local network and its answer. Their first four bytes are fixed, so they are found on any port.
//! - datagrams of a half in clear: one that only this protocol writes proves it, as do two of which each might be chance, if
//!   they are not the same: what is repeated is one chance. Four keep-alives do, too: a half may hold nothing else;
//!   logins whose body is scrambled, and the answers to them, are of these, and tell here who is who;
//! - datagrams that a maker's key scrambles ([`scrambled`]);
//! - frames over TCP ([`framed`]).
//!
//! Facts: `pppp.uid`, which stands for one camera at its cloud, in the form that apps show (`ABCD-000123-XYZUV`), said of the
//! camera alone; `pppp.role` of the sender: `server` of what only servers send, `device` of who logs in to the cloud, answers
//! a search, or tells all of the local network that it is there, `client` of who searches or asks for a camera. What both sides send (holes punched on other ports, data) tells no role.
//!
//! A server says of itself that it is one by what only servers answer, and refers to others: where the peer is to whom a way
//! is to be made (`40`), and where relays are (`69`). Who logs in or asks for a camera claims that its receiver is one.
//! Not taken are the address by which a server sees its asker, and the local one in a login.

mod framed;
mod message;
mod scrambled;

pub(crate) use framed::READER as FRAMED_READER;
pub(crate) use scrambled::READER as SCRAMBLED_READER;

use crate::{
    DatagramRead, Datagrams, Fact, Field, Message, Packet, Party, Probe, Read, Reader, ReaderId, Route,
    reader::Facts,
};
use message::Frame;

pub(crate) const READER: Reader = Reader {
    number: ReaderId(70),
    app: "pppp",
    activity: None,
    hides: false,
    fields: &[Field::PpppRole, Field::PpppUid],
    read: Read::Message(
        &[
            Route::UdpStart(&[0xf1, message::MAPPED, 0, 16]),
            Route::UdpStart(&[0xf1, message::MAPPED_TWICE, 0, 32]),
            Route::UdpStart(&[0xf1, message::LOGIN, 0, 40]),
            Route::UdpStart(&[0xf1, message::LOGGED_IN, 0]),
            Route::UdpStart(&[0xf1, message::LOGIN_CRC, 0, 100]),
            Route::UdpStart(&[0xf1, message::LOGIN_KEY, 0, 104]),
            Route::UdpStart(&[0xf1, message::NOTIFY, 0, 20]),
            Route::UdpStart(&[0xf1, message::NOTIFY, 0, 24]),
            Route::UdpStart(&[0xf1, message::PRESENT, 0, 80]),
            Route::UdpStart(&[0xf1, message::REQUEST, 0, 36]),
            Route::UdpStart(&[0xf1, message::REQUESTED, 0]),
            Route::UdpStart(&[0xf1, message::REQUEST_KEY, 0]),
            Route::UdpStart(&[0xf1, message::SEARCH, 0, 0]),
            Route::UdpStart(&[0xf1, message::SEARCH, 0, 2]),
            Route::UdpStart(&[0xf1, message::PUNCH_TO, 0, 16]),
            Route::UdpStart(&[0xf1, message::RELAYS, 0]),
            Route::UdpStart(&[0xf1, message::PUNCH, 0, 20]),
            Route::UdpStart(&[0xf1, message::PUNCH, 0, 24]),
            Route::UdpStart(&[0xf1, message::READY, 0, 20]),
            Route::UdpStart(&[0xf1, message::READY, 0, 24]),
        ],
        read,
    ),
};

/// Datagrams of a half that are looked at.
const MOST: u8 = 4;

pub(crate) const DATAGRAM_READER: Reader = Reader {
    number: ReaderId(71),
    fields: &[Field::PpppRole],
    read: Read::Datagrams(DatagramRead {
        routes: &[Route::UdpStart(&[0xf1])],
        passes: |datagram| Frame::of_datagram(datagram).is_some(),
        most: MOST,
        // The longest body that is looked at is that of a type with a UID.
        keeps: 40,
        read: read_half,
    }),
    ..READER
};

/// Where cameras listen for a search on the local network.
const SEARCHED: u16 = 32108;
/// Where servers are asked.
const SERVED: u16 = 32100;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some(frame) = Frame::of_datagram(message.payload) else { return false };
    let (from, to) = message.packet.ports;
    // A search has no more than its header, so the port has to agree.
    if frame.kind == message::SEARCH && to != SEARCHED || frame.kind != message::SEARCH && !frame.is_proof() {
        return false;
    }
    let says_role = |role: &'static [u8]| Fact::of_sender(Field::PpppRole, role);
    let (role, camera) = match frame.kind {
        message::PUNCH | message::READY if from == SEARCHED && to != SEARCHED => {
            (Some(&b"device"[..]), Some(Party::Sender))
        }
        message::PUNCH | message::READY if to == SEARCHED && from != SEARCHED => {
            (Some(&b"client"[..]), Some(Party::Receiver))
        }
        message::PRESENT if is_to_all(message.packet) => (Some(&b"device"[..]), Some(Party::Sender)),
        message::MAPPED if from == SERVED && to != SERVED => (Some(&b"server"[..]), None),
        _ => (frame.role(), frame.is_cameras().then_some(Party::Sender)),
    };
    if let Some(role) = role {
        facts(says_role(role));
    }
    if message::asks_server(frame.kind) {
        facts(Fact::Says { who: Party::Receiver, field: Field::PpppRole, value: b"server" });
    }
    for (address, port, transport) in frame.refers() {
        facts(Fact::Refers { address, port, transport, app: Some(DATAGRAM_READER.number) });
    }
    if let Some((who, uid)) = camera.zip(frame.uid()) {
        facts(Fact::Says { who, field: Field::PpppUid, value: uid.as_bytes() });
    }
    true
}

/// Whether a packet goes to everybody on the link, or to a group.
fn is_to_all(packet: &Packet<'_>) -> bool {
    let to = packet.destination.ip();
    let by_address = to.is_multicast() || to == std::net::Ipv4Addr::BROADCAST;
    by_address || packet.macs.is_some_and(|(_, to)| to.is_group())
}

/// Whether a datagram is a whole keep-alive or the answer to one: a half may hold nothing else, and all of them are alike.
fn is_keep_alive(datagram: &[u8]) -> bool {
    matches!(datagram, [0xf1, 0xe0 | 0xe1, 0, 0])
}

fn read_half(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let mut all = datagrams.all.iter().filter_map(|bytes| Frame::of_cut(bytes));
    if datagrams.all.first().and_then(|bytes| Frame::of_cut(bytes)).is_some_and(|frame| frame.is_proof()) {
        return Probe::Match;
    }
    if datagrams.all.windows(2).all(|pair| matches!(pair, [one, other] if one == other)) {
        return match datagrams.all {
            [first, ..] if datagrams.all.len() >= MOST.into() && is_keep_alive(first) => Probe::Match,
            _ if datagrams.ended => Probe::NotMine,
            _ => datagrams.more(),
        };
    }
    if let Some(frame) = all.find(Frame::is_scrambled) {
        if let Some(role) = frame.role() {
            facts(Fact::of_sender(Field::PpppRole, role));
        }
        if message::asks_server(frame.kind) {
            facts(Fact::Says { who: Party::Receiver, field: Field::PpppRole, value: b"server" });
        }
    }
    Probe::Match
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Address, Mac,
        readers::tests::{cut_everywhere, every_beginning, facts_in},
    };

    /// A message of a type with a body.
    pub(super) fn pppp(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[0xf1, kind], &(body.len() as u16).to_be_bytes()[..], body].concat()
    }

    /// The binary form of `WXYZ-000123-KLMNO`.
    pub(super) const UID: &[u8; 20] = b"WXYZ\0\0\0\0\0\0\0\x7bKLMNO\0\0\0";
    const SHOWN: &str = "WXYZ-000123-KLMNO";

    fn said(ports: (u16, u16), payload: &[u8]) -> Option<Vec<String>> {
        let packet = Packet { ports, payload_length: payload.len() as u32, ..Packet::default() };
        facts_in(&READER, &packet, payload)
    }

    fn login() -> Vec<u8> {
        pppp(message::LOGIN, &[&UID[..], &[0; 20]].concat())
    }

    #[test]
    fn a_login_is_a_cameras() {
        let uid = format!("sender pppp.uid {SHOWN}");
        let roles = ["sender pppp.role device".to_owned(), "receiver pppp.role server".to_owned()];
        assert_eq!(said((40_000, 32_100), &login()), Some([&roles[..], std::slice::from_ref(&uid)].concat()));
        let mut wide = [0; 100];
        wide[..3].copy_from_slice(b"abc");
        wide[12..28].copy_from_slice(b"WXY0EXAMPLE00001");
        let wide = pppp(message::LOGIN_CRC, &wide);
        let named = "sender pppp.uid abc-WXY0EXAMPLE00001".to_owned();
        assert_eq!(said((40_000, 40_001), &wide), Some([&roles[..], &[named]].concat()));
        // Of scrambled ones there is nothing but a length.
        for login in [pppp(message::LOGIN_CRC, &[0x5a; 44]), pppp(message::LOGIN_CRC, &[0x5a; 100])] {
            assert_eq!(said((40_000, 40_001), &login), None);
        }
        let notice = pppp(message::NOTIFY, UID);
        assert_eq!(said((SEARCHED, SEARCHED), &notice), Some(vec![roles[0].clone(), uid]));
        let mut body = [0; 80];
        body[..3].copy_from_slice(b"abc");
        body[12] = 1;
        body[16..32].copy_from_slice(b"WXY0EXAMPLE00001");
        let there = pppp(message::PRESENT, &body);
        let uid = "sender pppp.uid abc-WXY0EXAMPLE00001".to_owned();
        let (mac, all) = (Mac([2, 0, 0, 0, 0, 1]), Mac([0xff; 6]));
        let to = |mac_to, address| {
            let destination = Address::v4(address);
            let macs = Some((mac, mac_to));
            facts_in(
                &READER,
                &Packet { ports: (40_000, 32_106), macs, destination, ..Packet::default() },
                &there,
            )
        };
        let told = Some(vec![roles[0].clone(), uid]);
        assert_eq!(to(all, [192, 168, 1, 255]), told);
        assert_eq!(to(mac, [255; 4]), told);
        // An app that searches for a camera by its name would say as much, to the camera.
        assert_eq!(to(mac, [192, 168, 1, 20]), Some(vec![]));
        assert_eq!(said((40_000, 32_106), &pppp(message::PRESENT, &[0; 80])), None);
        cut_everywhere(&READER, &Packet::default(), &there);
        cut_everywhere(&READER, &Packet::default(), &login());
        cut_everywhere(&READER, &Packet::default(), &wide);
    }

    #[test]
    fn who_asks_for_a_camera_is_no_camera() {
        let request = pppp(message::REQUEST, &[&UID[..], &[0; 16]].concat());
        let roles = ["sender pppp.role client", "receiver pppp.role server"].map(str::to_owned);
        assert_eq!(said((40_000, 32_100), &request), Some(roles.to_vec()));
        assert_eq!(
            said((40_000, SEARCHED), &pppp(message::SEARCH, &[])),
            Some(vec!["sender pppp.role client".into()])
        );
        assert_eq!(said((40_000, SEARCHED), &pppp(message::SEARCH, &[0, 0])).unwrap().len(), 1);
        assert_eq!(said((40_000, 32_100), &pppp(message::SEARCH, &[])), None);
    }

    #[test]
    fn the_searched_port_tells_the_camera_from_the_app() {
        let punch = pppp(message::PUNCH, UID);
        let both = |role: &str, who: &str| {
            Some(vec![format!("sender pppp.role {role}"), format!("{who} pppp.uid {SHOWN}")])
        };
        assert_eq!(said((SEARCHED, 40_000), &punch), both("device", "sender"));
        assert_eq!(said((40_000, SEARCHED), &punch), both("client", "receiver"));
        assert_eq!(said((40_000, 40_001), &punch), Some(vec![]));
        assert_eq!(said((SEARCHED, SEARCHED), &punch), Some(vec![]));
        let longer = pppp(message::READY, &[&UID[..], &[0; 4]].concat());
        assert_eq!(said((SEARCHED, 40_000), &longer), both("device", "sender"));
        cut_everywhere(&READER, &Packet { ports: (SEARCHED, 1), ..Packet::default() }, &punch);
    }

    #[test]
    fn a_server_says_that_it_is_one_and_refers_to_others() {
        let end = [0, 2, 0x7d, 0x74, 9, 100, 51, 198, 0, 0, 0, 0, 0, 0, 0, 0];
        let server = "sender pppp.role server".to_owned();
        let refers = "refers to 198.51.100.9 port 29821 protocol 17 pppp".to_owned();
        let of = |kind, body: &[u8]| said((32_100, 40_000), &pppp(kind, body));
        let stream = refers.replace("17", "6");
        assert_eq!(of(message::PUNCH_TO, &end), Some(vec![server.clone(), refers.clone()]));
        let relays = [&[2, 0, 0, 0][..], &end, &end].concat();
        assert_eq!(
            of(message::RELAYS, &relays),
            Some(vec![server.clone(), refers.clone(), stream.clone(), refers, stream])
        );
        assert_eq!(of(message::RELAYS, &relays[..35]), None);
        assert_eq!(of(message::RELAYS, &relays[..4]), None);
        assert_eq!(of(message::LOGGED_IN_CRC, &[7; 8]), None);
        assert_eq!(of(message::LOGGED_IN, &[0; 4]), Some(vec![server.clone()]));
        // How its sender sees the receiver a camera says, too, to the server that tests the way.
        assert_eq!(of(message::MAPPED, &end), Some(vec![server]));
        assert_eq!(said((40_000, 32_100), &pppp(message::MAPPED, &end)), Some(vec![]));
        cut_everywhere(&READER, &Packet::default(), &pppp(message::RELAYS, &relays));
    }

    #[test]
    fn what_is_nearly_a_message_is_none() {
        for (at, byte) in [(0, 0xf0), (1, 0x43), (3, 19), (4, b'a'), (11, 1), (16, 0), (21, b'x'), (4, 0)] {
            let mut near = pppp(message::PUNCH, UID);
            near[at] = byte;
            assert_eq!(said((SEARCHED, 1), &near), None, "byte {at} is {byte}");
        }
        assert_eq!(said((SEARCHED, 1), &[&pppp(message::PUNCH, UID)[..], &[0]].concat()), None);
    }

    fn half(datagrams: &[Vec<u8>]) -> Option<usize> {
        told(datagrams).map(|(count, _)| count)
    }

    fn told(datagrams: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        let all: Vec<&[u8]> = datagrams.iter().map(Vec::as_slice).collect();
        every_beginning(&DATAGRAM_READER, &all)
    }

    #[test]
    fn a_scrambled_login_tells_with_another_message() {
        let device = vec!["sender pppp.role device".to_owned(), "receiver pppp.role server".to_owned()];
        let hello = pppp(0, &[]);
        for login in [pppp(message::LOGIN_CRC, &[0x5a; 44]), pppp(0x16, &[0x5a; 68])] {
            assert_eq!(told(std::slice::from_ref(&login)), None);
            // What is repeated is one chance.
            assert_eq!(told(&[login.clone(), login.clone()]), None);
            assert_eq!(told(&[login.clone(), login.clone(), hello.clone()]), Some((3, device.clone())));
            assert_eq!(told(&[hello.clone(), login, hello.clone()]), Some((2, device.clone())));
        }
        assert_eq!(told(&[hello.clone(), pppp(0x16, &[0x5a; 40])]), None);
        let answer = pppp(message::LOGGED_IN_CRC, &[7; 8]);
        let server = vec!["sender pppp.role server".to_owned()];
        assert_eq!(told(&[answer.clone(), hello.clone()]), Some((2, server)));
        assert_eq!(told(&[answer.clone(), answer]), None);
        assert_eq!(told(&[hello.clone(), hello]), None);
    }

    #[test]
    fn one_sure_datagram_or_two_others_make_a_half() {
        let (alive, data) = (pppp(0xe0, &[]), pppp(0xd0, &[0xd1, 1, 0, 0, 9, 9, 9]));
        assert_eq!(half(std::slice::from_ref(&data)), Some(1));
        assert_eq!(half(&[pppp(0xd1, &[0xd1, 1, 0, 2, 0, 7, 0, 8])]), Some(1));
        assert_eq!(half(&[alive.clone(), pppp(0xe1, &[])]), Some(2));
        assert_eq!(half(&[(); 4].map(|()| alive.clone())), Some(4));
        assert_eq!(half(&[alive.clone(), alive.clone(), alive.clone()]), None);
        assert_eq!(half(&[alive.clone(), data]), Some(2));
        assert_eq!(half(&[alive]), None);
        assert_eq!(half(&[pppp(0xd0, &[0xd2, 1, 0, 0]), pppp(0xe0, &[0])]), None);
        // The address by which a server saw its asker.
        assert_eq!(half(&[pppp(1, &[0, 2, 0x7d, 0x74, 7, 2, 0, 192, 0, 0, 0, 0, 0, 0, 0, 0])]), Some(1));
    }

    #[test]
    fn long_datagrams_are_read_in_what_is_kept() {
        assert_eq!(half(&[pppp(0xd0, &[&[0xd1, 1, 0, 0][..], &[7; 1200]].concat())]), Some(1));
        assert_eq!(half(&[pppp(message::LOGIN_KEY, &[&UID[..], &[0; 84]].concat())]), Some(1));
    }
}
