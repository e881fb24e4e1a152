//! IEEE 802.11 frames, bare or behind the radio's own header (radiotap, Prism, AVS).
//!
//! Data frames lead on through LLC to IP. Encrypted ones end here, as do those that need state to be read: later
//! fragments of a frame, and aggregates (A-MSDU). Management and control frames carry no IP.

use crate::link::Next;
use crate::span::Span;
use crate::{Mac, Packet, Stop, Why};

/// What a radio header says of the frame behind it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Framing {
    /// The frame check sequence is captured at the end.
    checked: bool,
    /// The frame's header is padded to a multiple of four bytes.
    padded: bool,
}

/// Radiotap: fields in the order of a bit mask, each aligned to its size. Only the flags are wanted.
pub(crate) fn radiotap<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[version, _, l0, l1], _) = span.take::<4>()?;
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    if version != 0 || length < 8 {
        return Err(Stop::UNKNOWN);
    }
    let frame = span.skip(length)?;
    let flags = radiotap_flags(span.seen.get(..length).unwrap_or_default()).unwrap_or(0);
    enter(frame, packet, Framing { checked: flags & 0x10 != 0, padded: flags & 0x20 != 0 })
}

/// The flags field, where the first mask has it.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    let mask = |at: usize| header.get(at..)?.first_chunk::<4>().map(|word| u32::from_le_bytes(*word));
    let first = mask(4)?;
    if first & 2 == 0 {
        return None;
    }
    let (mut at, mut last) = (8, first);
    while last & 0x8000_0000 != 0 {
        last = mask(at)?;
        at += 4;
    }
    if first & 1 != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    header.get(at).copied()
}

/// Prism: a message code and its length in the capturing machine's order; some drivers put AVS in its place.
pub(crate) fn prism<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[c0, c1, c2, c3, l0, l1, l2, l3], _) = span.take::<8>()?;
    if [c0, c1] == [0x80, 0x21] {
        return avs(span, packet);
    }
    let order = if c3 == 0 { u32::from_le_bytes } else { u32::from_be_bytes };
    let (code, length) = (order([c0, c1, c2, c3]), order([l0, l1, l2, l3]));
    match code {
        0x41 | 0x44 => enter(span.skip(length as usize)?, packet, Framing::default()),
        _ => Err(Stop::UNKNOWN),
    }
}

/// AVS: version and length in network order.
pub(crate) fn avs<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[_, _, _, _, l0, l1, l2, l3], _) = span.take::<8>()?;
    let length = u32::from_be_bytes([l0, l1, l2, l3]);
    if length < 8 {
        return Err(Stop::UNKNOWN);
    }
    enter(span.skip(length as usize)?, packet, Framing::default())
}

/// Reads the 802.11 header.
pub(crate) fn enter<'a>(
    span: Span<'a>,
    packet: &mut Packet<'a>,
    framing: Framing,
) -> Result<(Next, Span<'a>), Stop> {
    let span = if framing.checked { span.without_trailer(4) } else { span };
    let (&[control, flags], _) = span.take::<2>()?;
    if control & 0x03 != 0 {
        return Err(Stop::UNKNOWN);
    }
    match (control >> 2) & 0x03 {
        0 => management(span, packet),
        2 => data(span, packet, control, flags, framing),
        _ => {
            packet.macs = control_macs(span, control);
            Ok((Next::Other(0), span))
        }
    }
}

fn management<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (header, rest) = span.take::<24>()?;
    packet.macs = address(header, 10).zip(address(header, 4));
    Ok((Next::Other(0), rest))
}

/// Of control frames, block acknowledgements and their requests, polls and requests to send name the sender.
fn control_macs(span: Span<'_>, control: u8) -> Option<(Mac, Mac)> {
    match control >> 4 {
        8..=11 => address(span.seen, 10).zip(address(span.seen, 4)),
        _ => None,
    }
}

