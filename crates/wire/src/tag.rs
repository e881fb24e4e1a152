//! Tags that switches, fabrics and rings put between the addresses of a frame and what it carries.
//!
//! A tag that names a port or a path is passed over: each direction of a flow has its own, and a layer would tear the
//! flow in two. One that names a network is a [`Layer`](crate::Layer).

use crate::link::{self, Next, ether_type, is_common, is_ethernet};
use crate::span::Span;
use crate::{Address, LayerKind, Packet, Stop, Why};

/// The first five bytes of the destination of an ISL frame, and what else they may be.
pub(crate) const ISL: [u8; 5] = [0x01, 0x00, 0x0c, 0x00, 0x00];
pub(crate) const ISL_OTHER: [u8; 5] = [0x03, 0x00, 0x0c, 0x00, 0x00];
/// What follows the length of an ISL frame.
pub(crate) const ISL_SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];

/// The security tag of IEEE 802.1AE; only frames that are not encrypted and not changed are opened.
pub(crate) fn macsec(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (&[control, ..], rest) = span.take::<6>()?;
    if control & 0x0c != 0 {
        return Err(Stop::new(Why::Encrypted));
    }
    let rest = if control & 0x20 != 0 { rest.skip(8)? } else { rest };
    let (&[t0, t1], rest) = rest.take::<2>()?;
    Ok((Next::EtherType(u16::from_be_bytes([t0, t1])), rest))
}

/// The tag that Cisco switches put in for security groups: version, length, one option with the group, then the
/// `EtherType` of what was tagged. It was never published, so that type must prove it.
pub(crate) fn cisco_metadata(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (&[_, _, _, _, _, _, t0, t1], rest) = span.take::<8>()?;
    match u16::from_be_bytes([t0, t1]) {
        ether_type if is_common(ether_type) => Ok((Next::EtherType(ether_type), rest)),
        _ => Ok((Next::Other(ether_type::CISCO_METADATA), span)),
    }
}

/// Tags of `WORDS` words of two bytes, then the `EtherType` of what was tagged: VN-Tag, E-TAG (IEEE 802.1BR), and
/// those of HSR rings (IEC 62439-3).
pub(crate) fn skipped<const WORDS: usize>(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (&[t0, t1], rest) = span.skip(WORDS * 2)?.take::<2>()?;
    Ok((Next::EtherType(u16::from_be_bytes([t0, t1])), rest))
}

/// The service tag of a provider's backbone (IEEE 802.1ah): flags, 24 bits that name the service, then the
/// customer's whole frame.
pub(crate) fn backbone<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[_, s0, s1, s2], rest) = span.take::<4>()?;
    let service = u32::from_be_bytes([0, s0, s1, s2]);
    link::wrap(packet, LayerKind::Backbone, service, [Address::default(); 2])?;
    Ok((Next::Ethernet, rest))
}

/// Cisco's `FabricPath`: a tree and a time to live in two bytes, then a whole frame. It was never published, so that
/// frame must prove it.
pub(crate) fn fabric_path(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let frame = span.skip(2)?;
    let next = if is_ethernet(frame) {
        (Next::Ethernet, frame)
    } else {
        (Next::Other(ether_type::FABRIC_PATH), span)
    };
    Ok(next)
}

/// TRILL (RFC 6325): six bytes, options in words of four, then a whole frame.
pub(crate) fn trill(span: Span<'_>) -> Result<(Next, Span<'_>), Stop> {
    let (&[b0, b1, ..], rest) = span.take::<6>()?;
    // Version 0; the length of the options lies across both bytes.
    if b0 >> 6 != 0 {
        return Ok((Next::Other(ether_type::TRILL), span));
    }
    let words = usize::from((b0 & 0x07) << 2 | b1 >> 6);
    Ok((Next::Ethernet, rest.skip(words * 4)?))
}

