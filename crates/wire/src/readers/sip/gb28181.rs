//! GB/T 28181, the national standard of China by which cameras and recorders join a platform: XML inside SIP.
//!
//! A message is one whose type is `MANSCDP+xml`. Its root says who sends it: `Notify` and `Response` a device, `Query` and
//! `Control` a platform; but a platform answers alarms, announces broadcasts and passes on catalogues in the same words, and
//! platforms that stand one above the other speak like devices. So the kind in the number that the message is from goes before.
//! A registration is known by its numbers: twenty digits on both sides, of which three name the kind.
//!
//! Facts about the sender: `gb28181.role`, `gb28181.message`, and of a device that speaks of its own number `gb28181.uid` and
//! `gb28181.class` (by its number), `gb28181.vendor`, `gb28181.model`, `gb28181.firmware`, `gb28181.name`: a recorder
//! answers for its channels, which are other devices. What a catalogue lists are
//! channels: it is read where it is of one camera alone. Text that is no UTF-8 reads as U+FFFD.

use crate::{
    Fact, Field,
    head::Head,
    reader::Facts,
    text::{begins, value as limited},
    xml::{Part, Xml},
};

/// Digits of a number, and which of them name a kind of device.
const DIGITS: usize = 20;
const KIND: std::ops::Range<usize> = 10..13;

/// Whether the body of a message is of this protocol.
pub(super) fn is_of(head: &Head<'_>) -> bool {
    let kind = head.field("content-type").or_else(|| head.field("c")).unwrap_or_default();
    begins(kind, b"application/manscdp+xml")
}

fn say(field: Field, value: &[u8], facts: Facts<'_>) {
    if !value.is_empty() {
        facts(Fact::of_sender(field, limited(value)));
    }
}

/// Yields the number of a device and what kind it names (annex D of the standard).
fn say_number(number: &[u8], facts: Facts<'_>) {
    say(Field::Gb28181Uid, number, facts);
    let class: &[u8] = match kind_of(number) {
        Some(b"111") => b"DVR",
        Some(b"118") => b"NVR",
        Some(b"131") => b"camera",
        Some(b"132") => b"network camera",
        _ => return,
    };
    say(Field::Gb28181Class, class, facts);
}

fn kind_of(number: &[u8]) -> Option<&[u8]> {
    let whole = number.len() == DIGITS && number.iter().all(u8::is_ascii_digit);
    number.get(KIND).filter(|_| whole)
}

/// Yields what a registration says, where it is one of a device with a centre's server.
pub(super) fn registers(head: &Head<'_>, uri: &[u8], facts: Facts<'_>) {
    let from = head.field("from").or_else(|| head.field("f")).unwrap_or_default();
    let number = user(from);
    let is_device = matches!(kind_of(number), Some(b"111" | b"112" | b"113" | b"118" | b"131" | b"132"));
    if is_device && kind_of(user(uri)).is_some_and(|kind| kind.starts_with(b"2")) {
        say(Field::Gb28181Role, b"device", facts);
        say_number(number, facts);
    }
}

/// The user in the first URI of SIP in a text: `1` in `"a" <sip:1@b>;c`.
fn user(text: &[u8]) -> &[u8] {
    let Some(at) = memchr::memmem::find(text, b"sip:") else { return &[] };
    let rest = text.get(at + 4..).unwrap_or(&[]);
    let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (user, rest) = rest.split_at(end);
    if rest.first() == Some(&b'@') { user } else { &[] }
}

/// Which side sends a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    Device,
    Client,
    /// Both say this.
    Either,
}

/// Of whom a document speaks, as far as it is there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Of {
    #[default]
    Another,
    /// Its sender, which is no camera: what it lists is another device.
    Itself,
    /// Its sender, a camera: what it lists alone is itself.
    Camera,
}

/// What a document says of its sender, as far as it is there.
#[derive(Clone, Copy, Default)]
struct Said {
    of: Of,
    is_catalogue: bool,
    is_of_one: bool,
}

