//! The registry of readers, and how packets and streams find theirs.
//!
//! To add a protocol: write `readers/NAME.rs` with a `READER`, name it below, and put it into [`ALL`].
//! Dispatch promises: a packet costs a few table look-ups however many readers there are, readers are asked in
//! the order of [`ALL`], the first that recognises the bytes wins, and nothing allocates.

mod routes;

mod arp;
mod dhcp;
mod dhcp6;
mod dns;
mod dtls;
mod http;
mod llmnr;
mod mdns;
mod ndp;
mod ntp;
mod pieces;
pub(crate) mod quic;
mod rtp;
mod ssdp;
mod stun;
#[cfg(test)]
mod tests;
pub(crate) mod tls;

use crate::{Message, Read, Reader, ReaderId, Step, Stream, datagrams::DatagramReader, reader::Facts};

pub use routes::{Readers, Routes};

/// Every reader. Where two claim the same bytes the earlier one wins.
pub static ALL: &[Reader] = &[
    tls::READER,
    http::READER,
    http::REQUEST_READER,
    dns::READER,
    dns::TCP_READER,
    mdns::READER,
    llmnr::READER,
    dhcp::READER,
    dhcp6::READER,
    arp::READER,
    ndp::READER,
    ssdp::READER,
    ntp::READER,
    stun::READER,
];

/// Every reader of datagrams. Where two claim the same half the earlier one wins.
pub static DATAGRAMS: &[DatagramReader] = &[quic::READER, dtls::READER, rtp::READER, rtp::CONTROL_READER];

/// What the stream readers together say of the first bytes of one half of a TCP flow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// This reader's protocol; its facts have been yielded.
    Done(ReaderId),
    /// More bytes are needed.
    Undecided,
    /// No reader's protocol.
    Unknown,
}

/// Asks the stream readers in order. Facts are yielded with [`Reading::Done`] only, by that reader only.
///
/// An earlier reader that needs more bytes holds back all later ones, so that the reading does not depend on how
/// often it was asked for. With [`Stream::ended`] the reading is never [`Reading::Undecided`].
pub fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Reading {
    for (id, reader) in (0..).map(ReaderId).zip(ALL) {
        let Read::Stream(read) = reader.read else { continue };
        match read(stream, facts) {
            Step::Done => return Reading::Done(id),
            Step::More if !stream.ended => return Reading::Undecided,
            Step::More | Step::NotMine => {}
        }
    }
    Reading::Unknown
}

/// Asks the message readers that `routes` finds for a packet, in order, and says which one recognised it.
pub fn read_message(routes: &Routes, message: &Message<'_, '_>, facts: Facts<'_>) -> Option<ReaderId> {
    routes.readers(message).into_iter().find(|id| {
        match ALL.get(usize::from(id.0)).map(|reader| reader.read) {
            Some(Read::Message(_, read)) => read(message, facts),
            _ => false,
        }
    })
}
