//! Capture filters (BPF), compiled by libpcap: the same in files as on interfaces, lengths on the wire included.

use lenscap_wire::Frame;
#[cfg(feature = "live")]
use lenscap_wire::LinkType;
#[cfg(feature = "live")]
use std::collections::BTreeMap;

use crate::Error;
#[cfg(feature = "live")]
use crate::bpf::{Program, Seen};

/// A filter expression, compiled for each link type that it meets.
pub struct Filter {
    expression: String,
    /// A program for each link type, or why there is none.
    #[cfg(feature = "live")]
    programs: BTreeMap<LinkType, Result<Program, Error>>,
}

impl Filter {
    /// Checks an expression by compiling it for Ethernet or, where it does not fit that, for raw IP.
    #[cfg(feature = "live")]
    pub fn new(expression: &str) -> Result<Self, Error> {
        let filter = Self { expression: expression.to_string(), programs: BTreeMap::new() };
        match filter.compile(LinkType::ETHERNET) {
            Ok(_) => Ok(filter),
            Err(why) => filter.compile(RAW).map_err(|_| why).map(|_| filter),
        }
    }

    /// This build has no filters.
    #[cfg(not(feature = "live"))]
    pub fn new(_: &str) -> Result<Self, Error> {
        Err(Error::NoFilters)
    }

    /// Whether the expression lets a frame through; an error where it does not fit the frame's link type.
    #[cfg(feature = "live")]
    pub fn keeps(&mut self, frame: &Frame<'_>) -> Result<bool, &Error> {
        if !self.programs.contains_key(&frame.link_type) {
            self.programs.insert(frame.link_type, self.compile(frame.link_type));
        }
        match self.programs.get(&frame.link_type) {
            Some(Ok(program)) => {
                Ok(program.keeps(Seen { bytes: frame.bytes, wire_length: frame.wire_length }))
            }
            Some(Err(why)) => Err(why),
            None => Ok(false),
        }
    }

    /// This build has no filters.
    #[cfg(not(feature = "live"))]
    pub fn keeps(&mut self, _: &Frame<'_>) -> Result<bool, &Error> {
        Err(&Error::NoFilters)
    }

    #[cfg(feature = "live")]
    fn compile(&self, link_type: LinkType) -> Result<Program, Error> {
        let refused = |why: String| Error::Filter { expression: self.expression.clone(), link_type, why };
        let handle = pcap::Capture::dead(pcap::Linktype(data_link_type(link_type)));
        let program = handle.and_then(|handle| handle.compile(&self.expression, true));
        let program = program.map_err(|why| refused(why.to_string()))?;
        let lines = program.get_instructions().iter().map(ToString::to_string);
        Program::parse(lines).ok_or_else(|| refused("its program cannot be read".to_string()))
    }
}

/// Raw IP, as files number it.
#[cfg(feature = "live")]
const RAW: LinkType = LinkType(101);

/// What programs on Linux call a link type of files (`DLT_…` for `LINKTYPE_…`): the same but for a few numbers that
/// once differed between systems.
#[cfg(feature = "live")]
fn data_link_type(link_type: LinkType) -> i32 {
    match link_type.0 {
        // ATM_RFC1483, RAW, SLIP_BSDOS, PPP_BSDOS and ATM_CLIP.
        100 => 11,
        // 14 is raw IP as OpenBSD numbers it; here that number is ATM_CLIP.
        14 | 101 => 12,
        102 => 13,
        103 => 14,
        106 => 19,
        same => same.into(),
    }
}

/// The instructions of a filter for Ethernet: operation, jumps where true and where false, operand.
#[cfg(all(feature = "live", target_os = "linux"))]
pub(crate) fn ethernet(expression: &str) -> Result<impl Iterator<Item = (u16, u8, u8, u32)>, Error> {
    let filter = Filter { expression: expression.to_string(), programs: BTreeMap::new() };
    Ok(filter.compile(LinkType::ETHERNET)?.into_instructions())
}

/// The link type of files of what a handle yields, the reverse of [`data_link_type`].
#[cfg(all(feature = "live", target_os = "linux"))]
pub(crate) fn link_type_of(handle: pcap::Linktype) -> LinkType {
    let different = [100, 101, 102, 103, 106].map(LinkType);
    let same = || LinkType(u16::try_from(handle.0).unwrap_or(u16::MAX));
    different.into_iter().find(|link_type| data_link_type(*link_type) == handle.0).unwrap_or_else(same)
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "live"))]
mod tests {
    use super::*;
    use lenscap_testkit::random_traffic;
    use lenscap_wire::{PacketRef, Timestamp};

    fn frame(link_type: LinkType, wire_length: u32, bytes: &[u8]) -> Frame<'_> {
        Frame { time: Timestamp(0), link_type, wire_length, bytes, at: PacketRef::default() }
    }

    #[test]
    fn lengths_are_those_on_the_wire() {
        let mut greater = Filter::new("greater 1000").unwrap();
        assert!(greater.keeps(&frame(LinkType::ETHERNET, 1342, &[0; 96])).unwrap());
        assert!(!greater.keeps(&frame(LinkType::ETHERNET, 96, &[0; 96])).unwrap());
    }

    #[test]
    fn raw_ip_begins_with_ip() {
        let mut udp = [0_u8; 28];
        (udp[0], udp[9]) = (0x45, 17);
        for number in [12, 14, 101] {
            let mut filter = Filter::new("udp").unwrap();
            assert!(filter.keeps(&frame(LinkType(number), 28, &udp)).unwrap(), "link type {number}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_handle_yields_has_the_number_that_it_has_in_files() {
        let of = |number| link_type_of(pcap::Linktype(number));
        assert_eq!([1, 12, 113, 276].map(of), [LinkType::ETHERNET, RAW, LinkType(113), LinkType(276)]);
        assert!([1, 101, 113, 127].iter().all(|&file| of(data_link_type(LinkType(file))) == LinkType(file)));
    }

    #[test]
    fn a_link_type_that_does_not_fit_is_an_error_each_time() {
        let mut filter = Filter::new("udp port 6000").unwrap();
        for _ in 0..2 {
            let why = filter.keeps(&frame(LinkType(189), 64, &[0; 64])).unwrap_err().to_string();
            assert!(why.starts_with("filter \"udp port 6000\" does not fit link type 189: "), "{why}");
        }
        assert!(
            random_traffic(1, 10)
                .iter()
                .all(|frame| filter.keeps(&frame.as_frame(PacketRef::default())).is_ok())
        );
    }

    #[test]
    fn an_expression_that_fits_nothing_is_refused() {
        assert!(matches!(Filter::new("udp porte 6000"), Err(Error::Filter { .. })));
        assert!(Filter::new("ether host 0:1:2:3:4:5").is_ok());
    }
}
