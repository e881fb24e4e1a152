//! Baichuan, the protocol of Reolink's cameras and recorders, over TCP (9000) and UDP.
//!
//! Three readers: the first message of a half over TCP; over UDP the datagrams that find a camera, whose XML is masked by a
//! number in their own header; and those that carry what TCP would (`10`) or acknowledge it (`20`). All begin with four fixed
//! bytes, and a length that has to fit.
//!
//! Facts: `baichuan.role` of the sender: `client` of who logs in, searches or asks the cloud for a camera, `device` of who
//! answers a login or speaks the words of a device (`D2C_`); `baichuan.uid` of a device that names itself. What stands in
//! messages behind the login is scrambled or encrypted, and not read.
//!
//! What is not taken: addresses and ports of others that the cloud tells (`M2C_Q_R`, `R2C_T`), elements of the XML whose
//! contents are an address and a port each. Bounds: 1024 bytes of XML.

use arrayvec::ArrayVec;
use memchr::memmem;

use crate::{
    Activity, DatagramRead, Datagrams, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream,
    reader::Facts,
    readers::layout::{array, say, u16le, u32le},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(75),
    app: "baichuan",
    activity: None,
    hides: false,
    fields: &[Field::BaichuanRole],
    read: Read::Stream(&[0xf0..=0xf0, 0xa0..=0xa0], read),
};

pub(crate) const SEARCH_READER: Reader = Reader {
    number: ReaderId(76),
    activity: Some(Activity::Discovery),
    fields: &[Field::BaichuanRole, Field::BaichuanUid],
    read: Read::Message(&[Route::UdpStart(&[0x3a, 0xcf, 0x87, 0x2a])], read_search),
    ..READER
};

pub(crate) const DATAGRAM_READER: Reader = Reader {
    number: ReaderId(77),
    fields: &[],
    read: Read::Datagrams(DatagramRead {
        routes: &[Route::UdpStart(&[0x10, 0xcf, 0x87, 0x2a]), Route::UdpStart(&[0x20, 0xcf, 0x87, 0x2a])],
        passes,
        most: 1,
        keeps: 4,
        read: |_: &Datagrams<'_>, _| Probe::Match,
    }),
    ..READER
};

const MAGIC: [u8; 4] = [0xf0, 0xde, 0xbc, 0x0a];
/// That of devices among themselves.
const DEVICES_MAGIC: [u8; 4] = [0xa0, 0xcd, 0xed, 0x0f];
const HEADER: usize = 20;
/// Longest body that is believed.
const MAX_BODY: u32 = 16 << 20;

const LOGIN: u32 = 1;
const OLD_CLASS: u16 = 0x6514;
const ANSWERS: std::ops::Range<u16> = 200..600;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let may_begin = |magic: [u8; 4]| bytes.iter().zip(magic).all(|(byte, expected)| *byte == expected);
    if !may_begin(MAGIC) && !may_begin(DEVICES_MAGIC) {
        return Probe::NotMine;
    }
    let (Some(id), Some(length), Some(status), Some(class)) =
        (u32le(bytes, 4), u32le(bytes, 8), u16le(bytes, 16), u16le(bytes, 18))
    else {
        return stream.more();
    };
    if length > MAX_BODY
        || id == 0
        || id > 0xffff
        || !matches!(class, 0 | 0x6414 | 0x6482 | OLD_CLASS | 0x6614)
    {
        return Probe::NotMine;
    }
    let role: Option<&[u8]> = match (status.to_be_bytes(), class) {
        // Which ciphers a client can, and which the device chose.
        ([0xdc, _], _) | (_, OLD_CLASS) if id == LOGIN => Some(b"client"),
        ([0xdd, _], _) if id == LOGIN => Some(b"device"),
        // An answer bears a status, as those of HTTP: 200, or 400 where it refuses.
        (_, 0) if ANSWERS.contains(&status) => Some(b"device"),
        _ => None,
    };
    say(Field::BaichuanRole, role, facts);
    Probe::Match
}

