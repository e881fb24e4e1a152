//! The search of 360 Vision's cameras (UDP 3600), lines of text: `DISCOVER TYPE=MODEL KEY='MAC' ID=NUMBER`. Built from public
//! code.
//!
//! Facts: `360vision.model`, `360vision.mac`, `360vision.serial`; `360vision.role` of either side. Bound: 512 bytes.

use memchr::memmem;

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{is_mac, say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(86),
    app: "360vision",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::Vision360Mac, Field::Vision360Model, Field::Vision360Role, Field::Vision360Serial],
    read: Read::Message(&[Route::UdpStart(b"DISCOVER")], read),
};

/// Where cameras listen.
const SEARCHED: u16 = 3600;
const LONGEST: usize = 512;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload.get(..LONGEST).unwrap_or(message.payload);
    if bytes == b"DISCOVER\n" && message.packet.ports.1 == SEARCHED {
        say(Field::Vision360Role, Some(b"client"), facts);
        return true;
    }
    let Some(model) =
        between(bytes, b"DISCOVER TYPE=", b" KEY='").filter(|_| bytes.starts_with(b"DISCOVER TYPE="))
    else {
        return false;
    };
    let mac = between(bytes, b" KEY='", b"'").filter(|mac| is_mac(mac));
    if mac.is_some() {
        say(Field::Vision360Role, Some(b"device"), facts);
        say(Field::Vision360Model, Some(model), facts);
        say(Field::Vision360Mac, mac, facts);
        say(Field::Vision360Serial, between(bytes, b"' ID=", b"\n"), facts);
    }
    mac.is_some()
}

/// The text behind one mark and before the next, without spaces.
fn between<'a>(bytes: &'a [u8], mark: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let rest = bytes.get(memmem::find(bytes, mark)? + mark.len()..)?;
    let value = rest.get(..memmem::find(rest, end)?)?.trim_ascii();
    text(value, 0, value.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_in},
    };

    const ANSWER: &[u8] = b"DISCOVER TYPE=PREDATOR X KEY='02:00:5e:10:00:01' ID=900000\r\n";

    #[test]
    fn an_answer_tells_what_the_camera_is() {
        assert_eq!(
            facts(&READER, ANSWER).unwrap(),
            [
                "sender 360vision.role device",
                "sender 360vision.model PREDATOR X",
                "sender 360vision.mac 02:00:5e:10:00:01",
                "sender 360vision.serial 900000",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), ANSWER);
    }

    #[test]
    fn what_is_nearly_an_answer_is_none() {
        let to = |port| {
            let packet = Packet { ports: (1, port), payload_length: 9, ..Packet::default() };
            facts_in(&READER, &packet, b"DISCOVER\n")
        };
        assert_eq!(to(SEARCHED).unwrap(), ["sender 360vision.role client"]);
        assert_eq!(to(3601), None);
        for near in
            [&b"DISCOVER TYPE=X KEY='02:00:5e:10:00' ID=1\n"[..], b"DISCOVER TYPE=X\r\n", b"DISCOVERY\n"]
        {
            assert_eq!(facts(&READER, near), None, "{near:?}");
        }
    }
}
