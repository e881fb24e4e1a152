//! The registry of readers, and how packets and halves find theirs.
//!
//! To add a protocol: write `readers/NAME.rs` with a `READER`, and name it below: as a module, and in [`ALL`]. A macro would
//! ask for one line only, but rustfmt does not look into files that a macro names.
//!
//! Dispatch promises: a packet costs a few table look-ups however many readers there are, readers are asked in the order
//! of the list, the first that recognises the bytes wins, and nothing allocates.

pub(crate) mod arp;
mod asking;
pub(crate) mod baichuan;
mod challenge;
pub(crate) mod dahua;
pub(crate) mod dhcp;
pub(crate) mod dhcp6;
pub(crate) mod dhip;
pub(crate) mod dhp2p;
pub(crate) mod dhstun;
pub(crate) mod dns;
pub(crate) mod dtls;
pub(crate) mod dvrip;
pub(crate) mod ezviz;
pub(crate) mod foscam;
pub(crate) mod ftp;
pub(crate) mod gwell;
pub(crate) mod hanwha;
pub(crate) mod hcnetsdk;
pub(crate) mod http;
pub(crate) mod http2;
pub(crate) mod isup;
pub(crate) mod kasa;
mod layout;
mod lines;
pub(crate) mod llmnr;
pub(crate) mod mdns;
pub(crate) mod miio;
pub(crate) mod mqtt;
pub(crate) mod naxclow;
pub(crate) mod ndp;
pub(crate) mod nice;
pub(crate) mod ntp;
pub(crate) mod onvif;
pub(crate) mod openvpn;
pub(crate) mod panasonic;
mod pieces;
pub(crate) mod pppp;
mod proxied;
pub(crate) mod proxy;
pub(crate) mod ptcp;
pub(crate) mod quic;
pub(crate) mod rcp;
mod routes;
pub(crate) mod rtmp;
pub(crate) mod rtp;
pub(crate) mod rtsp;
pub(crate) mod sadp;
mod sdp;
pub(crate) mod sip;
pub(crate) mod smtp;
pub(crate) mod snmp;
pub(crate) mod socks;
pub(crate) mod sony;
pub(crate) mod srt;
pub(crate) mod ssdp;
pub(crate) mod starttls;
pub(crate) mod stun;
pub(crate) mod tdp;
pub(crate) mod telnet;
pub(crate) mod tls;
pub(crate) mod topsee;
pub(crate) mod tutk;
pub(crate) mod tuya;
pub(crate) mod tvt;
pub(crate) mod ubiquiti;
pub(crate) mod v380;
pub(crate) mod vision360;
pub(crate) mod vivotek;
pub(crate) mod vstarcam;
pub(crate) mod websocket;
pub(crate) mod wireguard;

#[cfg(test)]
pub(crate) mod tests;

use std::ops::RangeInclusive;

use crate::field::{AWAITED, Field, JUDGED};
use crate::{Read, Reader, ReaderId};

pub use asking::{Reading, admit, read_datagrams, read_message, read_stream};
pub use routes::{Readers, Routes};

/// Every reader, strongest first: those that know their bytes by a magic number stand before those that know them by their
/// shape. Where two claim the same bytes the earlier one wins.
pub static ALL: &[Reader] = &[
    tls::READER,
    quic::READER,
    dtls::READER,
    stun::READER,
    stun::STREAM_READER,
    dhip::READER,
    dhip::STREAM_READER,
    dvrip::READER,
    dvrip::STREAM_READER,
    tdp::READER,
    tuya::READER,
    tuya::STREAM_READER,
    dahua::READER,
    dahua::STREAM_READER,
    dhp2p::READER,
    ptcp::READER,
    dhstun::READER,
    ezviz::READER,
    ezviz::DATAGRAM_READER,
    topsee::STREAM_READER,
    hcnetsdk::READER,
    ezviz::STREAM_READER,
    pppp::READER,
    pppp::DATAGRAM_READER,
    pppp::FRAMED_READER,
    baichuan::READER,
    baichuan::SEARCH_READER,
    baichuan::DATAGRAM_READER,
    tutk::READER,
    foscam::READER,
    foscam::MEDIA_READER,
    vstarcam::READER,
    vivotek::READER,
    panasonic::READER,
    nice::READER,
    vision360::READER,
    v380::READER,
    v380::STREAM_READER,
    miio::READER,
    srt::READER,
    mqtt::READER,
    wireguard::READER,
    openvpn::READER,
    openvpn::STREAM_READER,
    naxclow::READER,
    naxclow::DATAGRAM_READER,
    tvt::READER,
    rtmp::READER,
    proxy::READER,
    http2::READER,
    smtp::READER,
    ftp::READER,
    starttls::IMAP_READER,
    starttls::POP3_READER,
    sip::READER,
    sip::STREAM_READER,
    http::READER,
    http::requests::REQUEST_READER,
    rtsp::READER,
    rtsp::MESSAGE_READER,
    rtsp::interleaved::READER,
    kasa::READER,
    kasa::STREAM_READER,
    socks::READER,
    onvif::READER,
    sadp::READER,
    isup::READER,
    isup::STREAM_READER,
    topsee::READER,
    rcp::READER,
    sadp::FRAME_READER,
    dns::READER,
    mdns::READER,
    llmnr::READER,
    dhcp::READER,
    dhcp6::READER,
    snmp::READER,
    arp::READER,
    ndp::READER,
    ssdp::READER,
    ntp::READER,
    hanwha::READER,
    sony::READER,
    ubiquiti::READER,
    telnet::READER,
    gwell::READER,
    pppp::SCRAMBLED_READER,
    dns::stream::STREAM_READER,
    rtp::framed::READER,
    rtp::READER,
    rtp::CONTROL_READER,
    websocket::READER,
];

