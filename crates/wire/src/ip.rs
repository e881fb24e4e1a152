//! IPv4 and IPv6 headers with their extension headers (RFC 791, RFC 8200), of which IPv4 has AH alone (RFC 4302).
//!
//! Lengths are those of the header's own length field, never the link's: padding is not payload. But no packet is
//! longer than what holds it: a field that claims more is a hazard, and what was on the wire counts. A length of 0 is
//! a segment that was captured before the network card split it (or a jumbogram) and means all that was on the wire.
//! At most [`MAX_EXTENSIONS`] extension headers are followed; ESP is a protocol, not an extension, for nothing behind its header can be read. Single
//! headers are etherparse's, the chain is our own: its lax chain does not know mobility headers, and its
//! iterator reads past the end of a chain that stopped early (0.21).

use etherparse::{IpNumber, Ipv6FragmentHeaderSlice, Ipv6RawExtHeaderSlice, ip_number};

use crate::checksum;
use crate::protocol::Protocol;
use crate::span::Span;
use crate::{Address, Fragment, Hazards, Header, Stop, Why};

/// How many IPv6 extension headers of one packet are followed.
const MAX_EXTENSIONS: usize = 16;

/// One IP packet: its addresses, and its body after all headers of IP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ip<'a> {
    pub(crate) version: u8,
    pub(crate) hop_limit: u8,
    /// 0 in IPv6.
    pub(crate) identification: u16,
    pub(crate) source: Address,
    pub(crate) destination: Address,
    /// Length of the packet, header included, by its length field, but no more than there was on the wire.
    pub(crate) length: u32,
    /// Bytes behind it, where they are no padding.
    pub(crate) surplus: u32,
    pub(crate) body: Body<'a>,
    pub(crate) hazards: Hazards,
}

/// What follows the headers of IP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    pub(crate) protocol: u8,
    /// The bytes, no more of them than the IP length says.
    pub(crate) span: Span<'a>,
    pub(crate) fragment: Option<Fragment<'a>>,
    /// Why `protocol` cannot be read here: behind a header that is cut, malformed or too deep.
    pub(crate) stop: Option<Stop>,
    /// Whether the addresses of the header are those of the transport's checksum (no source route, no home address),
    /// and the length is that which the sender meant.
    pub(crate) checkable: bool,
}

