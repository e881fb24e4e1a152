//! RTP over TCP, each packet behind its length (RFC 4571): how cameras of GB/T 28181 send to a platform where UDP does not get
//! through, and how SIP and WebRTC do.
//!
//! `05 78 80 60 …`: 1,400 bytes follow, and they are a packet of version 2. A half is this where each of its first frames is RTP or
//! RTCP as a datagram would be, and three packets of RTP go on as they do there: one source, one payload type, near numbers.
//!
//! Facts: those of RTP. Bounds: six frames of at most 8 KiB; of each the header and the beginning of the payload are read.

use arrayvec::ArrayVec;

use super::{FIELDS, MOST, Media, agree, is_control, is_media};
use crate::{Probe, Read, Reader, ReaderId, Stream, reader::Facts};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(105),
    app: "rtp",
    activity: None,
    hides: false,
    fields: FIELDS,
    read: Read::Stream(&[0..=(LONGEST >> 8) as u8], read),
};

/// Bytes of a frame, by the lengths that its packet may have.
const SHORTEST: u16 = 8;
const LONGEST: u16 = 8 << 10;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut packets = ArrayVec::<Media<'_>, { MOST as usize }>::new();
    let mut start = 0;
    for _ in 0..MOST {
        let rest = stream.bytes.get(start..).unwrap_or(&[]);
        if !may_begin(rest) {
            return Probe::NotMine;
        }
        let whole = rest.split_first_chunk().and_then(|(length, behind)| {
            let length = usize::from(u16::from_be_bytes(*length));
            start += 2 + length;
            behind.get(..length)
        });
        let Some(packet) = whole else {
            // Behind its length and version nothing can be told before all of the packet is there.
            let least = if rest.len() < 3 { stream.bytes.len() + 1 } else { start };
            return if stream.ended { Probe::NotMine } else { Probe::More(least) };
        };
        match Media::parse(packet).filter(|_| is_media(packet)) {
            Some(media) => packets.push(media),
            None if is_control(packet) => continue,
            None => return Probe::NotMine,
        }
        if agree(&packets, facts) {
            return Probe::Match;
        }
    }
    Probe::NotMine
}

/// Whether a frame may begin so: its length, and the version of what follows.
fn may_begin(frame: &[u8]) -> bool {
    let fits = |length: u16| (SHORTEST..=LONGEST).contains(&length);
    frame.first_chunk().is_none_or(|length| fits(u16::from_be_bytes(*length)))
        && frame.first().is_none_or(|&high| u16::from(high) <= LONGEST >> 8)
        && frame.get(2).is_none_or(|first| first >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};
    use lenscap_testkit::message::{Rtp, rtcp};

    fn framed(packets: &[Vec<u8>]) -> Vec<u8> {
        let frame = |packet: &Vec<u8>| [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
        packets.iter().flat_map(frame).collect()
    }

    fn packets(count: usize, payload: &[u8]) -> Vec<Vec<u8>> {
        let mut stream = Rtp { payload_type: 96, sequence: 65_534, time: 0, source: 9 };
        (0..count).map(|_| stream.packet(payload, 3000)).collect()
    }

    #[test]
    fn three_frames_that_go_on_make_a_stream() {
        let said = vec!["sender rtp.payload_type 96".to_string()];
        let mut all = packets(3, &[7; 300]);
        assert_eq!(stream(&READER, &framed(&all), false), (Probe::Match, said.clone()));
        cut_stream_everywhere(&READER, &framed(&all));
        all.insert(1, rtcp(9, "cam"));
        cut_stream_everywhere(&READER, &framed(&all));
        assert_eq!(stream(&READER, &framed(&all[..3]), true), (Probe::NotMine, vec![]));
        // The program stream of a camera of GB/T 28181 that sends to its platform.
        let video = framed(&packets(3, b"\0\0\x01\xba\x44\0\x04\0\x04\x01\0\0\x03\xf8"));
        let (probe, told) = stream(&READER, &video, false);
        assert_eq!(probe, Probe::Match);
        assert_eq!(told, [&said[0][..], "sender rtp.video MPEG program stream"]);
    }

    #[test]
    fn what_is_no_packet_or_does_not_go_on_is_none() {
        let all = packets(6, &[7; 40]);
        let not = |packets: &[Vec<u8>]| {
            assert_eq!(stream(&READER, &framed(packets), false).0, Probe::NotMine);
        };
        not(&[all[0].clone(), b"\x80\xc8 no report".to_vec()]);
        not(&[all[0].clone(), vec![0x80; 7]]);
        let apart =
            |n: usize| Rtp { payload_type: 96, sequence: 1, time: 0, source: n as u32 }.packet(&[7; 40], 0);
        not(&(0..6).map(apart).collect::<Vec<_>>());
        for bytes in [&b"\x21"[..], b"\0\x07", b"\0\x20\x40"] {
            assert_eq!(stream(&READER, bytes, false).0, Probe::NotMine, "{bytes:?}");
        }
        // A name server's message over TCP begins with its length, too, and with an id that may look like a packet.
        let dns = b"\0\x1d\x80\x60\x01\0\0\x01\0\0\0\0\0\0\x03cam\x07example\0\0\x01\0\x01".repeat(6);
        assert_eq!(stream(&READER, &dns, false).0, Probe::NotMine);
    }
}
