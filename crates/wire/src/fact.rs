//! What readers yield: statements found in payloads, still without judgement.

use crate::{Address, Field, Mac, ReaderId};

/// Whom a statement is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Party {
    /// Who sent the payload.
    Sender,
    /// Whom the payload was sent to.
    Receiver,
    /// The station with this link address, by the payload's own word: it may stand behind a relay or repeater
    /// whose address the frame bears.
    Mac(Mac),
}

/// Which name service an answer came from.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Resolver {
    /// Unicast DNS.
    Dns,
    /// Multicast DNS (RFC 6762).
    Mdns,
    /// Link-local multicast name resolution (RFC 4795).
    Llmnr,
}

impl Resolver {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Mdns => "mdns",
            Self::Llmnr => "llmnr",
        }
    }
}

/// One statement of a payload. Text is as it stood on the wire, at most 255 bytes for names and 512 for values
/// (longer values are cut); it is not trusted and not escaped. Names of hosts are spelt as DNS spells them, in lower case
/// and without a final dot: those of name services, `tls.sni`, `http.host` and `socks.target`, so that what a client asks
/// of a server compares with what it asked of a name service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fact<'a> {
    /// `who` says `value` in a field.
    Says {
        /// Whom it is about.
        who: Party,
        /// The field.
        field: Field,
        /// What stood there.
        value: &'a [u8],
    },
    /// A name service answered that `name` has `address`. The receiver asked, unless the answer was multicast.
    Answer {
        /// Which service.
        by: Resolver,
        /// The name that was asked for, in text form, lower case, no trailing dot.
        name: &'a [u8],
        /// Canonical names between `name` and the address record, in order, joined by spaces; empty without.
        chain: &'a [u8],
        /// The address.
        address: Address,
    },
    /// The receiver's question for `name` was answered with what that stands for, and without an address: it has to ask for that.
    Alias {
        /// Which service.
        by: Resolver,
        /// The name that was asked for.
        name: &'a [u8],
        /// Canonical names that it stands for, in order, joined by spaces; the last is the one that has an address.
        chain: &'a [u8],
    },
    /// The sender asks a name service for `name`.
    Asks {
        /// Which service.
        by: Resolver,
        /// The name.
        name: &'a [u8],
    },
    /// The receiver's question for `name` was answered without an address.
    Denied {
        /// Which service.
        by: Resolver,
        /// The name.
        name: &'a [u8],
        /// DNS response code: 3 is NXDOMAIN; 0 where the name exists but has no such record; [`Fact::UNREAD`].
        code: u8,
    },
    /// `address` is held by `mac`, as ARP, neighbour discovery or DHCP says it.
    Holds {
        /// The link address; zero where only the address is told ([`Field::DhcpRouter`]).
        mac: Mac,
        /// The IP address.
        address: Address,
        /// Which protocol says so: [`Field::Arp`], [`Field::Ndp`] or [`Field::Dhcp`]; where it says that a router holds it,
        /// [`Field::NdpRouter`] or [`Field::DhcpRouter`]; where it is only about to, [`Field::NdpTried`].
        field: Field,
        /// Whether another says it of the holder: the server that gave the address, the router that redirects to it.
        claimed: bool,
    },
    /// The payload names another flow: one to this address and port. A client that asks a proxy for `CONNECT 192.0.2.7:443`
    /// names the one that the proxy opens then.
    Refers {
        /// The address that it goes to.
        address: Address,
        /// The port there.
        port: u16,
        /// IP protocol number: 6 for TCP, 17 for UDP.
        transport: u8,
        /// What will be spoken there, where the payload says so.
        app: Option<ReaderId>,
    },
    /// Something said at one place of a stream: the message that says it stands between these offsets from where the half
    /// begins. Stream readers place what must cite the packets of one message among many; `fact` is never placed itself.
    Within {
        /// Offset of the message's first byte.
        from: usize,
        /// Offset behind its last.
        to: usize,
        /// What it says.
        fact: &'a Fact<'a>,
    },
}

impl<'a> Fact<'a> {
    /// What the sender of a payload says of itself.
    pub(crate) const fn of_sender(field: Field, value: &'a [u8]) -> Self {
        Self::Says { who: Party::Sender, field, value }
    }
}

impl Fact<'_> {
    /// In place of a response code: an answer came, and what it held could not be read. Codes of messages have four bits.
    pub const UNREAD: u8 = u8::MAX;

    /// Whether it is a claim: what the sender says of another, who may know nothing of it. A client that asks for
    /// `/ISAPI/System/status` claims that the server has such a path; the server's `Server: Hikvision-Webs` is its own
    /// word. So is what a DHCP client says of itself, by whatever relay it came.
    pub fn is_claim(&self) -> bool {
        match self {
            Self::Says { who, .. } => matches!(who, Party::Receiver),
            Self::Holds { claimed, .. } => *claimed,
            Self::Answer { .. } | Self::Alias { .. } | Self::Denied { .. } | Self::Refers { .. } => true,
            Self::Asks { .. } => false,
            Self::Within { fact, .. } => fact.is_claim(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_receiver_is_a_claim() {
        let says = |who| Fact::Says { who, field: Field::HttpPath, value: b"/" }.is_claim();
        assert_eq!(
            [Party::Sender, Party::Receiver, Party::Mac(Mac::default())].map(says),
            [false, true, false]
        );
    }
}
