//! The description of a `UPnP` device (`UPnP` Device Architecture 2.0, 2.3): what the root device says that it is.
//!
//! A description is known by its namespace, which is the forum's or a maker's: `urn:schemas-upnp-org:device-1-0`.
//!
//! Facts, all about the sender, in the order of the document and each once: `ssdp.device_type`, `ssdp.friendly_name`,
//! `ssdp.manufacturer`, `ssdp.model`, `ssdp.model_description`, `ssdp.model_number`, `ssdp.serial`, `ssdp.firmware`; a number that holds letters and
//! digits is a model, too, where the name holds no digit; and `ssdp.address` where the device's pages lie at an IPv4 address, which
//! is another device's where it is not the sender's. Devices inside the root device, services and icons say nothing. A
//! value counts when its end tag is there.

use crate::{
    Fact, Field,
    reader::Facts,
    readers::layout::dotted,
    xml::{Tag, Xml},
};

const FIELDS: [(&str, Field); 10] = [
    ("root/URLBase", Field::SsdpAddress),
    ("root/device/deviceType", Field::SsdpDeviceType),
    ("root/device/firmwareVersion", Field::SsdpFirmware),
    ("root/device/friendlyName", Field::SsdpFriendlyName),
    ("root/device/manufacturer", Field::SsdpManufacturer),
    ("root/device/modelDescription", Field::SsdpModelDescription),
    ("root/device/modelName", Field::SsdpModel),
    ("root/device/modelNumber", Field::SsdpModelNumber),
    ("root/device/presentationURL", Field::SsdpAddress),
    ("root/device/serialNumber", Field::SsdpSerial),
];

/// Whether a root element is that of a description.
pub(super) fn is_of(root: &Tag<'_>) -> bool {
    let namespace = root.namespace().unwrap_or_default();
    let Some((maker, rest)) = namespace.strip_prefix("urn:").and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let is_version = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    !maker.is_empty() && rest.strip_prefix("device-").is_some_and(is_version)
}

/// Reads a document whose root element is.
pub(super) fn read(xml: &mut Xml<'_>, facts: Facts<'_>) {
    let mut is_named = false;
    // There is one root device; what follows it is not part of it.
    xml.say(&FIELDS, "root/device", &mut |fact| match fact {
        Fact::Says { field: Field::SsdpAddress, value, .. } => {
            if let Some(address) = host(value) {
                facts(Fact::of_sender(Field::SsdpAddress, address));
            }
        }
        Fact::Says { field: Field::SsdpModel, value, .. } => {
            is_named = value.iter().any(u8::is_ascii_digit);
            facts(fact);
        }
        Fact::Says { field: Field::SsdpModelNumber, value, .. } => {
            facts(fact);
            let has = |kind: fn(&u8) -> bool| value.iter().any(kind);
            if !is_named && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
                facts(Fact::of_sender(Field::SsdpModel, value));
            }
        }
        fact => facts(fact),
    });
}

/// The host of a URL, where it is an IPv4 address.
fn host(url: &[u8]) -> Option<&[u8]> {
    let rest = url.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case(b"http://")).and(url.get(7..))?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b':' | b'?')).unwrap_or(rest.len());
    rest.get(..end).filter(|host| dotted(host).is_some())
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
        <modelNumber>7</modelNumber><serialNumber>5</serialNumber><firmwareVersion>W_2.00</firmwareVersion></device>\
        <device><friendlyName>Second</friendlyName></device></root>";

    const SAID: [&str; 7] = [
        "sender ssdp.device_type urn:schemas-upnp-org:device:Basic:1",
        "sender ssdp.friendly_name Door & <Yard> Cam",
        "sender ssdp.manufacturer Example",
        "sender ssdp.model DS-1",
        "sender ssdp.serial 1234",
        "sender ssdp.model_number 7",
        "sender ssdp.firmware W_2.00",
    ];

    #[test]
    fn the_root_device_says_what_it_is() {
        assert_eq!(said(DESCRIPTION), SAID);
        let prefixed = "<u:root xmlns:u='urn:schemas-upnp-org:device-1-0'><u:device><u:modelName>A</u:modelName></u:device></u:root>";
        assert_eq!(said(prefixed), ["sender ssdp.model A"]);
        let makers = "<root xmlns='urn:Example:device-1-0'><device><modelName>A</modelName></device></root>";
        assert_eq!(said(makers), ["sender ssdp.model A"]);
    }

    #[test]
    fn a_number_is_the_model_where_the_name_is_none() {
        let of = |name: &str, number: &str| {
            let all = said(&format!(
                "<root xmlns='urn:schemas-upnp-org:device-1-0'><device><modelDescription>IP Camera</modelDescription>\
                 <modelName>{name}</modelName><modelNumber>{number}</modelNumber></device></root>"
            ));
            assert_eq!(all[0], "sender ssdp.model_description IP Camera");
            all.iter()
                .filter_map(|line| line.strip_prefix("sender ssdp.model "))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(of("Network Camera", "E-1"), ["Network Camera", "E-1"]);
        assert_eq!(of("E-2", "E-1"), ["E-2"]);
        assert_eq!(of("Network Camera", "1.0"), ["Network Camera"]);
    }

    #[test]
    fn pages_lie_at_an_address() {
        let of = |url: &str| {
            said(&format!(
                "<root xmlns='urn:schemas-upnp-org:device-1-0'><device><presentationURL>{url}</presentationURL></device></root>"
            ))
        };
        for url in ["http://192.168.1.64", "HTTP://192.168.1.64:80/a", "http://192.168.1.64/"] {
            assert_eq!(of(url), ["sender ssdp.address 192.168.1.64"], "{url}");
        }
        for url in ["/index.html", "http://cam.example/", "http://192.168.1/", "https://192.168.1.64/", ""] {
            assert!(of(url).is_empty(), "{url}");
        }
        let base =
            "<root xmlns='urn:schemas-upnp-org:device-1-0'><URLBase>http://10.0.0.1:5000/</URLBase><device>";
        assert_eq!(said(base), ["sender ssdp.address 10.0.0.1"]);
    }

    #[test]
    fn a_root_of_something_else_says_nothing() {
        for root in [
            "<root>",
            "<root xmlns='urn:device-1-0'>",
            "<root xmlns='urn:a:devices-1'>",
            "<root xmlns='urn:a:device-1:b'>",
            "<root xmlns='urn:example'>",
            "<root xmlns:a='urn:schemas-upnp-org:device-1-0'>",
        ] {
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
