//! Writes classic capture files (`draft-ietf-opsawg-pcap`): both byte orders, microseconds or nanoseconds.
//!
//! Seconds are written modulo 2^32. Frames keep their order; nothing is sorted or checked against the snap length.

use crate::OwnedFrame;
use lenscap_wire::LinkType;

/// How a classic capture is written.
#[derive(Clone, Copy, Debug)]
pub struct Classic {
    /// Big-endian headers instead of little-endian ones.
    pub big_endian: bool,
    /// Stamps in nanoseconds instead of microseconds (rounded down).
    pub nanoseconds: bool,
    /// The snap length that the file header states, in bytes; frames longer than it are cut.
    pub snap_length: u32,
    /// The link type that the file header states; that of the first frame where absent (Ethernet without frames).
    pub link_type: Option<LinkType>,
}

impl Default for Classic {
    fn default() -> Self {
        Self { big_endian: false, nanoseconds: false, snap_length: 262_144, link_type: None }
    }
}

impl Classic {
    /// The bytes of a file with these frames.
    pub fn write(&self, frames: &[OwnedFrame]) -> Vec<u8> {
        let mut out = self.header(frames.first().map(|frame| frame.link_type));
        for frame in frames {
            self.record(frame, &mut out);
        }
        out
    }

    /// The file header alone, for captures that are written one [`Classic::record`] at a time.
    pub fn header(&self, first: Option<LinkType>) -> Vec<u8> {
        let link_type = self.link_type.or(first).unwrap_or(LinkType::ETHERNET);
        let magic: u32 = if self.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let mut out = Vec::new();
        out.extend(self.u32(magic));
        out.extend(self.u16(2));
        out.extend(self.u16(4));
        for field in [0, 0, self.snap_length, u32::from(link_type.0)] {
            out.extend(self.u32(field));
        }
        out
    }

    /// Appends the record of one frame to `out`.
    pub fn record(&self, frame: &OwnedFrame, out: &mut Vec<u8>) {
        let kept = frame.bytes.len().min(self.snap_length as usize);
        let below_a_second = frame.time.0.rem_euclid(1_000_000_000) as u32;
        let fraction = if self.nanoseconds { below_a_second } else { below_a_second / 1000 };
        let seconds = frame.time.0.div_euclid(1_000_000_000) as u32;
        for field in [seconds, fraction, kept as u32, frame.wire_length] {
            out.extend(self.u32(field));
        }
        out.extend(&frame.bytes[..kept]);
    }

    fn u16(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// A little-endian capture in microseconds: what most tools write.
pub fn pcap(frames: &[OwnedFrame]) -> Vec<u8> {
    Classic::default().write(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_wire::Timestamp;
    use pcap_parser::traits::PcapReaderIterator;
    use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError};

    #[test]
    fn another_reader_reads_back_every_field() {
        let frames = [
            OwnedFrame::ethernet(Timestamp(1_234_567_891_123), vec![1; 40]),
            OwnedFrame::ethernet(Timestamp(5), vec![2; 9]),
        ];
        for (big_endian, nanoseconds) in [(false, false), (false, true), (true, false), (true, true)] {
            let file = Classic { big_endian, nanoseconds, snap_length: 16, link_type: None }.write(&frames);
            let mut reader = LegacyPcapReader::new(4096, &file[..]).unwrap();
            let mut seen = Vec::new();
            loop {
                match reader.next() {
                    Ok((used, PcapBlockOwned::LegacyHeader(header))) => {
                        assert_eq!((header.snaplen, header.network.0), (16, 1));
                        reader.consume(used);
                    }
                    Ok((used, PcapBlockOwned::Legacy(block))) => {
                        seen.push((
                            block.ts_sec,
                            block.ts_usec,
                            block.caplen,
                            block.origlen,
                            block.data.to_vec(),
                        ));
                        reader.consume(used);
                    }
                    Ok(_) => panic!("no block of pcapng was written"),
                    Err(PcapError::Eof) => break,
                    Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
                    Err(error) => panic!("{error:?}"),
                }
            }
            let fraction = if nanoseconds { 567_891_123 } else { 567_891 };
            let last = if nanoseconds { 5 } else { 0 };
            assert_eq!(seen, [(1234, fraction, 16, 40, vec![1; 16]), (0, last, 9, 9, vec![2; 9])]);
        }
    }
}
