//! SSDP, the discovery of `UPnP` (`UPnP` Device Architecture 2.0, 1): what a device announces or answers.
//!
//! An answer goes to the port that the search came from, and many stacks send it from a port of their own, so that 1900 is at
//! neither end: there the text alone decides, and it must name what it speaks of (`USN`), as every such message does.
//!
//! Facts of an announcement or answer, about its sender: `ssdp.server`, `ssdp.location`, `ssdp.usn`, `ssdp.nt`,
//! `ssdp.st`. One whose location is at another IPv4 address than it came from is passed on, and says nothing of its sender.
//! A search says only who searches: `ssdp.user_agent`, where it is there.

use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route, head::Head, reader::Facts,
    readers::layout::is_of_another, text::value,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(11),
    app: "ssdp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::SsdpLocation,
        Field::SsdpNt,
        Field::SsdpServer,
        Field::SsdpSt,
        Field::SsdpUserAgent,
        Field::SsdpUsn,
    ],
    read: Read::Message(
        &[
            // Empty lines may stand in front.
            Route::UdpFirst(PORT, b"MNH\r\n"),
            Route::UdpStart(b"NOTIFY *"),
            Route::UdpStart(b"M-SEARCH"),
            Route::UdpStart(b"HTTP/1."),
        ],
        read,
    ),
};

const PORT: u16 = 1900;

const ANNOUNCED: [(&str, Field); 5] = [
    ("server", Field::SsdpServer),
    ("location", Field::SsdpLocation),
    ("usn", Field::SsdpUsn),
    ("nt", Field::SsdpNt),
    ("st", Field::SsdpSt),
];

const SEARCHED: [(&str, Field); 1] = [("user-agent", Field::SsdpUserAgent)];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some(head) = Head::parse(message.payload) else { return false };
    let (from, to) = message.packet.ports;
    match head.words() {
        Some([b"M-SEARCH", b"*", b"HTTP/1.1" | b"HTTP/1.0"]) => say(&head, &SEARCHED, facts),
        Some([b"NOTIFY", b"*", b"HTTP/1.1" | b"HTTP/1.0"])
            if from == PORT || to == PORT || names(&head, "nt") =>
        {
            announced(&head, message, facts);
        }
        _ if is_answer(head.start) && (from == PORT || to == PORT || names(&head, "st")) => {
            announced(&head, message, facts);
        }
        _ => return false,
    }
    true
}

/// Whether a message says of what it speaks: a target of a search or of an announcement, and its unique name.
fn names(head: &Head<'_>, target: &str) -> bool {
    head.first([target, "usn"]).iter().all(Option::is_some)
}

/// Says what an announcement or answer says, where it is the sender's own.
fn announced(head: &Head<'_>, message: &Message<'_, '_>, facts: Facts<'_>) {
    let location = head.field("location").and_then(|location| std::str::from_utf8(location).ok());
    let host = location.and_then(|location| location.split_once("://")?.1.split(['/', ':']).next());
    if !is_of_another(message, host.and_then(|host| host.parse().ok())) {
        say(head, &ANNOUNCED, facts);
    }
}

fn say<const N: usize>(head: &Head<'_>, wanted: &[(&str, Field); N], facts: Facts<'_>) {
    let found = head.first(wanted.map(|(name, _)| name));
    for (&(_, field), found) in wanted.iter().zip(found) {
        if let Some(found) = found {
            facts(Fact::of_sender(field, value(found)));
        }
    }
}

