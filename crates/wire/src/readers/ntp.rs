//! NTP (RFC 5905; control messages RFC 9327): recognised by its header, yields nothing.
//!
//! Modes 1 to 5 need a version of 1 to 4, a possible stratum, poll interval and precision, and a length made of
//! header, extensions and authentication. Modes 6 and 7 need a length that their own counts explain.

use crate::{Message, Read, Reader, Route, reader::Facts};

pub(crate) const READER: Reader = Reader { app: "ntp", read: Read::Message(&[Route::Udp(123)], read) };

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
