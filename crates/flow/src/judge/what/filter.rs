//! A display filter of Wireshark for the packets of a finding: addresses, ports and the window of time.
//!
//! The time is needed, since a five-tuple is used again within a minute; addresses match at every depth, so it holds inside of
//! tunnels, too.

use lenscap_wire::{Address, Timestamp};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::IpAddr;

use crate::judge::rules;
use crate::state::key::{SCTP, TCP, UDP};

/// The filter for what `own` addresses had to do with `theirs` on service ports, from `span.0` to `span.1` (ns). Where there are
/// more addresses or ports than a filter names, it leaves them out, and shows more packets rather than fewer.
pub(crate) fn display_filter(
    own: &BTreeSet<Address>,
    theirs: &BTreeSet<Address>,
    ports: &BTreeSet<(u8, u16)>,
    span: (i64, i64),
) -> String {
    let mut all: Vec<String> = [own, theirs].into_iter().filter_map(addresses).collect();
    let port = |&(protocol, port): &(u8, u16)| match protocol {
        // It stands for ports that were not captured, as in fragments: no packet has it.
        _ if port == 0 => None,
        TCP => Some(format!("tcp.port=={port}")),
        UDP => Some(format!("udp.port=={port}")),
        SCTP => Some(format!("sctp.port=={port}")),
        _ => None,
    };
    let named: Option<Vec<String>> = ports.iter().map(port).collect();
    all.extend(named.and_then(|named| any(&named)));
    let (first, last) = (seconds(span.0), seconds(span.1));
    all.push(format!("frame.time_epoch>={first}"));
    all.push(format!("frame.time_epoch<={last}"));
    all.join(" && ")
}

fn addresses(all: &BTreeSet<Address>) -> Option<String> {
    let one = |address: &Address| match address.ip() {
        IpAddr::V4(four) => format!("ip.addr=={four}"),
        IpAddr::V6(six) => format!("ipv6.addr=={six}"),
    };
    any(&all.iter().map(one).collect::<Vec<_>>())
}

/// Any of these; nothing where there are none or too many.
fn any(all: &[String]) -> Option<String> {
    match all {
        [] => None,
        [one] => Some(one.clone()),
        some if some.len() <= rules::FILTERED => Some(format!("({})", some.join(" || "))),
        _ => None,
    }
}

/// Seconds since 1970 with all nanoseconds, as `frame.time_epoch` is compared.
fn seconds(nanoseconds: i64) -> String {
    let mut text = String::new();
    let Timestamp(time) = Timestamp(nanoseconds.max(0));
    // A string takes every write.
    let _ = write!(text, "{}.{:09}", time / 1_000_000_000, time % 1_000_000_000);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(all: &[&str]) -> BTreeSet<Address> {
        all.iter().map(|text| Address::from(text.parse::<IpAddr>().unwrap())).collect()
    }

    #[test]
    fn a_filter_names_ends_ports_and_time() {
        let ports = [(TCP, 443), (UDP, 8800)].into_iter().collect();
        assert_eq!(
            display_filter(
                &set(&["10.1.7.64"]),
                &set(&["203.0.113.40", "2001:db8::1"]),
                &ports,
                (1, 2_000_000_003)
            ),
            "ip.addr==10.1.7.64 && (ip.addr==203.0.113.40 || ipv6.addr==2001:db8::1) && \
             (tcp.port==443 || udp.port==8800) && frame.time_epoch>=0.000000001 && frame.time_epoch<=2.000000003"
        );
    }

    #[test]
    fn what_is_too_much_for_a_filter_is_left_out() {
        let many: Vec<String> = (0..=rules::FILTERED).map(|n| format!("203.0.113.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let filter =
            display_filter(&set(&["10.1.7.64"]), &set(&many), &[(1, 0)].into_iter().collect(), (0, 0));
        let all = "ip.addr==10.1.7.64 && frame.time_epoch>=0.000000000 && frame.time_epoch<=0.000000000";
        assert_eq!(filter, all);
        // Of some packets the ports were not captured.
        let ports = [(UDP, 0), (UDP, 8800)].into_iter().collect();
        assert_eq!(display_filter(&set(&["10.1.7.64"]), &set(&[]), &ports, (0, 0)), all);
    }
}