/// Yields what the body of a message says that a head is of.
pub(super) fn read(head: &Head<'_>, body: &[u8], facts: Facts<'_>) {
    let from = user(head.field("from").or_else(|| head.field("f")).unwrap_or_default());
    let text = String::from_utf8_lossy(body);
    let Some(side) = side(&text, from) else { return };
    match side {
        Side::Device => say(Field::Gb28181Role, b"device", facts),
        Side::Client => say(Field::Gb28181Role, b"client", facts),
        Side::Either => {}
    }
    let is_device = side == Side::Device;
    let mut xml = Xml::new(&text);
    let mut said = Said::default();
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        let Some((_, place)) = path.split_once('/') else { return };
        match place {
            "CmdType" => {
                said.is_catalogue = text == b"Catalog";
                say(Field::Gb28181Message, text, facts);
            }
            // Whom a platform asks is not the sender.
            _ if !is_device => {}
            "DeviceID" if text == from && kind_of(text).is_some() => {
                say_number(text, facts);
                let is_camera = matches!(kind_of(text), Some(b"131" | b"132"));
                said.of = if is_camera { Of::Camera } else { Of::Itself };
            }
            "SumNum" => said.is_of_one = text == b"1",
            _ if said.of != Of::Another => {
                if let Some(field) = said.field(place) {
                    say(field, text, facts);
                }
            }
            _ => {}
        }
    }
}

/// Who sends a message from this number, `None` where it is none of this protocol.
fn side(text: &str, from: &[u8]) -> Option<Side> {
    let mut xml = Xml::new(text);
    match xml.next() {
        Some(Part::Begins { path: "Notify" | "Response", .. }) => {}
        Some(Part::Begins { path: "Query" | "Control", .. }) => return Some(Side::Client),
        _ => return None,
    }
    if kind_of(from).is_some_and(|kind| kind.starts_with(b"2")) {
        return Some(Side::Client);
    }
    let mut is_list = false;
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        match (path, text) {
            // What a platform says, too.
            ("Response/CmdType", b"Alarm") | ("Notify/CmdType", b"Broadcast") => break,
            ("Response/CmdType", b"Catalog") => is_list = true,
            ("Response/CmdType" | "Notify/CmdType", _) => return Some(Side::Device),
            ("Response/SumNum", _) if is_list => return Some(Side::Device),
            _ => {}
        }
    }
    Some(Side::Either)
}

