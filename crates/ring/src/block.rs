//! What a block of the ring holds, read as plain bytes (`struct tpacket_block_desc`, `struct tpacket3_hdr`).
//!
//! A block begins with 48 bytes that say how many packets it holds and where the first lies. A packet begins with 48 bytes that
//! say how far the next one is, when it came, how much of it is there and where; behind them stand 20 of a link-layer address
//! (`struct sockaddr_ll`), of which the kind of packet is read. Numbers are the machine's.

/// A bit of a packet's status: the tag that was taken off is told.
const VLAN_VALID: u32 = 1 << 4;
/// Its protocol identifier, too; else it is 802.1Q.
const VLAN_TPID_VALID: u32 = 1 << 6;
/// The checksum was left to the interface, which had not yet filled it in.
const CHECKSUM_NOT_READY: u32 = 1 << 3;

/// Where a frame's tag stands: behind the two addresses.
const ADDRESSES: usize = 12;
/// A tag: protocol identifier, then priority and VLAN.
pub(crate) const TAG: usize = 4;

/// Fields of a block's description by offset.
mod description {
    pub(super) const PACKETS: usize = 12;
    pub(super) const FIRST: usize = 16;
}

/// Fields of a packet's head by offset.
mod head {
    pub(super) const NEXT: usize = 0;
    pub(super) const SECONDS: usize = 4;
    pub(super) const NANOSECONDS: usize = 8;
    pub(super) const CAPTURED: usize = 12;
    pub(super) const LENGTH: usize = 16;
    pub(super) const STATUS: usize = 20;
    pub(super) const FRAME: usize = 24;
    pub(super) const VLAN: usize = 32;
    pub(super) const TPID: usize = 36;
    pub(super) const WAY: usize = 58;
    /// All of it, with the link-layer address.
    pub(super) const LENGTH_OF_ALL: usize = 68;
}

/// Which way a packet went, as the interface sees it (`sll_pkttype`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// To this host, to a group, to all, or to another host.
    In,
    /// Sent by this host.
    Out,
}

/// A packet of a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packet<'a> {
    /// Seconds since 1970 by the system's clock.
    pub seconds: u32,
    /// And nanoseconds.
    pub nanoseconds: u32,
    /// Bytes that it had, its tag included.
    pub length: u32,
    /// What of them was kept.
    pub bytes: &'a [u8],
    /// Which way it went.
    pub way: Way,
    /// Whether its checksum was yet to be filled in by the interface: what stands there then is none.
    pub checksum_pending: bool,
}

/// The packets of a block, in the order in which they came.
#[derive(Clone, Debug)]
pub struct Packets<'a> {
    block: &'a [u8],
    at: usize,
    left: u32,
}

impl<'a> Packets<'a> {
    /// Of a block whose tags were put back.
    pub(crate) fn of(block: &'a [u8]) -> Self {
        let at = word(block, description::FIRST).unwrap_or(0) as usize;
        Self { block, at, left: word(block, description::PACKETS).unwrap_or(0) }
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        self.left = self.left.checked_sub(1)?;
        let head = self.block.get(self.at..)?;
        let place = Place::of(head)?;
        let packet = Packet {
            seconds: word(head, head::SECONDS)?,
            nanoseconds: word(head, head::NANOSECONDS)?,
            length: place.length,
            bytes: head.get(place.start..)?.get(..place.captured)?,
            way: if *head.get(head::WAY)? == libc::PACKET_OUTGOING { Way::Out } else { Way::In },
            checksum_pending: place.status & CHECKSUM_NOT_READY != 0,
        };
        // Behind the last one there is no next.
        if place.next == 0 {
            self.left = 0;
        }
        self.at = self.at.checked_add(place.next)?;
        Some(packet)
    }
}

/// Where a packet lies behind its head.
struct Place {
    status: u32,
    start: usize,
    captured: usize,
    length: u32,
    next: usize,
}

impl Place {
    fn of(head: &[u8]) -> Option<Self> {
        head.get(..head::LENGTH_OF_ALL)?;
        Some(Self {
            status: word(head, head::STATUS)?,
            start: half(head, head::FRAME)?.into(),
            captured: word(head, head::CAPTURED)? as usize,
            length: word(head, head::LENGTH)?,
            next: word(head, head::NEXT)? as usize,
        })
    }
}

/// Puts back the tags that the kernel took off the frames of a block: the addresses move four bytes to the front, where room was
/// reserved, and the tag stands behind them. The head then says so, and tells of no tag any more.
///
/// Of a frame that was cut within its addresses, or that has no room in front, the tag is left off.
pub(crate) fn put_tags_back(block: &mut [u8]) {
    let mut at = word(block, description::FIRST).unwrap_or(0) as usize;
    for _ in 0..word(block, description::PACKETS).unwrap_or(0) {
        let Some(head) = block.get_mut(at..) else { return };
        let Some(place) = Place::of(head) else { return };
        if place.status & VLAN_VALID != 0 {
            put_tag_back(head, &place);
        }
        match at.checked_add(place.next) {
            Some(next) if next > at => at = next,
            _ => return,
        }
    }
}