/// Reads the IP packet at the front of `span`, of the version that its first four bits say.
pub(crate) fn read(span: Span<'_>) -> Result<Ip<'_>, Stop> {
    match span.first() {
        Some(first) if first >> 4 == 4 => read_v4(span),
        Some(first) if first >> 4 == 6 => read_v6(span),
        Some(_) => Err(Stop::UNKNOWN),
        None => Err(span.take::<1>().err().unwrap_or(Stop::UNKNOWN)),
    }
}

/// What is odd about a packet of `length` bytes by its own field in `span`.
fn length_hazards(span: Span<'_>, length: usize) -> Hazards {
    let mut hazards = Hazards::NONE;
    if length > span.wire {
        hazards.insert(Hazards::BAD_LENGTH);
    }
    if span.seen.len() < length.min(span.wire) {
        hazards.insert(Hazards::CUT);
    }
    if span.has_trailer(length) {
        hazards.insert(Hazards::TRAILER);
    }
    hazards
}

/// How many bytes of `span` lie behind a packet of `length` that are no padding.
fn surplus(span: Span<'_>, length: usize) -> u32 {
    if span.has_trailer(length) { (span.wire - length) as u32 } else { 0 }
}

fn read_v4(span: Span<'_>) -> Result<Ip<'_>, Stop> {
    let (fixed, _) = span.take::<20>()?;
    let &[first, _, l0, l1, i0, i1, f0, f1, hop_limit, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
        fixed;
    let header = usize::from(first & 0x0f) * 4;
    let total = match usize::from(u16::from_be_bytes([l0, l1])) {
        0 => span.wire,
        total => total,
    };
    if header < 20 || total < header {
        return Err(Stop::new(Why::Length));
    }
    let mut hazards = length_hazards(span, total);
    let packet = span.limit(total);
    match packet.seen.get(..header) {
        Some(whole) if checksum::folded(checksum::header_sum(whole)) != 0xffff => {
            hazards.insert(Hazards::BAD_IP_CHECKSUM);
        }
        Some(_) => {}
        None => hazards.insert(packet.missing(header)),
    }
    let (body, stop) = match packet.skip(header) {
        Ok(body) => (body, None),
        Err(stop) => (packet.unseen(packet.wire.saturating_sub(header)), Some(stop.at(Header::Ip, packet))),
    };
    let checkable = header == 20 && total <= span.wire;
    let bits = u16::from_be_bytes([f0, f1]);
    let more = bits & 0x2000 != 0;
    let offset = u32::from(bits & 0x1fff) * 8;
    let fragment = (more || offset != 0).then(|| Fragment {
        id: u32::from(u16::from_be_bytes([i0, i1])),
        offset,
        more,
        bytes: body.seen,
        length: body.wire as u32,
        checkable,
    });
    let mut body = Body { protocol, span: body, fragment, stop, checkable };
    if protocol == Protocol::AH && stop.is_none() && fragment.is_none() {
        body = Body { checkable, ..extensions(4, protocol, body.span, &mut hazards) };
    }
    Ok(Ip {
        version: 4,
        hop_limit,
        identification: u16::from_be_bytes([i0, i1]),
        source: Address::v4([s0, s1, s2, s3]),
        destination: Address::v4([d0, d1, d2, d3]),
        length: packet.wire as u32,
        surplus: surplus(span, total),
        body,
        hazards,
    })
}

fn read_v6(span: Span<'_>) -> Result<Ip<'_>, Stop> {
    let (fixed, rest) = span.take::<40>()?;
    let (&[_, _, _, _, l0, l1, next, hop_limit], addresses) =
        fixed.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let (source, destination) = addresses.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    let length = match usize::from(u16::from_be_bytes([l0, l1])) {
        0 if next != Protocol::NONE => rest.wire,
        length => length,
    };
    // The header is no part of the length, but of what is padded.
    let mut hazards = length_hazards(span, length + 40);
    let rest = rest.limit(length);
    let mut body = extensions(6, next, rest, &mut hazards);
    body.checkable &= length <= rest.wire;
    Ok(Ip {
        version: 6,
        hop_limit,
        identification: 0,
        source: Address::v6(*source),
        destination: Address::v6(destination.first_chunk::<16>().copied().unwrap_or_default()),
        length: (rest.wire as u32).saturating_add(40),
        surplus: surplus(span, length.saturating_add(40)),
        body,
        hazards,
    })
}

/// Follows the extension headers of a `version` from the one numbered `next` to the first protocol, or to a fragment.
pub(crate) fn extensions<'a>(version: u8, next: u8, span: Span<'a>, hazards: &mut Hazards) -> Body<'a> {
    let mut body = Body { protocol: next, span, fragment: None, stop: None, checkable: true };
    for _ in 0..MAX_EXTENSIONS {
        let used = match IpNumber(body.protocol) {
            ip_number::AUTH => {
                // Its length is in words of four bytes, two of them not counted.
                let length = body.span.seen.get(1).map_or(8, |words| (usize::from(*words) + 2) * 4);
                match body.span.seen.get(..length) {
                    Some([next, ..]) => {
                        body = body.after(length, *next);
                        continue;
                    }
                    _ => length,
                }
            }
            _ if version == 4 => return body,
            ip_number::IPV6_FRAG => match Ipv6FragmentHeaderSlice::from_slice(body.span.seen) {
                Ok(header) => {
                    let fragments = header.is_fragmenting_payload();
                    body = body.after(8, header.next_header().0);
                    if fragments {
                        body.fragment = Some(Fragment {
                            id: header.identification(),
                            offset: u32::from(header.fragment_offset().byte_offset()),
                            more: header.more_fragments(),
                            bytes: body.span.seen,
                            length: body.span.wire as u32,
                            checkable: body.checkable,
                        });
                        return body;
                    }
                    continue;
                }
                Err(_) => 8,
            },
            number if is_option_header(number) => match Ipv6RawExtHeaderSlice::from_slice(body.span.seen) {
                Ok(header) => {
                    body.checkable &= keeps_addresses(number, &header);
                    body = body.after(header.slice().len(), header.next_header().0);
                    continue;
                }
                Err(_) => body.span.seen.get(1).map_or(8, |units| (usize::from(*units) + 1) * 8),
            },
            _ => return body,
        };
        let stop = body.span.stop(used).at(Header::Ip, body.span);
        hazards.insert(stop.hazards());
        body.stop = Some(stop);
        return body;
    }
    let more = matches!(IpNumber(body.protocol), ip_number::AUTH | ip_number::IPV6_FRAG);
    if more || is_option_header(IpNumber(body.protocol)) {
        hazards.insert(Hazards::TOO_DEEP);
        body.stop = Some(Stop::new(Why::TooDeep).at(Header::Ip, body.span));
    }
    body
}

impl Body<'_> {
    /// What follows a header of `used` captured bytes.
    fn after(mut self, used: usize, next: u8) -> Self {
        self.span = self.span.skip(used).unwrap_or(self.span.unseen(0));
        self.protocol = next;
        self
    }
}

/// Whether `number` is an extension header of the common form: next header, length in units of eight bytes.
fn is_option_header(number: IpNumber) -> bool {
    matches!(
        number,
        ip_number::IPV6_HOP_BY_HOP
            | ip_number::IPV6_ROUTE
            | ip_number::IPV6_DEST_OPTIONS
            | ip_number::MOBILITY_HEADER
            | ip_number::HIP
            | ip_number::SHIM6
    )
}

/// Whether the packet's addresses stay those that the transport's checksum was made with: not so with a routing
/// header that has segments left, and perhaps not with destination options (home address, RFC 6275).
fn keeps_addresses(number: IpNumber, header: &Ipv6RawExtHeaderSlice<'_>) -> bool {
    match number {
        ip_number::IPV6_ROUTE => header.payload().get(1) == Some(&0),
        ip_number::IPV6_DEST_OPTIONS => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;

    const V4: [u8; 20] = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

    fn v6(next: u8, length: u16) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        bytes.extend([1; 16]);
        bytes.extend([2; 16]);
        bytes
    }

    #[test]
    fn a_length_below_the_header_is_undecodable() {
        let mut bytes = V4;
        bytes[3] = 19;
        let stop = read(Span::new(&bytes, 20)).unwrap_err();
        assert_eq!((stop.class(), stop.hazards()), (Class::Undecodable, Hazards::BAD_LENGTH));
    }

    #[test]
    fn a_length_of_zero_is_all_that_was_on_the_wire() {
        let mut bytes = V4.to_vec();
        bytes[3] = 0;
        bytes.extend([0; 7]);
        assert_eq!(read(Span::new(&bytes, 27)).unwrap().length, 27);
    }

    #[test]
    fn more_than_the_frame_is_cut_or_bad() {
        let mut bytes = V4;
        bytes[3] = 60;
        let cut = read(Span::new(&bytes, 60)).unwrap();
        assert!(cut.hazards.contains(Hazards::CUT) && !cut.hazards.contains(Hazards::BAD_LENGTH));
        assert_eq!((cut.length, cut.body.span.wire, cut.body.checkable), (60, 40, true));
        let bad = read(Span::new(&bytes, 20)).unwrap();
        assert!(bad.hazards.contains(Hazards::BAD_LENGTH) && !bad.hazards.contains(Hazards::CUT));
        assert_eq!((bad.length, bad.body.span.wire, bad.body.checkable), (20, 0, false));
    }

    #[test]
    fn bytes_behind_the_datagram_are_told() {
        let frame = [&V4[..], &[0; 80]].concat();
        let hazards = |length: usize| read(Span::new(&frame[..length], length)).unwrap().hazards;
        assert!(!hazards(50).contains(Hazards::TRAILER) && hazards(51).contains(Hazards::TRAILER));
        let frame = [v6(59, 2), vec![0; 80]].concat();
        let hazards = |length: usize| read(Span::new(&frame[..length], length)).unwrap().hazards;
        assert!(!hazards(50).contains(Hazards::TRAILER) && hazards(51).contains(Hazards::TRAILER));
        let cut = read(Span::new(&frame[..42], 99)).unwrap();
        assert_eq!((cut.length, cut.hazards), (42, Hazards::TRAILER));
    }

    #[test]
    fn no_more_counts_than_was_on_the_wire() {
        let bytes = [v6(17, 60_000), vec![0; 8]].concat();
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        assert_eq!((ip.length, ip.body.span.wire, ip.body.checkable), (48, 8, false));
        assert_eq!(ip.hazards, Hazards::BAD_LENGTH);
        let fragment = [v6(44, 60_000), vec![17, 0, 0, 1, 0, 0, 0, 9], vec![0; 8]].concat();
        let ip = read(Span::new(&fragment, fragment.len())).unwrap();
        assert_eq!((ip.length, ip.body.fragment.unwrap().length), (56, 8));
    }

    #[test]
    fn extension_headers_are_skipped_and_esp_is_not() {
        let mut bytes = v6(0, 16);
        bytes.extend([60, 0, 1, 4, 0, 0, 0, 0]);
        bytes.extend([50, 0, 1, 4, 0, 0, 0, 0]);
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        assert_eq!((ip.body.protocol, ip.body.span.wire, ip.body.stop), (50, 0, None));
        assert!(!ip.body.checkable);
    }

    #[test]
    fn an_authentication_header_is_passed_in_either_version() {
        let header = [17, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9];
        let mut four = [&V4[..], &header, &[7; 9]].concat();
        (four[3], four[9]) = (53, 51);
        let six = [v6(51, 33), header.to_vec(), vec![7; 9]].concat();
        for bytes in [&mut four, &mut six.clone()] {
            let whole = bytes.len();
            let ip = read(Span::new(bytes, whole)).unwrap();
            let body = ip.body;
            assert_eq!((body.protocol, body.span.wire, body.stop, body.checkable), (17, 9, None, true));
            let cut = read(Span::new(&bytes[..whole - 10], whole)).unwrap();
            assert!(cut.body.stop.is_some() && cut.hazards.contains(Hazards::CUT));
        }
        // A fragment has only a part of it.
        four[6] = 0x20;
        let ip = read(Span::new(&four, four.len())).unwrap();
        assert_eq!((ip.body.protocol, ip.body.fragment.unwrap().length), (51, 33));
    }

    #[test]
    fn authentication_headers_without_end_are_too_deep() {
        let mut bytes = [&V4[..], &[51, 1, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1].repeat(20)].concat();
        (bytes[2], bytes[3], bytes[9]) = (1, 4, 51);
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        assert!(ip.hazards.contains(Hazards::TOO_DEEP) && ip.body.stop.is_some());
    }

    #[test]
    fn an_atomic_fragment_is_none() {
        let mut bytes = v6(44, 8);
        bytes.extend([17, 0, 0, 0, 0, 0, 0, 9]);
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        assert!(ip.body.fragment.is_none());
        bytes[43] = 1;
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        let fragment = ip.body.fragment.unwrap();
        assert_eq!((fragment.id, fragment.offset, fragment.more), (9, 0, true));
    }

    #[test]
    fn a_chain_without_end_is_too_deep() {
        let mut bytes = v6(60, 8 * 20);
        for _ in 0..20 {
            bytes.extend([60, 0, 1, 4, 0, 0, 0, 0]);
        }
        let ip = read(Span::new(&bytes, bytes.len())).unwrap();
        assert!(ip.hazards.contains(Hazards::TOO_DEEP) && ip.body.stop.is_some());
    }

    #[test]
    fn no_next_header_and_no_length_is_empty() {
        let mut bytes = v6(59, 0);
        bytes.extend([0; 6]);
        assert_eq!(read(Span::new(&bytes, bytes.len())).unwrap().length, 40);
    }
}
