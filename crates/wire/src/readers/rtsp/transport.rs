//! The `Transport` of an answer to SETUP (RFC 2326, 12.39): where the media will come from, and where they will go.
//!
//! `RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971`: a viewer on the Internet receives RTP on its port 5000, from
//! the camera's port 6970. What goes between the messages themselves, or to a group, is no flow of two ends.

use crate::{Fact, Packet, head::Head, reader::Facts, readers::rtp};

/// Yields the two ends that the answer in a packet names.
pub(super) fn refer(head: &Head<'_>, packet: &Packet<'_>, facts: Facts<'_>) {
    let Some(transport) = head.field("transport").and_then(|text| std::str::from_utf8(text).ok()) else {
        return;
    };
    let port = |key: &str| {
        let value = transport.split(';').find_map(|part| part.trim().strip_prefix(key))?;
        value.split('-').next()?.parse::<u16>().ok().filter(|port| *port != 0)
    };
    if ["interleaved=", "multicast", "/TCP"].iter().any(|word| transport.contains(word)) {
        return;
    }
    for (key, address) in [("server_port=", packet.source), ("client_port=", packet.destination)] {
        if let Some(port) = port(key) {
            facts(Fact::Refers { address, port, transport: 17, app: Some(rtp::READER.number) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MESSAGE_READER;
    use crate::readers::tests::{cut_everywhere, facts, facts_in};
    use crate::{Address, Packet};

    #[test]
    fn an_answer_to_setup_names_both_ends_of_the_media() {
        let packet = Packet {
            source: Address::v4([192, 168, 1, 64]),
            destination: Address::v4([203, 0, 113, 7]),
            ..Packet::default()
        };
        let of = |transport: &str| {
            let answer = format!("RTSP/1.0 200 OK\r\nCSeq: 4\r\nTransport: {transport}\r\n\r\n");
            let packet = Packet { payload_length: answer.len() as u32, ..packet.clone() };
            facts_in(&MESSAGE_READER, &packet, answer.as_bytes()).unwrap()
        };
        assert_eq!(
            of("RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;ssrc=1"),
            [
                "refers to 192.168.1.64 port 6970 protocol 17 rtp",
                "refers to 203.0.113.7 port 5000 protocol 17 rtp"
            ]
        );
        for near in [
            "RTP/AVP/TCP;unicast;interleaved=0-1",
            "RTP/AVP;multicast;client_port=5000-5001",
            "RTP/AVP;unicast;client_port=0-1;server_port=x",
            "",
        ] {
            assert_eq!(of(near), [""; 0], "{near}");
        }
        let whole = "RTSP/1.0 200 OK\r\nCSeq: 4\r\nTransport: RTP/AVP;client_port=5000-5001\r\n\r\n";
        cut_everywhere(&MESSAGE_READER, &packet, whole.as_bytes());
        let asks = "SETUP rtsp://192.168.1.64/1 RTSP/1.0\r\nCSeq: 4\r\nTransport: RTP/AVP;client_port=5000-5001\r\n\r\n";
        assert!(!facts(&MESSAGE_READER, asks.as_bytes()).unwrap().iter().any(|fact| fact.contains("refers")));
    }
}
