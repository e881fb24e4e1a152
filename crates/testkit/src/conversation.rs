//! A TCP connection of a scenario: counts sequence numbers, so that a script only says who sends what.

use crate::packet::Segment;
use crate::{End, Scenario};
use lenscap_wire::TcpFlags;

/// Who of the two speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A TCP connection between two ends.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Who opened it.
    pub client: End,
    /// Who was asked.
    pub server: End,
    /// Bytes in a full segment.
    pub segment_size: usize,
    /// Whether the receiver's acknowledgements are captured.
    pub acknowledged: bool,
    next: [u32; 2],
}

impl Scenario {
    /// Opens a connection from the client's next dynamic port: three packets.
    pub fn tcp(&mut self, client: crate::Host, server: End) -> Conversation {
        let client = self.client(client);
        let first = [self.random.next() as u32, self.random.next() as u32];
        let mut tcp = Conversation::unopened(client, server, first);
        tcp.open(self);
        tcp
    }
}

impl Conversation {
    /// A connection of which nothing was sent; `first` are the initial sequence numbers of client and server.
    pub const fn unopened(client: End, server: End, first: [u32; 2]) -> Self {
        Self { client, server, segment_size: 1460, acknowledged: true, next: first }
    }

    /// The handshake.
    pub fn open(&mut self, s: &mut Scenario) {
        self.flag(s, Side::Client, TcpFlags::SYN);
        self.flag(s, Side::Server, TcpFlags::SYN | TcpFlags::ACK);
        self.flag(s, Side::Client, TcpFlags::ACK);
    }

    /// The sequence number of the next new byte of `side`.
    pub const fn next(&self, side: Side) -> u32 {
        self.next[side as usize]
    }

    /// A segment without payload; SYN and FIN count one in the sequence.
    pub fn flag(&mut self, s: &mut Scenario, side: Side, flags: u8) {
        self.at(s, side, self.next(side), flags, b"");
        if flags & (TcpFlags::SYN | TcpFlags::FIN) != 0 {
            self.skip(side, 1);
        }
    }

    /// New bytes from `side`, in full segments, acknowledged after every second one and the last.
    pub fn send(&mut self, s: &mut Scenario, side: Side, bytes: &[u8]) {
        let count = bytes.len().div_ceil(self.segment_size);
        for (n, piece) in bytes.chunks(self.segment_size).enumerate() {
            let last = n + 1 == count;
            let push = if last { TcpFlags::PSH } else { 0 };
            self.at(s, side, self.next(side), TcpFlags::ACK | push, piece);
            self.skip(side, piece.len() as u32);
            if self.acknowledged && (last || n % 2 == 1) {
                self.flag(s, side.other(), TcpFlags::ACK);
            }
        }
    }

    /// A segment at any sequence number; the count of new bytes stays. For retransmissions and overlaps.
    pub fn at(&self, s: &mut Scenario, side: Side, sequence: u32, flags: u8, payload: &[u8]) {
        let (from, to) = match side {
            Side::Client => (self.client, self.server),
            Side::Server => (self.server, self.client),
        };
        let has_ack = flags & TcpFlags::ACK != 0;
        let acknowledgement = if has_ack { self.next(side.other()) } else { 0 };
        let segment = Segment { ports: (from.port, to.port), sequence, acknowledgement, flags };
        s.segment(from.host, to.host, segment, payload);
    }

    /// Sends `payload` again from `back` bytes before the next new one.
    pub fn again(&self, s: &mut Scenario, side: Side, back: u32, payload: &[u8]) {
        self.at(s, side, self.next(side).wrapping_sub(back), TcpFlags::ACK | TcpFlags::PSH, payload);
    }

    /// Counts bytes of `side` that are sent, but not captured.
    pub const fn skip(&mut self, side: Side, count: u32) {
        let next = &mut self.next[side as usize];
        *next = next.wrapping_add(count);
    }

    /// Closes from `side`: FIN, FIN, ACK.
    pub fn close(&mut self, s: &mut Scenario, side: Side) {
        self.flag(s, side, TcpFlags::FIN | TcpFlags::ACK);
        self.flag(s, side.other(), TcpFlags::FIN | TcpFlags::ACK);
        self.flag(s, side, TcpFlags::ACK);
    }

    /// Breaks the connection off from `side`.
    pub fn reset(&mut self, s: &mut Scenario, side: Side) {
        self.flag(s, side, TcpFlags::RST | TcpFlags::ACK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Host, MORNING};
    use etherparse::{SlicedPacket, TransportSlice};

    #[test]
    fn sequence_numbers_fit_together() {
        let mut s = Scenario::new(MORNING, 1);
        let client = Host::new("02:00:00:00:00:01", "192.168.1.2");
        let server = s.outside("192.0.2.1").port(443);
        let mut tcp = Conversation::unopened(client.port(50_000), server, [u32::MAX - 5, 0]);
        tcp.open(&mut s);
        tcp.send(&mut s, Side::Client, &[7; 3000]);
        tcp.send(&mut s, Side::Server, &[8; 10]);
        tcp.close(&mut s, Side::Client);

        let mut next = [None::<u32>; 2];
        for frame in &s.frames {
            let sliced = SlicedPacket::from_ethernet(&frame.bytes).unwrap();
            let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("no TCP") };
            let side = usize::from(tcp.source_port() == 443);
            let length = tcp.payload().len() as u32 + u32::from(tcp.syn()) + u32::from(tcp.fin());
            assert!(next[side].is_none_or(|want| want == tcp.sequence_number()));
            if tcp.ack() {
                assert_eq!(Some(tcp.acknowledgment_number()), next[1 - side]);
            }
            next[side] = Some(tcp.sequence_number().wrapping_add(length));
        }
        assert_eq!(s.frames.len(), 3 + 3 + 2 + 2 + 3);
    }
}
