//! `WireGuard`: its two handshakes, by a type with three zeros behind it and a fixed length. They say nothing of who speaks.

use crate::{Message, Read, Reader, ReaderId, Route, reader::Facts, readers::layout::array};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(100),
    app: "wireguard",
    activity: None,
    hides: true,
    fields: &[],
    read: Read::Message(&[Route::UdpStart(&[1, 0, 0, 0]), Route::UdpStart(&[2, 0, 0, 0])], read),
};

const INITIATION: u32 = 148;
const RESPONSE: u32 = 92;

fn read(message: &Message<'_, '_>, _: Facts<'_>) -> bool {
    let sent = message.packet.payload_length;
    // Behind the index of the sender, and in an answer that of the receiver, stands a key.
    let key = match message.payload {
        [1, 0, 0, 0, ..] if sent == INITIATION => array::<32>(message.payload, 8),
        [2, 0, 0, 0, ..] if sent == RESPONSE => array(message.payload, 12),
        _ => None,
    };
    // A key has no row of zeros; what other protocols write at such places mostly has.
    key.is_some_and(|key| key.windows(4).all(|four| four != [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Packet,
        readers::tests::{cut_everywhere, facts},
    };

    fn handshake(kind: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![kind, 0, 0, 0];
        bytes.extend((0..length - 4).map(|at| at as u8));
        bytes
    }

    #[test]
    fn handshakes_have_their_length() {
        for bytes in [handshake(1, 148), handshake(2, 92)] {
            assert_eq!(facts(&READER, &bytes), Some(vec![]));
            cut_everywhere(&READER, &Packet::default(), &bytes);
        }
        for bytes in
            [handshake(1, 147), handshake(2, 148), handshake(3, 92), [&[1, 0, 0, 0][..], &[0; 144]].concat()]
        {
            assert_eq!(facts(&READER, &bytes), None);
        }
    }
}