/// The numbers that mask the XML of a search; each has the transaction added.
const MASKS: [u32; 8] =
    [0x1f2d_3c4b, 0x5a6c_7f8d, 0x3817_2e4b, 0x8271_635a, 0x863f_1a2b, 0xa5c6_f7d8, 0x8371_e1b4, 0x17f2_d3a5];
const MAX_XML: usize = 1024;

fn read_search(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let (Some(length), Some(1), Some(transaction)) = (u32le(bytes, 4), u32le(bytes, 8), u32le(bytes, 12))
    else {
        return false;
    };
    if u64::from(length) + HEADER as u64 != u64::from(message.packet.payload_length.max(bytes.len() as u32)) {
        return false;
    }
    let masks = MASKS.iter().cycle().flat_map(|mask| mask.wrapping_add(transaction).to_le_bytes());
    let body = bytes.get(HEADER..).unwrap_or(&[]);
    let xml: ArrayVec<u8, MAX_XML> =
        body.iter().zip(masks).map(|(byte, mask)| byte ^ mask).take(MAX_XML).collect();
    let inside =
        memmem::find(&xml, b"<P2P>").and_then(|at| xml.get(at + 5..)).unwrap_or(&[]).trim_ascii_start();
    let role: Option<&[u8]> = match inside {
        [b'<', b'D', b'2', b'C', b'_', ..] => Some(b"device"),
        [b'<', b'C', b'2', b'D' | b'M' | b'R', b'_', ..] => Some(b"client"),
        _ => None,
    };
    say(Field::BaichuanRole, role, facts);
    if role == Some(b"device") {
        say(Field::BaichuanUid, element(inside, b"<uid>"), facts);
    }
    true
}

/// The text behind a start tag, where it ends.
fn element<'a>(xml: &'a [u8], tag: &[u8]) -> Option<&'a [u8]> {
    let text = xml.get(memmem::find(xml, tag)? + tag.len()..)?;
    let text = text.get(..memchr::memchr(b'<', text)?)?.trim_ascii();
    text.iter().all(u8::is_ascii_alphanumeric).then_some(text)
}

