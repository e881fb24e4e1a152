//! Xiaomi's miIO (UDP 54321): a header of 32 bytes, and what it encrypts behind that.
//!
//! It is that where `2131` and a length stand that fit. Plugs, lamps and vacuum cleaners speak it as cameras do, so that it
//! proves no camera. Facts: `miio.uid`, the number of the device, of the sender that answers a greeting; `miio.credentials`,
//! `clear` where the answer holds the device's token, as one does that is not set up.

use crate::{
    Activity, Field, Message, Read, Reader, ReaderId, Route,
    reader::Facts,
    readers::layout::{array, say, say_written, u16be},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(89),
    app: "miio",
    activity: Some(Activity::Signalling),
    hides: true,
    fields: &[Field::MiioCredentials, Field::MiioUid],
    read: Read::Message(&[Route::UdpStart(&[0x21, 0x31])], read),
};

const HEADER: usize = 32;

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let sent = message.packet.payload_length;
    let (Some(length), Some(head)) = (u16be(bytes, 2), array::<HEADER>(bytes, 0)) else { return false };
    let [0x21, 0x31, _, _, rest @ ..] = head else { return false };
    if u32::from(length) != sent || !(length as usize).is_multiple_of(16) || (length as usize) < HEADER {
        return false;
    }
    let is_greeting = rest == [0xff; HEADER - 4];
    if is_greeting {
        return length as usize == HEADER;
    }
    // A device asks its cloud whether it is reached, and is sent the same back.
    if length as usize == HEADER && rest.starts_with(&[0xff; 8]) {
        return true;
    }
    let ([0, 0, 0, 0, a, b, c, d, ..], Some(token)) = (rest, array::<16>(bytes, 16)) else { return false };
    if length as usize == HEADER {
        say_written(Field::MiioUid, format_args!("{}", u32::from_be_bytes([a, b, c, d])), facts);
        let is_told = token != [0; 16] && token != [0xff; 16];
        say(Field::MiioCredentials, is_told.then_some(b"clear"), facts);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn message(length: u8, token: u8) -> Vec<u8> {
        let mut bytes = vec![0x21, 0x31, 0, length, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, 9, 9];
        bytes.resize(32, token);
        bytes.resize(length.into(), 5);
        bytes
    }

    #[test]
    fn an_answer_tells_the_number() {
        for token in [0, 0xff] {
            assert_eq!(facts(&READER, &message(32, token)).unwrap(), ["sender miio.uid 65543"]);
        }
        let said = ["sender miio.uid 65543", "sender miio.credentials clear"];
        assert_eq!(facts(&READER, &message(32, 7)).unwrap(), said);
        cut_everywhere(&READER, &Packet::default(), &message(32, 7));
    }

    #[test]
    fn a_number_that_was_never_set_is_none() {
        let mut unset = message(32, 0);
        unset[8..12].fill(0);
        assert_eq!(facts(&READER, &unset), Some(vec![]));
    }

    #[test]
    fn lengths_have_to_fit() {
        assert_eq!(facts(&READER, &message(64, 7)), Some(vec![]));
        let greeting = [&[0x21, 0x31, 0, 32][..], &[0xff; 28]].concat();
        assert_eq!(facts(&READER, &greeting), Some(vec![]));
        // What a device sends its cloud names nobody.
        let probe = [&[0x21, 0x31, 0, 32][..], &[0xff; 8], &[7; 20]].concat();
        assert_eq!(facts(&READER, &probe), Some(vec![]));
        assert_eq!(facts(&READER, &[&probe[..], &[7; 16]].concat()), None);
        assert_eq!(facts(&READER, &message(63, 7)), None);
        assert_eq!(facts(&READER, &message(64, 7)[..48]), None);
        let mut near = message(32, 0);
        near[5] = 1;
        assert_eq!(facts(&READER, &near), None);
    }
}
