//! Tuya's protocol of the local network: what devices announce over UDP, and sessions over TCP. It is that of cameras
//! as of lamps and plugs, and proves none.
//!
//! A frame of the older form, big-endian: `00 00 55 aa`, sequence, command, length of what follows, from devices a return
//! code, the body, a checksum, `00 00 aa 55`. One of the newer: `00 00 66 99`, two zeros, sequence, command, length,
//! nonce, the body under AES-GCM with its tag, `00 00 99 66`. Bytes are of Tuya where beginning, length and end agree;
//! of a datagram that was cut the length alone.
//!
//! Announcements are in the clear, or under a key that is the same for all devices and hides nothing: AES-128-ECB in the
//! older form. Sessions have keys of their own.
//!
//! Facts, all about the sender: `tuya.role`; of a device that announces itself `tuya.uid` and `tuya.product_key`.
//!
//! Bounds: 1 KiB of an announcement; over TCP the first frame, where it is no longer than 4 KiB.

use aes::{
    Aes128,
    cipher::{BlockCipherDecrypt, KeyInit},
};
use aes_gcm::{Aes128Gcm, aead::AeadInOut};
use arrayvec::ArrayVec;

use crate::{
    Activity, Fact, Field, Message, Probe, Read, Reader, ReaderId, Route, Stream, cursor::Cursor, json,
    reader::Facts,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(37),
    app: "tuya",
    activity: Some(Activity::Discovery),
    hides: false,
    fields: &[Field::TuyaProductKey, Field::TuyaRole, Field::TuyaUid],
    read: Read::Message(&[Route::UdpStart(&OLD), Route::UdpStart(&NEW)], read),
};

pub(crate) const STREAM_READER: Reader = Reader {
    number: ReaderId(38),
    activity: Some(Activity::Signalling),
    hides: true,
    fields: &[Field::TuyaRole],
    read: Read::Stream(&[0..=0], read_stream),
    ..READER
};

const OLD: [u8; 4] = [0, 0, 0x55, 0xaa];
const OLD_END: [u8; 4] = [0, 0, 0xaa, 0x55];
const NEW: [u8; 4] = [0, 0, 0x66, 0x99];
const NEW_END: [u8; 4] = [0, 0, 0x99, 0x66];

/// The key of announcements: the MD5 of a text in every application.
const KEY: [u8; 16] =
    [0x6c, 0x1e, 0xc8, 0xe2, 0xbb, 0x9b, 0xb5, 0x9a, 0xb5, 0x0b, 0x0d, 0xaf, 0x64, 0x9b, 0x41, 0x0a];

/// Longest header.
const HEADER: usize = 18;
const MAX_FRAME: usize = 4096;
const MAX_ANNOUNCEMENT: usize = 1024;
const MAX_COMMAND: u32 = 0x100;

/// An application asks who is there.
const SEARCH: u32 = 0x25;
const STATUS: u32 = 8;
/// The device's part in agreeing on a key.
const SESSION_ANSWER: u32 = 4;
/// What only applications ask for: the other parts of agreeing on a key, control, heart beat, state.
const ASKED: [u32; 7] = [3, 5, 7, 9, 0x0a, 0x0d, 0x10];

const SAID: [(&[&str], Field); 2] = [(&["gwId"], Field::TuyaUid), (&["productKey"], Field::TuyaProductKey)];

/// The header of a frame.
#[derive(Clone, Copy, Debug)]
struct Header {
    is_new: bool,
    command: u32,
    /// Where the frame ends.
    end: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let is_new = match cursor.array()? {
            OLD => false,
            NEW if cursor.u16() == Some(0) => true,
            _ => return None,
        };
        let (_sequence, command, length) = (cursor.u32()?, cursor.u32()?, cursor.u32()? as usize);
        let (header, least) = if is_new { (HEADER, 28) } else { (16, 8) };
        let fits = command < MAX_COMMAND && (least..=usize::from(u16::MAX)).contains(&length);
        let end = header + length + if is_new { NEW_END.len() } else { 0 };
        fits.then_some(Self { is_new, command, end })
    }

    /// Whether a frame that is there as a whole ends as it must.
    fn ends(self, frame: &[u8]) -> bool {
        frame.ends_with(if self.is_new { &NEW_END } else { &OLD_END })
    }

    /// Who sends it, where that can be told.
    fn role(self, frame: &[u8]) -> Option<&'static [u8]> {
        match (self.command, frame.get(16..20)) {
            (SEARCH, _) => Some(b"client"),
            (SESSION_ANSWER | STATUS, _) => Some(b"device"),
            // A return code, and something behind it: a frame without a body has its checksum there.
            (_, Some([0, 0, 0, 0 | 1])) if !self.is_new && self.end > 24 => Some(b"device"),
            (command, _) => ASKED.contains(&command).then_some(b"client"),
        }
    }
}

