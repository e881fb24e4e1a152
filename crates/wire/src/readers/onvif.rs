//! ONVIF: discovery over UDP (WS-Discovery 1.0 and 1.1, ONVIF Core 7), and what [HTTP](super::http) carries of it.
//!
//! WS-Discovery is SOAP: an envelope in which a namespace of discovery is named and whose body is `Hello`, `Bye`, `Probe`,
//! `ProbeMatches`, `Resolve` or `ResolveMatches`, by default to port 3702. Printers and computers speak it, too: what is
//! said of ONVIF needs its name in the message. Of several matches in one answer the first is read.
//!
//! Facts about the sender, but nothing of a device whose services stand at other addresses than its answer came from: it is
//! another, or made up:
//! - `onvif.role`: `device` where it announces itself or answers, `client` where it asks;
//! - `onvif.class`: the types of devices that begin with `Network`, without their prefixes; of its scopes the types, such as
//!   `video_encoder`, and the profiles, such as `Profile/Streaming`;
//! - of its scopes, percent-decoded, `onvif.scope.name`, `onvif.scope.hardware`, and of those that some makers add
//!   `onvif.manufacturer`, `onvif.model`, `onvif.serial`, `onvif.firmware`, `onvif.mac`;
//! - `onvif.uid`: the address of its endpoint;
//! - over HTTP, in answers, and in refusals the role alone: `onvif.manufacturer`, `onvif.model`, `onvif.firmware`, `onvif.serial`, `onvif.mac`, and
//!   `onvif.video`, once a document, of what only who has video can tell: a door controller and a loudspeaker have services and
//!   events, too, but no source of video;
//!   in requests `onvif.credentials` `clear` where a password stands in one as it is.

mod scope;
mod video;

use std::net::{IpAddr, Ipv4Addr};

use memchr::memmem;

use crate::{
    Activity, Fact, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    text::{self, MAX_VALUE, Text},
    xml::{self, Part, Xml},
};

/// The fields of both ways.
pub(crate) const FIELDS: &[Field] = &[
    Field::OnvifClass,
    Field::OnvifFirmware,
    Field::OnvifMac,
    Field::OnvifManufacturer,
    Field::OnvifModel,
    Field::OnvifRole,
    Field::OnvifScopeHardware,
    Field::OnvifScopeName,
    Field::OnvifSerial,
    Field::OnvifUid,
    Field::OnvifVideo,
];

pub(crate) const READER: Reader = Reader {
    number: ReaderId(52),
    app: "ws-discovery",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: FIELDS,
    read: Read::Message(
        &[
            Route::UdpFirst(3702, xml::FIRST),
            Route::UdpStart(b"<?xml"),
            Route::UdpStart(b"<SOAP-EN"),
            Route::UdpStart(b"<s:Envel"),
        ],
        read,
    ),
};

/// What stands in every namespace and scope of ONVIF.
pub(super) const NAME: &str = "www.onvif.org/";
const DISCOVERY: [&str; 2] =
    ["schemas.xmlsoap.org/ws/2005/04/discovery", "docs.oasis-open.org/ws-dd/ns/discovery/2009/01"];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let names = |text: &str| memmem::find(message.payload, text.as_bytes()).is_some();
    let is_envelope = xml::root_name(message.payload) == Some(b"Envelope");
    if !is_envelope || !DISCOVERY.iter().any(|text| names(text)) {
        return false;
    }
    let text = String::from_utf8_lossy(message.payload);
    let Some(role) = role(&text) else { return false };
    if names(NAME) {
        if role == DEVICE && is_elsewhere(&text, message) {
            return true;
        }
        say_role(role, facts);
        if role == DEVICE {
            say(&mut Xml::new(&text), facts);
        }
    }
    true
}

/// Whether the services that an answer names stand at addresses, none of which it came from.
fn is_elsewhere(text: &str, message: &Message<'_, '_>) -> bool {
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        if !path.starts_with("Envelope/Body/") || !path.ends_with("/XAddrs") {
            continue;
        }
        let urls = text.split(u8::is_ascii_whitespace).filter_map(|url| std::str::from_utf8(url).ok());
        let mut addresses = urls.filter_map(|url| {
            let host = url.split_once("://")?.1.split(['/', ':']).next()?;
            host.parse::<Ipv4Addr>().ok().map(IpAddr::from)
        });
        return addresses.next().is_some_and(|first| message.is_from_other(first))
            && addresses.all(|other| message.is_from_other(other));
    }
    false
}

const DEVICE: &[u8] = b"device";
const CLIENT: &[u8] = b"client";

