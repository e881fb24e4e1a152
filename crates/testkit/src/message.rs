//! Application messages as bytes: DNS, TLS hellos, DHCP for both versions of IP, QUIC Initial
//! packets, DTLS, RTP, STUN.

mod dhcp;
mod dhcp6;
mod dns;
mod dtls;
mod quic;
mod rtp;
mod stun;
mod tls;

pub use dhcp::{Lease, dhcp};
pub use dhcp6::{Lease6, dhcp6};
pub use dns::{Record, Value, dns};
pub use dtls::{dtls_fragment, dtls_message, dtls_record, dtls_verify};
pub use quic::{Initial, QUIC_1, QUIC_2, crypto, quic_hello};
pub use rtp::{Rtp, rtcp};
pub use stun::{stun, stun_attribute, stun_mapped};
pub use tls::{ClientHello, application_data, server_hello};
