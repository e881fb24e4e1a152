//! How much memory there is, and what this process has used of it and of the processors.

use std::fs;

/// What is assumed where nobody says: 4 GiB.
const ASSUMED: u64 = 4 << 30;

/// A quarter of the memory of the machine, or of the control group where that is less; bytes.
pub(crate) fn quarter() -> u64 {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let group =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(group).min().unwrap_or(ASSUMED) / 4
}

/// The most memory that this process has had so far, in bytes; nothing where the system does not say.
pub(crate) fn peak() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| field(&text, "VmHWM:"))
}

/// The processor time that this process has used so far, in nanoseconds, counted in steps of 10 ms; nothing where the
/// system does not say.
pub(crate) fn processor() -> Option<u64> {
    fs::read_to_string("/proc/self/stat").ok().and_then(|text| ticks(&text)).map(|ticks| ticks * 10_000_000)
}

/// User and system time of `/proc/PID/stat`, the fields 14 and 15, in hundredths of a second. The second field is a name
/// in parentheses that may hold anything.
fn ticks(text: &str) -> Option<u64> {
    let (_, fields) = text.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11).map(|field| field.parse::<u64>().ok());
    times.next()??.checked_add(times.next()??)
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total(text: &str) -> Option<u64> {
    field(text, "MemTotal:")
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_total() {
        assert_eq!(total("MemTotal:       16384 kB\nMemFree: 1 kB\n"), Some(16 << 20));
        assert_eq!(total("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn processor_time_stands_behind_any_name() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 12 30 0 0 20 0 1 0 5";
        assert_eq!(ticks(text), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn there_is_some() {
        assert!(quarter() > 0);
    }
}
