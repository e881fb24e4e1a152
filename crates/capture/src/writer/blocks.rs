//! Blocks of pcapng for frames that come from no file: what an interface is, and each packet with its time, its interface and
//! the way that it went (draft-ietf-opsawg-pcapng, 4.2 and 4.3). All are little-endian, with stamps in nanoseconds.

use lenscap_wire::LinkType;

use super::HEADER;
use crate::{Direction, Record};

/// Bytes of a name at most; an option holds 65,535.
const LONGEST: usize = 255;

/// What a file begins with.
pub fn section_block() -> &'static [u8] {
    &HEADER
}

/// Describes an interface; the first in a file has number 0. `snap_length` 0 is none; of the name 255 bytes are kept.
pub fn interface_block(link_type: LinkType, snap_length: u32, name: &str) -> Vec<u8> {
    let mut end = name.len().min(LONGEST);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let name = name.get(..end).unwrap_or_default().as_bytes();
    let mut body = [link_type.0.to_le_bytes(), [0; 2]].concat();
    body.extend(snap_length.to_le_bytes());
    // if_name, if_tsresol, and the end of options.
    body.extend([2_u16.to_le_bytes(), (name.len() as u16).to_le_bytes()].concat());
    body.extend(name);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    let length = (12 + body.len() as u32).to_le_bytes();
    [&1_u32.to_le_bytes()[..], &length, &body, &length].concat()
}

/// Appends a packet of the interface of this number, and as much of its bytes as is given. A stamp before 1970 becomes 1970.
pub fn push_packet_block(out: &mut Vec<u8>, interface: u32, record: &Record, bytes: &[u8]) {
    let ticks = record.time.0.max(0) as u64;
    // epb_flags and the end of options, where the way is known.
    let way: &[u8] = match record.direction {
        Direction::Unknown => &[],
        Direction::Inbound => &[2, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        Direction::Outbound => &[2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0],
    };
    let padding = bytes.len().next_multiple_of(4) - bytes.len();
    let length = (32 + bytes.len() + padding + way.len()) as u32;
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    let head =
        [6, length, interface, high, low, bytes.len() as u32, record.wire_length].map(u32::to_le_bytes);
    out.extend_from_slice(head.as_flattened());
    out.extend_from_slice(bytes);
    out.extend_from_slice([0; 3].get(..padding).unwrap_or(&[]));
    out.extend_from_slice(way);
    out.extend_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Capture, ChunkId};
    use lenscap_testkit::random_traffic;
    use lenscap_wire::{PacketRef, Timestamp};
    use std::sync::Arc;

    #[test]
    fn what_is_written_is_what_is_read() {
        let frames = random_traffic(4, 50);
        let directions = [Direction::Unknown, Direction::Inbound, Direction::Outbound];
        let mut file = section_block().to_vec();
        file.extend(interface_block(frames[0].link_type, 0, &"é".repeat(200)));
        file.extend(interface_block(LinkType(276), 96, ""));
        let mut wanted = Vec::new();
        for (n, frame) in frames.iter().enumerate() {
            let record = Record {
                time: Timestamp(frame.time.0 + n as i64),
                direction: directions[n % 3],
                wire_length: frame.wire_length,
                interface: n as u16 % 2,
                ..Record::default()
            };
            let kept = &frame.bytes[..frame.bytes.len().min(70 + n)];
            push_packet_block(&mut file, record.interface.into(), &record, kept);
            wanted.push((record.time, record.direction, record.interface, record.wire_length, kept.to_vec()));
        }
        let mut reader = Capture::new(Arc::new(file)).unwrap().reader(ChunkId::default()).unwrap();
        let mut read = Vec::new();
        while reader.advance() {
            let batch = reader.batch();
            read.extend(batch.records().iter().zip(batch.frames()).map(|(record, frame)| {
                (record.time, record.direction, record.interface, record.wire_length, frame.bytes.to_vec())
            }));
        }
        assert!(read == wanted && reader.tally().problems.is_empty(), "{:?}", reader.tally().problems);
        assert_eq!(reader.tally().link_types.len(), 2);
    }

    #[test]
    fn a_stamp_before_all_is_the_beginning() {
        let mut block = Vec::new();
        let record = Record { time: Timestamp(-5), at: PacketRef::default(), ..Record::default() };
        push_packet_block(&mut block, 0, &record, &[1, 2, 3]);
        assert_eq!((block.len(), &block[12..20], &block[28..32]), (36, &[0; 8][..], &[1, 2, 3, 0][..]));
    }
}
