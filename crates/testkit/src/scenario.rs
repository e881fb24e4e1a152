//! A scenario: a clock, the frames so far, and verbs that append packets.
//!
//! Each verb sends its packets at the clock's time and moves the clock by [`Scenario::step`] for each. Frames stand
//! in capture order; nothing is sorted afterwards.

use crate::packet::{self, Segment};
use crate::wrap::{self, Wrap};
use crate::{End, Host, OwnedFrame, SplitMix64};
use lenscap_wire::{Mac, Timestamp};

/// A millisecond in the clock's nanoseconds.
pub const MILLISECOND: i64 = 1_000_000;
/// A second in the clock's nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// 2026-03-02T09:00:00Z, when named scenarios begin.
pub const MORNING: Timestamp = Timestamp(1_772_442_000 * SECOND);

/// A capture in the making.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The time of the next packet.
    pub now: Timestamp,
    /// How far the clock moves with each packet, in nanoseconds.
    pub step: i64,
    /// Bytes kept of each frame from here on.
    pub snap_length: u32,
    /// What later packets are wrapped in, outermost first.
    pub within: Vec<Wrap>,
    /// Link address of the router; hosts outside have it too.
    pub gateway: Mac,
    /// The frames so far.
    pub frames: Vec<OwnedFrame>,
    /// Where sequence numbers, identifiers and opaque bytes come from.
    pub random: SplitMix64,
    identification: u16,
    next_port: u16,
}

impl Scenario {
    /// An empty capture that starts at `start`; `seed` decides sequence numbers, identifiers and opaque bytes.
    pub fn new(start: Timestamp, seed: u64) -> Self {
        Self {
            now: start,
            step: MILLISECOND,
            snap_length: 262_144,
            within: Vec::new(),
            gateway: Mac([0x02, 0, 0x5e, 0, 0x53, 1]),
            frames: Vec::new(),
            random: SplitMix64::new(seed),
            identification: 0,
            next_port: 49_152,
        }
    }

    /// A host beyond the router.
    pub fn outside(&self, ip: &str) -> Host {
        Host { mac: self.gateway, ip: Host::group(ip).ip }
    }

    /// Lets `nanoseconds` pass; a negative number steps the clock back.
    pub const fn wait(&mut self, nanoseconds: i64) {
        self.now = Timestamp(self.now.0.saturating_add(nanoseconds));
    }

    /// Appends a frame as it stands, wrapped, padded to Ethernet's 60 bytes, and cut at the snap length.
    pub fn frame(&mut self, bytes: Vec<u8>) {
        let mut bytes =
            self.within.iter().rev().fold(bytes, |inner, wrap| wrap::apply(*wrap, &inner, self.gateway));
        bytes.resize(bytes.len().max(60), 0);
        self.frames.push(OwnedFrame::ethernet(self.now, bytes).cut(self.snap_length));
        self.wait(self.step);
    }

    /// Appends an IP packet.
    pub fn ip(&mut self, from: Host, to: Host, ip_packet: &[u8]) {
        self.frame(packet::ethernet(from.mac, to.mac, packet::ether_type(ip_packet), ip_packet));
    }

    /// Appends a packet of any IP protocol.
    pub fn protocol(&mut self, from: Host, to: Host, protocol: u8, body: &[u8]) {
        let id = self.identification();
        self.ip(from, to, &packet::ip(from.ip, to.ip, protocol, body, id));
    }

    /// Appends a UDP datagram.
    pub fn udp(&mut self, from: End, to: End, payload: &[u8]) {
        let body = packet::udp(from.host.ip, to.host.ip, (from.port, to.port), payload);
        self.protocol(from.host, to.host, 17, &body);
    }

    /// Appends a TCP segment with everything chosen; [`crate::Conversation`] does the counting.
    pub fn segment(&mut self, from: Host, to: Host, segment: Segment, payload: &[u8]) {
        let body = packet::tcp(from.ip, to.ip, segment, payload);
        self.protocol(from, to, 6, &body);
    }

    /// Appends an ICMP message of this type and code.
    pub fn icmp(&mut self, from: Host, to: Host, kind: (u8, u8), rest: [u8; 4], payload: &[u8]) {
        let body = packet::icmp(from.ip, to.ip, kind, rest, payload);
        self.protocol(from, to, packet::icmp_protocol(from.ip), &body);
    }

