//! Application messages as bytes: DNS, TLS hellos, HTTP, DHCP, NTP and discovery.

mod dhcp;
mod dns;
mod tls;

pub use dhcp::{Lease, dhcp};
pub use dns::{Record, Value, dns};
pub use tls::{ClientHello, application_data, server_hello};
