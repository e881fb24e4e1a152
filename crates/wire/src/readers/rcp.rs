//! The discovery of Bosch's devices over UDP: a search of RCP+ (port 1757), and what answers it, by default to port 1758, in
//! 32 bytes or in XML.
//!
//! A search has twelve bytes: `99 39 a4 27`, a number, `ff 00`, and the port to answer to. A short answer begins with the same
//! two, and has a link address at 8, and behind it an IPv4 address, a mask and a gateway. A long one is a document whose root element `root` declares the namespace `OEMExt00:device-1-0`; a description of `UPnP`
//! has the same elements, another namespace, and comes over HTTP.
//!
//! Facts about its sender: `rcp.role` `device` (`client` of who searches), `rcp.model`, `rcp.name`, `rcp.serial`, `rcp.mac`.
//! `friendlyName` is what the maker calls the device, `unitName` what people do.

use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{address, array, is_of_another, say, say_mac},
    xml::{self, Part, Xml},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(59),
    app: "rcp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::RcpMac, Field::RcpModel, Field::RcpName, Field::RcpRole, Field::RcpSerial],
    read: Read::Message(
        &[Route::UdpFirst(1758, xml::FIRST), Route::UdpStart(b"<?xml"), Route::UdpStart(&MAGIC)],
        read,
    ),
};

const MAGIC: [u8; 4] = [0x99, 0x39, 0xa4, 0x27];
const SEARCH: usize = 12;
const SHORT_ANSWER: usize = 32;

const ANSWERED: [(&str, Field); 4] = [
    ("root/device/friendlyName", Field::RcpModel),
    ("root/device/physAddress", Field::RcpMac),
    ("root/device/serialNumber", Field::RcpSerial),
    ("root/device/unitName", Field::RcpName),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if message.payload.starts_with(&MAGIC) {
        return read_short(message, facts);
    }
    if xml::root_name(message.payload) != Some(b"root") {
        return false;
    }
    let text = String::from_utf8_lossy(message.payload);
    match Xml::new(&text).next() {
        Some(Part::Begins { path: "root", tag }) if tag.mentions("OEMExt00:device") => {}
        _ => return false,
    }
    facts(Fact::of_sender(Field::RcpRole, b"device"));
    Xml::new(&text).say(&ANSWERED, "root/device", facts);
    true
}

fn read_short(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    match message.packet.payload_length as usize {
        SEARCH if array(bytes, 8) == Some([0xff, 0]) => {
            say(Field::RcpRole, Some(b"client"), facts);
            true
        }
        SHORT_ANSWER => {
            let mac: Option<[u8; 6]> = array(bytes, 8);
            let is_station =
                mac.is_some_and(|mac| mac != [0; 6] && mac.first().is_some_and(|first| first & 1 == 0));
            let mask = array(bytes, 20).map(u32::from_be_bytes);
            let is_mask = mask
                .is_some_and(|mask| mask != 0 && mask.leading_ones() + mask.trailing_zeros() == u32::BITS);
            if is_station && is_mask && !is_of_another(message, address(bytes, 16)) {
                say(Field::RcpRole, Some(b"device"), facts);
                say_mac(Field::RcpMac, mac, facts);
            }
            is_station && is_mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_from},
    };

    const ANSWER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><root xmlns=\"OEMExt00:device-1-0\"><device>\
        <deviceType>OEMExt00:device:deviceID0</deviceType><friendlyName>EXAMPLE IP</friendlyName><unitName>Yard</unitName>\
        <serialNumber>1:1</serialNumber><physAddress>02-00-00-00-00-01</physAddress></device></root>";

    #[test]
    fn an_answer_says_what_the_device_is() {
        let said = [
            "sender rcp.role device",
            "sender rcp.model EXAMPLE IP",
            "sender rcp.name Yard",
            "sender rcp.serial 1:1",
            "sender rcp.mac 02-00-00-00-00-01",
        ];
        assert_eq!(facts(&READER, ANSWER.as_bytes()).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), ANSWER.as_bytes());
    }

    fn short() -> Vec<u8> {
        let answer =
            [[2, 0, 0x5e, 0x10], [0, 1, 0, 0], [192, 0, 2, 7], [255, 255, 255, 0], [192, 0, 2, 1], [0; 4]];
        [&MAGIC[..], &[1, 2, 3, 4], answer.as_flattened()].concat()
    }

    #[test]
    fn a_short_answer_tells_the_address() {
        let said = ["sender rcp.role device", "sender rcp.mac 02:00:5e:10:00:01"];
        assert_eq!(facts(&READER, &short()).unwrap(), said);
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], &short()).unwrap(), said);
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], &short()), Some(vec![]));
        cut_everywhere(&READER, &Packet::default(), &short());
        let search = [&MAGIC[..], &[1, 2, 3, 4, 0xff, 0, 6, 0xde]].concat();
        assert_eq!(facts(&READER, &search).unwrap(), ["sender rcp.role client"]);
        for (at, byte) in [(0, 0x98), (8, 3), (21, 0), (20, 0)] {
            let mut near = short();
            near[at] = byte;
            assert_eq!(facts(&READER, &near), None, "byte {at} is {byte}");
        }
        for near in
            [&short()[..31], &[&short()[..], &[0]].concat(), &search[..11], &[&search[..8], &[0; 4]].concat()]
        {
            assert_eq!(facts(&READER, near), None, "{near:?}");
        }
    }

    #[test]
    fn other_documents_are_not_read() {
        for (from, to) in [("OEMExt00", "urn:schemas-upnp-org"), ("root", "a"), ("<?xml", "xml")] {
            assert_eq!(facts(&READER, ANSWER.replace(from, to).as_bytes()), None, "{to}");
        }
    }
}
