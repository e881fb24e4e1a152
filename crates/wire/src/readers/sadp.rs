//! SADP, by which devices of Hikvision and those built on its platform are found on a link.
//!
//! Two forms. Over UDP, by default between ports 37020, a message is XML: a search is `Probe`, an answer `ProbeMatch`, both
//! without a namespace, with `Uuid` and `Types` in them. WS-Discovery uses these names too, but always inside an
//! envelope. Over Ethernet, by `EtherType` 0x8033, it is a header of 38 bytes with two constants; where its payload
//! holds what is not publicly known, so only the header is read. It stands for other devices on the same link only:
//! nothing of it crosses a router.
//!
//! Facts about the sender of an answer: `sadp.role` `device`, `sadp.model`, `sadp.serial` (model, date, region and number
//! in one word), `sadp.mac`, `sadp.firmware`; nothing where the answer gives another address than its sender's: it is about
//! another device, or made up. `sadp.channels` where it counts its analogue and digital ones. It refers to the ports that the device
//! gives for commands and for HTTP. Of other messages `sadp.role`, and the link address of the header.

use crate::{
    Activity, Address, Fact, Field, Mac, Message, Read, Reader, ReaderId, Route,
    cursor::Cursor,
    reader::Facts,
    readers::layout::{dotted, is_hosts, say_written},
    xml::{self, Part, Xml},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(50),
    app: "sadp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::SadpChannels,
        Field::SadpFirmware,
        Field::SadpMac,
        Field::SadpModel,
        Field::SadpRole,
        Field::SadpSerial,
    ],
    read: Read::Message(&[Route::UdpFirst(37020, xml::FIRST), Route::UdpStart(b"<?xml")], read),
};

pub(crate) const FRAME_READER: Reader = Reader {
    number: ReaderId(51),
    app: "sadp",
    activity: None,
    hides: false,
    fields: &[Field::SadpMac, Field::SadpRole],
    read: Read::Message(&[Route::EtherType(0x8033)], read_frame),
};

const ANSWERED: [(&str, Field); 4] = [
    ("ProbeMatch/DeviceDescription", Field::SadpModel),
    ("ProbeMatch/DeviceSN", Field::SadpSerial),
    ("ProbeMatch/MAC", Field::SadpMac),
    ("ProbeMatch/SoftwareVersion", Field::SadpFirmware),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if !matches!(xml::root_name(message.payload), Some(b"Probe" | b"ProbeMatch")) {
        return false;
    }
    let text = String::from_utf8_lossy(message.payload);
    let Some(role) = role(&text) else { return false };
    if role == b"device" && is_of_another(&text, message) {
        return true;
    }
    facts(Fact::of_sender(Field::SadpRole, role));
    if role == b"device" {
        Xml::new(&text).say(&ANSWERED, "ProbeMatch", facts);
        say_numbers(&text, facts);
    }
    true
}

/// Says how many channels a device has, and refers to its ports.
fn say_numbers(text: &str, facts: Facts<'_>) {
    let mut xml = Xml::new(text);
    let (mut address, mut ports, mut channels) = (None, [None; 2], [None; 2]);
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        let number = || str::from_utf8(text).ok()?.trim().parse::<u16>().ok();
        match path {
            "ProbeMatch/IPv4Address" => address = dotted(text).filter(|&address| is_hosts(address)),
            "ProbeMatch/CommandPort" => ports[0] = number(),
            "ProbeMatch/HttpPort" => ports[1] = number(),
            "ProbeMatch/AnalogChannelNum" => channels[0] = number(),
            "ProbeMatch/DigitalChannelNum" => channels[1] = number(),
            _ => {}
        }
    }
    if let [Some(analogue), Some(digital)] = channels
        && let channels @ 1.. = analogue.saturating_add(digital)
    {
        say_written(Field::SadpChannels, format_args!("{channels}"), facts);
    }
    let Some(address) = address.map(|address| Address::v4(address.octets())) else { return };
    let apps = [super::hcnetsdk::READER.number, super::http::READER.number];
    for (port, app) in ports.into_iter().zip(apps) {
        if let Some(port @ 1..) = port {
            facts(Fact::Refers { address, port, transport: 6, app: Some(app) });
        }
    }
}

