//! ISAPI and PSIA, the XML of devices of Hikvision and of those built on its platform.
//!
//! A document is known by the namespace of its root element, or by its name where an `EventNotificationAlert` has none, as some
//! devices push it: such a one has a type of event, and a link or IP address. A schema is known by neither. Facts about its sender: `isapi.role`
//! `device`, or `login` where a document is about logging in alone or says how a request ended: all devices with this interface answer those;
//! of `DeviceInfo` `isapi.name`, `isapi.model`, `isapi.serial`, `isapi.mac`, `isapi.firmware`, `isapi.class`, `isapi.vendor`; of an
//! `EventNotificationAlert`, which devices push to a host for alarms, `isapi.mac` and `isapi.serial`. The channel of an alarm
//! is not read: a recorder's is another device.

use crate::{
    Fact, Field,
    reader::Facts,
    readers::layout::{dotted, is_mac, say},
    text::Text,
    xml::{Part, Tag, Xml},
};

const NAMESPACES: [&str; 4] =
    ["www.hikvision.com/", "www.isapi.org/", "www.std-cgi.com/", "urn:psialliance-org"];

const FIELDS: [(&str, Field); 9] = [
    ("DeviceInfo/deviceName", Field::IsapiName),
    ("DeviceInfo/deviceType", Field::IsapiClass),
    ("DeviceInfo/firmwareVersion", Field::IsapiFirmware),
    ("DeviceInfo/macAddress", Field::IsapiMac),
    ("DeviceInfo/manufacturer", Field::IsapiVendor),
    ("DeviceInfo/model", Field::IsapiModel),
    ("DeviceInfo/serialNumber", Field::IsapiSerial),
    ("EventNotificationAlert/Extensions/serialNumber", Field::IsapiSerial),
    ("EventNotificationAlert/macAddress", Field::IsapiMac),
];

/// Whether a root element is one of this interface.
pub(super) fn is_of(root: &Tag<'_>) -> bool {
    let namespace = root.namespace().unwrap_or_default();
    let bare = namespace.strip_prefix("http://").or(namespace.strip_prefix("https://")).unwrap_or(&namespace);
    NAMESPACES.iter().any(|start| bare.starts_with(start))
}

/// Root elements of documents that say nothing of what a device is: challenges and results of logins, and results of requests.
const LOGINS: [&str; 7] = [
    "SessionLoginCap",
    "SessionLogin",
    "SessionUserCheck",
    "SessionHeartbeat",
    "userCheck",
    "Challenge",
    "ResponseStatus",
];

/// Whether a root element is one of those.
pub(super) fn is_login(root: &str) -> bool {
    LOGINS.contains(&root)
}

/// Reads such a document.
pub(super) fn read_login(_: &mut Xml<'_>, facts: Facts<'_>) {
    facts(Fact::of_sender(Field::IsapiRole, b"login"));
}

/// Reads a document whose root element is.
pub(super) fn read(xml: &mut Xml<'_>, facts: Facts<'_>) {
    facts(Fact::of_sender(Field::IsapiRole, b"device"));
    xml.say(&FIELDS, "", facts);
}