/// Numbers of readers that are gone. Old saved summaries may hold them, so no other takes them.
const RETIRED: [u8; 1] = [4];

/// By number, the place in [`ALL`] and one; 0 for none.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
static PLACES: [u8; ReaderId::MAX as usize + 1] = {
    let mut places = [0; ReaderId::MAX as usize + 1];
    let mut rest: &[Reader] = ALL;
    let mut place = 0;
    while let [reader, more @ ..] = rest {
        place += 1;
        assert!(reader.number.0 <= ReaderId::MAX, "a reader has a number that is too large");
        if let [of_number, ..] = places.split_at_mut(reader.number.0 as usize).1 {
            assert!(*of_number == 0, "two readers have the same number: take one more than the greatest");
            *of_number = place;
        }
        rest = more;
    }
    let mut retired = 0;
    while retired < RETIRED.len() {
        assert!(places[RETIRED[retired] as usize] == 0, "a reader has the number of one that is gone");
        retired += 1;
    }
    places
};

/// By first byte, the stream readers that bytes which begin with it may be of. Those that are left out would say
/// [`Probe::NotMine`], which is final: so neither the reading nor the prefix law is touched.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
static BY_FIRST: [Readers; 256] = {
    let mut table = [Readers::NONE; 256];
    let mut byte = 0;
    while byte < table.len() {
        let mut place = 0;
        while place < ALL.len() {
            if may_begin(&ALL[place].read, byte as u8) {
                table[byte] = table[byte].and(Readers::only(place));
            }
            place += 1;
        }
        byte += 1;
    }
    table
};

/// All stream readers: those that are asked where nothing is there yet.
#[allow(clippy::indexing_slicing, reason = "in a constant: what is out of bounds fails the build")]
static STREAM_READERS: Readers = {
    let mut all = Readers::NONE;
    let mut byte = 0;
    while byte < BY_FIRST.len() {
        all = all.and(BY_FIRST[byte]);
        byte += 1;
    }
    all
};

/// Whether what a reader reads of a stream may begin with a byte.
const fn may_begin(read: &Read, byte: u8) -> bool {
    let mut ranges: &[RangeInclusive<u8>] = match read {
        Read::Stream(ranges, _) => ranges,
        Read::Behind(_) => return true,
        Read::Message(..) | Read::Datagrams(_) => return false,
    };
    while let [range, more @ ..] = ranges {
        if *range.start() <= byte && byte <= *range.end() {
            return true;
        }
        ranges = more;
    }
    false
}

const _: () = {
    let mut fields: &[Field] = Field::ALL;
    while let [field, more @ ..] = fields {
        let by_readers = yields(*field) as u8;
        let by_others = field.is_in(AWAITED) as u8 + field.is_in(JUDGED) as u8;
        assert!(by_readers + by_others > 0, "a field is yielded by no reader");
        assert!(by_readers + by_others < 2, "a field that a reader yields is still awaited");
        fields = more;
    }
};

/// Whether some reader says that it yields a field.
const fn yields(field: Field) -> bool {
    let (mut rest, mut yields) = (ALL, false);
    while let [reader, more @ ..] = rest {
        yields |= field.is_in(reader.fields);
        rest = more;
    }
    yields
}

impl ReaderId {
    /// The reader of this number, where there is one.
    pub fn reader(self) -> Option<&'static Reader> {
        let place = PLACES.get(usize::from(self.0))?.checked_sub(1)?;
        ALL.get(usize::from(place))
    }

    /// The name of its protocol in reports.
    pub fn app(self) -> &'static str {
        self.reader().map_or("unknown", |reader| reader.app)
    }
}