    /// Appends an echo request and its reply.
    pub fn ping(&mut self, from: Host, to: Host, sequence: u16) {
        let (ask, reply) = if from.ip.is_ipv4() { (8, 0) } else { (128, 129) };
        let [high, low] = sequence.to_be_bytes();
        self.icmp(from, to, (ask, 0), [0, 7, high, low], b"abcdefghijklmnop");
        self.icmp(to, from, (reply, 0), [0, 7, high, low], b"abcdefghijklmnop");
    }

    /// Appends a UDP datagram and the port-unreachable message with which its receiver answers, quoting the IP
    /// header and eight bytes (RFC 792).
    pub fn udp_refused(&mut self, from: End, to: End, payload: &[u8]) {
        let body = packet::udp(from.host.ip, to.host.ip, (from.port, to.port), payload);
        let id = self.identification();
        let whole = packet::ip(from.host.ip, to.host.ip, 17, &body, id);
        self.ip(from.host, to.host, &whole);
        let (kind, header) = if from.host.ip.is_ipv4() { ((3, 3), 20) } else { ((1, 4), 40) };
        self.icmp(to.host, from.host, kind, [0; 4], &whole[..header + 8]);
    }

    /// The fragments of a UDP datagram, not yet sent; each body holds at most `size` bytes.
    pub fn udp_fragments(&mut self, from: End, to: End, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
        let body = packet::udp(from.host.ip, to.host.ip, (from.port, to.port), payload);
        let id = self.identification();
        packet::fragments(&packet::ip(from.host.ip, to.host.ip, 17, &body, id), size, u32::from(id))
    }

    /// The next identification of an IP packet; never 0.
    pub const fn identification(&mut self) -> u16 {
        self.identification = if self.identification == u16::MAX { 1 } else { self.identification + 1 };
        self.identification
    }

    /// The next dynamic port (RFC 6335: 49,152 to 65,535), then from the start.
    pub const fn ephemeral(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = if port == u16::MAX { 49_152 } else { port + 1 };
        port
    }

    /// A socket of `host` on the next dynamic port.
    pub const fn client(&mut self, host: Host) -> End {
        host.port(self.ephemeral())
    }

    /// Loses the last frame: it was sent, but not captured.
    pub fn lose_last(&mut self) {
        self.frames.pop();
    }

    /// Turns the order of the last `count` frames round; their stamps stay ascending.
    pub fn reverse_last(&mut self, count: usize) {
        let start = self.frames.len().saturating_sub(count);
        let tail = &mut self.frames[start..];
        let times: Vec<_> = tail.iter().map(|frame| frame.time).collect();
        tail.reverse();
        for (frame, time) in tail.iter_mut().zip(times) {
            frame.time = time;
        }
    }

    /// Sorts the frames by time; those of one time keep their order. For scenarios whose hosts are told one after
    /// another but act at once.
    pub fn in_time_order(mut self) -> Vec<OwnedFrame> {
        self.frames.sort_by_key(|frame| frame.time);
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_with_each_packet() {
        let mut s = Scenario::new(MORNING, 1);
        let (a, b) = (Host::new("02:00:00:00:00:01", "192.168.1.2"), s.outside("192.0.2.1"));
        s.udp(a.port(1), b.port(2), b"x");
        s.wait(SECOND);
        s.ping(a, b, 1);
        let times: Vec<i64> = s.frames.iter().map(|frame| frame.time.0 - MORNING.0).collect();
        assert_eq!(times, [0, 1001 * MILLISECOND, 1002 * MILLISECOND]);
        assert_eq!(s.frames[0].bytes.len(), 60);
    }

    #[test]
    fn reversing_keeps_the_stamps() {
        let mut s = Scenario::new(MORNING, 1);
        for n in 0..3 {
            s.frame(vec![n; 60]);
        }
        s.reverse_last(2);
        assert_eq!(s.frames.iter().map(|frame| frame.bytes[0]).collect::<Vec<_>>(), [0, 2, 1]);
        assert!(s.frames.is_sorted_by_key(|frame| frame.time));
    }
}
