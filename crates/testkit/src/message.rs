//! Application messages as bytes: DNS, TLS hellos, DHCP for both versions of IP.

mod dhcp;
mod dhcp6;
mod dns;
mod tls;

pub use dhcp::{Lease, dhcp};
pub use dhcp6::{Lease6, dhcp6};
pub use dns::{Record, Value, dns};
pub use tls::{ClientHello, application_data, server_hello};
