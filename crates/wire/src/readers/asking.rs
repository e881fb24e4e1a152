//! How readers are asked: strongest first, and the first that recognises the bytes wins. Nothing allocates.

use crate::readers::{BY_FIRST, PLACES, Readers, STREAM_READERS};
use crate::{DatagramRead, Fact, Message, Probe, Read, ReaderId, Stream, reader::Facts};

/// What the stream or datagram readers together say of the beginning of one half.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// This reader's protocol; its facts have been yielded.
    Done(ReaderId),
    /// Nothing can be told before there are so many bytes of the half, or datagrams of the reader that waits. What was
    /// yielded does not count.
    Undecided(usize),
    /// No reader's protocol.
    Unknown,
}

impl Reading {
    /// Whether more is needed.
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Undecided(_))
    }
}

/// How often a half may hand on to another protocol: SMTP, STARTTLS, TLS is one hop. Four are more than are met.
const HOPS: usize = 4;

/// Asks the stream readers, strongest first, what the first bytes of a half are.
///
/// A stronger reader that needs more bytes holds back all weaker ones, so that the reading does not depend on how often it
/// was asked for. Where a reader says [`Probe::Then`] all are asked again from there; a half of several protocols is the
/// last one's that was recognised. With [`Stream::ended`] the reading is never [`Reading::Undecided`].
pub fn read_stream(stream: &Stream<'_>, facts: Facts<'_>) -> Reading {
    let mut known = Reading::Unknown;
    let mut start = 0;
    let mut before: &[u8] = &[];
    for _ in 0..HOPS {
        let rest = Stream { bytes: stream.bytes.get(start..).unwrap_or(&[]), ended: stream.ended };
        let mut placed = |fact: Fact<'_>| match fact {
            Fact::Within { from, to, fact } => {
                facts(Fact::Within { from: start + from, to: start + to, fact });
            }
            fact => facts(fact),
        };
        match ask(before, &rest, &mut placed) {
            Asked::Match(id) => return Reading::Done(id),
            Asked::Then(id, offset) => {
                known = Reading::Done(id);
                before = rest.bytes.get(..offset).unwrap_or(rest.bytes);
                start += offset;
            }
            Asked::More(length) => return Reading::Undecided(start.saturating_add(length)),
            Asked::Nobody => return known,
        }
    }
    known
}

/// What the readers say of what stands at one place of a half.
enum Asked {
    Match(ReaderId),
    Then(ReaderId, usize),
    More(usize),
    Nobody,
}

/// Asks what `stream` is; `before` is what handed on to it, empty at the beginning of the half.
fn ask(before: &[u8], stream: &Stream<'_>, facts: Facts<'_>) -> Asked {
    let asked = stream.bytes.first().and_then(|&byte| BY_FIRST.get(usize::from(byte)));
    for reader in asked.unwrap_or(&STREAM_READERS).iter() {
        let probe = match reader.read {
            Read::Stream(_, read) => read(stream, &mut *facts),
            Read::Behind(read) if !before.is_empty() => read(before, stream, &mut *facts),
            _ => continue,
        };
        match probe {
            // Where nothing follows there is nobody to hand on to.
            Probe::Then(offset) if offset > 0 && !(stream.ended && offset >= stream.bytes.len()) => {
                return Asked::Then(reader.number, offset);
            }
            Probe::Match | Probe::Then(_) => return Asked::Match(reader.number),
            Probe::More(length) if !stream.ended => return Asked::More(length.max(stream.bytes.len() + 1)),
            Probe::More(_) | Probe::NotMine => {}
        }
    }
    Asked::Nobody
}

/// The strongest datagram reader, of those that [routes](super::Routes::readers) found, whose test a datagram passes: it is of that
/// reader's list, and of no other's.
pub fn admit(asked: Readers, payload: &[u8]) -> Option<(ReaderId, &'static DatagramRead)> {
    asked.datagrams().find_map(|reader| match &reader.read {
        Read::Datagrams(how) if (how.passes)(payload) => Some((reader.number, how)),
        _ => None,
    })
}

/// Asks the datagram readers, strongest first, what the listed datagrams of a half are: each is shown those that it
/// [admitted](admit), in order of capture, cut to what it keeps.
///
/// A stronger reader that needs more datagrams, and has had some, holds back all weaker ones; one that has had none
/// does not, since it may never have one.
pub fn read_datagrams<'a>(
    all: &(impl Iterator<Item = (ReaderId, &'a [u8])> + Clone),
    ended: bool,
    facts: Facts<'_>,
) -> Reading {
    let place = |id: ReaderId| usize::from(*PLACES.get(usize::from(id.0))?).checked_sub(1);
    let admitted = all.clone().filter_map(|(id, _)| place(id)).map(Readers::only);
    for reader in admitted.fold(Readers::NONE, Readers::and).datagrams() {
        let Read::Datagrams(how) = &reader.read else { continue };
        let own = all.clone().filter(|(id, _)| *id == reader.number).map(|(_, bytes)| bytes);
        match how.ask(own, ended, facts) {
            Probe::Match | Probe::Then(_) => return Reading::Done(reader.number),
            Probe::More(count) if !ended && count <= how.most.into() => return Reading::Undecided(count),
            Probe::More(_) | Probe::NotMine => {}
        }
    }
    if ended { Reading::Unknown } else { Reading::Undecided(1) }
}

/// Asks the message readers that [routes](super::Routes::readers) found for a packet, in order, and says which one recognised it.
pub fn read_message(asked: Readers, message: &Message<'_, '_>, facts: Facts<'_>) -> Option<ReaderId> {
    asked.messages().find_map(|reader| match reader.read {
        Read::Message(_, read) if read(message, facts) => Some(reader.number),
        _ => None,
    })
}
