//! What the kernel counts.

/// What the kernel counted since the ring was opened.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Packets that passed the filter: those handed over and those dropped.
    pub packets: u64,
    /// Packets for which the ring had no room.
    pub drops: u64,
    /// How many times the ring was full when the kernel wanted the next block.
    pub freezes: u64,
}

impl Statistics {
    /// The kernel counts from the last time that it was asked, in 32 bits.
    pub(crate) fn add(&mut self, [packets, drops, freezes]: [u32; 3]) {
        self.packets = self.packets.saturating_add(packets.into());
        self.drops = self.drops.saturating_add(drops.into());
        self.freezes = self.freezes.saturating_add(freezes.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_the_kernel_add_up() {
        let mut all = Statistics::default();
        all.add([u32::MAX, 1, 0]);
        all.add([u32::MAX, 2, 3]);
        assert_eq!(all, Statistics { packets: 2 * u64::from(u32::MAX), drops: 3, freezes: 3 });
    }
}