fn put_tag_back(head: &mut [u8], place: &Place) -> Option<()> {
    let tci = word(head, head::VLAN)? as u16;
    let tpid = if place.status & VLAN_TPID_VALID != 0 { half(head, head::TPID)? } else { 0x8100 };
    let start = place.start.checked_sub(TAG).filter(|start| *start >= head::LENGTH_OF_ALL)?;
    if place.captured < ADDRESSES {
        return None;
    }
    let [length, captured] = [place.length, place.captured as u32].map(|length| length + TAG as u32);
    let frame = head.get_mut(start..start + TAG + place.captured)?;
    frame.copy_within(TAG..TAG + ADDRESSES, 0);
    let tag = frame.get_mut(ADDRESSES..ADDRESSES + TAG)?;
    let [a, b] = tpid.to_be_bytes();
    let [c, d] = tci.to_be_bytes();
    tag.copy_from_slice(&[a, b, c, d]);
    set(head, head::FRAME, &(start as u16).to_ne_bytes())?;
    set(head, head::CAPTURED, &captured.to_ne_bytes())?;
    set(head, head::LENGTH, &length.to_ne_bytes())?;
    set(head, head::STATUS, &(place.status & !(VLAN_VALID | VLAN_TPID_VALID)).to_ne_bytes())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn set<const N: usize>(bytes: &mut [u8], at: usize, value: &[u8; N]) -> Option<()> {
    *bytes.get_mut(at..)?.first_chunk_mut()? = *value;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Room in front of each frame.
    const ROOM: usize = 80;

    struct Sent {
        bytes: Vec<u8>,
        tag: Option<(Option<u16>, u16)>,
    }

    fn block(all: &[Sent]) -> Vec<u8> {
        let mut block = vec![0; 48];
        set(&mut block, description::PACKETS, &(all.len() as u32).to_ne_bytes()).unwrap();
        set(&mut block, description::FIRST, &48_u32.to_ne_bytes()).unwrap();
        for (n, sent) in all.iter().enumerate() {
            let is_last = n + 1 == all.len();
            let mut packet = vec![0; ROOM];
            packet.extend(&sent.bytes);
            packet.resize(packet.len().next_multiple_of(16), 0);
            let status = match sent.tag {
                None => 1,
                Some((None, _)) => 1 | VLAN_VALID,
                Some((Some(_), _)) => 1 | VLAN_VALID | VLAN_TPID_VALID,
            };
            let (tpid, tci) = sent.tag.map_or((0, 0), |(tpid, tci)| (tpid.unwrap_or(0), tci));
            let length = sent.bytes.len() as u32;
            for (at, value) in [
                (head::NEXT, if is_last { 0 } else { packet.len() as u32 }),
                (head::SECONDS, 1000),
                (head::NANOSECONDS, n as u32),
                (head::CAPTURED, length),
                (head::LENGTH, length + 7),
                (head::STATUS, status),
                (head::VLAN, tci.into()),
            ] {
                set(&mut packet, at, &value.to_ne_bytes()).unwrap();
            }
            set(&mut packet, head::FRAME, &(ROOM as u16).to_ne_bytes()).unwrap();
            set(&mut packet, head::TPID, &tpid.to_ne_bytes()).unwrap();
            packet[head::WAY] = if n % 2 == 0 { libc::PACKET_OUTGOING } else { 3 };
            block.extend(packet);
        }
        block
    }

    fn frame(length: u8) -> Vec<u8> {
        (1..=length).collect()
    }

    #[test]
    fn packets_come_in_order_with_time_length_and_way() {
        let sent = [60, 0, 14].map(|length| Sent { bytes: frame(length), tag: None });
        let mut block = block(&sent);
        put_tags_back(&mut block);
        let read: Vec<_> = Packets::of(&block).collect();
        assert_eq!(read.len(), 3);
        for (n, (packet, sent)) in read.iter().zip(&sent).enumerate() {
            assert_eq!((packet.bytes, packet.length), (&sent.bytes[..], sent.bytes.len() as u32 + 7));
            assert_eq!((packet.seconds, packet.nanoseconds), (1000, n as u32));
            assert_eq!(packet.way, if n % 2 == 0 { Way::Out } else { Way::In });
        }
    }

    #[test]
    fn a_tag_stands_again_where_it_stood() {
        let tagged = |length, tag| Sent { bytes: frame(length), tag: Some(tag) };
        let sent = [tagged(60, (None, 0x6007)), tagged(12, (Some(0x88a8), 42)), tagged(11, (None, 1))];
        let mut block = block(&sent);
        put_tags_back(&mut block);
        let again: Vec<_> =
            Packets::of(&block).map(|packet| (packet.bytes.to_vec(), packet.length)).collect();
        let with = |length: u8, tag: [u8; 4]| {
            let frame = frame(length);
            ([&frame[..12], &tag, &frame[12..]].concat(), u32::from(length) + 7 + 4)
        };
        // The addresses of the last are cut: it has none.
        let expected = [with(60, [0x81, 0, 0x60, 7]), with(12, [0x88, 0xa8, 0, 42]), (frame(11), 11 + 7)];
        assert_eq!(again, expected);
        let before = block.clone();
        put_tags_back(&mut block);
        assert_eq!(block, before, "once");
    }

    proptest! {
        /// Whatever stands in a block, packets lie in it, and there are no more than it says.
        #[test]
        fn nonsense_is_read_within_bounds(mut bytes in prop::collection::vec(any::<u8>(), 0..400), first in 0_u32..80, count in 0_u32..9) {
            set(&mut bytes, description::FIRST, &first.to_ne_bytes());
            set(&mut bytes, description::PACKETS, &count.to_ne_bytes());
            put_tags_back(&mut bytes);
            prop_assert!(Packets::of(&bytes).count() <= count as usize);
        }
    }
}
