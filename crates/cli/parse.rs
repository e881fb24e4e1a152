//! Values of options: sizes, times, spans, prefixes, severities.

use ipnet::IpNet;
use lenscap_flow::report::Severity;
use lenscap_wire::Timestamp;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

const SECOND: i64 = 1_000_000_000;
/// The least memory that is taken for the state, in bytes.
const LEAST_MEMORY: u64 = 1 << 20;

/// A number of bytes: `1048576`, `512K`, `512M`, `4G`, `4GiB`; multiples of 1024. Never 0.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; write 512M or 4G");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).filter(|&bytes| bytes > 0).ok_or_else(wrong)
}

/// Memory for the state: a [`size`] of [`LEAST_MEMORY`] at least. With less, hardly a flow would be kept.
pub(crate) fn memory(text: &str) -> Result<u64, String> {
    size(text).and_then(|bytes| match bytes {
        LEAST_MEMORY.. => Ok(bytes),
        _ => Err(format!("{text:?} is too little; write 1M or more, such as 512M")),
    })
}

/// A ring: a [`size`] from 1 MiB to 1 GiB.
pub(crate) fn ring(text: &str) -> Result<u32, String> {
    let bytes = size(text)?;
    let sound = (1 << 20..=1 << 30).contains(&bytes);
    u32::try_from(bytes).ok().filter(|_| sound).ok_or_else(|| format!("{text:?} is no ring; write 1M to 1G"))
}

/// A number from 1 on.
pub(crate) fn positive<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text:?} is no such number; write 1 or more"))
}

/// Workers: 1 to 64.
pub(crate) fn workers(text: &str) -> Result<NonZeroUsize, String> {
    let count = text.parse::<NonZeroUsize>().ok().filter(|count| count.get() <= 64);
    count.ok_or_else(|| format!("{text:?} is no such number; write 1 to 64"))
}

/// A moment: RFC 3339 with its offset; a day, or a day and a time, in UTC; or seconds since 1970 with up to nine
/// decimals.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("{text:?} is no time; write 2026-03-02T09:00:00Z or 1772442000");
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        return seconds(text).map(Timestamp).ok_or_else(wrong);
    }
    let in_utc =
        || text.parse::<jiff::civil::DateTime>()?.to_zoned(jiff::tz::TimeZone::UTC).map(|at| at.timestamp());
    let moment = text.parse::<jiff::Timestamp>().or_else(|_| in_utc()).map_err(|_| wrong())?;
    let nanoseconds = i64::try_from(moment.as_nanosecond()).map_err(|_| wrong())?;
    Some(Timestamp(nanoseconds)).filter(|&time| time >= Timestamp::MIN).ok_or_else(wrong)
}

fn seconds(text: &str) -> Option<i64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 9 || decimals.contains('.') {
        return None;
    }
    let nanoseconds: i64 = format!("{decimals:0<9}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(SECOND)?.checked_add(nanoseconds)
}

/// A prefix (`192.168.0.0/16`), or an address, which is a prefix of its whole length.
pub(crate) fn net(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let net = text.parse::<IpNet>().or_else(|_| address());
    net.map(|net| net.trunc()).map_err(|_| format!("{text:?} is no prefix; write 192.168.0.0/16"))
}

/// A span in whole seconds, kept in nanoseconds. Never 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Idle(pub i64);

impl Idle {
    /// Five minutes, the usual idle time of flows.
    pub(crate) const USUAL: Self = Self(300 * SECOND);

    /// In seconds.
    pub(crate) const fn seconds(self) -> i64 {
        self.0 / SECOND
    }
}

impl FromStr for Idle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let nanoseconds = text.parse::<u32>().ok().filter(|&n| n > 0).map(|n| i64::from(n) * SECOND);
        nanoseconds.map(Self).ok_or_else(|| format!("{text:?} is no number of seconds from 1 on"))
    }
}

/// A span of time: `90`, `90s`, `10m`, `2h`, `7d`. Never 0.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no span of time; write 30s, 10m, 2h or 7d");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let seconds: u64 = match unit {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Some(u64::from(number) * seconds).filter(|&n| n > 0).map(Duration::from_secs).ok_or_else(wrong)
}

/// How much there may be of something: so many bytes, or as much as comes in such a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bound {
    /// Bytes.
    Bytes(u64),
    /// The time from the first on.
    Age(Duration),
}

/// A [`size`] with its unit (`100MB`, `10M`) or a [`duration`] with its (`30s`, `10m`, `24h`): a small m is minutes.
pub(crate) fn bound(text: &str) -> Result<Bound, String> {
    let wrong = || format!("{text:?} is neither a size nor a time; write 100MB, 10G, 1h or 7d");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match unit {
        "" => Err(wrong()),
        "s" | "m" | "min" | "h" | "d" => duration(text).map(Bound::Age),
        _ => size(text).map(Bound::Bytes).map_err(|_| wrong()),
    }
}

/// Where to listen: `127.0.0.1:9464`, `[::1]:9464`, or a port alone, of this machine only.
pub(crate) fn listen(text: &str) -> Result<SocketAddr, String> {
    let port = || text.parse::<u16>().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    let address = text.parse::<SocketAddr>().or_else(|_| port());
    address.map_err(|_| format!("{text:?} is no address with a port; write 127.0.0.1:9464"))
}

/// Numbers of threads: `4`, `1,2,4`, `1-4`. At most 1,024 threads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Counts(pub Vec<NonZeroUsize>);

