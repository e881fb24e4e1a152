//! Session descriptions (RFC 4566, RFC 8866), as RTSP and SIP carry them.
//!
//! Facts about the sender: `sdp.session`, the `s=` line where it says more than `-`; `sdp.media`, the kind of each medium
//! with its first coding (`video H264/90000`; RFC 3551 where no `rtpmap` names it), at most 4 of them; `sdp.media_header`,
//! the eight digits behind `MEDIAINFO=`, a line that some makers' media stacks write; `sdp.tool`, the program that wrote the
//! description (RFC 8866, 6.4); `sdp.packetization`, whose way of filling packets is offered besides the standard's; `sdp.range`, the
//! times between which a recording lies, where it has an end (RFC 2326, C.1.5). Bounds: 128 lines of 1024 bytes.

use std::net::IpAddr;

use crate::{
    Address, Fact, Field,
    reader::Facts,
    readers::lines::{Line, Lines},
    text::{MAX_VALUE, Text, value},
};

const MAX_LINES: usize = 128;
const MAX_MEDIA: usize = 4;
const MAX_CANDIDATES: usize = 8;

/// A medium whose coding is still to be found.
#[derive(Clone, Copy, Debug)]
struct Medium<'a> {
    kind: &'a [u8],
    payload: &'a [u8],
}

/// Yields where a description wants media to be sent: the address of each medium (RFC 8866, 5.7 and 5.14), or of all of them,
/// and those at which ICE may try it (RFC 8839, 5.1), at most 8.
/// A port of 0 is none, and so is an address that stands for nobody. What the last line says counts where it has an end, or
/// the description is `whole`.
pub(super) fn refer(description: &[u8], whole: bool, facts: Facts<'_>) {
    let mut lines = Lines::new(description, true, MAX_LINES);
    let (mut all, mut medium, mut count, mut candidates) = (None, None, 0, 0);
    while let Line::Whole(line) = lines.next() {
        match line {
            // Behind the medium its title may stand, then its address: anything else shows that it has none of its own.
            [b'i', b'=', ..] => {}
            [b'c', b'=', rest @ ..] => match medium.take() {
                None if count == 0 => all = connection(rest),
                None => {}
                of => say_end(of, connection(rest), facts),
            },
            _ => say_end(medium.take(), all, facts),
        }
        if let [b'm', b'=', rest @ ..] = line {
            count += 1;
            medium = destination(rest).filter(|_| count <= MAX_MEDIA);
        } else if let Some(rest) = line.strip_prefix(b"a=candidate:")
            && let Some((end, address)) = candidate(rest).filter(|_| candidates < MAX_CANDIDATES)
        {
            candidates += 1;
            say_end(Some(end), Some(address), facts);
        }
    }
    say_end(medium.filter(|_| whole), all, facts);
}

fn say_end(medium: Option<(u16, u8)>, address: Option<Address>, facts: Facts<'_>) {
    if let Some(((port, transport), address)) = medium.zip(address).filter(|((port, _), _)| *port != 0) {
        facts(Fact::Refers { address, port, transport, app: Some(super::rtp::READER.number) });
    }
}

/// `1 1 UDP 2130706431 203.0.113.7 30000 typ relay`. One of TCP that only calls has no port: it writes 9.
fn candidate(line: &[u8]) -> Option<((u16, u8), Address)> {
    let mut words = str::from_utf8(line).ok()?.split_ascii_whitespace().skip(2);
    let transport = words.next()?;
    let transport = match () {
        () if transport.eq_ignore_ascii_case("udp") => 17,
        () if transport.eq_ignore_ascii_case("tcp") => 6,
        () => return None,
    };
    let address: IpAddr = words.nth(1)?.parse().ok()?;
    let port = words.next()?.parse().ok().filter(|port| (*port, transport) != (9, 6))?;
    let is_typed = words.next()? == "typ" && matches!(words.next()?, "host" | "srflx" | "prflx" | "relay");
    let is_somebody = !address.is_unspecified() && !address.is_multicast() && !address.is_loopback();
    (is_typed && is_somebody).then(|| ((port, transport), Address::from(address)))
}

