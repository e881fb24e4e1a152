//! Memory that was freed and that the allocator keeps.

/// Gives whole pages of it back to the system. glibc keeps what lies below something that is still in use, in each of its arenas,
/// so a process that once needed much for a moment would seem to need it for ever. Other allocators are left alone.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes a number and no pointer, and lets go only of pages in which nothing is allocated. It locks the arenas
    // itself: malloc_trim(3) says that any thread may call it at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    use super::*;

    fn resident() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }

    /// Some 64 MB in pieces, of which one in a thousand stays.
    #[test]
    fn what_was_freed_is_the_systems_again() {
        let mut pieces: Vec<_> = (0..64_000).map(|n| vec![n as u8; 1000]).collect();
        let full = resident();
        let mut n = 0;
        pieces.retain(|_| {
            n += 1;
            n % 1000 == 0
        });
        give_back();
        let left = resident();
        assert!(left + (40 << 20) < full, "{full} bytes, then {left}");
        assert_eq!(pieces.len(), 64);
    }
}
