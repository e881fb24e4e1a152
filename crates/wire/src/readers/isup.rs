//! ISUP, formerly `EHome`, up to version 4: how devices of Hikvision register at a platform, in XML over UDP or TCP.
//!
//! A message is one whose root element is `PPVSPMessage`. From version 5 on it is encrypted and not known here. Over TCP the
//! first message of a half is read, up to 16 KiB.
//!
//! Facts about the sender: `isup.role` (`device` where it registers or answers what it was asked, `client` where it answers a
//! registration, asks or commands),
//! `isup.message`; of a registration `isup.serial`, `isup.uid`, `isup.firmware`, `isup.class`, `isup.vendor`, and `isup.credentials` `clear` where a
//! password stands in it.

use memchr::memmem;

use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    text::told,
    xml::{self, Part, Xml},
};

const FIELDS: &[Field] = &[
    Field::IsupClass,
    Field::IsupCredentials,
    Field::IsupFirmware,
    Field::IsupMessage,
    Field::IsupRole,
    Field::IsupSerial,
    Field::IsupUid,
    Field::IsupVendor,
];

pub(crate) const READER: Reader = Reader {
    number: ReaderId(55),
    app: "isup",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: FIELDS,
    read: Read::Message(&[Route::UdpFirst(7660, xml::FIRST), Route::UdpStart(b"<?xml")], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(56),
    app: "isup",
    activity: Some(Activity::Signalling),
    hides: false,
    fields: FIELDS,
    read: Read::Stream(&[b'<'..=b'<'], read_stream),
};

const ROOT: &str = "PPVSPMessage";
const END: &[u8] = b"</PPVSPMessage>";
/// How far into a half its root element may stand, and its first message may go.
const MAX_PROLOG: usize = 1024;
const MAX_MESSAGE: usize = 16 << 10;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    if xml::root_name(message.payload) != Some(ROOT.as_bytes()) {
        return false;
    }
    let text = String::from_utf8_lossy(message.payload);
    say(&text, facts);
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let more = stream.more();
    if !b"<?xml".iter().zip(stream.bytes).all(|(expected, byte)| expected == byte)
        && !b"<PPVSP".iter().zip(stream.bytes).all(|(expected, byte)| expected == byte)
    {
        return Probe::NotMine;
    }
    let bounded = stream.bytes.get(..MAX_MESSAGE).unwrap_or(stream.bytes);
    let end = memmem::find(bounded, END).map(|at| at + END.len());
    let prolog = bounded.get(..MAX_PROLOG).unwrap_or(bounded);
    match root(&String::from_utf8_lossy(prolog)) {
        Some(true) => {}
        Some(false) => return Probe::NotMine,
        None => return if prolog.len() == MAX_PROLOG { Probe::NotMine } else { more },
    }
    if end.is_none() && bounded.len() < MAX_MESSAGE && !stream.ended {
        return more;
    }
    let message = end.and_then(|end| bounded.get(..end)).unwrap_or(bounded);
    say(&String::from_utf8_lossy(message), facts);
    Probe::Match
}

/// Whether the root element of a document is that of this protocol; `None` while it is not there.
fn root(text: &str) -> Option<bool> {
    match Xml::new(text).next() {
        Some(Part::Begins { path, .. }) => Some(path == ROOT),
        _ => None,
    }
}

