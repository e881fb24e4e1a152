//! RTP and its control protocol (RFC 3550), told from what else shares a port by the first bytes (RFC 7983, RFC 5761).
//!
//! Neither has a magic number, so several datagrams have to agree. A half is RTP when three of its first six packets
//! have one source (SSRC) and one payload type, sequence numbers that go on within a small window, and time stamps
//! that stand still or go on by less than a minute of a 90 kHz clock. Other sources and types may stand between them:
//! sound and picture often share a half. It is RTCP when two of its first four packets have one sender, and each is
//! made of reports whose lengths and counts fill the datagram. A half that is both counts as RTP, whose reader is the
//! stronger.
//!
//! Facts: `rtp.payload_type`, a decimal number (RFC 3551, 6), of the packets that agreed, and `rtp.video`, where they show how
//! pictures are coded ([`coding`]). The SSRC is random, and would only make transcripts differ.
//!
//! Bounds: six datagrams of 40 bytes for RTP, four of 8 for RTCP; the test of one datagram reads 16 bytes of RTP, and
//! of RTCP the head of each report, at most 32.

pub(super) mod coding;
pub(crate) mod framed;

use arrayvec::ArrayVec;

use crate::{
    DatagramRead, Datagrams, Fact, Field, Pattern, Probe, Read, Reader, ReaderId, Route, cursor::Cursor,
    reader::Facts, text::Text,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(16),
    app: "rtp",
    activity: None,
    hides: false,
    fields: FIELDS,
    read: Read::Datagrams(DatagramRead {
        routes: VERSION_2,
        passes: is_media,
        most: MOST,
        keeps: KEPT as u16,
        read: read_media,
    }),
};

pub(crate) const CONTROL_READER: Reader = Reader {
    number: ReaderId(17),
    app: "rtcp",
    activity: None,
    hides: false,
    fields: &[],
    read: Read::Datagrams(DatagramRead {
        routes: VERSION_2,
        passes: is_control,
        most: CONTROL_MOST,
        keeps: 8,
        read: read_control,
    }),
};

const FIELDS: &[Field] = &[Field::RtpPayloadType, Field::RtpVideo];
const VERSION_2: &[Route] = &[Route::UdpAt(Pattern { offset: 0, mask: &[0xc0], bytes: &[0x80] })];

/// Datagrams that are looked at, of media and of control.
const MOST: u8 = 6;
const CONTROL_MOST: u8 = 4;

/// Bytes of a packet that are looked at: of the header, of a few sources or an extension of three words, and of the payload.
pub(super) const KEPT: usize = 40;
/// Packets of one source that make a half RTP.
const MEDIA_AGREES: usize = 3;
/// Packets of one sender that make a half RTCP.
const CONTROL_AGREES: usize = 2;
/// How far sequence numbers may go on between two packets of a source: more were lost or belong to no stream.
const WINDOW: i16 = 64;
/// How far the time stamp may: a minute of a video clock.
const MINUTE: i32 = 60 * 90_000;
/// Most reports in a compound packet.
const MAX_REPORTS: usize = 32;

/// The fields of a packet's fixed header that go on or stay, and how its payload begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Media<'a> {
    kind: u8,
    sequence: u16,
    time: u32,
    source: u32,
    payload: &'a [u8],
}

impl<'a> Media<'a> {
    /// Reads the first [`KEPT`] bytes of a packet, or all that it has.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes.get(..KEPT).unwrap_or(bytes));
        let (first, kind) = (cursor.u8()?, cursor.u8()? & 0x7f);
        let (sequence, time, source) = (cursor.u16()?, cursor.u32()?, cursor.u32()?);
        let payload = payload(first, cursor).unwrap_or_default();
        let payload = payload.get(..coding::LOOKED_AT).unwrap_or(payload);
        Some(Self { kind, sequence, time, source, payload })
    }

    /// Whether `next` may be a later packet of the same stream. A packet that overtook another is none: nothing is
    /// lost by that but a packet of probation.
    fn goes_on(self, next: Self) -> bool {
        let (ahead, later) = (next.sequence.wrapping_sub(self.sequence), next.time.wrapping_sub(self.time));
        self.source == next.source
            && self.kind == next.kind
            && (1..=WINDOW).contains(&ahead.cast_signed())
            && (-MINUTE..MINUTE).contains(&later.cast_signed())
    }
}

