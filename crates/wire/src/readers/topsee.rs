//! Topsee (Tianshitong, Anjoy), a platform of cameras under many labels: discovery in XML over UDP, by default port 3001, and
//! its sessions over TCP, by default port 8091.
//!
//! A search and its answers are documents whose `MESSAGE_HEADER` names the type `SYSTEM_SEARCHIPC_MESSAGE`; the name of the
//! root element is each label's own. A session is frames: `58 91 58 51`, the length of what follows (32 bits, little
//! endian, believed up to 1 MiB), XML. Values stand in attributes; text that is no UTF-8 reads as U+FFFD.
//!
//! Facts about the sender of a discovery message: `topsee.role`, `client` of a search (code 1), `device` of an answer (code 3) or of
//! what names its serial number or type; other codes are sent by either side. Of an answer, unless it gives another address
//! than it came from, `topsee.class`, `topsee.model`,
//! `topsee.serial`, `topsee.uid`, `topsee.mac`, and `topsee.credentials` `clear` where it tells the password of an account.

use memchr::memmem;

use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{dotted, is_of_another},
    text::told,
    xml::{self, Part, Tag, Xml},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(57),
    app: "topsee",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[
        Field::TopseeClass,
        Field::TopseeCredentials,
        Field::TopseeMac,
        Field::TopseeModel,
        Field::TopseeRole,
        Field::TopseeSerial,
        Field::TopseeUid,
    ],
    read: Read::Message(&[Route::UdpFirst(3001, xml::FIRST), Route::UdpStart(b"<?xml")], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(58),
    app: "topsee",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: &[],
    read: Read::Stream(&[0x58..=0x58], read_stream),
};

const ATTRIBUTES: [(&str, &str, Field); 7] = [
    ("DEVICE_TYPE", "DeviceType", Field::TopseeClass),
    ("DEVICE_TYPE", "DeviceModule", Field::TopseeModel),
    ("IPC_SERIALNUMBER", "SerialNumber", Field::TopseeSerial),
    ("IPC_SERIALNUMBER", "DevID", Field::TopseeUid),
    ("IPC_SERIALNUMBER", "P2PID", Field::TopseeUid),
    ("IPC_SERIALNUMBER", "UUID", Field::TopseeUid),
    ("LANConfig", "MacAddress", Field::TopseeMac),
];

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    // The root element has the name of the label, but the next one stands close behind it.
    let begins = message.payload.get(..MAX_PROLOG).unwrap_or(message.payload);
    if !begins.trim_ascii_start().starts_with(b"<") || memmem::find(begins, b"MESSAGE_HEADER").is_none() {
        return false;
    }
    let text = String::from_utf8_lossy(message.payload);
    let mut xml = Xml::new(&text);
    let Some(Part::Begins { .. }) = xml.next() else { return false };
    let Some(Part::Begins { path, tag }) = xml.next() else { return false };
    let is_header = path.ends_with("/MESSAGE_HEADER");
    if !is_header || tag.attribute("Msg_type").as_deref() != Some("SYSTEM_SEARCHIPC_MESSAGE") {
        return false;
    }
    match tag.attribute("Msg_code").as_deref() {
        Some("1") => {
            say(Field::TopseeRole, b"client", facts);
            return true;
        }
        code if !is_answer(&text, code == Some("3"), message) => return true,
        _ => say(Field::TopseeRole, b"device", facts),
    }
    while let Some(part) = xml.next() {
        let Part::Begins { path, tag } = part else { continue };
        // Behind the root element, whose name varies.
        let place = path.split_once("/MESSAGE_BODY/").map_or("", |(_, place)| place);
        say_device(place, &tag, facts);
    }
    true
}

/// Whether a document is a device's answer about itself, for it is one by its code or by what it names.
fn is_answer(text: &str, mut answers: bool, message: &Message<'_, '_>) -> bool {
    let mut xml = Xml::new(text);
    while let Some(part) = xml.next() {
        let Part::Begins { path, tag } = part else { continue };
        match path.split_once("/MESSAGE_BODY/").map_or("", |(_, place)| place) {
            "IPC_SERIALNUMBER" | "DEVICE_TYPE" => answers = true,
            "LANConfig" => {
                let address =
                    tag.attribute("IPAddress").and_then(|address| dotted(address.trim().as_bytes()));
                if is_of_another(message, address) {
                    return false;
                }
            }
            _ => {}
        }
    }
    answers
}

fn say_device(place: &str, tag: &Tag<'_>, facts: Facts<'_>) {
    for &(_, name, field) in ATTRIBUTES.iter().filter(|(element, ..)| *element == place) {
        if let Some(text) = tag.attribute(name) {
            say(field, text.trim_ascii().as_bytes(), facts);
        }
    }
    if place == "UserConfig/Account" && tag.attribute("Password").is_some_and(|text| !text.is_empty()) {
        say(Field::TopseeCredentials, b"clear", facts);
    }
}

