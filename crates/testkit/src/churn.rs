//! A site that never rests: stations come and go, and so do their addresses, the names that they ask for and whom they call.
//!
//! One event follows another: a lease, a look-up and an upload over TLS, a keep-alive of an old connection, a search by
//! multicast, fragments of which one is lost, a scan. Some two hundred stations are there at once; each is replaced after a while
//! by another with a MAC, an address and names of its own. So everything that a sensor keeps by key has ever new keys.

use crate::message::Lease;
use crate::{Conversation, End, Host, MORNING, OwnedFrame, Scenario, Side};
use lenscap_wire::Mac;
use std::net::{IpAddr, Ipv4Addr};

/// Stations that are there at once.
const STATIONS: u64 = 200;
/// Events of a place after which there is another station in it, unless another number is asked for.
const STAYS: u64 = 400;
/// Connections that send a keep-alive now and then.
const KEPT: usize = 50;

/// Frames of such a site, event by event.
#[derive(Clone, Debug)]
pub struct Churn {
    scenario: Scenario,
    event: u64,
    /// Nanoseconds between two events.
    pause: i64,
    stays: u64,
    kept: Vec<Conversation>,
}

impl Churn {
    /// Events so many nanoseconds apart; a seed decides everything.
    pub fn new(seed: u64, pause: i64) -> Self {
        Self { scenario: Scenario::new(MORNING, seed), event: 0, pause, stays: STAYS, kept: Vec::new() }
    }

    /// The same with stations that go after so many events of their place.
    #[must_use]
    pub fn staying(self, events: u64) -> Self {
        Self { stays: events.max(1), ..self }
    }

    /// The station that is in a place at the time, and its number among all that ever were.
    fn station(&self, place: u64) -> (Host, u64) {
        let n = (self.event + place * 7) / self.stays / STATIONS * STATIONS + place;
        let [.., a, b, c, d] = n.wrapping_mul(0x9e37_79b1).to_be_bytes();
        let mac = if n.is_multiple_of(4) { [0x44, 0x19, 0xb6, b, c, d] } else { [2, 0, a, b, c, d] };
        let ip = Ipv4Addr::new(10, (n >> 14) as u8 & 63, (n >> 7) as u8 & 127, 10 + (n & 127) as u8);
        (Host { mac: Mac(mac), ip: IpAddr::V4(ip) }, n)
    }

    /// A party outside, one of so many.
    fn party(&mut self, of: u64) -> (Host, u64) {
        let n = self.scenario.random.below(of);
        let [.., a, b, c] = n.to_be_bytes();
        let gateway = self.scenario.gateway;
        (Host { mac: gateway, ip: IpAddr::V4(Ipv4Addr::new(52, a, b, c)) }, n)
    }

    fn happen(&mut self) {
        let place = self.scenario.random.below(STATIONS);
        let (station, n) = self.station(place);
        let resolver = Host { mac: self.scenario.gateway, ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)) };
        match self.event % 16 {
            0 => self.arrive(station, n, resolver),
            1..=8 => self.call(station, n, resolver),
            9 | 10 => self.keep_alive(),
            11 => self.scenario.mdns(station, "_http._tcp.local", &format!("cam{n}._http._tcp.local")),
            12 => self.scenario.ntp(station, resolver),
            13 => self.fragments(station),
            14 => self.scan(station),
            _ => {
                let request = format!("GET /status?n={n} HTTP/1.1\r\nHost: cam{n}.local\r\n\r\n");
                let response =
                    format!("HTTP/1.1 200 OK\r\nServer: App-webs/{n}\r\nContent-Length: 0\r\n\r\n");
                self.scenario.http(resolver, station.port(80), &request, &response);
            }
        }
    }

    fn arrive(&mut self, station: Host, n: u64, router: Host) {
        let name = format!("cam{n}");
        self.scenario.arp(station, router);
        let (client, server, hostname) = (station, router, name.as_str());
        self.scenario.dhcp(&Lease { client, server, hostname, vendor_class: "ipcam", id: n as u32 });
    }

    /// A look-up, and what it was for: mostly a report, now and then an upload.
    fn call(&mut self, station: Host, n: u64, resolver: Host) {
        let (party, at) = self.party(1 << 22);
        let name = match n % 4 {
            0 => format!("dev{at}.hik-connect.com"),
            _ => format!("n{at}.churn.example"),
        };
        self.scenario.resolve(station, resolver, &name, party);
        let mut tcp = self.scenario.tls(station, party.port(443), &name);
        if self.event.is_multiple_of(64) {
            for _ in 0..24 {
                tcp.opaque(&mut self.scenario, Side::Client, 1200);
            }
        }
        if self.kept.len() < KEPT || self.event.is_multiple_of(32) {
            let at = (self.event / 32) as usize % KEPT;
            match self.kept.get_mut(at) {
                Some(before) => *before = tcp,
                None => self.kept.push(tcp),
            }
        } else if !self.event.is_multiple_of(5) {
            tcp.close(&mut self.scenario, Side::Client);
        }
    }

    /// An old connection says that it is there; most were silent for longer than ends a flow.
    fn keep_alive(&mut self) {
        let at = self.scenario.random.below(self.kept.len().max(1) as u64) as usize;
        if let Some(tcp) = self.kept.get_mut(at) {
            tcp.opaque(&mut self.scenario, Side::Client, 95);
            tcp.opaque(&mut self.scenario, Side::Server, 43);
        }
    }

    fn fragments(&mut self, station: Host) {
        let (party, _) = self.party(1 << 16);
        let (from, to): (End, End) = (station.port(5000), party.port(6000));
        let all = self.scenario.udp_fragments(from, to, &[7; 3000], 1480);
        let whole = self.event.is_multiple_of(32);
        for fragment in all.into_iter().skip(usize::from(!whole)) {
            self.scenario.ip(station, party, &fragment);
        }
    }

    fn scan(&mut self, station: Host) {
        for port in 1..8 {
            let (party, at) = self.party(1 << 20);
            self.scenario.udp(station.port(40_000 + (at & 0xfff) as u16), party.port(port), b"?");
        }
    }
}

impl Iterator for Churn {
    type Item = Vec<OwnedFrame>;

    fn next(&mut self) -> Option<Vec<OwnedFrame>> {
        self.happen();
        self.event += 1;
        self.scenario.wait(self.pause);
        Some(std::mem::take(&mut self.scenario.frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn everything_is_new_again_and_again() {
        let frames: Vec<_> = Churn::new(1, 50_000_000).take(100_000).flatten().collect();
        assert!(frames.is_sorted_by_key(|frame| frame.time));
        let senders: HashSet<_> = frames.iter().map(|frame| frame.bytes[6..12].to_vec()).collect();
        assert!(senders.len() > 300, "{}", senders.len());
        let twice: Vec<_> = Churn::new(1, 50_000_000).take(1000).collect();
        assert!(twice == Churn::new(1, 50_000_000).take(1000).collect::<Vec<_>>());
    }
}