/// Which side the sender of a message of WS-Discovery is.
fn role(text: &str) -> Option<&'static [u8]> {
    let mut xml = Xml::new(text);
    let mut is_envelope = false;
    while let Some(part) = xml.next() {
        let Part::Begins { path, .. } = part else { continue };
        match path.strip_prefix("Envelope/Body/") {
            Some("Hello" | "Bye" | "ProbeMatches" | "ResolveMatches") => return Some(DEVICE),
            Some("Probe" | "Resolve") => return Some(CLIENT),
            None if path == "Envelope" || is_envelope => is_envelope = true,
            _ => return None,
        }
    }
    None
}

fn say_role(role: &[u8], facts: Facts<'_>) {
    facts(Fact::of_sender(Field::OnvifRole, role));
}

/// Reads what a service of ONVIF answers over HTTP, or a device pushes.
pub(super) fn answer(xml: &mut Xml<'_>, facts: Facts<'_>) {
    say_role(DEVICE, facts);
    say(xml, facts);
}

/// Reads what a client asks of a service.
pub(super) fn request(xml: &mut Xml<'_>, facts: Facts<'_>) {
    const PASSWORD: &str = "Envelope/Header/Security/UsernameToken/Password";
    say_role(CLIENT, facts);
    let mut clear = false;
    while let Some(part) = xml.next() {
        match part {
            // A password without a type is one as it is (WSS UsernameToken 1.1, 3.1).
            Part::Begins { path: PASSWORD, tag } => {
                clear = tag.attribute("Type").is_none_or(|kind| kind.ends_with("#PasswordText"));
            }
            Part::Ends { path: PASSWORD, text } if clear && !text.is_empty() => {
                facts(Fact::of_sender(Field::OnvifCredentials, b"clear"));
                return;
            }
            _ => {}
        }
    }
}

/// What stands at the end of a path.
enum What {
    Field(Field),
    Types,
    Scopes,
}

/// The operation that a path is within, and the place in its message.
fn operation(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("Envelope/Body/")?.split_once('/')
}

fn what(path: &str) -> Option<What> {
    let (operation, place) = operation(path)?;
    let place = match operation {
        "ProbeMatches" => place.strip_prefix("ProbeMatch/")?,
        "ResolveMatches" => place.strip_prefix("ResolveMatch/")?,
        _ => place,
    };
    Some(match (operation, place) {
        ("GetDeviceInformationResponse", "Manufacturer") => What::Field(Field::OnvifManufacturer),
        ("GetDeviceInformationResponse", "Model") => What::Field(Field::OnvifModel),
        ("GetDeviceInformationResponse", "FirmwareVersion") => What::Field(Field::OnvifFirmware),
        ("GetDeviceInformationResponse", "SerialNumber") => What::Field(Field::OnvifSerial),
        ("GetNetworkInterfacesResponse", "NetworkInterfaces/Info/HwAddress") => What::Field(Field::OnvifMac),
        ("GetScopesResponse", "Scopes/ScopeItem")
        | ("Hello" | "ProbeMatches" | "ResolveMatches", "Scopes") => What::Scopes,
        ("Hello" | "ProbeMatches" | "ResolveMatches", "Types") => What::Types,
        ("Hello" | "Bye" | "ProbeMatches" | "ResolveMatches", "EndpointReference/Address") => {
            What::Field(Field::OnvifUid)
        }
        _ => return None,
    })
}

