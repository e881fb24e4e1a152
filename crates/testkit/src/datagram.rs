//! Whole exchanges over UDP: QUIC, DTLS, RTP and STUN, as one verb each.

use crate::message::{
    self, ClientHello, Initial, Rtp, crypto, dtls_message, dtls_record, dtls_verify, stun_attribute,
    stun_mapped,
};
use crate::{End, Scenario};
use std::net::SocketAddr;

impl Scenario {
    /// A client's hello for `name` over QUIC, a server's reply that nobody else can open without it, and packets of
    /// either that nobody can open.
    pub fn quic(&mut self, client: End, server: End, name: &str) {
        let hello =
            ClientHello { name: Some(name), alpn: &["h3"], versions: &[0x0304], ..ClientHello::default() };
        let (key, id) = (self.random.bytes(8), self.random.bytes(8));
        let hello = hello.message(&mut self.random);
        self.udp(client, server, &message::quic_hello(&key, &hello));
        let reply = Initial { destination: &[], source: &id, server: true, ..Initial::first(&key) };
        let shares = self.random.bytes(90);
        self.udp(server, client, &reply.padded(&crypto(0, &shares), 1200));
        self.short(client, server, &id, 60);
        self.short(server, client, &[], 1100);
    }

    /// A client's hello of 1,700 bytes over QUIC, as long as those with a post-quantum key share: its second datagram
    /// comes first.
    pub fn quic_in_two(&mut self, client: End, server: End, name: &str) {
        let hello = ClientHello { name: Some(name), alpn: &["h3"], versions: &[0x0304], key_share: 1216 };
        let (key, hello) = (self.random.bytes(8), hello.message(&mut self.random));
        let (one, two) = hello.split_at(1000);
        let first = Initial::first(&key);
        let late = first.padded(&crypto(0, one), 1200);
        self.udp(client, server, &Initial { number: 1, ..first }.padded(&crypto(one.len(), two), 1200));
        self.udp(client, server, &late);
    }

    /// A packet with a short header: all but its form is opaque.
    fn short(&mut self, from: End, to: End, id: &[u8], length: usize) {
        let rest = self.random.bytes(length);
        self.udp(from, to, &[&[0x40], id, &rest].concat());
    }

    /// A client's hello of DTLS for `name`, refused once for want of a cookie; then what nobody can open.
    pub fn dtls(&mut self, client: End, server: End, name: &str) {
        let offer =
            ClientHello { name: Some(name), alpn: &[], versions: &[0xfefd], ..ClientHello::default() };
        let (cookie, seed) = (self.random.bytes(20), self.random.clone());
        // The second hello is the first with a cookie: its random bytes are the same.
        let hello = |cookie: &[u8]| offer.dtls_body(&mut seed.clone(), cookie);
        self.udp(client, server, &dtls_message(1, 0, &hello(&[])));
        self.udp(server, client, &dtls_message(3, 0, &dtls_verify(&cookie)));
        self.udp(client, server, &dtls_message(1, 1, &hello(&cookie)));
        for (from, to) in [(client, server), (server, client)] {
            let opaque = self.random.bytes(200);
            self.udp(from, to, &dtls_record(23, 1, 0, &opaque));
        }
    }

    /// `count` packets of a stream, 40 ms apart, of `length` bytes each.
    pub fn rtp(&mut self, from: End, to: End, payload_type: u8, count: usize, length: usize) {
        let [sequence, time, source] = [(); 3].map(|()| self.random.next() as u32);
        let mut stream = Rtp { payload_type, sequence: sequence as u16, time, source };
        for _ in 0..count {
            let payload = self.random.bytes(length);
            self.udp(from, to, &stream.packet(&payload, 3600));
            self.wait(40 * crate::MILLISECOND - self.step);
        }
    }

    /// A client asks a server what its address looks like, and is told `seen`.
    pub fn stun(&mut self, client: End, server: End, seen: SocketAddr) {
        let transaction = self.random.bytes(12).try_into().expect("twelve bytes");
        self.udp(client, server, &message::stun(0x0001, transaction, &[]));
        let software = stun_attribute(0x8022, b"Example STUN 1.0");
        let answer = message::stun(0x0101, transaction, &[software, stun_mapped(transaction, seen)]);
        self.udp(server, client, &answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Host, MORNING};

    #[test]
    fn exchanges_are_the_same_each_time() {
        let make = || {
            let mut s = Scenario::new(MORNING, 3);
            let (client, server) = (Host::new("02:00:00:00:53:40", "192.168.1.64"), s.outside("203.0.113.9"));
            let (client, server) = (s.client(client), server.port(443));
            s.quic(client, server, "cloud.example.com");
            s.quic_in_two(client, server, "cloud.example.com");
            s.dtls(client, server, "cloud.example.com");
            s.rtp(client, server, 96, 5, 1000);
            s.stun(client, server, "198.51.100.7:40000".parse().expect("an endpoint"));
            s.frames.into_iter().map(|frame| frame.bytes).collect::<Vec<_>>()
        };
        let frames = make();
        assert_eq!(frames.len(), 4 + 2 + 5 + 5 + 2);
        assert_eq!(frames, make());
    }
}