fn is_answer(start: &[u8]) -> bool {
    start.strip_prefix(b"HTTP/1.").is_some_and(|rest| {
        matches!(
            rest,
            [b'0' | b'1', b' ', b'2', b'0', b'0'] | [b'0' | b'1', b' ', b'2', b'0', b'0', b' ', ..]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts_in},
    };

    const NOTIFY: &[u8] =
        b"NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nserver: Linux UPnP/1.0 cam\r\n\
        LOCATION: http://192.168.1.64/d.xml\r\nNT: upnp:rootdevice\r\nUSN: uuid:1\r\nUser-Agent: x\r\n\r\n";

    #[test]
    fn an_announcement_speaks_of_its_sender() {
        let said = [
            "sender ssdp.server Linux UPnP/1.0 cam",
            "sender ssdp.location http://192.168.1.64/d.xml",
            "sender ssdp.usn uuid:1",
            "sender ssdp.nt upnp:rootdevice",
        ];
        assert_eq!(at_port(NOTIFY).unwrap(), said);
    }

    #[test]
    fn what_another_announces_is_not_the_senders() {
        let from = |source| {
            let packet =
                Packet { ports: (50_000, PORT), source: crate::Address::v4(source), ..Packet::default() };
            facts_in(&READER, &packet, NOTIFY).unwrap().len()
        };
        assert_eq!((from([192, 168, 1, 64]), from([192, 168, 1, 1])), (4, 0));
    }

    #[test]
    fn an_answer_speaks_of_its_sender() {
        let answer = b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nServer: cam\r\n\r\n";
        let said = ["sender ssdp.server cam", "sender ssdp.st upnp:rootdevice"];
        assert_eq!(at_port(answer).unwrap(), said);
        assert_eq!(at_port(b"HTTP/1.0 200\nST: a\n\n").unwrap(), ["sender ssdp.st a"]);
    }

    #[test]
    fn a_search_says_who_searches_only() {
        let search = b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\nUSER-AGENT: example/1\r\n\r\n";
        assert_eq!(at_port(search).unwrap(), ["sender ssdp.user_agent example/1"]);
    }

    fn at_port(message: &[u8]) -> Option<Vec<String>> {
        let packet =
            Packet { ports: (50_000, PORT), payload_length: message.len() as u32, ..Packet::default() };
        facts_in(&READER, &packet, message)
    }

    fn on_other_ports(message: &[u8]) -> Option<Vec<String>> {
        let packet = Packet { ports: (38_616, 61_328), ..Packet::default() };
        facts_in(&READER, &packet, message)
    }

    #[test]
    fn an_answer_from_a_port_of_its_own_names_what_it_speaks_of() {
        let answer = b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\nServer: cam\r\n\r\n";
        assert_eq!(on_other_ports(answer).unwrap().len(), 3);
        assert!(on_other_ports(NOTIFY).is_some());
        assert!(on_other_ports(b"M-SEARCH * HTTP/1.1\r\n").is_some());
        for nearly in [
            &b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nServer: cam\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nUSN: uuid:1\r\nServer: cam\r\n\r\n",
            b"NOTIFY * HTTP/1.1\r\nServer: cam\r\n\r\n",
            b"M-SEARCH / HTTP/1.1\r\n",
        ] {
            assert_eq!(on_other_ports(nearly), None);
        }
    }

    #[test]
    fn nearly_ssdp_is_not_read() {
        for start in [
            "NOTIFY / HTTP/1.1",
            "NOTIFY * HTTP/2.0",
            "NOTIFY * RTSP/1.0",
            "SUBSCRIBE * HTTP/1.1",
            "GET / HTTP/1.1",
            "HTTP/1.1 404 Not Found",
            "HTTP/1.1 2000 OK",
            "HTTP/2.0 200 OK",
            "",
        ] {
            let message = format!("{start}\r\nSERVER: cam\r\n\r\n");
            assert_eq!(at_port(message.as_bytes()), None, "{start}");
        }
    }

    #[test]
    fn long_values_are_cut() {
        let message = format!("NOTIFY * HTTP/1.1\r\nSERVER: {}\r\n\r\n", "a".repeat(2000));
        let said = at_port(message.as_bytes()).unwrap();
        assert_eq!(said[0].len(), "sender ssdp.server ".len() + crate::text::MAX_VALUE);
    }

    #[test]
    fn cut_at_every_byte() {
        cut_everywhere(&READER, &Packet { ports: (50_000, PORT), ..Packet::default() }, NOTIFY);
    }
}
