//! What is said of a name where it is not the only one, or an old one.

use lenscap_flow::report::{Finding, Reason, Rule};
use lenscap_flow::rules;

use crate::{units, vendor};

/// The name is from a look-up so long before, and one of so many that the address had.
pub(super) fn looked_up(age: i64, names: u64) -> String {
    let one = if names > 1 {
        format!("; it is one of {names} names for which the device had been given this address")
    } else {
        String::new()
    };
    format!("the name is from a look-up {} before{one}", units::span(age))
}

/// So many flows are not told apart from those of another station.
pub(super) fn two_stations(flows: u64) -> String {
    let flows = units::counted(flows, "flow");
    format!(
        "{flows} went on at once with those of another station with the same addresses and ports: what is said of either may be the other's"
    )
}

/// A connection asked for so many hosts.
pub(super) fn hosts(hosts: u64) -> String {
    format!(
        "requests of one connection named at least {hosts} hosts, of which this is the first: how many of its bytes are of which was not told apart"
    )
}

/// Whether a connection asked for several hosts, so that the one that is named need not be the vendor's.
pub(crate) fn is_one_of_hosts(finding: &Finding<'_>) -> bool {
    finding.reasons.iter().any(|reason| matches!(reason.rule, Rule::Hosts { .. }))
}

/// `, looked up 10 h before, one of 2 names of that address`: how old the look-up is that gave the name, and whether the address had
/// others; or of how many hosts that a connection asked for the name is one.
pub(crate) fn look_up(finding: &Finding<'_>) -> String {
    let said = |reason: &Reason| match reason.rule {
        Rule::LookedUp { age, names } => {
            let before = if age >= rules::OLD_NAME {
                format!(", looked up {} before", units::span(age))
            } else {
                String::new()
            };
            let one =
                if names > 1 { format!(", one of {names} names of that address") } else { String::new() };
            format!("{before}{one}")
        }
        Rule::Hosts { hosts } => {
            let whose =
                finding.vendor.map(|vendor| format!(", at least one of them of {}", vendor::name(vendor)));
            format!(", one of {hosts} hosts asked for there{}", whose.unwrap_or_default())
        }
        _ => String::new(),
    };
    finding.reasons.iter().map(said).collect()
}