/// Whether a datagram alone may be RTP: version 2, a payload type that is none of RTCP's, and room for the sources,
/// the extension and the padding that its header counts.
fn is_media(datagram: &[u8]) -> bool {
    let Some((&[first, second, ..], mut rest)) = datagram.split_first_chunk::<12>() else { return false };
    if first >> 6 != 2 || (64..96).contains(&(second & 0x7f)) {
        return false;
    }
    let sources = usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = rest.get(4 * sources + 2..).and_then(|bytes| bytes.first_chunk());
        let Some(&words) = words else { return false };
        let Some(behind) = rest.get(4 * usize::from(u16::from_be_bytes(words)) + 4..) else { return false };
        rest = behind;
    }
    // The last byte counts the padding, itself among it.
    let padding =
        if first & 0x20 == 0 { Some(0) } else { datagram.last().copied().filter(|&count| count > 0) };
    padding.is_some_and(|padding| rest.len() >= 4 * sources + usize::from(padding))
}

/// Whether a datagram alone may be RTCP (RFC 3550, 6.4 and A.2): reports that fill it, the first with the sender.
fn is_control(datagram: &[u8]) -> bool {
    // What begins every report; of most other datagrams no more is looked at.
    if !matches!(datagram, [0x80..=0xbf, 200..=207, ..]) {
        return false;
    }
    let mut cursor = Cursor(datagram);
    for _ in 0..MAX_REPORTS {
        let (Some(first), Some(kind), Some(words)) = (cursor.u8(), cursor.u8(), cursor.u16()) else {
            return false;
        };
        let (count, words) = (u16::from(first & 0x1f), words);
        let fits = match kind {
            // A sender's report, and a receiver's, with a block for each source.
            200 => words >= 6 + 6 * count,
            201 => words > 6 * count,
            // Sources that are described, and such that leave; a mixer may name none.
            202 | 203 => words >= count,
            204 => words >= 2,
            205 | 206 => words >= 2 && (1..=16).contains(&count),
            207 => words >= 1,
            _ => false,
        };
        if first >> 6 != 2 || !fits || cursor.take(4 * usize::from(words)).is_none() {
            return false;
        }
        if cursor.is_empty() {
            return datagram.len() >= 8;
        }
    }
    false
}

/// What stands behind the sources and the extension that a header has; none where they were not kept.
fn payload(first: u8, mut rest: Cursor<'_>) -> Option<&[u8]> {
    rest.take(4 * usize::from(first & 0x0f))?;
    if first & 0x10 != 0 {
        let (_, words) = (rest.u16()?, rest.u16()?);
        rest.take(4 * usize::from(words))?;
    }
    Some(rest.0)
}

fn read_media(datagrams: &Datagrams<'_>, facts: Facts<'_>) -> Probe {
    let mut packets = ArrayVec::<Media<'_>, { MOST as usize }>::new();
    for packet in datagrams.all.iter().filter_map(|bytes| Media::parse(bytes)) {
        if packets.try_push(packet).is_err() {
            break;
        }
        if agree(&packets, facts) {
            return Probe::Match;
        }
    }
    open(datagrams)
}

