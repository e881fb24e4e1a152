//! What one end of a stream told the other of names and of other flows, kept with the packet that told it until it is judged.
//!
//! A resolver that answers over TCP says "camera.example.com is 192.0.2.7" in the third segment of a half that may go on for
//! hours. The reader is sure of the half only at its end, and at a joint that moment lies between what a later chunk heard
//! by itself. So this does not enter the table of names, whose order is that of capture: it stays with the flow, with the
//! time and the packet of its own message.

use lenscap_wire::{Address, Fact, PacketRef, Resolver};
use serde::{Deserialize, Serialize};

use crate::state::text::{TextId, Texts};

/// Something that was told, by texts of some form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) enum Told<T> {
    /// The sender asks for a name.
    Asks { name: T },
    /// The receiver's question for a name was answered without an address.
    Denied { name: T, code: u8 },
    /// A name has an address.
    Answer {
        name: T,
        /// Canonical names on the way, joined by spaces.
        chain: T,
        #[serde(with = "octets")]
        address: Address,
    },
    /// Another flow, to this address and port, of which the sender asks the receiver, or tells it.
    Refers {
        #[serde(with = "octets")]
        address: Address,
        port: u16,
        transport: u8,
        /// The reader of what will be spoken there, where that was said.
        app: Option<u8>,
    },
    /// What the half says behind this was not read: its budget is spent.
    Unread,
}

impl<'a> Told<&'a [u8]> {
    /// What a fact tells that is kept until it is judged.
    pub(crate) fn of(fact: &Fact<'a>) -> Option<Self> {
        match *fact {
            Fact::Asks { by: Resolver::Dns, name } => Some(Self::Asks { name }),
            Fact::Denied { by: Resolver::Dns, name, code } => Some(Self::Denied { name, code }),
            Fact::Answer { by: Resolver::Dns, name, chain, address } => {
                Some(Self::Answer { name, chain, address })
            }
            Fact::Refers { address, port, transport, app } => {
                Some(Self::Refers { address, port, transport, app: app.map(|app| app.0) })
            }
            _ => None,
        }
    }
}

impl<T> Told<T> {
    /// The same by texts of another form.
    pub(crate) fn map<U>(self, mut text: impl FnMut(T) -> U) -> Told<U> {
        match self {
            Self::Asks { name } => Told::Asks { name: text(name) },
            Self::Denied { name, code } => Told::Denied { name: text(name), code },
            Self::Answer { name, chain, address } => {
                Told::Answer { name: text(name), chain: text(chain), address }
            }
            Self::Refers { address, port, transport, app } => Told::Refers { address, port, transport, app },
            Self::Unread => Told::Unread,
        }
    }

    /// Its texts, to be changed.
    pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let (name, chain) = match self {
            Self::Asks { name } | Self::Denied { name, .. } => (Some(name), None),
            Self::Answer { name, chain, .. } => (Some(name), Some(chain)),
            Self::Refers { .. } | Self::Unread => (None, None),
        };
        name.into_iter().chain(chain)
    }
}

/// What was told, when and in which packet: the one that brought the last of its message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    pub(crate) told: Told<TextId>,
    pub(crate) time: i64,
    #[serde(with = "crate::state::packet_ref")]
    pub(crate) at: PacketRef,
}

impl Learned {
    /// Bytes of text that these keep, for the memory budget: what many of one message name is counted once.
    pub(crate) fn texts(all: &[Self], texts: &Texts) -> usize {
        let mut before = [TextId::EMPTY; 2];
        let mut sum = 0;
        for mut learned in all.iter().copied() {
            for (text, before) in learned.told.texts_mut().zip(&mut before) {
                sum += if *text == *before { 0 } else { texts.text(*text).len() };
                *before = *text;
            }
        }
        sum
    }
}

/// An address as its bytes.
mod octets {
    use lenscap_wire::Address;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(address: &Address, to: S) -> Result<S::Ok, S::Error> {
        address.0.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        <[u8; 16]>::deserialize(from).map(Address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_wire::ReaderId;

    #[test]
    fn what_is_told_is_saved_as_it_is() {
        let address = Address::v4([192, 0, 2, 7]);
        let app = Some(ReaderId(18));
        let fact = Fact::Refers { address, port: 443, transport: 6, app };
        let told = Told::of(&fact).expect("it is kept").map(|_| TextId::EMPTY);
        assert_eq!(told, Told::Refers { address, port: 443, transport: 6, app: Some(18) });
        let learned = Learned { told, time: 5, at: PacketRef { record: 3, ..PacketRef::default() } };
        let bytes = postcard::to_allocvec(&learned).unwrap();
        assert_eq!(postcard::from_bytes::<Learned>(&bytes).unwrap(), learned);
    }

    #[test]
    fn a_name_of_many_addresses_costs_once() {
        let mut texts = Texts::default();
        let told =
            |last| Told::Answer { name: &b"cam"[..], chain: b"", address: Address::v4([192, 0, 2, last]) };
        let mut learned = |last| Learned {
            told: told(last).map(|text| texts.intern(text)),
            time: 0,
            at: PacketRef::default(),
        };
        let all = [learned(1), learned(2), learned(3)];
        assert_eq!(Learned::texts(&all, &texts), 3);
        let question = Learned { told: Told::Asks { name: texts.intern(b"other") }, ..all[0] };
        assert_eq!(Learned::texts(&[all[0], question, all[1]], &texts), 3 + 5 + 3);
    }
}