/// Whether an answer gives another IPv4 address than that which it came from.
fn is_of_another(text: &str, message: &Message<'_, '_>) -> bool {
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next() {
        if let Part::Ends { path: "ProbeMatch/IPv4Address", text } = part {
            return dotted(text)
                .is_some_and(|address| !address.is_unspecified() && message.is_from_other(address.into()));
        }
    }
    false
}

/// Which side the sender of a document is, where it is of this protocol: both its words stand in front of any other.
fn role(text: &str) -> Option<&'static [u8]> {
    let mut xml = Xml::new(text);
    let role: &[u8] = match xml.next()? {
        Part::Begins { path: "ProbeMatch", .. } => b"device",
        Part::Begins { path: "Probe", .. } => b"client",
        _ => return None,
    };
    let mut named = false;
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        match path {
            "Probe/Uuid" | "ProbeMatch/Uuid" => named = !text.is_empty(),
            "Probe/Types" | "ProbeMatch/Types" => return (named && !text.is_empty()).then_some(role),
            _ => return None,
        }
    }
    None
}

/// What stands in front of the payload.
const HEADER: usize = 38;
const KINDS_OF_CLIENTS: [u8; 5] = [0x03, 0x06, 0x0a, 0x0c, 0x10];
const KINDS_OF_DEVICES: [u8; 5] = [0x04, 0x07, 0x0b, 0x0d, 0x11];

fn read_frame(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if message.payload.len() < HEADER {
        return false;
    }
    let Some((kind, mac)) = header(&mut Cursor(message.payload)) else { return false };
    // Other kinds are sent by either side, or not known.
    if KINDS_OF_DEVICES.contains(&kind) {
        facts(Fact::of_sender(Field::SadpRole, b"device"));
        facts(Fact::of_sender(Field::SadpMac, mac.to_string().as_bytes()));
    } else if KINDS_OF_CLIENTS.contains(&kind) {
        facts(Fact::of_sender(Field::SadpRole, b"client"));
    }
    true
}

