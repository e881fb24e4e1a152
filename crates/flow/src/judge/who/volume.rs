//! What an end or a station sent and received.

/// IP bytes by direction, all and to the outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volume {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) sent_outside: u64,
    pub(crate) received_outside: u64,
    /// Stamp of the first packet of its flows; the last of all times where it has none, which takes less room than to say so:
    /// there may be a station for each flow.
    pub(crate) first: i64,
}

impl Default for Volume {
    fn default() -> Self {
        Self { sent: 0, received: 0, sent_outside: 0, received_outside: 0, first: i64::MAX }
    }
}

impl Volume {
    pub(crate) fn join(&mut self, other: &Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.sent_outside += other.sent_outside;
        self.received_outside += other.received_outside;
        self.first = self.first.min(other.first);
    }
}
