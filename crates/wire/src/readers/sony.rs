//! The search of Sony's cameras (UDP 2380): `02`, texts that each end with `ff`, and `03`. Built from public code.
//!
//! Facts of a camera that answers: `sony.mac`, `sony.model`, `sony.serial`, `sony.firmware`; `sony.role` of either side.
//! Bound: 128 texts.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{dotted, is_mac, is_of_another, say, text},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(83),
    app: "sony",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::SonyFirmware, Field::SonyMac, Field::SonyModel, Field::SonyRole, Field::SonySerial],
    read: Read::Message(&[Route::UdpFirst(2380, &[2])], read),
};

const MAX_TEXTS: usize = 128;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let Some((2, rest)) = message.payload.split_first() else { return false };
    let texts = match rest.strip_suffix(&[0xff, 3]) {
        Some(texts) => texts,
        None if message.is_cut() => rest,
        None => return false,
    };
    if texts.starts_with(b"ENQ:") {
        say(Field::SonyRole, Some(b"client"), facts);
        return true;
    }
    // The last of those that the capture cut may be cut itself.
    let whole = match memchr::memrchr(0xff, texts) {
        Some(end) if message.is_cut() => texts.get(..end).unwrap_or(texts),
        None if message.is_cut() => &[],
        _ => texts,
    };
    let (mut mac, mut model, mut serial, mut firmware, mut address) = (None, None, None, None, None);
    for one in whole.split(|&byte| byte == 0xff).take(MAX_TEXTS) {
        #[cfg(test)]
        crate::readers::tests::count(one.len() + 1);
        let Some((name, value)) =
            one.iter().position(|&byte| byte == b':').and_then(|at| one.split_at_checked(at))
        else {
            continue;
        };
        let place = match name {
            b"IPADR" => &mut address,
            b"MAC" => &mut mac,
            b"MODEL" => &mut model,
            b"SERIAL" => &mut serial,
            b"SOFTVERSION" => &mut firmware,
            _ => continue,
        };
        if place.is_none() {
            *place = value.get(1..).and_then(|value| text(value, 0, value.len()));
        }
    }
    let mac = mac.filter(|mac| is_mac(mac));
    if mac.is_none() || model.is_none() {
        return false;
    }
    if is_of_another(message, address.and_then(dotted)) {
        return true;
    }
    say(Field::SonyRole, Some(b"device"), facts);
    say(Field::SonyMac, mac, facts);
    say(Field::SonyModel, model, facts);
    say(Field::SonySerial, serial, facts);
    say(Field::SonyFirmware, firmware, facts);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts, facts_from, steps_of},
    };

    const ANSWER: &[u8] =
        b"\x02MAC:02-00-5e-10-00-01\xffINFO:network camera\xffMODEL:SNC-X000\xffSERIAL:0012345\xff\
        SOFTVERSION:1.79.00\xffIPADR:192.0.2.7\xff\x03";

    #[test]
    fn an_answer_tells_what_the_camera_is() {
        assert_eq!(
            facts(&READER, ANSWER).unwrap(),
            [
                "sender sony.role device",
                "sender sony.mac 02-00-5e-10-00-01",
                "sender sony.model SNC-X000",
                "sender sony.serial 0012345",
                "sender sony.firmware 1.79.00",
            ]
        );
        cut_everywhere(&READER, &Packet::default(), ANSWER);
    }

    #[test]
    fn what_another_answers_is_not_the_senders() {
        assert_eq!(facts_from(&READER, [192, 0, 2, 7], ANSWER), facts(&READER, ANSWER));
        assert_eq!(facts_from(&READER, [192, 0, 2, 8], ANSWER), Some(vec![]));
    }

    #[test]
    fn each_byte_is_looked_at_once() {
        let many = [b"\x02", &b"NAME:value\xff".repeat(100)[..], b"\x03"].concat();
        assert!(steps_of(|| assert_eq!(facts(&READER, &many), None)) <= many.len());
    }

    #[test]
    fn what_is_nearly_an_answer_is_none() {
        assert_eq!(facts(&READER, b"\x02ENQ:allinfo\xff\x03").unwrap(), ["sender sony.role client"]);
        for near in [
            &ANSWER[1..],
            &ANSWER[..ANSWER.len() - 1],
            b"\x02MODEL:X\xff\x03",
            b"\x02MAC:x\xffMODEL:y\xff\x03",
        ] {
            assert_eq!(facts(&READER, near), None, "{near:?}");
        }
    }
}
