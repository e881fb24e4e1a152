//! The discovery of Bosch's devices in XML over UDP, by default to port 1758: what answers a search of RCP+.
//!
//! An answer is a document whose root element `root` declares the namespace `OEMExt00:device-1-0`; a description of `UPnP`
//! has the same elements, another namespace, and comes over HTTP.
//!
//! Facts about its sender: `rcp.role` `device`, `rcp.model`, `rcp.name`, `rcp.serial`, `rcp.mac`.
//! `friendlyName` is what the maker calls the device, `unitName` what people do.

use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    xml::{self, Part, Xml},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(59),
    app: "rcp",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::RcpMac, Field::RcpModel, Field::RcpName, Field::RcpRole, Field::RcpSerial],
    read: Read::Message(&[Route::UdpFirst(1758, xml::FIRST), Route::UdpStart(b"<?xml")], read),
};

const ANSWERED: [(&str, Field); 4] = [
    ("root/device/friendlyName", Field::RcpModel),
    ("root/device/physAddress", Field::RcpMac),
    ("root/device/serialNumber", Field::RcpSerial),
    ("root/device/unitName", Field::RcpName),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if !message.payload.trim_ascii_start().starts_with(b"<") {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
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

    #[test]
    fn other_documents_are_not_read() {
        for (from, to) in [("OEMExt00", "urn:schemas-upnp-org"), ("root", "a"), ("<?xml", "xml")] {
            assert_eq!(facts(&READER, ANSWER.replace(from, to).as_bytes()), None, "{to}");
        }
    }
}