impl Said {
    fn field(self, place: &str) -> Option<Field> {
        let place = match place.strip_prefix("DeviceList/Item/") {
            Some(place) => {
                Some(place).filter(|_| self.is_catalogue && self.is_of_one && self.of == Of::Camera)?
            }
            None => place,
        };
        Some(match place {
            "Manufacturer" => Field::Gb28181Vendor,
            "Model" => Field::Gb28181Model,
            "Firmware" => Field::Gb28181Firmware,
            "DeviceName" | "Name" => Field::Gb28181Name,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{READER, STREAM_READER};
    use crate::{
        Packet, Probe,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    const CAMERA: &str = "11010000001320000001";
    const CENTRE: &str = "11010000002000000001";

    fn message(body: &str) -> String {
        format!(
            "MESSAGE sip:{CENTRE}@192.0.2.1 SIP/2.0\r\nf: <sip:{CAMERA}@192.0.2.2>\r\nc: Application/MANSCDP+xml\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// What a message says, without the word in front, over UDP and TCP.
    fn said(text: &str) -> Vec<String> {
        let lines = facts(&READER, text.as_bytes()).unwrap();
        cut_everywhere(&READER, &Packet::default(), text.as_bytes());
        assert_eq!(stream(&STREAM_READER, text.as_bytes(), false), (Probe::Match, lines.clone()));
        cut_stream_everywhere(&STREAM_READER, text.as_bytes());
        lines.iter().map(|line| line.strip_prefix("sender gb28181.").unwrap().to_owned()).collect()
    }

    fn answer(kind: &str, rest: &str) -> String {
        message(&format!(
            "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<Response>\n<CmdType>{kind}</CmdType><SN>1</SN>\n\
             <DeviceID>{CAMERA}</DeviceID>\n{rest}</Response>\n"
        ))
    }

    #[test]
    fn a_device_says_what_it_is() {
        let rest = "<DeviceName>Yard</DeviceName><Manufacturer>Example</Manufacturer><Model>E-1</Model><Firmware>1.2</Firmware>";
        let uid = format!("uid {CAMERA}");
        let said = said(&answer("DeviceInfo", rest));
        let what = ["name Yard", "vendor Example", "model E-1", "firmware 1.2"];
        assert_eq!(said[..4], ["role device", "message DeviceInfo", &*uid, "class network camera"]);
        assert_eq!(said[4..], what);
    }

    #[test]
    fn a_catalogue_of_one_camera_is_of_itself() {
        let item = "<Item><DeviceID>1</DeviceID><Name>Yard</Name><Model>E-1</Model></Item>";
        let list = |count: u8| format!("<SumNum>{count}</SumNum><DeviceList Num='1'>{item}</DeviceList>");
        assert_eq!(said(&answer("Catalog", &list(1)))[4..], ["name Yard", "model E-1"]);
        assert_eq!(said(&answer("Catalog", &list(2))).len(), 4);
        assert_eq!(said(&answer("Catalog", &list(1)).replace(CAMERA, "11010000001180000001")).len(), 4);
    }

    #[test]
    fn a_platform_is_no_device_whatever_it_says() {
        let from_centre = |body: &str| message(body).replacen(CAMERA, CENTRE, 1);
        let alarm = format!(
            "<Response><CmdType>Alarm</CmdType><DeviceID>{CAMERA}</DeviceID><Result>OK</Result></Response>"
        );
        let cast = format!(
            "<Notify><CmdType>Broadcast</CmdType><SourceID>{CENTRE}</SourceID><TargetID>{CAMERA}</TargetID></Notify>"
        );
        let alive = format!("<Notify><CmdType>Keepalive</CmdType><DeviceID>{CENTRE}</DeviceID></Notify>");
        assert_eq!(said(&from_centre(&alarm)), ["role client", "message Alarm"]);
        assert_eq!(said(&from_centre(&cast)), ["role client", "message Broadcast"]);
        assert_eq!(said(&from_centre(&alive)), ["role client", "message Keepalive"]);
        // Of a number that names no kind, or another, the words alone do not tell.
        for (body, what) in [(&alarm, "message Alarm"), (&cast, "message Broadcast")] {
            assert_eq!(said(&message(body)), [what]);
        }
        assert_eq!(said(&answer("Catalog", "<Result>OK</Result>")), ["message Catalog"]);
    }

    #[test]
    fn a_recorder_does_not_take_its_channels_name() {
        let recorder = "11010000001180000001";
        let info = answer("DeviceInfo", "<Manufacturer>Example</Manufacturer><Model>E-1</Model>");
        let of_channel = info.replacen(CAMERA, recorder, 1);
        assert_eq!(said(&of_channel), ["role device", "message DeviceInfo"]);
        assert_eq!(said(&info.replace(CAMERA, recorder))[3..], ["class NVR", "vendor Example", "model E-1"]);
        let short = "<Response><CmdType>DeviceInfo</CmdType><DeviceID>34020000</DeviceID><Model>E-1</Model></Response>";
        assert_eq!(said(&message(short)), ["role device", "message DeviceInfo"]);
    }

    #[test]
    fn who_asks_is_a_client() {
        let asks = format!("<Query><CmdType>Catalog</CmdType><DeviceID>{CAMERA}</DeviceID></Query>");
        assert_eq!(said(&message(&asks)), ["role client", "message Catalog"]);
        assert!(said(&message("<Other><CmdType>a</CmdType></Other>")).is_empty());
    }

    #[test]
    fn a_registration_is_known_by_its_numbers() {
        let register = |from: &str, to: &str| {
            format!("REGISTER sip:{to}@192.0.2.1 SIP/2.0\r\nFrom: \"a\" <sip:{from}@192.0.2.2>;tag=1\r\n\r\n")
        };
        let uid = format!("uid {CAMERA}");
        assert_eq!(said(&register(CAMERA, CENTRE)), ["role device", &uid, "class network camera"]);
        for (from, to) in [("401", CENTRE), (CAMERA, "401"), (CENTRE, CENTRE), (&CAMERA[1..], CENTRE)] {
            assert!(said(&register(from, to)).is_empty(), "{from} {to}");
        }
    }
}