impl FromStr for Counts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no list of threads; write 1,2,4 or 1-4");
        let number = |text: &str| text.parse().ok().filter(|&n| (1..=1024).contains(&n)).ok_or_else(wrong);
        let mut all = Vec::new();
        for item in text.split(',') {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            let (first, last): (usize, usize) = (number(first)?, number(last)?);
            if first > last {
                return Err(wrong());
            }
            all.extend((first..=last).filter_map(NonZeroUsize::new));
        }
        Ok(Self(all))
    }
}

/// The path of a file to be written: only with its own extension, so that no capture is written over by mistake.
pub(crate) fn path_with(text: &str, extension: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let sound = path.extension().is_some_and(|given| given == extension);
    sound.then_some(path).ok_or_else(|| format!("{text:?} does not end in .{extension}"))
}

/// From which severity on a finding makes the exit status 1; `None` is never.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FailOn(pub Option<Severity>);

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        let level = Severity::ALL.into_iter().find(|level| level.word() == text);
        level.map(|level| Self(Some(level))).ok_or_else(|| {
            format!(
                "{text:?} is no severity; there are {} and never",
                Severity::ALL.map(Severity::word).join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_of_this_machine() {
        assert_eq!(listen("9464"), Ok("127.0.0.1:9464".parse().unwrap()));
        assert_eq!(listen("[::]:1").map(|address| address.ip().is_loopback()), Ok(false));
        assert!(["", "eth0", ":9464", "70000", "127.0.0.1"].iter().all(|text| listen(text).is_err()));
    }

    #[test]
    fn a_bound_is_a_size_or_a_time() {
        assert_eq!(bound("100MB"), Ok(Bound::Bytes(100 << 20)));
        assert_eq!(
            (bound("10M"), bound("10m")),
            (Ok(Bound::Bytes(10 << 20)), Ok(Bound::Age(Duration::from_mins(10))))
        );
        assert_eq!(bound("24h"), Ok(Bound::Age(Duration::from_hours(24))));
        assert!(
            ["", "100", "0GB", "0s", "h", "1 h", "-1h", "99999999999h"]
                .iter()
                .all(|text| bound(text).is_err())
        );
    }

    #[test]
    fn durations() {
        let seconds = |text| duration(text).map(|span| span.as_secs()).ok();
        assert_eq!(["90", "90s", "10m", "2h", "7d"].map(seconds), [90, 90, 600, 7200, 604_800].map(Some));
        assert_eq!(["", "0", "s", "1.5h", "3w", "-1"].map(seconds), [None; 6]);
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("1", 1),
            ("64k", 65_536),
            ("512M", 536_870_912),
            ("4G", 4 << 30),
            ("4GiB", 4 << 30),
            ("1T", 1 << 40),
        ] {
            assert_eq!(size(text).unwrap(), bytes);
        }
        assert!(memory("1023K").is_err() && memory("1M") == Ok(1 << 20));
        for wrong in ["", "0", "M", "-1", "1.5G", "1X", "99999999999T", "0G", "1 G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("1772442847", 1_772_442_847 * SECOND),
            ("1772442847.5", 1_772_442_847 * SECOND + SECOND / 2),
            ("1.000000001", SECOND + 1),
            ("2026-03-02T09:14:07Z", 1_772_442_847 * SECOND),
            ("2026-03-02T09:14:07", 1_772_442_847 * SECOND),
            ("2026-03-02 09:14:07.5", 1_772_442_847 * SECOND + SECOND / 2),
            ("2026-03-02 09:14", 1_772_442_840 * SECOND),
            ("2026-03-02", 1_772_409_600 * SECOND),
            ("2026-03-02T10:14:07.000000001+01:00", 1_772_442_847 * SECOND + 1),
        ] {
            assert_eq!(time(text).unwrap(), Timestamp(nanoseconds), "{text}");
        }
        for wrong in [
            "",
            "1.2.3",
            "1.0000000001",
            "yesterday",
            "2026-02-30",
            "1969-12-31T00:00:00Z",
            "-5",
            "99999999999999",
        ] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn prefixes() {
        assert_eq!(net("192.168.1.7/16").unwrap().to_string(), "192.168.0.0/16");
        assert_eq!(net("2001:db8::1").unwrap().to_string(), "2001:db8::1/128");
        assert!(net("192.168.0.0/33").is_err() && net("office").is_err());
    }

    #[test]
    fn numbers_of_threads() {
        let numbers = |text: &str| text.parse().map(|Counts(all)| all.iter().map(|n| n.get()).collect());
        assert_eq!(numbers("2"), Ok(vec![2]));
        assert_eq!(numbers("1,8,2-4"), Ok(vec![1, 8, 2, 3, 4]));
        assert!(["", "0", "4-2", "1,", "-1", "2000"].iter().all(|wrong| wrong.parse::<Counts>().is_err()));
    }

    #[test]
    fn a_capture_is_not_written_over() {
        assert!(path_with("main.json", "json").is_ok());
        assert!(path_with("main.pcap", "json").is_err() && path_with("json", "json").is_err());
    }

    #[test]
    fn spans_and_severities() {
        assert_eq!("300".parse(), Ok(Idle(300 * SECOND)));
        assert!(["0", "-1", "1.5", "4294967296"].iter().all(|wrong| wrong.parse::<Idle>().is_err()));
        assert_eq!("never".parse(), Ok(FailOn(None)));
        assert_eq!("high".parse(), Ok(FailOn(Some(Severity::High))));
        assert!("severe".parse::<FailOn>().is_err());
    }
}
