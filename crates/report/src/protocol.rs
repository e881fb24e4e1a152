//! Words for IP protocol numbers, as the contract of the output has them.

use std::borrow::Cow;

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

/// The word, else the number.
pub(crate) fn name(protocol: u8) -> Cow<'static, str> {
    word(protocol).map_or_else(|| protocol.to_string().into(), Cow::Borrowed)
}

/// `tcp/443`; of protocols without ports the name alone.
pub(crate) fn service((protocol, port): (u8, u16)) -> String {
    let name = name(protocol);
    if matches!(protocol, 6 | 17 | 132) { format!("{name}/{port}") } else { name.into_owned() }
}