/// The kind of a message and the link address of its sender.
fn header(cursor: &mut Cursor<'_>) -> Option<(u8, Mac)> {
    let [start, direction] = cursor.array()?;
    let _origin_and_counter = cursor.take(6)?;
    let constant = cursor.u16()?;
    let kind = cursor.u8()?;
    let _parameter_and_checksum = cursor.take(3)?;
    let mac = Mac(cursor.array()?);
    let fits = start == 0x21 && matches!(direction, 1 | 2) && constant == 0x0604;
    (fits && (2..=0x11).contains(&kind) && !mac.is_zero() && !mac.is_group()).then_some((kind, mac))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    const ANSWER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ProbeMatch>\n<Uuid>01</Uuid>\n<Types>inquiry</Types>\n\
        <DeviceType>1</DeviceType>\n<DeviceDescription>DS-EXAMPLE</DeviceDescription>\n<DeviceSN>DS-EXAMPLE20200101AA1</DeviceSN>\n\
        <MAC>02-00-00-00-00-01</MAC>\n<SoftwareVersion>V1.0build 200101</SoftwareVersion>\n</ProbeMatch>\n";
    const SEARCH: &str =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>01</Uuid><Types>inquiry</Types></Probe>";

    #[test]
    fn an_answer_says_what_the_device_is() {
        let said = [
            "sender sadp.role device",
            "sender sadp.model DS-EXAMPLE",
            "sender sadp.serial DS-EXAMPLE20200101AA1",
            "sender sadp.mac 02-00-00-00-00-01",
            "sender sadp.firmware V1.0build 200101",
        ];
        assert_eq!(facts(&READER, ANSWER.as_bytes()).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), ANSWER.as_bytes());
    }

    #[test]
    fn an_answer_counts_channels_and_gives_ports() {
        let with = |more: &str| ANSWER.replace("</ProbeMatch>", &format!("{more}</ProbeMatch>"));
        let said = |more: &str| facts(&READER, with(more).as_bytes()).unwrap()[5..].to_vec();
        let all = "<IPv4Address>192.0.2.7</IPv4Address>\n<CommandPort>8000</CommandPort>\n<HttpPort>80</HttpPort>\n\
            <AnalogChannelNum>4</AnalogChannelNum>\n<DigitalChannelNum>12</DigitalChannelNum>\n";
        assert_eq!(
            said(all),
            [
                "sender sadp.channels 16",
                "refers to 192.0.2.7 port 8000 protocol 6 hcnetsdk",
                "refers to 192.0.2.7 port 80 protocol 6 http"
            ]
        );
        cut_everywhere(&READER, &Packet::default(), with(all).as_bytes());
        for near in [
            all.replace(">4<", "><").replace("192.0.2.7", "0.0.0.0"),
            all.replace("Digital", "Other").replace("Port>", "Gate>"),
            all.replace(">4<", ">0<").replace(">12<", ">0<").replace(">80", ">0").replace(">8000", ">80000"),
        ] {
            assert_eq!(said(&near), [""; 0], "{near}");
        }
    }

    #[test]
    fn an_answer_about_another_address_says_nothing_of_its_sender() {
        let about = |address: &str| {
            let address = format!("</Types>\n<IPv4Address>{address}</IPv4Address>");
            let answer = ANSWER.replace("</Types>", &address);
            let packet =
                Packet { version: 4, source: crate::Address::v4([192, 0, 2, 7]), ..Packet::default() };
            let mut count = 0;
            let read = read(&Message { packet: &packet, payload: answer.as_bytes() }, &mut |_| count += 1);
            (read, count)
        };
        assert_eq!(about("192.0.2.7"), (true, 5));
        assert_eq!(about("192.0.2.8"), (true, 0));
        assert_eq!(about("0.0.0.0"), (true, 5));
        assert_eq!(about("none"), (true, 5));
    }

    #[test]
    fn a_search_says_who_searches_only() {
        assert_eq!(facts(&READER, SEARCH.as_bytes()).unwrap(), ["sender sadp.role client"]);
        let with_more = SEARCH.replace("</Types>", "</Types><DeviceSN>X</DeviceSN>");
        assert_eq!(facts(&READER, with_more.as_bytes()).unwrap(), ["sender sadp.role client"]);
        cut_everywhere(&READER, &Packet::default(), SEARCH.as_bytes());
    }

    #[test]
    fn nearly_sadp_is_not_read() {
        for text in [
            "",
            "<ProbeMatch/>",
            "<ProbeMatch><Uuid/><Types>inquiry</Types></ProbeMatch>",
            "<ProbeMatch><Uuid>1</Uuid></ProbeMatch>",
            "<ProbeMatch><Types>inquiry</Types></ProbeMatch>",
            "<Envelope><Body><ProbeMatch><Uuid>1</Uuid><Types>inquiry</Types></ProbeMatch></Body></Envelope>",
            "<Probe><Types>dn:NetworkVideoTransmitter</Types></Probe>",
            "ProbeMatch <Uuid>1</Uuid>",
            "<root><Uuid>1</Uuid><Types>inquiry</Types></root>",
        ] {
            assert_eq!(facts(&READER, text.as_bytes()), None, "{text}");
        }
    }

    fn frame(direction: u8, kind: u8) -> Vec<u8> {
        let mut bytes =
            vec![0x21, direction, 1, 0xf6, 0, 0, 0, 1, 6, 4, kind, 0, 0xab, 0xcd, 2, 0, 0, 0, 0, 1];
        bytes.extend([192, 0, 2, 1, 2, 0, 0, 0, 0, 2, 192, 0, 2, 2, 255, 255, 255, 0]);
        bytes.extend([0; 42]);
        bytes
    }

    #[test]
    fn frames_say_which_side_they_are() {
        let answer = frame(1, 4);
        let said = ["sender sadp.role device", "sender sadp.mac 02:00:00:00:00:01"];
        assert_eq!(facts(&FRAME_READER, &answer).unwrap(), said);
        cut_everywhere(&FRAME_READER, &Packet::default(), &answer);
        assert_eq!(facts(&FRAME_READER, &frame(2, 3)).unwrap(), ["sender sadp.role client"]);
        assert!(facts(&FRAME_READER, &frame(2, 2)).unwrap().is_empty());
    }

    #[test]
    fn frames_of_others_are_not_read() {
        for (at, byte) in [(0, 0x20), (1, 0), (1, 3), (8, 5), (9, 5), (10, 1), (10, 0x12), (14, 1)] {
            let mut bytes = frame(1, 4);
            bytes[at] = byte;
            assert_eq!(facts(&FRAME_READER, &bytes), None, "{at}");
        }
        assert_eq!(facts(&FRAME_READER, &frame(1, 4)[..HEADER - 1]), None);
    }
}