fn data<'a>(
    span: Span<'a>,
    packet: &mut Packet<'a>,
    control: u8,
    flags: u8,
    framing: Framing,
) -> Result<(Next, Span<'a>), Stop> {
    let (to, from) = (flags & 0x01 != 0, flags & 0x02 != 0);
    let (header, rest) = span.take::<24>()?;
    let (source, destination) = match (to, from) {
        (false, false) => (address(header, 10), address(header, 4)),
        (true, false) => (address(header, 10), address(header, 16)),
        (false, true) => (address(header, 16), address(header, 4)),
        (true, true) => (address(rest.seen, 0), address(header, 16)),
    };
    packet.macs = source.zip(destination);

    let quality = control & 0x80 != 0;
    let mut length = 24 + if to && from { 6 } else { 0 };
    let service = span.seen.get(length).copied().unwrap_or(0);
    if quality {
        length += if flags & 0x80 != 0 { 6 } else { 2 };
    }
    if framing.padded {
        length = length.next_multiple_of(4);
    }
    let body = span.skip(length)?;
    if control & 0x40 != 0 {
        return Ok((Next::Other(0), body));
    }
    if flags & 0x40 != 0 {
        return Err(Stop::new(Why::Encrypted));
    }
    let later_fragment = header.get(22).is_some_and(|sequence| sequence & 0x0f != 0);
    if later_fragment || (quality && service & 0x80 != 0) {
        return Err(Stop::UNKNOWN);
    }
    Ok((Next::Llc, body))
}

fn address(bytes: &[u8], at: usize) -> Option<Mac> {
    bytes.get(at..)?.first_chunk::<6>().map(|bytes| Mac(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Hazards};

    const A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];
    const C: [u8; 6] = [2, 0, 0, 0, 0, 0xc];

    fn frame(control: [u8; 2], tail: &[u8]) -> Vec<u8> {
        [&control[..], &[0, 0], &A, &B, &C, &[0, 0], tail].concat()
    }

    /// Where the frame leads and how many bytes stand there, and its MACs.
    type Entered = (Result<(Next, usize), Stop>, Option<(Mac, Mac)>);

    fn entered(bytes: &[u8], framing: Framing) -> Entered {
        let mut packet = Packet::default();
        let end = enter(Span::new(bytes, bytes.len()), &mut packet, framing);
        (end.map(|end| (end.0, end.1.wire)), packet.macs)
    }

    #[test]
    fn the_direction_bits_place_the_addresses() {
        let at = |flags| entered(&frame([0x08, flags], &[0; 8]), Framing::default()).1.unwrap();
        assert_eq!(at(0), (Mac(B), Mac(A)));
        assert_eq!(at(1), (Mac(B), Mac(C)));
        assert_eq!(at(2), (Mac(C), Mac(A)));
        assert_eq!(at(3), (Mac([0; 6]), Mac(C)));
    }

    #[test]
    fn quality_of_service_padding_and_checksum_are_taken_off() {
        let bytes = frame([0x88, 2], &[0, 0, 0, 0, 0xaa, 0xaa, 9, 9, 9, 9]);
        let framing = Framing { checked: true, padded: true };
        let (end, _) = entered(&bytes, framing);
        assert_eq!(end.unwrap(), (Next::Llc, 2));
    }

    #[test]
    fn encrypted_frames_end_here_with_their_addresses() {
        let (end, macs) = entered(&frame([0x08, 0x41], &[0; 8]), Framing::default());
        let stop = end.unwrap_err();
        assert_eq!((stop.class(), stop.hazards()), (Class::Undecodable, Hazards::ENCRYPTED_LINK));
        assert_eq!(macs, Some((Mac(B), Mac(C))));
    }

    #[test]
    fn frames_without_data_and_beacons_carry_no_ip() {
        assert_eq!(entered(&frame([0x48, 1], &[]), Framing::default()).0.unwrap(), (Next::Other(0), 0));
        assert_eq!(entered(&frame([0x80, 0], &[1]), Framing::default()).0.unwrap(), (Next::Other(0), 1));
        let acknowledgement = [0xd4, 0, 0, 0, 1, 2, 3, 4, 5, 6];
        assert_eq!(entered(&acknowledgement, Framing::default()).1, None);
    }

    #[test]
    fn radiotap_flags_stand_behind_the_clock() {
        let mut header = vec![0, 0, 26, 0, 0x03, 0, 0, 0x80, 0, 0, 0, 0];
        header.resize(16, 0);
        header.resize(24, 7);
        header.extend([0x10, 0]);
        assert_eq!(radiotap_flags(&header), Some(0x10));
        assert_eq!(radiotap_flags(&[0, 0, 8, 0, 1, 0, 0, 0]), None);
    }
}