/// Whether enough packets go on to the last of these, of which there are few; then it is said what they are of.
pub(super) fn agree(packets: &[Media<'_>], facts: Facts<'_>) -> bool {
    let Some((&last, before)) = packets.split_last() else { return false };
    // The chain that ends with this packet: each time the nearest one before that goes on to it.
    let mut chain = ArrayVec::<Media<'_>, MEDIA_AGREES>::from_iter([last]);
    let mut next = last;
    for &packet in before.iter().rev() {
        if packet.goes_on(next) {
            next = packet;
            if chain.try_push(packet).is_err() {
                break;
            }
        }
    }
    if !chain.is_full() {
        return false;
    }
    let mut value = Text::<3>::new();
    value.decimal(last.kind);
    facts(Fact::of_sender(Field::RtpPayloadType, value.as_bytes()));
    if let Some(coding) = coding::of(&chain.iter().map(|packet| (packet.kind, packet.payload))) {
        facts(Fact::of_sender(Field::RtpVideo, coding));
    }
    true
}

fn read_control(datagrams: &Datagrams<'_>, _: Facts<'_>) -> Probe {
    let senders = || datagrams.all.iter().filter_map(|bytes| bytes.get(4..8));
    for (place, sender) in senders().enumerate() {
        if senders().take(place + 1).filter(|other| *other == sender).count() >= CONTROL_AGREES {
            return Probe::Match;
        }
    }
    open(datagrams)
}

/// Too few agree so far.
fn open(datagrams: &Datagrams<'_>) -> Probe {
    if datagrams.ended { Probe::NotMine } else { datagrams.more() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{dns, every_beginning, of_datagrams, question};
    use lenscap_testkit::{
        SplitMix64,
        message::{Rtp, dtls_record, quic_hello, rtcp, stun},
    };

    const STREAM: Rtp = Rtp { payload_type: 96, sequence: 65_534, time: 0xffff_f000, source: 0x1234_5678 };

    fn read(reader: &Reader, datagrams: &[Vec<u8>]) -> Option<(usize, Vec<String>)> {
        let all: Vec<&[u8]> = datagrams.iter().map(Vec::as_slice).collect();
        every_beginning(reader, &all)
    }

    fn said(kind: u8) -> Vec<String> {
        vec![format!("sender rtp.payload_type {kind}")]
    }

    #[test]
    fn three_packets_that_go_on_make_a_stream() {
        let mut stream = STREAM;
        let packets: Vec<_> = (0..6).map(|_| stream.packet(&[7; 40], 3000)).collect();
        assert_eq!(read(&READER, &packets), Some((3, said(96))));
        assert_eq!(read(&READER, &packets[..2]), None);
        // Two lost, one twice, and one that came late.
        let order = [0, 0, 3, 2, 5].map(|place| packets[place].clone());
        assert_eq!(read(&READER, &order), Some((5, said(96))));
    }

    #[test]
    fn sound_and_picture_may_share_a_half() {
        let (mut picture, mut sound) = (STREAM, Rtp { payload_type: 8, source: 9, sequence: 1, ..STREAM });
        let packets: Vec<_> =
            (0..3).flat_map(|_| [picture.packet(&[7; 900], 0), sound.packet(&[7; 160], 160)]).collect();
        assert_eq!(read(&READER, &packets), Some((5, said(96))));
        // What passes for another datagram, and RTCP, uses nothing up.
        let mut mixed = packets.clone();
        mixed.splice(1..1, vec![rtcp(9, "cam"); 20]);
        assert_eq!(read(&READER, &mixed), Some((5, said(96))));
    }

    #[test]
    fn what_does_not_go_on_is_no_stream() {
        let with = |change: fn(u16, &mut Rtp)| -> Vec<Vec<u8>> {
            let place = |place| {
                let mut packet = Rtp { sequence: 10 + place, ..STREAM };
                change(place, &mut packet);
                packet.packet(&[7; 40], 0)
            };
            (0..8).map(place).collect()
        };
        assert_eq!(read(&READER, &with(|_, _| {})), Some((3, said(96))));
        assert_eq!(read(&READER, &with(|place, packet| packet.source += u32::from(place))), None);
        assert_eq!(read(&READER, &with(|place, packet| packet.payload_type += place as u8)), None);
        assert_eq!(read(&READER, &with(|_, packet| packet.sequence = 10)), None);
        assert_eq!(read(&READER, &with(|place, packet| packet.sequence = 10 + 65 * place)), None);
        assert_eq!(read(&READER, &with(|place, packet| packet.sequence = 10 - place)), None);
        assert_eq!(read(&READER, &with(|place, packet| packet.time = 5_400_000 * u32::from(place))), None);
    }

    #[test]
    fn headers_hold_what_they_count() {
        let bare = |first, rest: &[u8]| [&[first, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1][..], rest].concat();
        assert!(
            is_media(&bare(0x80, &[])) && !is_media(&bare(0x40, &[])) && !is_media(&bare(0x80, &[])[..11])
        );
        assert!(is_media(&bare(0x82, &[0; 8])) && !is_media(&bare(0x82, &[0; 7])));
        assert!(
            is_media(&bare(0x90, &[0xbe, 0xde, 0, 1, 0, 0, 0, 0]))
                && !is_media(&bare(0x90, &[0xbe, 0xde, 0, 2, 0]))
        );
        assert!(
            is_media(&bare(0x91, &[9, 9, 9, 9, 0xbe, 0xde, 0, 0]))
                && !is_media(&bare(0x91, &[0xbe, 0xde, 0, 0]))
        );
        assert!(
            is_media(&bare(0xa0, &[7, 0, 2]))
                && !is_media(&bare(0xa0, &[7, 0, 4]))
                && !is_media(&bare(0xa0, &[0]))
        );
        for kind in [64, 72, 95, 200] {
            let mut bytes = bare(0x80, &[]);
            bytes[1] = kind;
            assert!(!is_media(&bytes), "{kind}");
        }
    }

    #[test]
    fn two_reports_of_one_sender_are_control() {
        let report = rtcp(9, "cam");
        assert_eq!(read(&CONTROL_READER, &[report.clone(), report.clone()]), Some((2, vec![])));
        assert_eq!(read(&CONTROL_READER, &[report.clone(), rtcp(8, "x"), report.clone()]), Some((3, vec![])));
        assert_eq!(read(&CONTROL_READER, &[report]), None);
        let others: Vec<_> = (0..6).map(|source| rtcp(source, "cam")).collect();
        assert_eq!(read(&CONTROL_READER, &others), None);
    }

    #[test]
    fn reports_fill_their_datagram() {
        let whole = rtcp(9, "cam");
        for length in 0..whole.len() {
            // The sender's report alone is one, too.
            assert_eq!(is_control(&whole[..length]), length == 28, "{length} bytes");
        }
        assert!(!is_control(&[&whole[..], &[0]].concat()) && !is_control(&[&whole[..], &[0; 4]].concat()));
        for (at, byte) in [(0, 0x40), (0, 0x81), (1, 199), (1, 208), (3, 7), (28, 0x01)] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            assert!(!is_control(&bytes), "byte {at} is {byte}");
        }
        assert!(is_control(&[0x81, 203, 0, 1, 0, 0, 0, 9]) && !is_control(&[0x80, 203, 0, 0]));
        assert!(!is_control(&[0x80, 203, 0, 0].repeat(MAX_REPORTS + 1)));
    }

    #[test]
    fn what_shares_the_port_does_not_pass() {
        let others = [
            stun(1, [0x80; 12], &[]),
            dtls_record(23, 1, 0, &[0x80; 40]),
            quic_hello(&[0x80; 8], &[0x80; 200]),
            [&[0x40, 1, 0, 16][..], &[0x80; 16]].concat(),
        ];
        assert!(others.iter().all(|other| !is_media(other) && !is_control(other)));
        // Answers of one name server whose random numbers look like version 2.
        let answers: Vec<_> = (0..200)
            .map(|id: u8| {
                let mut answer = dns(0x8180, [1, 1, 0, 0], &[question(b"\x03cam\0", 1)]);
                answer[0] = 0x80 | id & 0x3f;
                answer[1] = id;
                answer
            })
            .collect();
        assert_eq!(read(&READER, &answers), None);
        assert_eq!(read(&CONTROL_READER, &answers), None);
    }

    #[test]
    fn noise_is_neither() {
        let mut random = SplitMix64::new(5);
        let (mut passed, mut hits) = (0, 0);
        for _ in 0..1_000_000 {
            // Sixteen bytes of the worst kind: each passes for version 2, and half of them for a report.
            let half: Vec<[u8; 16]> = (0..6)
                .map(|place| {
                    let mut bytes = [random.next().to_be_bytes(), random.next().to_be_bytes()].concat();
                    bytes[0] = 0x80 | bytes[0] & 0x0f;
                    if place % 2 == 0 {
                        (bytes[1], bytes[2], bytes[3]) = (0xc0 | bytes[1] & 0x0f, 0, 3);
                    }
                    bytes.try_into().unwrap()
                })
                .collect();
            for how in [&READER, &CONTROL_READER].map(of_datagrams) {
                let kept: Vec<&[u8]> =
                    half.iter().map(<[u8; 16]>::as_slice).filter(|one| (how.passes)(one)).collect();
                passed += kept.len();
                let probe = how.ask(kept.into_iter(), true, &mut |_| {});
                hits += usize::from(probe == Probe::Match);
            }
        }
        assert!(passed > 1_000_000, "{passed} datagrams were worth a look");
        assert_eq!(hits, 0);
    }
}
