//! The XML of TVT's cameras and recorders, and of the brands that they are sold under.
//!
//! A document has the root element `config` and declares its namespace, `http://www.ipc.com/ver10`. A device answers with what was asked
//! for, and posts an alarm with its kind (`smartType`) to a host of its own accord. Who takes alarms answers with `status` alone, as
//! a device does to a request, so that says nothing. Facts about the sender: `cgi.role` `device`, `cgi.api` `tvt`, and of
//! `deviceInfo` `cgi.name`, `cgi.model`, `cgi.vendor`, `cgi.serial`, `cgi.firmware`, `cgi.mac`; of an alarm `cgi.mac`.

use super::{body::Side, cgi_xml::say_api, document::Root};
use crate::{
    Field,
    reader::Facts,
    xml::{Part, Tag, Xml},
};

const FIELDS: [(&str, Field); 7] = [
    ("config/deviceInfo/brand", Field::CgiVendor),
    ("config/deviceInfo/deviceName", Field::CgiName),
    ("config/deviceInfo/mac", Field::CgiMac),
    ("config/deviceInfo/model", Field::CgiModel),
    ("config/deviceInfo/sn", Field::CgiSerial),
    ("config/deviceInfo/softwareVersion", Field::CgiFirmware),
    ("config/mac", Field::CgiMac),
];

/// Whether a root element is one of this interface.
pub(super) fn is_of(root: &Tag<'_>) -> bool {
    let namespace = root.namespace().unwrap_or_default();
    namespace.strip_prefix("http://www.ipc.com/ver").is_some_and(|version| !version.is_empty())
}

/// Who reads a document whose root element is, told by the first element in it that is no list of types.
pub(super) fn root(xml: &mut Xml<'_>, side: Side) -> Root {
    while let Some(part) = xml.next() {
        let Part::Begins { path, .. } = part else { continue };
        let Some(inner) = path.strip_prefix("config/") else { continue };
        match (inner.split('/').next().unwrap_or(inner), side) {
            ("types", _) => {}
            ("smartType", Side::Client) => return Root::Known(read),
            ("status" | "smartType", _) | (_, Side::Client | Side::Refusal) => return Root::Other,
            (_, Side::Server) => return Root::Known(read),
        }
    }
    Root::Open
}

fn read(xml: &mut Xml<'_>, facts: Facts<'_>) {
    say_api("tvt", facts);
    xml.say(&FIELDS, "", facts);
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

    const NAME: &str = "xmlns=\"http://www.ipc.com/ver10\"";

    fn said(start: &str, body: &str) -> Vec<String> {
        let fields = format!("Content-Type: application/xml\r\nContent-Length: {}", body.len());
        let half = format!("{start}\r\nConnection: close\r\n{fields}\r\n\r\n{body}");
        let (probe, said) = stream(&READER, half.as_bytes(), false);
        assert_eq!(probe, Probe::Match);
        cut_stream_everywhere(&READER, half.as_bytes());
        said.iter().filter_map(|line| line.strip_prefix("sender cgi.")).map(str::to_owned).collect()
    }

    const ANSWER: &str = "HTTP/1.1 200 OK";
    const POST: &str = "POST /alarm HTTP/1.1";

    #[test]
    fn a_device_says_what_it_is_and_posts_alarms() {
        let info = format!(
            "<?xml version='1.0'?><config version=\"1.7\" {NAME}><types><a><enum>b</enum></a></types><deviceInfo>\
            <deviceName type=\"string\"><![CDATA[Yard]]></deviceName><model>TD-E1</model><brand>Example</brand>\
            <softwareVersion>1.2</softwareVersion><mac>02:00:00:00:00:01</mac></deviceInfo></config>"
        );
        let all = [
            "role device",
            "api tvt",
            "name Yard",
            "model TD-E1",
            "vendor Example",
            "firmware 1.2",
            "mac 02:00:00:00:00:01",
        ];
        assert_eq!(said(ANSWER, &info), all);
        let caps = format!("<config {NAME}><caps><a>1</a></caps></config>");
        assert_eq!(said(ANSWER, &caps), all[..2]);
        let alarm = format!("<config {NAME}><smartType>PEA</smartType><mac>02:00:00:00:00:01</mac></config>");
        assert_eq!(said(POST, &alarm), ["role device", "api tvt", "mac 02:00:00:00:00:01"]);
    }

    #[test]
    fn who_takes_alarms_or_asks_is_no_device() {
        let status = format!("<config {NAME}><status>success</status></config>");
        let asks = format!("<config {NAME}><search><a/></search></config>");
        let refuses = format!("<config {NAME}><caps/></config>");
        assert!(said(ANSWER, &status).is_empty());
        assert!(said(POST, &asks).is_empty());
        assert!(said("HTTP/1.1 401 Unauthorized", &refuses).is_empty());
        for other in [
            refuses.replace("ipc.com", "ipc.example"),
            refuses.replace(NAME, ""),
            refuses.replace("ver10", "ver"),
        ] {
            assert!(said(ANSWER, &other).is_empty(), "{other}");
        }
    }
}
