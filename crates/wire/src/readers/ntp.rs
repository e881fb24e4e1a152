//! NTP (RFC 5905; control messages RFC 9327): recognised by its header, yields nothing.
//!
//! Modes 1 to 5 need a version of 1 to 4, a possible stratum, poll interval and precision, and a length made of
//! header, extensions and authentication. Modes 6 and 7 need a length that their own counts explain.

use crate::{Activity, Message, Read, Reader, ReaderId, Route, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(12),
    app: "ntp",
    activity: Some(Activity::TimeSync),
    hides: false,
    fields: &[],
    read: Read::Message(&[Route::UdpFirst(123, &FIRST)], read),
};

/// What a message may begin with: any leap indicator, versions 1 to 4, modes 1 to 7.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
static FIRST: [u8; 4 * 4 * 7] = {
    let mut all = [0; 4 * 4 * 7];
    let mut n = 0;
    while n < all.len() {
        let (leap, version, mode) = (n / 28, 1 + n / 7 % 4, 1 + n % 7);
        all[n] = (leap << 6 | version << 3 | mode) as u8;
        n += 1;
    }
    all
};

const HEADER: usize = 48;
const CONTROL_HEADER: usize = 12;
const PRIVATE_HEADER: usize = 8;

fn read(message: &Message<'_, '_>, _: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some(&first) = bytes.first() else { return false };
    let (version, mode) = (first >> 3 & 7, first & 7);
    match mode {
        1..=5 => (1..=4).contains(&version) && is_time(bytes),
        6 => (1..=4).contains(&version) && is_control(bytes),
        7 => (2..=4).contains(&version) && is_private(bytes),
        _ => false,
    }
}

fn is_time(bytes: &[u8]) -> bool {
    let Some((&[_, stratum, poll, precision], _)) = bytes.split_first_chunk() else { return false };
    let poll = poll.cast_signed();
    let precision = precision.cast_signed();
    bytes.len() >= HEADER
        && bytes.len().is_multiple_of(4)
        && stratum <= 16
        && (-8..=24).contains(&poll)
        && (-40..=8).contains(&precision)
}

/// Twelve bytes, the counted ones padded to four, and perhaps authentication.
fn is_control(bytes: &[u8]) -> bool {
    let count = bytes.get(10..12).and_then(|pair| pair.first_chunk()).map(|&pair| u16::from_be_bytes(pair));
    let Some(count) = count.map(usize::from) else { return false };
    let operation = bytes.get(1).map_or(0, |byte| byte & 0x1f);
    let expected = CONTROL_HEADER + count;
    operation <= 12 && (expected..=expected + 3 + 24).contains(&bytes.len())
}

/// Eight bytes and the counted items; requests are padded, so a request may be longer.
fn is_private(bytes: &[u8]) -> bool {
    let Some((&[first, _, _, _, a, b, c, d], _)) = bytes.split_first_chunk::<PRIVATE_HEADER>() else {
        return false;
    };
    let items =
        usize::from(u16::from_be_bytes([a, b]) & 0x0fff) * usize::from(u16::from_be_bytes([c, d]) & 0x0fff);
    let is_response = first & 0x80 != 0;
    let (reserved, rest) = (c & 0xf0, bytes.len() - PRIVATE_HEADER);
    reserved == 0 && if is_response { rest == items } else { rest >= items && rest <= 184 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    /// A client's question of version 4, with `head` before zeros.
    fn time(head: &[u8], length: usize) -> Vec<u8> {
        let mut bytes = head.to_vec();
        bytes.resize(length, 0);
        bytes
    }

    fn is_read(bytes: &[u8]) -> bool {
        let said = facts(&READER, bytes);
        assert!(said.as_ref().is_none_or(Vec::is_empty));
        said.is_some()
    }

    #[test]
    fn times_of_versions_one_to_four() {
        for first in [0x0b, 0x13, 0x1b, 0x23, 0x24, 0x25, 0xe3] {
            assert!(is_read(&time(&[first, 2, 6, 0xec], 48)), "{first:02x}");
        }
        // With a key and digest of MD5 and of SHA-1.
        assert!(is_read(&time(&[0x23], 68)) && is_read(&time(&[0x23], 72)));
    }

    #[test]
    fn nearly_times_are_not_read() {
        for head in [[0x03, 0, 0, 0], [0x2b, 0, 0, 0], [0x20, 0, 0, 0], [0x23, 17, 0, 0]] {
            assert!(!is_read(&time(&head, 48)), "{head:?}");
        }
        for head in [[0x23, 0, 25, 0], [0x23, 0, 0xf7, 0], [0x23, 0, 0, 9], [0x23, 0, 0, 0xd7]] {
            assert!(!is_read(&time(&head, 48)), "{head:?}");
        }
        assert!(!is_read(&time(&[0x23], 47)) && !is_read(&time(&[0x23], 50)));
    }

    #[test]
    fn control_messages_hold_what_they_count() {
        let mut control = time(&[0x16, 0x82], 12);
        assert!(is_read(&control));
        control[11] = 5;
        assert!(!is_read(&control));
        control.resize(20, 0);
        assert!(is_read(&control));
        control[1] = 0x9f;
        assert!(!is_read(&control));
    }

    #[test]
    fn private_messages_hold_their_items() {
        let request = time(&[0x17, 0, 3, 42], 48);
        assert!(is_read(&request) && is_read(&time(&[0x17, 0, 3, 42], 192)));
        assert!(!is_read(&time(&[0x17, 0, 3, 42], 193)));
        let response = time(&[0x97, 0, 3, 42, 0, 6, 0, 72], 8 + 6 * 72);
        assert!(is_read(&response));
        assert!(!is_read(&response[..8 + 5 * 72]));
    }

    #[test]
    fn cut_at_every_byte() {
        for whole in [time(&[0x23], 68), time(&[0x16, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], 16)] {
            cut_everywhere(&READER, &Packet::default(), &whole);
        }
        cut_everywhere(&READER, &Packet::default(), &time(&[0x97, 0, 3, 42, 0, 1, 0, 8], 16));
    }
}