/// Whether a datagram of the connection is all that its header says.
fn passes(datagram: &[u8]) -> bool {
    let at = match datagram.first() {
        Some(0x10) => 16,
        _ => 24,
    };
    let length = u32le(datagram, at).map(|length| u64::from(length) + at as u64 + 4);
    array(datagram, 8) == Some([0; 4]) && length == Some(datagram.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, every_beginning, facts, stream},
    };

    fn header(id: u32, length: u32, status: u16, class: u16) -> Vec<u8> {
        let [id, length, rest] = [id, length, 0].map(u32::to_le_bytes);
        [&MAGIC[..], &id, &length, &rest, &status.to_le_bytes(), &class.to_le_bytes()].concat()
    }

    fn role(role: &str) -> Vec<String> {
        vec![format!("sender baichuan.role {role}")]
    }

    #[test]
    fn a_login_and_its_answer_tell_who_is_who() {
        for (half, said) in [
            (header(1, 1836, 0xdc01, OLD_CLASS), role("client")),
            (header(1, 0, 0xdc12, 0x6414), role("client")),
            (header(1, 145, 0xdd01, 0x6614), role("device")),
            (header(1, 2949, 200, 0), role("device")),
            (header(1, 0, 400, 0), role("device")),
            (header(3, 100, 0, 0x6414), vec![]),
            ([&DEVICES_MAGIC[..], &header(5, 9, 0, 0)[4..]].concat(), vec![]),
        ] {
            assert_eq!(stream(&READER, &half, false), (Probe::Match, said));
            cut_stream_everywhere(&READER, &half);
        }
    }

    #[test]
    fn what_does_not_fit_is_not_read() {
        for half in [
            header(1, 17 << 20, 0, OLD_CLASS),
            header(0, 0, 0, OLD_CLASS),
            header(1, 0, 0, 0x6515),
            b"\xf0\xde\xbc\x0b".to_vec(),
        ] {
            assert_eq!(stream(&READER, &half, false).0, Probe::NotMine);
        }
    }

    fn search(transaction: u32, xml: &[u8]) -> Vec<u8> {
        let masks: Vec<u8> =
            MASKS.iter().flat_map(|mask| mask.wrapping_add(transaction).to_le_bytes()).collect();
        let body = xml.iter().enumerate().map(|(at, byte)| byte ^ masks[at % 32]).collect::<Vec<_>>();
        let head = [xml.len() as u32, 1, transaction, 0].map(u32::to_le_bytes);
        [&[0x3a, 0xcf, 0x87, 0x2a][..], &head.concat(), &body].concat()
    }

    #[test]
    fn searches_are_unmasked() {
        let answer = search(77, b"<P2P>\n<D2C_C_R>\n<uid>95EXAMPLE0000000</uid>\n</D2C_C_R>\n</P2P>\n");
        let said = vec![role("device").remove(0), "sender baichuan.uid 95EXAMPLE0000000".to_owned()];
        assert_eq!(facts(&SEARCH_READER, &answer), Some(said));
        cut_everywhere(&SEARCH_READER, &Packet::default(), &answer);
        // What a client asks for is no name of its own.
        let asks = search(0xffff_fff0, b"<P2P><C2D_C><uid>95EXAMPLE0000000</uid></C2D_C></P2P>");
        assert_eq!(facts(&SEARCH_READER, &asks), Some(role("client")));
        assert_eq!(facts(&SEARCH_READER, &search(1, b"<P2P><M2C_Q_R></M2C_Q_R></P2P>")), Some(vec![]));
        for (at, byte) in [(4, 0), (8, 2), (7, 1)] {
            let mut near = answer.clone();
            near[at] = byte;
            assert_eq!(facts(&SEARCH_READER, &near), None);
        }
    }

    #[test]
    fn the_published_example_is_read() {
        let example = [
            0x3a, 0xcf, 0x87, 0x2a, 0x38, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0xa5, 0x43, 0x36, 0x9a, 0x70,
            0x6c, 0x1f, 0x4f, 0xb0, 0x75, 0x50, 0x19, 0x7e, 0x6a, 0x48, 0x6b, 0x65, 0x5f, 0x05, 0xed, 0x12,
            0x26, 0x4f, 0xe9, 0xab, 0x83, 0xf8, 0x90, 0x82, 0xd3, 0x47, 0xbb, 0x9a, 0xfc, 0x82, 0x78, 0x3e,
            0x48, 0x13, 0x23, 0xa1, 0x0b, 0x03, 0x64, 0x70, 0x01, 0x54, 0x0a, 0x1f, 0x3c, 0x22, 0xbc, 0x26,
            0x26, 0x10, 0xd6, 0xeb, 0xa7, 0xf8, 0xaf,
        ];
        assert_eq!(facts(&SEARCH_READER, &example), Some(role("client")));
    }

    #[test]
    fn datagrams_are_all_that_they_say() {
        let data =
            [&[0x10, 0xcf, 0x87, 0x2a][..], &[7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 9, 9, 9]]
                .concat();
        let mut acknowledges = vec![0x20, 0xcf, 0x87, 0x2a];
        acknowledges.resize(28, 0);
        for datagram in [&data, &acknowledges] {
            assert_eq!(every_beginning(&DATAGRAM_READER, &[datagram]), Some((1, vec![])));
            assert_eq!(every_beginning(&DATAGRAM_READER, &[&datagram[..datagram.len() - 1]]), None);
            assert_eq!(every_beginning(&DATAGRAM_READER, &[&[&datagram[..], &[0]].concat()]), None);
        }
    }
}