fn say(text: &str, facts: Facts<'_>) {
    let mut say = |field, text: &[u8]| {
        if let Some(text) = told(text) {
            facts(Fact::of_sender(field, text));
        }
    };
    let mut xml = Xml::new(text);
    let (mut asks, mut answers, mut registers) = (false, false, false);
    while let Some(part) = xml.next() {
        let Part::Ends { path, text } = part else { continue };
        match path.strip_prefix("PPVSPMessage/").unwrap_or_default() {
            "CommandType" => {
                asks = text == b"REQUEST";
                answers = text == b"RESPONSE";
            }
            "Method" if asks => {
                registers = text == b"REGISTER";
                say(Field::IsupRole, if registers { b"device" } else { b"client" });
            }
            "WhichCommand" if answers => {
                say(Field::IsupRole, if text == b"REGISTER" { b"client" } else { b"device" });
                say(Field::IsupMessage, text);
            }
            "Command" | "WhichCommand" => say(Field::IsupMessage, text),
            "Params/SerialNumber" if registers => say(Field::IsupSerial, text),
            "Params/DeviceID" if registers => say(Field::IsupUid, text),
            "Params/DevType" if registers => say(Field::IsupClass, text),
            "Params/Manufacture" if registers => say(Field::IsupVendor, text),
            "Params/FirmwareVersion" if registers => say(Field::IsupFirmware, text),
            "Params/Password" if registers && !text.is_empty() => say(Field::IsupCredentials, b"clear"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };

    const REGISTER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PPVSPMessage><Version>4.0</Version><Sequence>1</Sequence>\
        <CommandType>REQUEST</CommandType><Method>REGISTER</Method><Command>REGISTER</Command><Params>\
        <SerialNumber>DS-EXAMPLE1</SerialNumber><DeviceID>yard</DeviceID><Password>p</Password>\
        <FirmwareVersion>V1.2</FirmwareVersion><DevType>123</DevType><Manufacture>Example</Manufacture></Params></PPVSPMessage>";

    /// What a message says over UDP and TCP.
    fn said(text: &str) -> Vec<String> {
        let lines = facts(&READER, text.as_bytes()).unwrap();
        cut_everywhere(&READER, &Packet::default(), text.as_bytes());
        assert_eq!(stream(&STREAM_READER, text.as_bytes(), false), (Probe::Match, lines.clone()));
        cut_stream_everywhere(&STREAM_READER, text.as_bytes());
        lines.iter().map(|line| line.strip_prefix("sender isup.").unwrap().to_owned()).collect()
    }

    #[test]
    fn a_device_registers() {
        let all = [
            "role device",
            "message REGISTER",
            "serial DS-EXAMPLE1",
            "uid yard",
            "credentials clear",
            "firmware V1.2",
            "class 123",
            "vendor Example",
        ];
        assert_eq!(said(REGISTER), all);
        assert_eq!(said(&REGISTER.replace(">p<", "><")).len(), all.len() - 1);
    }

    #[test]
    fn a_platform_answers_and_commands() {
        let answer = "<?xml version=\"1.0\"?><PPVSPMessage><CommandType>RESPONSE</CommandType>\
            <WhichCommand>REGISTER</WhichCommand><Params><DeviceID>a</DeviceID></Params></PPVSPMessage>";
        assert_eq!(said(answer), ["role client", "message REGISTER"]);
        let asked = answer.replace("REGISTER", "GETDEVICECONFIG");
        assert_eq!(said(&asked), ["role device", "message GETDEVICECONFIG"]);
        let commands =
            "<PPVSPMessage><CommandType>REQUEST</CommandType><Method>CONTROL</Method></PPVSPMessage>";
        assert_eq!(said(commands), ["role client"]);
    }

    #[test]
    fn nearly_isup_is_not_read() {
        for text in [
            "<?xml version=\"1.0\"?><stream:stream>",
            "<a><PPVSPMessage/></a>",
            "PPVSPMessage",
            "<PPVSPMessages/>",
            "<",
        ] {
            assert_eq!(facts(&READER, text.as_bytes()), None, "{text}");
            assert_eq!(stream(&STREAM_READER, text.as_bytes(), true).1, [""; 0], "{text}");
        }
        assert_eq!(stream(&STREAM_READER, b"<html>", false).0, Probe::NotMine);
        let late = format!("<?xml version=\"1.0\"?>{}", " ".repeat(MAX_PROLOG));
        assert_eq!(stream(&STREAM_READER, late.as_bytes(), false).0, Probe::NotMine);
        let endless = format!("{}{}", REGISTER.replace("</PPVSPMessage>", ""), " ".repeat(MAX_MESSAGE));
        assert_eq!(stream(&STREAM_READER, endless.as_bytes(), false).0, Probe::Match);
    }
}