/// Yields what a device says of itself, to the end of the first match.
fn say(xml: &mut Xml<'_>, facts: Facts<'_>) {
    let mut say = |field, value: &[u8]| {
        if let Some(value) = text::told(value) {
            facts(Fact::of_sender(field, value));
        }
    };
    let mut has_video = false;
    while let Some(part) = xml.next() {
        if let Some(told) = video::told(&part).filter(|_| !has_video) {
            has_video = true;
            say(Field::OnvifVideo, told);
        }
        let Part::Ends { path, text } = part else { continue };
        if path.ends_with("/ProbeMatch") || path.ends_with("/ResolveMatch") {
            return;
        }
        let words = text.split(u8::is_ascii_whitespace);
        match what(path) {
            Some(What::Field(field)) => say(field, text),
            Some(What::Types) => {
                for name in words.map(|word| word.rsplit(|&byte| byte == b':').next().unwrap_or(word)) {
                    if name.starts_with(b"Network") {
                        say(Field::OnvifClass, name);
                    }
                }
            }
            Some(What::Scopes) => {
                for scope in words {
                    if let Some((field, value)) = scope::field_of(scope) {
                        let mut decoded = Text::<MAX_VALUE>::new();
                        text::percent_decoded(value, &mut decoded);
                        say(field, decoded.as_bytes().trim_ascii());
                    }
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet, Probe,
        readers::{
            http,
            tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
        },
    };

    const HEAD: &str = "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
        xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Header><a:MessageID>1</a:MessageID></s:Header><s:Body>";
    const FOOT: &str = "</s:Body></s:Envelope>";
    const MATCH: &str = "<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>\
        <d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/name/Yard%20Cam%zz \
        onvif://www.onvif.org/hardware/E-1\n onvif://www.onvif.org/manufacturer/Example onvif://www.onvif.org/MAC/02:00:00:00:00:01 \
        onvif://www.onvif.org/location/ http://other.example/name/B</d:Scopes></d:ProbeMatch>";

    fn discovery(body: &str) -> Option<Vec<String>> {
        let text = format!("{HEAD}{body}{FOOT}");
        let said = facts(&READER, text.as_bytes());
        if said.is_some() {
            cut_everywhere(&READER, &Packet::default(), text.as_bytes());
        }
        said
    }

    #[test]
    fn a_device_announces_itself_and_answers() {
        let said = [
            "sender onvif.role device",
            "sender onvif.uid urn:uuid:1",
            "sender onvif.class NetworkVideoTransmitter",
            "sender onvif.scope.name Yard Cam%zz",
            "sender onvif.scope.hardware E-1",
            "sender onvif.manufacturer Example",
            "sender onvif.mac 02:00:00:00:00:01",
        ];
        let other = "<d:ProbeMatch><d:Scopes>onvif://www.onvif.org/name/Other</d:Scopes></d:ProbeMatch>";
        assert_eq!(discovery(&format!("<d:ProbeMatches>{MATCH}{other}</d:ProbeMatches>")).unwrap(), said);
        assert_eq!(discovery(&MATCH.replace("ProbeMatch", "Hello")).unwrap(), said);
    }

    #[test]
    fn an_answer_for_services_elsewhere_says_nothing_of_its_sender() {
        let at = |urls: &str| {
            let services = format!("<d:XAddrs>{urls}</d:XAddrs></d:ProbeMatch>");
            let matches = MATCH.replace("</d:ProbeMatch>", &services);
            let answer = format!("{HEAD}<d:ProbeMatches>{matches}</d:ProbeMatches>{FOOT}");
            let packet =
                Packet { version: 4, source: crate::Address::v4([192, 0, 2, 7]), ..Packet::default() };
            let mut count = 0;
            assert!(read(&Message { packet: &packet, payload: answer.as_bytes() }, &mut |_| count += 1));
            count > 0
        };
        assert!(at("http://192.0.2.7/onvif/device_service"));
        assert!(at("http://192.0.2.8:80/onvif http://192.0.2.7:80/onvif"));
        assert!(at("http://camera.local/onvif http://[fe80::1]/onvif") && at(""));
        assert!(!at("http://192.0.2.8:80/onvif/device_service"));
    }

    #[test]
    fn who_asks_is_a_client_and_others_are_neither() {
        let asks = "<d:Probe><d:Types xmlns:dn='http://www.onvif.org/ver10/network/wsdl'>dn:NetworkVideoTransmitter</d:Types></d:Probe>";
        assert_eq!(discovery(asks).unwrap(), ["sender onvif.role client"]);
        assert!(discovery("<d:Probe/>").unwrap().is_empty());
        let printer = "<d:ProbeMatches><d:ProbeMatch><d:Types>wsdp:Device wprt:PrintDeviceType</d:Types></d:ProbeMatch></d:ProbeMatches>";
        assert!(discovery(printer).unwrap().is_empty());
    }

    #[test]
    fn nearly_discovery_is_not_read() {
        let whole = format!("{HEAD}<d:Hello/>{FOOT}");
        assert!(facts(&READER, whole.as_bytes()).is_some());
        for (from, to) in [
            ("ws/2005/04/discovery", "ws/2005/04/other"),
            ("Envelope", "Letter"),
            ("Hello", "Other"),
            ("<?", "?"),
        ] {
            assert_eq!(facts(&READER, whole.replace(from, to).as_bytes()), None, "{to}");
        }
    }

    /// What a half of HTTP says of ONVIF.
    fn said(start: &str, body: &str) -> Vec<String> {
        let head = format!(
            "{start}\r\nConnection: close\r\nContent-Type: application/soap+xml\r\nContent-Length: {}",
            body.len()
        );
        let half = format!("{head}\r\n\r\n{body}");
        let (probe, mut said) = stream(&http::READER, half.as_bytes(), false);
        assert_eq!(probe, Probe::Match);
        cut_stream_everywhere(&http::READER, half.as_bytes());
        said.retain(|line| line.contains(" onvif."));
        said
    }

    fn soap(body: &str) -> String {
        format!("<e:Envelope xmlns:t='http://www.onvif.org/ver10/device/wsdl'>{body}</e:Envelope>")
    }

    const INFORMATION: &str = "<e:Header/><e:Body><t:GetDeviceInformationResponse><t:Manufacturer>Example</t:Manufacturer>\
        <t:Model>E-1</t:Model><t:FirmwareVersion>1.2</t:FirmwareVersion><t:SerialNumber>E1</t:SerialNumber>\
        </t:GetDeviceInformationResponse></e:Body>";

    #[test]
    fn a_service_says_what_it_is_of() {
        let all = [
            "sender onvif.role device",
            "sender onvif.manufacturer Example",
            "sender onvif.model E-1",
            "sender onvif.firmware 1.2",
            "sender onvif.serial E1",
        ];
        assert_eq!(said("HTTP/1.1 200 OK", &soap(INFORMATION)), all);
        let scopes = "<e:Body><t:GetScopesResponse><t:Scopes><t:ScopeItem>onvif://www.onvif.org/name/Yard</t:ScopeItem>\
            </t:Scopes></t:GetScopesResponse></e:Body>";
        assert_eq!(said("HTTP/1.1 200 OK", &soap(scopes)), [all[0], "sender onvif.scope.name Yard"]);
        let fault = "<e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>ter:NotAuthorized</e:Value>\
            </e:Subcode></e:Code></e:Fault></e:Body>";
        for start in ["HTTP/1.1 400 Bad Request", "HTTP/1.1 401 Unauthorized", "HTTP/1.1 500 Error"] {
            assert!(said(start, &soap(INFORMATION)).is_empty());
            assert_eq!(said(start, &soap(fault)), [all[0]]);
            assert!(said(start, &soap(fault).replace("onvif", "example")).is_empty());
        }
        assert!(said("HTTP/1.1 200 OK", &soap(INFORMATION).replace("onvif", "example")).is_empty());
        assert!(said("HTTP/1.1 200 OK", &soap("<e:Body><t:GetDeviceInformation/></e:Body>")).is_empty());
    }

    #[test]
    fn a_service_tells_of_its_video_once() {
        let device = "sender onvif.role device";
        let profiles = "<e:Body><t:GetProfilesResponse><t:Profiles><t:Name>a</t:Name><x:VideoSourceConfiguration/>\
            <x:VideoEncoderConfiguration/></t:Profiles></t:GetProfilesResponse></e:Body>";
        assert_eq!(said("HTTP/1.1 200 OK", &soap(profiles)), [device, "sender onvif.video profiles"]);
        let audio = profiles.replace("Video", "Audio");
        assert_eq!(said("HTTP/1.1 200 OK", &soap(&audio)), [device]);
        let event = |topic: &str| {
            soap(&format!(
                "<e:Body><w:Notify><w:NotificationMessage><w:Topic>{topic}</w:Topic></w:NotificationMessage></w:Notify></e:Body>"
            ))
        };
        let pushed = said("POST /events HTTP/1.1", &event("tns1:VideoSource/MotionAlarm"));
        assert_eq!(pushed, [device, "sender onvif.video events"]);
        assert_eq!(said("POST /events HTTP/1.1", &event("tns1:Door/State")), [device]);
    }

    #[test]
    fn a_client_asks_perhaps_with_a_password() {
        let post = "POST /onvif/device_service HTTP/1.1";
        let asks = |kind: &str| {
            soap(&format!(
                "<e:Header><w:Security><w:UsernameToken><w:Username>a</w:Username><w:Password{kind}>b</w:Password>\
                 </w:UsernameToken></w:Security></e:Header><e:Body><t:GetDeviceInformation/></e:Body>"
            ))
        };
        let client = "sender onvif.role client";
        assert_eq!(said(post, &asks(" Type='http://a#PasswordDigest'")), [client]);
        for kind in ["", " Type='http://a#PasswordText'"] {
            assert_eq!(said(post, &asks(kind)), [client, "sender onvif.credentials clear"]);
        }
        assert_eq!(said(post, &soap("<e:Body><t:Notify/></e:Body>")), ["sender onvif.role device"]);
    }
}