/// Cisco's inter-switch link, from behind the length: SNAP, the high half of the source, VLAN, index, reserved, then a
/// whole frame with its check sequence.
pub(crate) fn isl<'a>(span: Span<'a>, packet: &mut Packet<'a>) -> Result<(Next, Span<'a>), Stop> {
    let (&[_, _, _, _, _, _, v0, v1, _, _, _, _], rest) = span.take::<12>()?;
    // Fifteen bits of VLAN, of which ten were used, and one that tells bridges' own frames.
    link::tagged(packet, u16::from_be_bytes([v0, v1]) >> 1)?;
    Ok((Next::Ethernet, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;
    use crate::link::descend;
    use crate::link::tests::walked;

    #[test]
    fn tags_of_ports_and_rings_are_passed_over() {
        for (ether_type, length) in [(0x8926, 4), (0x893f, 6), (0x892f, 4)] {
            let mut bytes = vec![7; length];
            bytes.extend([8, 0, 0x45]);
            assert_eq!(walked(Next::EtherType(ether_type), &bytes), (Some(Next::Ip), vec![], 1));
            for end in 0..length + 2 {
                assert_eq!(walked(Next::EtherType(ether_type), &bytes[..end]).0, None, "{end}");
            }
        }
    }

    #[test]
    fn a_backbone_carries_the_frame_of_its_customer() {
        let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45];
        let bytes = [&[0x60, 0, 1, 2][..], &frame].concat();
        let path = vec![(LayerKind::Backbone, 0x102)];
        assert_eq!(walked(Next::EtherType(0x88e7), &bytes), (Some(Next::Ip), path, 1));
        let mut packet = Packet::default();
        descend(Next::EtherType(0x88e7), Span::new(&bytes, bytes.len()), &mut packet).unwrap();
        assert_eq!(packet.macs, Some((Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]))));
    }

    #[test]
    fn fabrics_carry_whole_frames() {
        let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45];
        let path = [&[0, 0x41][..], &frame].concat();
        assert_eq!(walked(Next::EtherType(0x8903), &path), (Some(Next::Ip), vec![], 1));
        assert_eq!(walked(Next::EtherType(0x8903), &[9; 20]), (Some(Next::Other(0x8903)), vec![], 20));
        let trill = |b0, b1, options: &[u8]| [&[b0, b1, 0, 1, 0, 2][..], options, &frame].concat();
        assert_eq!(walked(Next::EtherType(0x22f3), &trill(0, 7, &[])), (Some(Next::Ip), vec![], 1));
        assert_eq!(walked(Next::EtherType(0x22f3), &trill(0, 0x47, &[9; 4])), (Some(Next::Ip), vec![], 1));
        let later = trill(0x40, 7, &[]);
        assert_eq!(walked(Next::EtherType(0x22f3), &later), (Some(Next::Other(0x22f3)), vec![], later.len()));
    }

    #[test]
    fn an_inter_switch_link_names_a_vlan() {
        let frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45];
        let mut bytes = vec![1, 0, 0x0c, 0, 0, 0, 2, 0, 0x5e, 0x10, 0, 1, 0, 0x48];
        bytes.extend([0xaa, 0xaa, 3, 2, 0, 0x5e, 0, 0x14, 0, 0, 0, 0]);
        bytes.extend(frame);
        assert_eq!(walked(Next::Ethernet, &bytes), (Some(Next::Ip), vec![(LayerKind::Vlan, 10)], 1));
        bytes[14] = 0xab;
        assert_eq!(walked(Next::Ethernet, &bytes).0, Some(Next::Other(0)));
    }

    #[test]
    fn a_tag_of_a_security_group_is_passed_where_the_next_type_is_known() {
        let tagged = |t0, t1| walked(Next::EtherType(0x8909), &[1, 1, 0, 1, 0, 100, t0, t1, 0x45]);
        assert_eq!(tagged(0x08, 0x00), (Some(Next::Ip), vec![], 1));
        assert_eq!(tagged(0x08, 0x06), (Some(Next::Other(0x0806)), vec![], 1));
        assert_eq!(tagged(0x12, 0x34), (Some(Next::Other(0x8909)), vec![], 9));
        assert_eq!(walked(Next::EtherType(0x8909), &[1, 1, 0, 1, 0, 100, 8]).0, None);
    }

    #[test]
    fn encrypted_frames_are_not_opened() {
        assert_eq!(walked(Next::EtherType(0x88e5), &[0x0c, 0, 0, 0, 0, 1, 8, 0]).0, None);
        assert_eq!(walked(Next::EtherType(0x88e5), &[0, 0, 0, 0, 0, 1, 8, 0, 0x45]).0, Some(Next::Ip));
    }
}
