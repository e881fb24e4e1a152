//! Names of IP protocol numbers in reports.

use std::fmt;

/// An IP protocol number (IANA, "Assigned Internet Protocol Numbers").
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Protocol(pub u8);

#[allow(missing_docs)]
impl Protocol {
    pub const ICMP: u8 = 1;
    pub const IGMP: u8 = 2;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const GRE: u8 = 47;
    pub const ESP: u8 = 50;
    pub const AH: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const NONE: u8 = 59;
    pub const SCTP: u8 = 132;
    pub const UDP_LITE: u8 = 136;
}

impl Protocol {
    /// The name in reports, where the number has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            Self::ICMP => "icmp",
            Self::IGMP => "igmp",
            Self::IPV4 => "ipv4",
            Self::TCP => "tcp",
            Self::UDP => "udp",
            33 => "dccp",
            Self::IPV6 => "ipv6",
            46 => "rsvp",
            Self::GRE => "gre",
            Self::ESP => "esp",
            Self::AH => "ah",
            Self::ICMPV6 => "icmpv6",
            88 => "eigrp",
            89 => "ospf",
            103 => "pim",
            112 => "vrrp",
            115 => "l2tp",
            Self::SCTP => "sctp",
            Self::UDP_LITE => "udplite",
            _ => return None,
        })
    }
}

impl fmt::Display for Protocol {
    /// The name, else the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Protocol;

    #[test]
    fn unnamed_protocols_are_numbers() {
        assert_eq!(Protocol(58).to_string(), "icmpv6");
        assert_eq!(Protocol(253).to_string(), "253");
    }
}