fn say(field: Field, text: &[u8], facts: Facts<'_>) {
    if let Some(text) = told(text) {
        facts(Fact::of_sender(field, text));
    }
}

/// How far into a message its header may begin.
const MAX_PROLOG: usize = 1024;

const MAGIC: [u8; 4] = [0x58, 0x91, 0x58, 0x51];
const HEADER: usize = 8;
const MAX_LENGTH: u32 = 1 << 20;

fn read_stream(stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    if !MAGIC.iter().zip(stream.bytes).all(|(expected, byte)| expected == byte) {
        return Probe::NotMine;
    }
    let Some(&[_, _, _, _, a, b, c, d, first]) = stream.bytes.first_chunk::<{ HEADER + 1 }>() else {
        return stream.more();
    };
    let fits = (1..=MAX_LENGTH).contains(&u32::from_le_bytes([a, b, c, d]));
    if fits && first == b'<' { Probe::Match } else { Probe::NotMine }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, facts_in, stream},
    };

    fn message(code: u8, body: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"GB2312\" ?>\n<XML_EXAMPLE>\n<MESSAGE_HEADER\nMsg_type=\"SYSTEM_SEARCHIPC_MESSAGE\"\n\
             Msg_code=\"{code}\"\nMsg_flag=\"0\"\n/>\n<MESSAGE_BODY>\n{body}</MESSAGE_BODY>\n</XML_EXAMPLE>"
        )
    }

    const DEVICE: &str = "<DEVICE_TYPE DeviceType=\"NVS-IPCAM\" DeviceModule=\"E-1\" />\n<IPC_SERIALNUMBER UUID=\"\" \
        SerialNumber=\"E1\" P2PID=\"E2\"/>\n<LANConfig MacAddress=\"02:00:00:00:00:01\" IPAddress=\"192.0.2.1\"/>\n\
        <UserConfig>\n<Account Username=\"a\" Password=\"b\"/>\n</UserConfig>\n";

    #[test]
    fn a_device_answers_a_search() {
        let text = message(3, DEVICE);
        let all = [
            "sender topsee.role device",
            "sender topsee.class NVS-IPCAM",
            "sender topsee.model E-1",
            "sender topsee.serial E1",
            "sender topsee.uid E2",
            "sender topsee.mac 02:00:00:00:00:01",
            "sender topsee.credentials clear",
        ];
        assert_eq!(facts(&READER, text.as_bytes()).unwrap(), all);
        cut_everywhere(&READER, &Packet::default(), text.as_bytes());
        assert_eq!(
            facts(&READER, message(3, &DEVICE.replace("\"b\"", "\"\"")).as_bytes()).unwrap(),
            all[..6]
        );
    }

    #[test]
    fn other_codes_tell_a_side_by_what_they_name_only() {
        assert_eq!(facts(&READER, message(2, "<UserConfig/>").as_bytes()), Some(vec![]));
        assert_eq!(facts(&READER, message(2, DEVICE).as_bytes()).unwrap().len(), 7);
        let known = message(2, "<IPC_SERIALNUMBER DevID=\"E3\"/>");
        assert_eq!(
            facts(&READER, known.as_bytes()).unwrap(),
            ["sender topsee.role device", "sender topsee.uid E3"]
        );
        assert_eq!(facts(&READER, message(3, "").as_bytes()).unwrap(), ["sender topsee.role device"]);
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        let text = message(3, DEVICE);
        let from = |source| {
            let packet = Packet { source: crate::Address::v4(source), ..Packet::default() };
            facts_in(&READER, &packet, text.as_bytes()).unwrap().len()
        };
        assert_eq!((from([192, 0, 2, 1]), from([192, 0, 2, 2])), (7, 0));
    }

    #[test]
    fn a_search_says_who_searches() {
        assert_eq!(facts(&READER, message(1, DEVICE).as_bytes()).unwrap(), ["sender topsee.role client"]);
    }

    #[test]
    fn nearly_topsee_is_not_read() {
        let whole = message(3, DEVICE);
        for (from, to) in
            [("SEARCHIPC", "OTHER"), ("MESSAGE_HEADER", "HEADER"), ("Msg_type", "type"), ("<?xml", "xml")]
        {
            assert_eq!(facts(&READER, whole.replace(from, to).as_bytes()), None, "{to}");
        }
    }

    #[test]
    fn sessions_begin_with_a_frame() {
        let frame = b"\x58\x91\x58\x51\x20\0\0\0<?xml version=\"1.0\"?>";
        assert_eq!(stream(&STREAM_READER, frame, false).0, Probe::Match);
        cut_stream_everywhere(&STREAM_READER, frame);
        for bytes in [
            &b"\x58\x91\x58\x50"[..],
            b"\x58\x91\x58\x51\0\0\0\0<",
            b"\x58\x91\x58\x51\0\0\0\x7f<",
            b"\x58\x91\x58\x51\x20\0\0\0{",
        ] {
            assert_eq!(stream(&STREAM_READER, bytes, false).0, Probe::NotMine);
        }
    }
}