fn read(message: &Message<'_, '_>, facts: Facts<'_>) -> bool {
    let bytes = message.payload;
    let Some(header) = Header::parse(bytes) else { return false };
    let sent = if message.is_cut() { message.packet.payload_length as usize } else { bytes.len() };
    if header.end != sent || !message.is_cut() && !header.ends(bytes) {
        return false;
    }
    let mut document = ArrayVec::new();
    open(header, bytes, &mut document);
    let mut is_device = false;
    json::walk(&document, |path, _| is_device |= path == ["gwId"]);
    let role = if is_device { Some(&b"device"[..]) } else { header.role(bytes) };
    if let Some(role) = role {
        facts(Fact::of_sender(Field::TuyaRole, role));
    }
    if is_device {
        json::say(&document, &SAID, facts);
    }
    true
}

fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let bytes = stream.bytes;
    let begins = |start: [u8; 4]| bytes.iter().zip(start).all(|(byte, expected)| *byte == expected);
    if !begins(OLD) && !begins(NEW) {
        return Probe::NotMine;
    }
    if bytes.len() < HEADER {
        return stream.more();
    }
    let Some(header) = Header::parse(bytes).filter(|header| header.end <= MAX_FRAME) else {
        return Probe::NotMine;
    };
    match bytes.get(..header.end) {
        None => Probe::More(header.end),
        Some(frame) if header.ends(frame) => {
            if let Some(role) = header.role(frame) {
                facts(Fact::of_sender(Field::TuyaRole, role));
            }
            Probe::Match
        }
        Some(_) => Probe::NotMine,
    }
}

/// The document of an announcement, as far as it is there.
fn open(header: Header, frame: &[u8], document: &mut ArrayVec<u8, MAX_ANNOUNCEMENT>) {
    if header.is_new {
        open_new(frame, document);
        return;
    }
    let body = frame.get(16..).unwrap_or(&[]);
    let body = if let [0, 0, 0, 0 | 1, behind @ ..] = body { behind } else { body };
    if body.starts_with(b"{") {
        let there = body.get(..MAX_ANNOUNCEMENT).unwrap_or(body);
        let _ = document.try_extend_from_slice(there);
        return;
    }
    // What stands behind the document, padding and checksum, is not looked at.
    let cipher = Aes128::new(&KEY.into());
    for block in body.as_chunks::<16>().0 {
        let mut block = (*block).into();
        cipher.decrypt_block(&mut block);
        if document.is_empty() && block.first() != Some(&b'{')
            || document.try_extend_from_slice(&block).is_err()
        {
            return;
        }
    }
}

