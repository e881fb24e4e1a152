//! PTCP ("phony TCP"), in which Dahua's devices and their applications carry TCP over UDP once they have found a way to each
//! other.
//!
//! A header of 24 bytes, big-endian: `PTCP`, bytes sent, bytes received, number of the packet, of the message, of the
//! peer's message. A body may follow: a type, its length in three bytes, a realm, zero, data; or the four bytes that
//! open a session. A datagram is one of PTCP where the beginning stands there and a known type's length is that of what
//! follows.
//!
//! Fact: `ptcp.role`, the sender's part: a client binds a port of the device and asks, a device answers and sends media.
//! The first eight datagrams of a half are looked at for it, 128 bytes of each.

use crate::{
    DatagramRead, Datagrams, Fact, Field, Probe, Read, Reader, ReaderId, Route, cursor::Cursor, reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(42),
    app: "ptcp",
    activity: None,
    hides: false,
    fields: &[Field::PtcpRole],
    read: Read::Datagrams(DatagramRead {
        routes: &[Route::UdpStart(b"PTCP")],
        passes,
        most: DatagramRead::MOST,
        keeps: KEEPS,
        read,
    }),
};

const KEEPS: u16 = 128;
const HEADER: usize = 24;
/// Type, length, realm, zero.
const BODY_HEADER: usize = 12;
/// The body that opens a session.
const OPENS: [u8; 4] = [0, 3, 1, 0];

const DATA: u8 = 0x10;
const BIND: u8 = 0x11;

/// How what a device sends begins: replies of RTSP and HTTP, the answer to a login, media.
const OF_DEVICE: [&[u8]; 3] = [b"RTSP/1.0 ", b"HTTP/1.", b"DHAV"];
/// How what a client sends begins: requests, and a login.
const OF_CLIENT: [&[u8]; 5] = [b"OPTIONS ", b"DESCRIBE ", b"SETUP ", b"GET /", b"POST /"];
/// Bytes in front of the text of an answer to a login of DVRIP, and of a login.
const DVRIP_HEADER: usize = 32;

fn passes(datagram: &[u8]) -> bool {
    if !datagram.starts_with(b"PTCP") {
        return false;
    }
    match datagram.get(HEADER..) {
        None => false,
        Some([]) => true,
        Some(body) if body == OPENS => true,
        Some(body) => {
            let mut cursor = Cursor(body);
            let kind = cursor.u8();
            let (length, _realm, zero) = (cursor.u24(), cursor.u32(), cursor.u32());
            matches!(kind, Some(0x10..=0x13 | 0x17..=0x1b))
                && zero == Some(0)
                && length == Some(cursor.0.len() as u32)
        }
    }
}

fn read(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    match datagrams.all.iter().find_map(|datagram| role(datagram)) {
        Some(role) => facts(Fact::of_sender(Field::PtcpRole, role)),
        None if !datagrams.ended => return datagrams.more(),
        None => {}
    }
    Probe::Match
}

/// Who sends a datagram, where its body shows it.
fn role(datagram: &[u8]) -> Option<&'static [u8]> {
    let (body, data) = datagram.get(HEADER..)?.split_at_checked(BODY_HEADER)?;
    let begins = |starts: &[&[u8]]| starts.iter().any(|start| data.starts_with(start));
    match body.first() {
        Some(&BIND) if data.len() == 8 => Some(b"client"),
        Some(&DATA) if begins(&OF_DEVICE) || answers_login(data) => Some(b"device"),
        Some(&DATA) if begins(&OF_CLIENT) || logs_in(data) => Some(b"client"),
        _ => None,
    }
}

/// Whether a frame of Dahua's DVRIP answers a login: its text begins with the realm.
fn answers_login(data: &[u8]) -> bool {
    matches!(data, [0xb0, 0 | 1, ..])
        && data.get(DVRIP_HEADER..).is_some_and(|text| text.starts_with(b"Realm:"))
}

/// Whether a frame of Dahua's DVRIP is a login, by the end of its header.
fn logs_in(data: &[u8]) -> bool {
    data.first() == Some(&0xa0) && data.get(DVRIP_HEADER - 2..DVRIP_HEADER) == Some(&[0xa1, 0xaa])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::every_beginning;

    fn bare() -> Vec<u8> {
        [&b"PTCP"[..], &[7; 20]].concat()
    }

    fn with(kind: u8, data: &[u8]) -> Vec<u8> {
        let [_, length @ ..] = (data.len() as u32).to_be_bytes();
        [&bare()[..], &[kind], &length, &[9; 4], &[0; 4], data].concat()
    }

    fn of(half: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        let half: Vec<&[u8]> = half.iter().map(Vec::as_slice).collect();
        every_beginning(&READER, &half)
    }

    #[test]
    fn a_client_binds_and_a_device_answers() {
        let open = [&bare()[..], &OPENS].concat();
        let bind = with(BIND, &[0, 0, 0x93, 0x91, 127, 0, 0, 1]);
        let said = |role: &str| vec![format!("sender ptcp.role {role}")];
        assert_eq!(of(&[open.clone(), bare(), bind]).unwrap(), (3, said("client")));
        assert_eq!(
            of(&[open.clone(), with(0x12, b"CONN"), with(DATA, b"RTSP/1.0 200 OK")]).unwrap(),
            (3, said("device"))
        );
        assert_eq!(of(&[with(DATA, b"DHAV\xfd")]).unwrap(), (1, said("device")));
        let login = [&b"\xa0\x01\0\0"[..], &[0; 26], &[0xa1, 0xaa]].concat();
        assert_eq!(of(&[with(DATA, &login)]).unwrap(), (1, said("client")));
        let answer = [&b"\xb0\x01\0\0"[..], &[0; 28], b"Realm:Login to x\r\nRandom:7\r\n"].concat();
        assert_eq!(of(&[with(DATA, &answer)]).unwrap(), (1, said("device")));
        for near in
            [&login[..31], &answer[..36], &answer[1..], &[&[0xb0][..], &[7; 60]].concat(), b"\xa0", b"\xb0"]
        {
            assert_eq!(of(&[with(DATA, near)]).unwrap(), (1, vec![]), "{near:?}");
        }
        let quiet: Vec<_> = std::iter::repeat_n(with(0x13, b""), 9).collect();
        assert_eq!(of(&quiet).unwrap(), (8, vec![]));
        assert_eq!(of(&[open]).unwrap(), (1, vec![]));
    }

    #[test]
    fn nearly_ptcp_does_not_pass() {
        let whole = with(DATA, b"data");
        assert!(passes(&whole) && passes(&bare()));
        for at in [0, 3, 24, 25, 27, 32, 35] {
            let mut wrong = whole.clone();
            wrong[at] ^= 0x40;
            assert!(!passes(&wrong), "byte {at}");
        }
        for length in (0..HEADER).chain(HEADER + 1..whole.len()) {
            assert!(!passes(&whole[..length]), "{length}");
        }
        assert!(!passes(&[&whole[..], b"x"].concat()));
        assert!(!passes(&with(0x14, b"")));
    }
}
