//! Words for IP protocol numbers, as the contract of the output has them.

/// The word for an IP protocol number; `None` where the output has the number itself.
pub(crate) const fn word(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        89 => "ospf",
        103 => "pim",
        132 => "sctp",
        _ => return None,
    })
}