/// `IN IP4 203.0.113.7`, perhaps with a time to live behind it.
fn connection(line: &[u8]) -> Option<Address> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let ("IN", "IP4" | "IP6") = (words.next()?, words.next()?) else { return None };
    let address: IpAddr = words.next()?.split('/').next()?.parse().ok()?;
    (!address.is_unspecified() && !address.is_multicast()).then(|| Address::from(address))
}

/// Port and transport of `video 30000 RTP/AVP 96`.
fn destination(line: &[u8]) -> Option<(u16, u8)> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ').skip(1);
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let over = words.next()?;
    let transport = if over.starts_with("TCP/") { 6 } else { 17 };
    over.contains("RTP/").then_some((port, transport))
}

/// Yields what a description says; a last line without an end counts where the description is `whole`.
pub(super) fn read(description: &[u8], whole: bool, facts: Facts<'_>) {
    let mut lines = Lines::new(description, true, MAX_LINES);
    let mut medium = None;
    let mut count = 0;
    loop {
        let (line, last) = match lines.next() {
            Line::Whole(line) => (line, false),
            Line::Open | Line::Over if whole => (description.get(lines.at..).unwrap_or(&[]), true),
            Line::Open | Line::Over => (&[][..], true),
        };
        match line {
            [b's', b'=', session @ ..] => say_text(Some(session), Field::SdpSession, facts),
            [b'm', b'=', rest @ ..] => {
                say_medium(medium.take(), None, facts);
                medium = Medium::parse(rest).filter(|_| count < MAX_MEDIA);
                count += 1;
            }
            [b'a', b'=', attribute @ ..] => {
                let map = medium.and_then(|medium: Medium<'_>| medium.coding(attribute));
                if map.is_some() {
                    say_medium(medium.take(), map, facts);
                }
                say_header(attribute, facts);
                say_range(attribute, facts);
                for (key, field) in
                    [(&b"tool:"[..], Field::SdpTool), (b"packetization-supported:", Field::SdpPacketization)]
                {
                    say_text(attribute.strip_prefix(key), field, facts);
                }
            }
            _ => {}
        }
        // The coding of a cut description's last medium may stand in what was cut.
        if last {
            return say_medium(medium.filter(|_| whole), None, facts);
        }
    }
}

impl<'a> Medium<'a> {
    /// `video 0 RTP/AVP 96 97`: kind, port, protocol, payload types.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        let kind = words.next().filter(|kind| kind.iter().all(u8::is_ascii_lowercase))?;
        let payload = words.nth(2)?;
        Some(Self { kind, payload })
    }

    /// What `rtpmap:96 H264/90000` says, where that is its payload type.
    fn coding(&self, attribute: &'a [u8]) -> Option<&'a [u8]> {
        let map = attribute.strip_prefix(b"rtpmap:")?.trim_ascii_start();
        Some(map.strip_prefix(self.payload)?.strip_prefix(b" ")?.trim_ascii())
    }
}

fn say_text(text: Option<&[u8]>, field: Field, facts: Facts<'_>) {
    let text = text.unwrap_or(b"").trim_ascii();
    if !matches!(text, b"" | b"-") {
        facts(Fact::of_sender(field, value(text)));
    }
}

fn say_medium(medium: Option<Medium<'_>>, coding: Option<&[u8]>, facts: Facts<'_>) {
    let Some(Medium { kind, payload }) = medium else { return };
    let mut text = Text::<MAX_VALUE>::new();
    text.extend(kind);
    text.push(b' ');
    text.extend(coding.unwrap_or_else(|| registered(payload)));
    facts(Fact::of_sender(Field::SdpMedia, text.as_bytes()));
}

/// The coding of a payload type that needs no `rtpmap` (RFC 3551, 6), else the number itself.
const fn registered(payload: &[u8]) -> &[u8] {
    match payload {
        b"0" => b"PCMU/8000",
        b"8" => b"PCMA/8000",
        b"9" => b"G722/8000",
        b"14" => b"MPA/90000",
        b"26" => b"JPEG/90000",
        b"31" => b"H261/90000",
        b"32" => b"MPV/90000",
        b"33" => b"MP2T/90000",
        b"34" => b"H263/90000",
        other => other,
    }
}

/// `range:npt=0-5400.0`: when a recording ends. What goes on has no end: `range:npt=now-`, `range:npt=0-`.
fn say_range(attribute: &[u8], facts: Facts<'_>) {
    let range = attribute.strip_prefix(b"range:").map(<[u8]>::trim_ascii);
    let end = range.and_then(|range| range.strip_prefix(b"npt=")).and_then(|npt| {
        let dash = memchr::memchr(b'-', npt)?;
        npt.get(dash + 1..)
    });
    if end.is_some_and(|end| end.iter().any(|byte| (b'1'..=b'9').contains(byte))) {
        say_text(range, Field::SdpRange, facts);
    }
}

/// `Media_header:MEDIAINFO=494D4B48…;`: the first four bytes are a magic number of the media stack.
fn say_header(attribute: &[u8], facts: Facts<'_>) {
    let header = attribute.strip_prefix(b"Media_header:MEDIAINFO=").and_then(|digits| digits.get(..8));
    if let Some(header) = header.filter(|header| header.iter().all(u8::is_ascii_hexdigit)) {
        facts(Fact::of_sender(Field::SdpMediaHeader, header));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::line;

    fn said(description: &str) -> Vec<String> {
        let mut lines = Vec::new();
        read(description.as_bytes(), true, &mut |fact| lines.push(line(&fact)));
        lines
    }

    fn referred(description: &str) -> Vec<String> {
        let mut lines = Vec::new();
        refer(description.as_bytes(), false, &mut |fact| lines.push(crate::readers::tests::line(&fact)));
        lines
    }

    #[test]
    fn media_are_wanted_at_addresses() {
        let text = "v=0\r\ns=Play\r\nc=IN IP4 203.0.113.7\r\nt=0 0\r\nm=video 30000 RTP/AVP 96\r\n\
            m=audio 30002 TCP/RTP/AVP 8\r\nc=IN IP6 2001:db8::7\r\ny=0100000001\r\n";
        let said = [
            "refers to 203.0.113.7 port 30000 protocol 17 rtp",
            "refers to 2001:db8::7 port 30002 protocol 6 rtp",
        ];
        assert_eq!(referred(text), said);
        // Each cut says less, and nothing else.
        for end in 0..text.len() {
            assert!(said.starts_with(&referred(&text[..end]).iter().map(String::as_str).collect::<Vec<_>>()));
        }
        for near in [
            text.replace("30000", "0").replace("30002", "0"),
            text.replace("IP4 203.0.113.7", "IP4 0.0.0.0").replace("2001:db8::7", "ff02::1"),
            text.replace("RTP/AVP", "udp"),
            text.replace("c=IN", "c=XX"),
        ] {
            assert_eq!(referred(&near), [""; 0], "{near}");
        }
    }

    #[test]
    fn candidates_are_where_media_may_be_tried() {
        let text = "v=0\r\nc=IN IP4 0.0.0.0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n\
            a=candidate:1 1 UDP 2130706431 192.0.2.7 50000 typ host\r\n\
            a=candidate:2 1 tcp 1015021823 203.0.113.7 443 typ relay raddr 192.0.2.7 rport 50000\r\n";
        let said = [
            "refers to 192.0.2.7 port 50000 protocol 17 rtp",
            "refers to 203.0.113.7 port 443 protocol 6 rtp",
        ];
        assert_eq!(referred(text), said);
        for end in 0..text.len() {
            assert!(said.starts_with(&referred(&text[..end]).iter().map(String::as_str).collect::<Vec<_>>()));
        }
        for near in ["UDP", "tcp"].map(|transport| text.replace(transport, "dccp")).into_iter().chain([
            text.replace("typ", "typo"),
            text.replace("host", "guest").replace("relay", "rely"),
            text.replace("192.0.2.7 50000 typ", "cam.local 50000 typ")
                .replace("203.0.113.7 443", "203.0.113.7 9"),
            text.replace("192.0.2.7 5", "0.0.0.0 5").replace("203.0.113.7", "224.0.0.1"),
            text.replace("a=candidate", "a=candidates"),
        ]) {
            assert!(referred(&near).len() < 2, "{near}");
        }
        assert_eq!(referred(&text.repeat(20)).len(), MAX_CANDIDATES);
    }

    #[test]
    fn session_media_and_stack() {
        let description = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Media Presentation\r\nm=video 0 RTP/AVP 96\r\n\
            a=rtpmap:96 H264/90000\r\nm=audio 0 RTP/AVP 8\r\na=control:2\r\n\
            a=Media_header:MEDIAINFO=494D4B48010200;\r\nm=application 0 RTP/AVP 107\r\n\
            a=rtpmap:107 vnd.onvif.metadata/90000";
        let all = [
            "sender sdp.session Media Presentation",
            "sender sdp.media video H264/90000",
            "sender sdp.media_header 494D4B48",
            "sender sdp.media audio PCMA/8000",
            "sender sdp.media application vnd.onvif.metadata/90000",
        ];
        assert_eq!(said(description), all);
    }

    #[test]
    fn another_type_s_map_is_not_taken() {
        assert_eq!(
            said("m=video 0 RTP/AVP 9\na=rtpmap:96 H264/90000\n"),
            ["sender sdp.media video G722/8000"]
        );
        assert_eq!(said("m=video 0 RTP/AVP 96\na=rtpmap:960 H264/90000\n"), ["sender sdp.media video 96"]);
    }

    #[test]
    fn who_wrote_it_and_whose_packets() {
        assert_eq!(
            said(
                "a=packetization-supported:EX\r\na=tool:Example 1.0 A@EXAMPLE.COM\r\nm=video 0 RTP/AVP 26\r\n"
            ),
            [
                "sender sdp.packetization EX",
                "sender sdp.tool Example 1.0 A@EXAMPLE.COM",
                "sender sdp.media video JPEG/90000"
            ]
        );
    }

    #[test]
    fn a_recording_has_an_end() {
        assert_eq!(said("a=range:npt=0-5400.0\r\n"), ["sender sdp.range npt=0-5400.0"]);
        assert_eq!(said("a=range: npt=00:00:00-01:30:00\r\n"), ["sender sdp.range npt=00:00:00-01:30:00"]);
        for live in ["npt=now-", "npt=0-", "npt=0.000-", "npt=0-0.000", "clock=20260301T090000Z-", "npt", ""]
        {
            assert!(said(&format!("a=range:{live}\r\n")).is_empty(), "{live}");
        }
    }

    #[test]
    fn what_says_nothing() {
        for nothing in [
            "",
            "s=-\r\n",
            "s= \n",
            "a=tool:\n",
            "a=toolbox:x\n",
            "m=video\n",
            "m=VIDEO 0 RTP/AVP 0\n",
            "a=Media_header:MEDIAINFO=xyz",
        ] {
            assert!(said(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_is_cut_says_no_half_of_a_line() {
        let mut lines = Vec::new();
        read(b"s=Media Presentation\ns=Me", false, &mut |fact| lines.push(line(&fact)));
        assert_eq!(lines, ["sender sdp.session Media Presentation"]);
    }

    #[test]
    fn media_are_bounded() {
        assert_eq!(said(&"m=audio 0 RTP/AVP 0\n".repeat(40)).len(), MAX_MEDIA);
        assert_eq!(said(&"\n".repeat(4000)).len(), 0);
    }
}
