//! Handshake messages out of TLS records, wherever the sender or the network cut them.

use std::borrow::Cow;

use crate::{Probe, cursor::Cursor};

const RECORD_CHANGE_CIPHER_SPEC: u8 = 20;
const RECORD_ALERT: u8 = 21;
pub(crate) const RECORD_HANDSHAKE: u8 = 22;
pub(crate) const CLIENT_HELLO: u8 = 1;
pub(crate) const SERVER_HELLO: u8 = 2;
pub(crate) const CERTIFICATE: u8 = 11;

/// Bytes in front of a record's fragment.
const HEADER: usize = 5;
/// Longest handshake message that is read.
const MAX_MESSAGE: usize = 1 << 16;
/// Longest fragment of a record: 2^14 and the 2048 that protection may add (RFC 5246, 6.2.3).
const MAX_FRAGMENT: usize = (1 << 14) + 2048;

/// Records that may stand before the handshake: an alert of an earlier attempt, the change-cipher-spec of a
/// middlebox's liking (RFC 8446, D.4).
pub(super) const MAX_BEFORE: usize = 8;

/// What begins with the first handshake record, or what to say where there is none (yet): `Match` where the half is
/// TLS and holds none.
pub(super) fn begins(half: &[u8]) -> Result<&[u8], Probe> {
    let mut passed = 0;
    for record in 0..=MAX_BEFORE {
        let bytes = half.get(passed..).ok_or(Probe::More(passed))?;
        let (kind, length) = match first_record(bytes) {
            // The first record has shown that this is TLS.
            Err(Probe::NotMine) if record > 0 => return Err(Probe::Match),
            Err(Probe::More(least)) => return Err(Probe::More(passed + least)),
            Err(probe) => return Err(probe),
            Ok(record) => record,
        };
        match (kind, length) {
            (RECORD_HANDSHAKE, _) => return Ok(bytes),
            (RECORD_CHANGE_CIPHER_SPEC, _) | (RECORD_ALERT, 2) => passed += HEADER + length,
            _ => break,
        }
    }
    Err(Probe::Match)
}

/// Content type and length of the first record, or what to say where there is none (yet).
pub(super) fn first_record(bytes: &[u8]) -> Result<(u8, usize), Probe> {
    let plausible = |at: usize, test: fn(u8) -> bool| bytes.get(at).is_none_or(|&byte| test(byte));
    if !plausible(0, |kind| (20..=24).contains(&kind))
        || !plausible(1, |major| major == 3)
        || !plausible(2, |minor| minor <= 4)
        || !plausible(3, |length| usize::from(length) <= MAX_FRAGMENT >> 8)
    {
        return Err(Probe::NotMine);
    }
    let (kind, length) = header(bytes).ok_or(Probe::More(bytes.len() + 1))?;
    let fits = match kind {
        20 => length == 1,
        21 => length == 2 || length >= 16,
        RECORD_HANDSHAKE => length >= 1,
        _ => length >= 16,
    };
    if fits && length <= MAX_FRAGMENT { Ok((kind, length)) } else { Err(Probe::NotMine) }
}

fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let (&[kind, _, _, high, low], _) = bytes.split_first_chunk()?;
    Some((kind, usize::from(u16::from_be_bytes([high, low]))))
}

/// One handshake message.
#[derive(Debug)]
pub(crate) struct HandshakeMessage<'a> {
    /// `msg_type`.
    pub(crate) kind: u8,
    /// What is there of its body.
    pub(crate) body: Cow<'a, [u8]>,
    /// Whether that is all of it.
    pub(crate) whole: bool,
}

/// What a flight holds next.
#[derive(Debug)]
pub(super) enum Next<'a> {
    /// A message, perhaps cut.
    Message(HandshakeMessage<'a>),
    /// Cannot be told: the bytes end here.
    Open,
    /// No readable handshake message: another record, an overlong message, or nonsense.
    Closed,
}

/// The handshake messages at the beginning of one half.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flight<'a> {
    /// What is left of the current record's fragment.
    fragment: Cursor<'a>,
    /// The records after it.
    records: Cursor<'a>,
    /// Whether the bytes ended, rather than the handshake.
    open: bool,
}

impl<'a> Flight<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { fragment: Cursor(&[]), records: Cursor(bytes), open: true }
    }

    pub(super) fn next(&mut self) -> Next<'a> {
        let head = self.gather(4);
        let Some((&[kind, a, b, c], [])) = head.split_first_chunk() else {
            return if self.open { Next::Open } else { Next::Closed };
        };
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > MAX_MESSAGE {
            return Next::Closed;
        }
        let body = self.gather(length);
        let whole = body.len() >= length;
        if !whole && !self.open {
            return Next::Closed;
        }
        Next::Message(HandshakeMessage { kind, body, whole })
    }

    /// The next `count` bytes of the handshake, borrowed where one record holds them; fewer at the end.
    fn gather(&mut self, count: usize) -> Cow<'a, [u8]> {
        let mut gathered = Cow::Borrowed(self.fragment.up_to(count));
        while gathered.len() < count && self.next_record() {
            let more = self.fragment.up_to(count - gathered.len());
            if gathered.is_empty() {
                gathered = Cow::Borrowed(more);
            } else {
                gathered.to_mut().extend_from_slice(more);
            }
        }
        gathered
    }

    /// Steps to the next record; `false` where there is none that carries handshake.
    fn next_record(&mut self) -> bool {
        let Some((kind, length)) = header(self.records.0) else {
            // What is left of a header may already tell that no handshake follows.
            self.open = self.open && self.records.0.first().is_none_or(|&kind| kind == RECORD_HANDSHAKE);
            return false;
        };
        if kind != RECORD_HANDSHAKE || self.records.0.get(1) != Some(&3) || length > MAX_FRAGMENT {
            self.open = false;
            return false;
        }
        self.records.up_to(HEADER);
        self.fragment = Cursor(self.records.up_to(length));
        true
    }
}
