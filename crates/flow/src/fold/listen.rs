//! What becomes of the facts of message readers: names, questions and sightings.
//!
//! A DNS answer "camera.example.com is 192.0.2.7" to 192.168.1.5 becomes a run of the pair (192.0.2.7, 192.168.1.5), and
//! answers the question that 192.168.1.5 had asked; a DHCP host name becomes a sighting of the MAC that sent it.

use arrayvec::ArrayString;
use lenscap_wire::{
    Address, Fact, Field, Mac, Packet, PacketRef, Party, ReaderId, Resolver, is_transport_right,
};
use std::fmt::Write;

use crate::state::key::TCP;
use crate::state::names::{ALIAS, AnswerFlow, Denial, Exchange, Names, Notice, Reply, Run};
use crate::state::sighting::{Seen, Shown, Sightings};
use crate::state::text::{TextId, Texts};

/// Books the facts of one packet.
pub(crate) struct Listener<'s, 'p> {
    pub(crate) texts: &'s mut Texts,
    pub(crate) names: &'s mut Names,
    pub(crate) sightings: &'s mut Sightings,
    pub(crate) packet: &'p Packet<'p>,
    pub(crate) time: i64,
    pub(crate) at: PacketRef,
    /// Whether names and sightings are kept here; another may keep them.
    pub(crate) keeps: bool,
    /// Whether there was something to keep, where another keeps it.
    pub(crate) passes: bool,
    /// The last name that the flow itself was given.
    pub(crate) flow_name: Option<TextId>,
}

impl Listener<'_, '_> {
    /// Books a fact.
    pub(crate) fn hear(&mut self, fact: &Fact<'_>) {
        let packet = self.packet;
        match *fact {
            Fact::Says { field, value, .. } if packet.tcp.is_some() && field.names_flow() => {
                self.flow_name = Some(self.texts.intern(value));
            }
            _ if !self.keeps => self.passes = true,
            Fact::Says { who, field, value } => {
                let (source, destination) = packet.own_macs().unwrap_or_default();
                let (mac, address) = match who {
                    Party::Sender => (source, packet.source),
                    Party::Receiver => (destination, packet.destination),
                    Party::Mac(mac) => (mac, Address::default()),
                };
                self.show(mac, address, (field, value), fact.is_claim());
            }
            Fact::Holds { mac, address, field, claimed } => self.show(mac, address, (field, b""), claimed),
            Fact::Answer { by, name, chain, address } => {
                self.answer(by, name, chain, address);
                if by == Resolver::Dns {
                    self.question(packet.destination, name, Notice::Answered);
                }
            }
            Fact::Alias { by, name, chain } => self.answer(by, name, chain, ALIAS),
            Fact::Refers { address, port, transport, app: Some(app) } => {
                let said = referral((transport, port, app), [packet.source, packet.destination]);
                self.show(Mac::default(), address, (Field::Referred, said.as_bytes()), true);
            }
            Fact::Asks { by: Resolver::Dns, name } => {
                let (mac, _) = packet.own_macs().unwrap_or_default();
                let (from, to) = packet.ports;
                let exchange = Exchange::of(AnswerFlow::new(packet.destination, (to, from)), packet.payload);
                self.question(packet.source, name, Notice::Asked(mac, exchange));
            }
            Fact::Denied { by: Resolver::Dns, name, code } => {
                let reply = self.reply();
                self.question(packet.destination, name, Notice::Denied(Denial { code, reply }));
            }
            _ => {}
        }
    }

    fn show(&mut self, mac: Mac, address: Address, (field, value): (Field, &[u8]), claimed: bool) {
        let text = self.texts.intern(value);
        let before = self.sightings.len();
        let by = self.packet.macs.unwrap_or_default().0.0;
        let seen = Seen { count: 1, first: self.time, last: self.time, by, at: self.at };
        self.sightings.add(Shown { mac, address, field, value: text, claimed }, seen);
        if self.sightings.len() > before {
            self.sightings.text_cost += value.len();
        }
    }

    fn answer(&mut self, by: Resolver, name: &[u8], chain: &[u8], address: Address) {
        let asker = if by == Resolver::Mdns { Address::default() } else { self.packet.destination };
        let (text, links) = (self.texts.intern(name), self.texts.intern(chain));
        let (first, last) = (self.time, self.time);
        let reply = self.reply();
        let run = Run { name: text, chain: links, by, reply, first, last, count: 1, at: self.at };
        let before = self.names.len();
        self.names.answer((address, asker), run);
        if self.names.len() > before {
            self.names.text_cost += name.len() + chain.len();
        }
    }

    /// The packet as an answer to a question.
    fn reply(&self) -> Reply {
        let packet = self.packet;
        let flow = AnswerFlow::new(packet.source, packet.ports);
        Reply::datagram((packet.source, flow), Exchange::of(flow, packet.payload), is_transport_right(packet))
    }

    fn question(&mut self, asker: Address, name: &[u8], heard: Notice) {
        let text = self.texts.intern(name);
        let before = self.names.len();
        self.names.hear(asker, text, heard, self.time, self.at);
        if self.names.len() > before {
            self.names.text_cost += name.len();
        }
    }
}

/// What stands at an address to which a message refers, with who told it and who was told: `udp 32100 pppp 198.51.100.7
/// 192.168.1.64`. The judge takes it apart again.
fn referral((transport, port, app): (u8, u16, ReaderId), parties: [Address; 2]) -> ArrayString<160> {
    let mut said = ArrayString::new();
    let transport = if transport == TCP { "tcp" } else { "udp" };
    // Names of protocols are short; of one that did not fit nothing could be told.
    let [teller, told] = parties.map(Address::ip);
    let _ = write!(said, "{transport} {port} {} {teller} {told}", app.app());
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_of_its_client_is_a_claim() {
        let (mut texts, mut names, mut sightings) =
            (Texts::default(), Names::default(), Sightings::default());
        let (mac, address) = (Mac([2, 0, 0, 0, 0, 1]), Address::v4([192, 168, 1, 64]));
        let facts = [
            Fact::Says { who: Party::Mac(mac), field: Field::DhcpHostname, value: b"cam" },
            Fact::Holds { mac, address, field: Field::Dhcp, claimed: true },
            Fact::Says { who: Party::Receiver, field: Field::HttpPath, value: b"/ISAPI" },
        ];
        let packet = Packet::default();
        let mut listener = Listener {
            texts: &mut texts,
            names: &mut names,
            sightings: &mut sightings,
            packet: &packet,
            time: 0,
            at: PacketRef::default(),
            keeps: true,
            passes: false,
            flow_name: None,
        };
        for fact in &facts {
            listener.hear(fact);
        }
        let claimed = |field| {
            let sorted = sightings.sorted(&texts);
            sorted.iter().find(|(shown, _)| shown.field == field).map(|(shown, _)| shown.claimed)
        };
        let fields = [Field::DhcpHostname, Field::Dhcp, Field::HttpPath];
        assert_eq!(fields.map(claimed), [Some(false), Some(true), Some(true)]);
    }
}
