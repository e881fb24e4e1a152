//! The description of a `UPnP` device (`UPnP` Device Architecture 2.0, 2.3): what the root device says that it is.
//!
//! Facts, all about the sender, in the order of the document and each once: `ssdp.device_type`,
//! `ssdp.friendly_name`, `ssdp.manufacturer`, `ssdp.model`, `ssdp.model_number`, `ssdp.serial`. Devices inside the
//! root device, services and icons say nothing. A value counts when its end tag is there.

use crate::{
    Field,
    reader::Facts,
    xml::{Tag, Xml},
};

/// The namespace of a description, up to the number of its version.
const NAMESPACE: &str = "urn:schemas-upnp-org:device-";

const FIELDS: [(&str, Field); 6] = [
    ("root/device/deviceType", Field::SsdpDeviceType),
    ("root/device/friendlyName", Field::SsdpFriendlyName),
    ("root/device/manufacturer", Field::SsdpManufacturer),
    ("root/device/modelName", Field::SsdpModel),
    ("root/device/modelNumber", Field::SsdpModelNumber),
    ("root/device/serialNumber", Field::SsdpSerial),
];

/// Whether a root element is that of a description.
pub(super) fn is_of(root: &Tag<'_>) -> bool {
    root.namespace().is_some_and(|namespace| namespace.starts_with(NAMESPACE))
}

/// Reads a document whose root element is.
pub(super) fn read(xml: &mut Xml<'_>, facts: Facts<'_>) {
    // There is one root device; what follows it is not part of it.
    xml.say(&FIELDS, "root/device", facts);
}

#[cfg(test)]
mod tests {
    use super::super::body;
    use crate::readers::tests::line;

    fn said(text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        body::read(text.as_bytes(), &mut |fact| lines.push(line(&fact)));
        lines
    }

    const DESCRIPTION: &str = "<?xml version=\"1.0\"?>\r\n<!-- a > b -->\
        <root xmlns=\"urn:schemas-upnp-org:device-1-0\"><specVersion><major>1</major></specVersion>\
        <device><deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType>\
        <friendlyName> Door &amp; <![CDATA[<Yard>]]> &#x43;am\n</friendlyName><manufacturer>Example</manufacturer>\
        <modelName>DS-1</modelName><modelNumber/><serialNumber>1234</serialNumber><iconList><icon><url>x</url>\
        </icon></iconList><deviceList><device><friendlyName>Inner</friendlyName></device></deviceList>\
        <modelNumber>7</modelNumber><serialNumber>5</serialNumber></device>\
        <device><friendlyName>Second</friendlyName></device></root>";

    const SAID: [&str; 6] = [
        "sender ssdp.device_type urn:schemas-upnp-org:device:Basic:1",
        "sender ssdp.friendly_name Door & <Yard> Cam",
        "sender ssdp.manufacturer Example",
        "sender ssdp.model DS-1",
        "sender ssdp.serial 1234",
        "sender ssdp.model_number 7",
    ];

    #[test]
    fn the_root_device_says_what_it_is() {
        assert_eq!(said(DESCRIPTION), SAID);
        let prefixed = "<u:root xmlns:u='urn:schemas-upnp-org:device-1-0'><u:device><u:modelName>A</u:modelName></u:device></u:root>";
        assert_eq!(said(prefixed), ["sender ssdp.model A"]);
    }

    #[test]
    fn a_root_of_something_else_says_nothing() {
        for root in
            ["<root>", "<root xmlns='urn:example'>", "<root xmlns:a='urn:schemas-upnp-org:device-1-0'>"]
        {
            assert!(
                said(&format!("{root}<device><modelName>A</modelName></device></root>")).is_empty(),
                "{root}"
            );
        }
    }

    #[test]
    fn what_is_cut_says_what_stood_before() {
        for length in 0..DESCRIPTION.len() {
            let said = said(&DESCRIPTION[..length]);
            assert_eq!(said, SAID[..said.len()], "{length}");
        }
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><root xmlns='urn:schemas-upnp-org:device-1-0'><device>\
            <friendlyName>x&b;y</friendlyName><modelName>&lt;&#0;&#9999999999;&</modelName></device></root>";
        assert_eq!(said(bomb), ["sender ssdp.friendly_name x&b;y", "sender ssdp.model <&#0;&#9999999999;&"]);
    }

    #[test]
    fn long_values_are_cut() {
        let long = format!(
            "<root xmlns='urn:schemas-upnp-org:device-1-0'><device><modelName>{}</modelName></device></root>",
            "a".repeat(2000)
        );
        assert_eq!(said(&long)[0].len(), "sender ssdp.model ".len() + crate::text::MAX_VALUE);
    }

    #[test]
    fn values_elsewhere_are_not_the_devices() {
        assert!(
            said("<root xmlns='urn:schemas-upnp-org:device-1-0'><x><modelName>A</modelName></x></root>")
                .is_empty()
        );
        assert!(
            said("<root xmlns='urn:schemas-upnp-org:device-1-0'><modelName>A</modelName></root>").is_empty()
        );
        assert!(said("<root xmlns='urn:schemas-upnp-org:device-1-0'><device><x><modelName>A</modelName></x></device></root>").is_empty());
    }
}