/// Only a whole frame can be opened.
fn open_new(frame: &[u8], document: &mut ArrayVec<u8, MAX_ANNOUNCEMENT>) {
    let mut cursor = Cursor(frame);
    cursor.up_to(4);
    let (head, nonce) = (cursor.up_to(HEADER - 4), cursor.array::<12>());
    let Some((sealed, tag)) = cursor.0.strip_suffix(&NEW_END).and_then(|rest| rest.split_last_chunk::<16>())
    else {
        return;
    };
    let Some(nonce) = nonce.filter(|_| document.try_extend_from_slice(sealed).is_ok()) else { return };
    let cipher = Aes128Gcm::new(&KEY.into());
    let opened =
        cipher.decrypt_inout_detached(&nonce.into(), head, document.as_mut_slice().into(), &(*tag).into());
    if opened.is_err() {
        document.clear();
    } else if document.starts_with(&[0, 0, 0]) {
        document.drain(..4.min(document.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream},
    };
    use aes::cipher::BlockCipherEncrypt;

    const ANNOUNCED: &str = "{\"ip\":\"192.0.2.7\",\"gwId\":\"bf0123456789abcdef0123\",\"active\":2,\
        \"encrypt\":true,\"productKey\":\"keyabcdefghijklm\",\"version\":\"3.3\"}";
    const SAID: [&str; 3] = [
        "sender tuya.role device",
        "sender tuya.uid bf0123456789abcdef0123",
        "sender tuya.product_key keyabcdefghijklm",
    ];

    /// A frame of the older form; the checksum is not looked at.
    fn old(command: u32, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 8).to_be_bytes();
        [&OLD[..], &[0; 4], &command.to_be_bytes(), &length, body, b"csum", &OLD_END].concat()
    }

    fn new(command: u32, document: &[u8]) -> Vec<u8> {
        let length = (document.len() as u32 + 28).to_be_bytes();
        let head = [&[0, 0][..], &[0; 4], &command.to_be_bytes(), &length].concat();
        let mut sealed = document.to_vec();
        let tag = Aes128Gcm::new(&KEY.into())
            .encrypt_inout_detached(&[7; 12].into(), &head, sealed.as_mut_slice().into())
            .unwrap();
        [&NEW[..], &head, &[7; 12], &sealed, &tag[..], &NEW_END].concat()
    }

    fn sealed(document: &str) -> Vec<u8> {
        let padding = 16 - document.len() % 16;
        let padded = [document.as_bytes(), &vec![padding as u8; padding]].concat();
        let cipher = Aes128::new(&KEY.into());
        let blocks = padded.as_chunks::<16>().0.iter().flat_map(|block| {
            let mut block = (*block).into();
            cipher.encrypt_block(&mut block);
            <[u8; 16]>::from(block)
        });
        [0; 4].into_iter().chain(blocks).collect()
    }

    #[test]
    fn a_device_announces_itself() {
        for datagram in [
            old(0, ANNOUNCED.as_bytes()),
            old(0, &[&[0; 4], ANNOUNCED.as_bytes()].concat()),
            old(0x13, &sealed(ANNOUNCED)),
            new(0x13, ANNOUNCED.as_bytes()),
            new(0x13, &[&[0; 4], ANNOUNCED.as_bytes()].concat()),
        ] {
            assert_eq!(facts(&READER, &datagram).unwrap(), SAID);
            cut_everywhere(&READER, &Packet::default(), &datagram);
        }
    }

    #[test]
    fn what_cannot_be_opened_says_nothing() {
        assert_eq!(facts(&READER, &old(0x13, &[7; 64])).unwrap(), [""; 0]);
        let mut wrong = new(0x13, ANNOUNCED.as_bytes());
        wrong[40] ^= 1;
        assert_eq!(facts(&READER, &wrong).unwrap(), [""; 0]);
        assert_eq!(facts(&READER, &new(0x13, &[b' '; MAX_ANNOUNCEMENT + 1])).unwrap(), [""; 0]);
        assert_eq!(facts(&READER, &new(SEARCH, b"{\"from\":\"app\"}")).unwrap(), ["sender tuya.role client"]);
    }

    #[test]
    fn nearly_tuya_is_not_read() {
        for whole in [old(0x13, &sealed(ANNOUNCED)), new(0x13, ANNOUNCED.as_bytes())] {
            // The sequence number of the older form may be any.
            for at in [
                0,
                1,
                2,
                3,
                if whole.starts_with(&NEW) { 4 } else { 8 },
                10,
                14,
                15,
                whole.len() - 4,
                whole.len() - 1,
            ] {
                let mut wrong = whole.clone();
                wrong[at] ^= 0x41;
                assert!(facts(&READER, &wrong).is_none(), "byte {at}");
            }
            assert!(facts(&READER, &whole[..whole.len() - 1]).is_none());
        }
        assert!(facts(&READER, &new(0x13, b"{}")[..40]).is_none());
    }

    #[test]
    fn a_session_says_who_is_the_device() {
        for (frame, role) in [
            (old(9, b""), Some("client")),
            (old(9, &[0; 4]), Some("device")),
            (old(7, b"3.3 body"), Some("client")),
            (old(8, b"\0\0\0\x003.3 body"), Some("device")),
            (new(3, b"random"), Some("client")),
            (new(4, b"random"), Some("device")),
            (new(0x40, b"media"), None),
        ] {
            let said: Vec<_> = role.iter().map(|role| format!("sender tuya.role {role}")).collect();
            assert_eq!(stream(&STREAM_READER, &frame, false), (Probe::Match, said));
            cut_stream_everywhere(&STREAM_READER, &frame);
        }
    }

    #[test]
    fn other_streams_are_refused_at_once() {
        for bytes in [&b"\0\0\x55\xab"[..], b"\0\0\x01", b"\0\0\x66\xaa", b"GET"] {
            assert_eq!(stream(&STREAM_READER, bytes, false).0, Probe::NotMine);
        }
        let mut frame = old(7, b"3.3 body");
        *frame.last_mut().unwrap() = 0;
        assert_eq!(stream(&STREAM_READER, &frame, false).0, Probe::NotMine);
        assert_eq!(stream(&STREAM_READER, &old(7, &[b'3'; MAX_FRAME]), false).0, Probe::NotMine);
    }
}
