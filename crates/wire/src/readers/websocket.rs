//! WebSocket (RFC 6455): recognised behind the head of HTTP that leads to it, yields nothing.
//!
//! The head must say `Upgrade: websocket`, and what follows must be the head of a frame: a known opcode that may come
//! first, no reserved bit but that of compression (RFC 7692), the shortest form of its length, a control frame whole and
//! short. A client masks its frames, a server does not (5.3). Content is not read.

use crate::{Probe, Read, Reader, ReaderId, Stream, cursor::Cursor, head::Head, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(20),
    app: "websocket",
    activity: None,
    hides: false,
    fields: &[],
    read: Read::Behind(read),
};

const FINAL: u8 = 0x80;
const COMPRESSED: u8 = 0x40;
const MASKED: u8 = 0x80;

fn read(before: &[u8], stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    let Some(masked) = leads_here(before) else { return Probe::NotMine };
    let mut cursor = Cursor(stream.bytes);
    let Some(first) = cursor.u8() else { return Probe::More(2) };
    let (kind, reserved) = (first & 0x0f, first & !(FINAL | 0x0f));
    let control = kind >= 8;
    if !matches!(kind, 1 | 2 | 8..=10)
        || reserved & !COMPRESSED != 0
        || control && (first & FINAL == 0 || reserved != 0)
    {
        return Probe::NotMine;
    }
    let Some(second) = cursor.u8() else { return Probe::More(2) };
    if (second & MASKED != 0) != masked {
        return Probe::NotMine;
    }
    let shortest = match second & !MASKED {
        126 => cursor.u16().map(|length| length >= 126),
        127 => cursor.array().map(u64::from_be_bytes).map(|length| length > 0xffff && length >> 63 == 0),
        _ => Some(true),
    };
    match shortest {
        Some(true) if !control || second & !MASKED < 126 => Probe::Match,
        Some(_) => Probe::NotMine,
        None => stream.more(),
    }
}

/// Whether frames behind this head are masked; `None` where none are due.
fn leads_here(before: &[u8]) -> Option<bool> {
    let head = Head::parse(before)?;
    let upgrade = head.field("upgrade")?;
    let asked =
        upgrade.split(|&byte| byte == b',').any(|name| name.trim_ascii().eq_ignore_ascii_case(b"websocket"));
    asked.then(|| !head.start.starts_with(b"HTTP/"))
}

#[cfg(test)]
mod tests {
    use crate::readers::tests::chain_cut_everywhere;

    const ASKS: &[u8] =
        b"GET /live HTTP/1.1\r\nHost: cam.example\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    const GRANTS: &[u8] =
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const TEXT: &[u8] = b"\x81\x05Hello";
    const MASKED_TEXT: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";

    fn app(head: &[u8], rest: &[u8]) -> &'static str {
        chain_cut_everywhere(&[head, rest].concat()).0.unwrap()
    }

    #[test]
    fn frames_behind_their_head_are_recognised() {
        let (app_of_client, said) = chain_cut_everywhere(&[ASKS, MASKED_TEXT].concat());
        let expected =
            ["receiver http.method GET", "receiver http.path /live", "receiver http.host cam.example"];
        assert_eq!((app_of_client, &said[..]), (Some("websocket"), &expected.map(str::to_owned)[..]));
        let lengths =
            [&b"\x82\x7e\x01\0"[..], b"\x82\x7f\0\0\0\0\0\x01\0\0", b"\xc1\x01a", b"\x02\0", b"\x89\0"];
        for frame in [TEXT].into_iter().chain(lengths) {
            assert_eq!(app(GRANTS, frame), "websocket", "{frame:x?}");
        }
    }

    #[test]
    fn what_is_no_frame_stays_http() {
        for frame in [
            &b"\x80\0"[..],
            b"\x83\0",
            b"\x91\0",
            b"\xc9\0",
            b"\x09\0",
            b"\x82\x7e\0\x7d",
            b"\x82\x7f\0\0\0\0\0\0\xff\xff",
            b"\x89\x7e\x01\0",
            MASKED_TEXT,
        ] {
            assert_eq!(app(GRANTS, frame), "http", "{frame:x?}");
        }
        assert_eq!(app(ASKS, TEXT), "http");
    }

    #[test]
    fn a_frame_is_one_only_where_it_was_asked_for() {
        assert_eq!(chain_cut_everywhere(TEXT), (None, vec![]));
        assert_eq!(app(b"HTTP/1.1 101 a\r\nUpgrade: other\r\n\r\n", TEXT), "http");
        assert_eq!(app(b"CONNECT cam.example:80 HTTP/1.1\r\n\r\n", MASKED_TEXT), "http");
    }

    #[test]
    fn a_refused_client_goes_on_in_http() {
        let (app, said) =
            chain_cut_everywhere(&[ASKS, b"GET /snap HTTP/1.1\r\nHost: cam.example\r\n\r\n"].concat());
        assert_eq!(app, Some("http"));
        assert!(said.contains(&"receiver http.path /snap".to_owned()));
    }
}
