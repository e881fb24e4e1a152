//! Media that cross a connection of RTSP between its messages (RFC 2326, 10.12), where the capture begins behind those: a
//! recorder takes the pictures of a camera for weeks over one connection, and what a capture shows of it is this.
//!
//! Each packet stands behind `$`, a channel and its length. A half is RTSP when three packets of RTP among its first eight go on
//! from one another, as they would over UDP; reports of RTCP may stand between them. Facts are those of [`rtp`] about the
//! sender.
//!
//! Bounds: eight packets, of each the first bytes.

use arrayvec::ArrayVec;

use crate::{
    Field, Probe, Read, Reader, ReaderId, Stream,
    reader::Facts,
    readers::rtp::{self, Media},
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(104),
    app: "rtsp",
    activity: None,
    hides: false,
    fields: &[Field::RtpPayloadType, Field::RtpVideo],
    read: Read::Stream(&[MARK..=MARK], read),
};

const MARK: u8 = b'$';
/// Bytes in front of a packet.
const HEAD: usize = 4;
/// Packets that are looked at.
const MOST: usize = 8;
/// The highest channel that is believed: two for each medium of a session.
const MAX_CHANNEL: u8 = 15;
/// Payload types of RTCP where the marker bit would stand in RTP (RFC 5761, 4).
const CONTROL: std::ops::RangeInclusive<u8> = 200..=207;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if stream.bytes.first().is_some_and(|first| *first != MARK) {
        return Probe::NotMine;
    }
    let mut packets = ArrayVec::<Media<'_>, MOST>::new();
    let mut at = 0;
    for _ in 0..MOST {
        let rest = stream.bytes.get(at..).unwrap_or(&[]);
        let Some((&[mark, channel, high, low], packet)) = rest.split_first_chunk::<HEAD>() else {
            return wait(stream, at + HEAD);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if mark != MARK || channel > MAX_CHANNEL || length < 8 {
            return Probe::NotMine;
        }
        let shown = length.min(rtp::KEPT);
        let Some(packet) = packet.get(..shown) else { return wait(stream, at + HEAD + shown) };
        let is_control = packet.get(1).is_some_and(|kind| CONTROL.contains(kind));
        if packet.first().is_none_or(|first| first >> 6 != 2) {
            return Probe::NotMine;
        }
        if !is_control {
            let Some(media) = Media::parse(packet) else { return Probe::NotMine };
            packets.push(media);
            if rtp::agree(&packets, facts) {
                return Probe::Match;
            }
        }
        at += HEAD + length;
    }
    Probe::NotMine
}

/// Waits for so many bytes, where more may come.
fn wait(stream: &Stream<'_>, for_bytes: usize) -> Probe {
    if stream.ended { Probe::NotMine } else { Probe::More(for_bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};
    use lenscap_testkit::message::{Rtp, rtcp};

    fn framed(channel: u8, packet: &[u8]) -> Vec<u8> {
        [&[MARK, channel][..], &(packet.len() as u16).to_be_bytes(), packet].concat()
    }

    const STREAM: Rtp = Rtp { payload_type: 96, sequence: 65_534, time: 9, source: 0x1234_5678 };

    /// A picture in fragments, with a report and sound between them.
    fn half() -> Vec<u8> {
        let (mut picture, mut sound) = (STREAM, Rtp { payload_type: 8, source: 9, ..STREAM });
        let fragment = |head: u8| [&[0x7c, head][..], &[7; 60]].concat();
        [
            framed(0, &picture.packet(&fragment(0x85), 0)),
            framed(1, &rtcp(9, "cam")),
            framed(2, &sound.packet(&[0xff; 40], 160)),
            framed(0, &picture.packet(&fragment(0x05), 0)),
            framed(0, &picture.packet(&fragment(0x45), 0)),
        ]
        .concat()
    }

    #[test]
    fn media_between_messages_show_a_connection_of_rtsp() {
        let said = ["sender rtp.payload_type 96", "sender rtp.video H264"].map(String::from).to_vec();
        // What is behind the first bytes of the third packet is not waited for.
        let whole = half();
        let known = whole.len() - 62 - 12 + rtp::KEPT;
        assert_eq!(stream(&READER, &whole[..known], false), (Probe::Match, said));
        cut_stream_everywhere(&READER, &whole[..known]);
    }

    #[test]
    fn what_is_nearly_so_is_none() {
        let whole = half();
        // Another mark, channel and version; the second length is wrong.
        for (at, byte) in [(0, b'#'), (1, 16), (4, 0x40), (3, 70)] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert_eq!(stream(&READER, &bytes, false).0, Probe::NotMine, "byte {at} is {byte}");
        }
        // Two packets alone, and such as do not go on.
        let two = &whole[..whole.len() - 78];
        assert_eq!(stream(&READER, two, true).0, Probe::NotMine);
        assert!(matches!(stream(&READER, two, false).0, Probe::More(_)));
        let same = framed(0, &{ STREAM }.packet(&[7; 40], 0)).repeat(9);
        assert_eq!(stream(&READER, &same, false).0, Probe::NotMine);
    }
}
