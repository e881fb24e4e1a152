//! Whole exchanges of a scenario: what the application protocols of a small network say, as one verb each.

use crate::message::{self, ClientHello, Lease, Record, Value};
use crate::packet::{self, ARP};
use crate::{Conversation, End, Host, Scenario, Side};
use lenscap_wire::Mac;
use std::net::IpAddr;

impl Scenario {
    /// Asks for the addresses of `name`; returns what [`Scenario::dns_answer`] needs.
    pub fn dns_query<'n>(&mut self, client: Host, server: Host, name: &'n str) -> Question<'n> {
        let question = Question {
            client: self.client(client),
            server: server.port(53),
            id: self.random.next() as u16,
            name,
        };
        self.udp(question.client, question.server, &message::dns(question.id, 0x0100, Some((name, 1)), &[]));
        question
    }

    /// Answers with `addresses`, behind the canonical names of `chain`.
    pub fn dns_answer(&mut self, question: &Question<'_>, chain: &[&str], addresses: &[IpAddr]) {
        let mut owner = question.name;
        let mut records = Vec::new();
        for next in chain {
            records.push(Record { name: owner, value: Value::Cname(next) });
            owner = next;
        }
        records.extend(addresses.iter().map(|ip| Record { name: owner, value: Value::Address(*ip) }));
        let kind = if addresses.iter().any(IpAddr::is_ipv6) { 28 } else { 1 };
        self.dns_reply(question, kind, 0x8180, &records);
    }

    /// Answers that the name does not exist.
    pub fn dns_denied(&mut self, question: &Question<'_>) {
        self.dns_reply(question, 1, 0x8183, &[]);
    }

    fn dns_reply(&mut self, question: &Question<'_>, kind: u16, flags: u16, records: &[Record<'_>]) {
        let reply = message::dns(question.id, flags, Some((question.name, kind)), records);
        self.udp(question.server, question.client, &reply);
    }

    /// Looks `name` up and gets one address.
    pub fn resolve(&mut self, client: Host, server: Host, name: &str, address: Host) {
        let question = self.dns_query(client, server, name);
        self.dns_answer(&question, &[], &[address.ip]);
    }

    /// Opens a connection and exchanges TLS hellos for `name`.
    pub fn tls(&mut self, client: Host, server: End, name: &str) -> Conversation {
        let mut tcp = self.tcp(client, server);
        let hello = ClientHello { name: Some(name), ..ClientHello::default() }.record(&mut self.random);
        tcp.send(self, Side::Client, &hello);
        let mut reply = message::server_hello(&mut self.random);
        reply.extend(message::application_data(&mut self.random, 900));
        tcp.send(self, Side::Server, &reply);
        tcp.opaque(self, Side::Client, 69);
        tcp
    }

    /// One request and its response over an own connection.
    pub fn http(&mut self, client: Host, server: End, request: &str, response: &str) {
        let mut tcp = self.tcp(client, server);
        tcp.send(self, Side::Client, request.as_bytes());
        tcp.send(self, Side::Server, response.as_bytes());
        tcp.close(self, Side::Server);
    }

    /// The four messages by which a client gets its address.
    pub fn dhcp(&mut self, lease: &Lease<'_>) {
        let everybody = Host::group("255.255.255.255");
        let nobody = lease.client.at("0.0.0.0");
        for kind in [1, 2, 3, 5] {
            let body = message::dhcp(lease, kind);
            if kind % 2 == 1 && kind < 5 {
                self.udp(nobody.port(68), everybody.port(67), &body);
            } else {
                self.udp(lease.server.port(67), lease.client.port(68), &body);
            }
        }
    }

    /// Asks who has an IPv4 address, and gets the answer.
    pub fn arp(&mut self, asker: Host, holder: Host) {
        let ask = arp_body(1, asker, Host { mac: Mac([0; 6]), ..holder });
        self.frame(packet::ethernet(asker.mac, Mac([0xff; 6]), ARP, &ask));
        let reply = arp_body(2, holder, asker);
        self.frame(packet::ethernet(holder.mac, asker.mac, ARP, &reply));
    }

    /// Announces `instance` of a DNS-SD service by multicast DNS.
    pub fn mdns(&mut self, from: Host, service: &str, instance: &str) {
        let answer = Record { name: service, value: Value::Pointer(instance) };
        let body = message::dns(0, 0x8400, None, &[answer]);
        self.udp(from.port(5353), Host::group("224.0.0.251").port(5353), &body);
    }

    /// Announces a `UPnP` device with this SERVER header.
    pub fn ssdp(&mut self, from: Host, server: &str) {
        let text = format!(
            "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\nNT: upnp:rootdevice\r\nSERVER: {server}\r\n\r\n"
        );
        self.udp(from.port(1900), Host::group("239.255.255.250").port(1900), text.as_bytes());
    }

    /// Asks a time server and gets the answer (RFC 5905, version 4).
    pub fn ntp(&mut self, client: Host, server: Host) {
        let client = self.client(client);
        let mut body = [0; 48];
        body[0] = 0x23;
        self.udp(client, server.port(123), &body);
        body[0] = 0x24;
        body[1] = 2;
        self.udp(server.port(123), client, &body);
    }
}

/// A DNS question that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub struct Question<'n> {
    client: End,
    server: End,
    id: u16,
    name: &'n str,
}

impl Conversation {
    /// Opaque TLS application data of `length` bytes from `side`.
    pub fn opaque(&mut self, s: &mut Scenario, side: Side, length: usize) {
        let bytes = message::application_data(&mut s.random, length);
        self.send(s, side, &bytes);
    }
}

fn arp_body(operation: u8, sender: Host, target: Host) -> Vec<u8> {
    let (IpAddr::V4(from), IpAddr::V4(to)) = (sender.ip, target.ip) else { panic!("ARP is for IPv4") };
    let head = [0, 1, 8, 0, 6, 4, 0, operation];
    [&head[..], &sender.mac.0, &from.octets(), &target.mac.0, &to.octets()].concat()
}