/// Reads an alarm without a namespace: it counts where it says what happened and at which device.
pub(super) fn read_alarm(xml: &mut Xml<'_>, facts: Facts<'_>) {
    let (mut typed, mut placed) = (false, false);
    let mut serial = Text::<64>::new();
    let mut mac = Text::<64>::new();
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        let kept = match path {
            "EventNotificationAlert/eventType" => {
                typed |= !text.is_empty();
                continue;
            }
            "EventNotificationAlert/ipAddress" => {
                placed |= dotted(text).is_some();
                continue;
            }
            "EventNotificationAlert/macAddress" => {
                placed |= is_mac(text);
                &mut mac
            }
            "EventNotificationAlert/Extensions/serialNumber" => &mut serial,
            _ => continue,
        };
        if kept.is_empty() {
            kept.extend(text);
        }
    }
    if typed && placed {
        facts(Fact::of_sender(Field::IsapiRole, b"device"));
        say(Field::IsapiMac, Some(mac.as_bytes()), facts);
        say(Field::IsapiSerial, Some(serial.as_bytes()), facts);
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Probe,
        readers::{
            http::READER,
            tests::{cut_stream_everywhere, stream},
        },
    };

    const INFO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DeviceInfo version=\"2.0\" \
        xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n<deviceName>Yard</deviceName>\n<model>DS-EXAMPLE</model>\n\
        <serialNumber>DS-EXAMPLE1</serialNumber>\n<macAddress>02:00:00:00:00:01</macAddress>\n\
        <firmwareVersion>V1.0</firmwareVersion>\n<deviceType>IPCamera</deviceType>\n</DeviceInfo>\n";
    const ALARM: &str = "<EventNotificationAlert version='1.0' xmlns='urn:psialliance-org'>\
        <macAddress>02:00:00:00:00:01</macAddress><channelID>2</channelID><channelName>Gate</channelName>\
        <Extensions><serialNumber xmlns='a'>DS-EXAMPLE1</serialNumber></Extensions></EventNotificationAlert>";

    fn said(half: &[u8]) -> Vec<String> {
        let (probe, mut said) = stream(&READER, half, false);
        assert_eq!(probe, Probe::Match);
        said.retain(|line| line.contains("isapi."));
        said
    }

    fn answer(status: &str, body: &str) -> Vec<u8> {
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: {}",
            body.len()
        );
        format!("{head}\r\n\r\n{body}").into_bytes()
    }

    #[test]
    fn a_device_says_what_it_is() {
        let expected = [
            "sender isapi.role device",
            "sender isapi.name Yard",
            "sender isapi.model DS-EXAMPLE",
            "sender isapi.serial DS-EXAMPLE1",
            "sender isapi.mac 02:00:00:00:00:01",
            "sender isapi.firmware V1.0",
            "sender isapi.class IPCamera",
        ];
        assert_eq!(said(&answer("200 OK", INFO)), expected);
        cut_stream_everywhere(&READER, &answer("200 OK", INFO));
        let other = INFO.replace("DeviceInfo", "StreamingChannelList");
        assert_eq!(said(&answer("200 OK", &other)), expected[..1]);
    }

    #[test]
    fn a_login_is_of_any_device() {
        for root in super::LOGINS {
            let other = INFO.replace("DeviceInfo", root);
            assert_eq!(said(&answer("200 OK", &other)), ["sender isapi.role login"]);
        }
        cut_stream_everywhere(&READER, &answer("200 OK", &INFO.replace("DeviceInfo", "SessionLoginCap")));
    }

    #[test]
    fn errors_and_other_namespaces_say_nothing() {
        assert!(said(&answer("403 Forbidden", INFO)).is_empty());
        assert!(said(&answer("502 Bad Gateway", INFO)).is_empty());
        assert!(said(&answer("200 OK", &INFO.replace("hikvision", "example"))).is_empty());
        let schema = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" \
            targetNamespace=\"http://www.hikvision.com/ver20/XMLSchema\" xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"/>";
        assert!(said(&answer("200 OK", schema)).is_empty());
        let aside = INFO.replace("xmlns=", "xmlns:a=");
        assert!(said(&answer("200 OK", &aside)).is_empty());
        assert_eq!(
            said(&answer("200 OK", &aside.replace("DeviceInfo", "a:DeviceInfo")))[..1],
            ["sender isapi.role device"]
        );
        let other = ALARM.replace("EventNotificationAlert", "EventNotification");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/xml\r\nContent-Length: {}",
            other.len()
        );
        assert!(said(format!("{head}\r\n\r\n{other}").as_bytes()).is_empty());
    }

    #[test]
    fn an_alarm_is_pushed_by_a_device() {
        let expected = [
            "sender isapi.role device",
            "sender isapi.mac 02:00:00:00:00:01",
            "sender isapi.serial DS-EXAMPLE1",
        ];
        let head = |kind: &str, length: usize| {
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")
        };
        let alone =
            [head("application/xml; charset=\"UTF-8\"", ALARM.len()).as_bytes(), ALARM.as_bytes()].concat();
        assert_eq!(said(&alone), expected);
        cut_stream_everywhere(&READER, &alone);
        let bare = ALARM.replace(" version='1.0' xmlns='urn:psialliance-org'", "<eventType>VMD</eventType>");
        let bare = bare.replace("Alert<event", "Alert><event").replace("</eventType>>", "</eventType>");
        let post = |text: &str| [head("application/xml", text.len()).as_bytes(), text.as_bytes()].concat();
        assert_eq!(said(&post(&bare)), expected);
        cut_stream_everywhere(&READER, &post(&bare));
        for (from, to) in [("eventType", "type"), ("02:00:00:00:00:01", "none")] {
            assert!(said(&post(&bare.replace(from, to))).is_empty(), "{to}");
        }
        let parts = format!(
            "--b\r\nContent-Type: application/xml\r\n\r\n{ALARM}\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n"
        );
        let parts =
            [head("multipart/form-data; boundary=b", 90_000).as_bytes(), parts.as_bytes(), &[0xff; 90]]
                .concat();
        assert_eq!(said(&parts), expected);
        cut_stream_everywhere(&READER, &parts);
        // What a client asks for is not its own.
        let asked = [head("application/xml", INFO.len()).as_bytes(), INFO.as_bytes()].concat();
        assert!(said(&asked).is_empty());
    }

    #[test]
    fn other_requests_are_not_waited_for() {
        for (fields, body) in [
            ("Content-Type: image/jpeg\r\nContent-Length: 90000", ""),
            ("Content-Type: text/xml\r\nContent-Length: 90000", "<a>"),
            ("Content-Type: text/xml", ""),
            (
                "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000",
                "--b\r\nA: b\r\n\r\n\u{fffd}",
            ),
        ] {
            let half = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n{body}");
            assert!(said(half.as_bytes()).is_empty());
        }
    }
}
