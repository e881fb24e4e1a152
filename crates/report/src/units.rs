//! Numbers as people read them: decimal multiples of bytes, grouped digits, spans of time, shares.
//!
//! Integers only. A share is never rounded to 0 % or 100 % unless it is.

/// `843,112,045`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 packet`, `1,204 packets`.
pub fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(n))
}

/// `0 B`, `999 B`, `4.1 kB`, `48.2 MB`, `843 MB`; steps of 1000, rounded half up.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut size = 1000_u64;
    for unit in UNITS {
        let tenths = (u128::from(n) * 10 + u128::from(size) / 2) / u128::from(size);
        if tenths < 1000 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        let whole = (u128::from(n) + u128::from(size) / 2) / u128::from(size);
        if whole < 1000 || unit == "EB" {
            return format!("{whole} {unit}");
        }
        size = size.saturating_mul(1000);
    }
    format!("{n} B")
}

/// How amounts of bytes are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Numbers {
    /// As [`bytes`] writes them.
    #[default]
    Short,
    /// To the byte: `48,217,906 B`.
    Exact,
}

impl Numbers {
    /// An amount of bytes.
    pub fn bytes(self, n: u64) -> String {
        match self {
            Self::Short => bytes(n),
            Self::Exact => format!("{} B", count(n)),
        }
    }
}

/// A span in nanoseconds, in its two largest units: `80 ms`, `20 s`, `31 min 5 s`, `4 h 12 min`, `3 d 4 h`.
pub fn span(nanoseconds: i64) -> String {
    let nanoseconds = nanoseconds.max(0) as u64;
    let seconds = nanoseconds / 1_000_000_000;
    let two = |large: u64, name: &str, small: u64, small_name: &str| match small {
        0 => format!("{large} {name}"),
        _ => format!("{large} {name} {small} {small_name}"),
    };
    match seconds {
        0 if nanoseconds == 0 => "0 s".into(),
        0 if nanoseconds < 1_000_000 => "less than 1 ms".into(),
        0 => format!("{} ms", nanoseconds / 1_000_000),
        1..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

/// The same, rounded up to what is printed: what took 11.97 s was not over within 11 s.
pub fn within(nanoseconds: i64) -> String {
    const SECOND: i64 = 1_000_000_000;
    let units =
        [(1_000_000, 1), (SECOND, 1_000_000), (3600 * SECOND, SECOND), (86_400 * SECOND, 60 * SECOND)];
    let unit = units.iter().find(|(below, _)| nanoseconds < *below).map_or(3600 * SECOND, |(_, unit)| *unit);
    let over = nanoseconds.max(0) % unit;
    span(if over == 0 { nanoseconds } else { nanoseconds.saturating_add(unit - over) })
}

/// How long something went on, behind what it is: `within 31 min`; where all of it bears the same stamp, `at one moment`, for no
/// packet comes in no time.
pub fn lasted(nanoseconds: i64) -> String {
    if nanoseconds <= 0 { "at one moment".into() } else { format!("within {}", within(nanoseconds)) }
}

/// `12.3 %` of a whole; nothing where there is no whole.
pub fn share(part: u64, whole: u64) -> Option<String> {
    if whole == 0 {
        return None;
    }
    let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole);
    Some(match tenths {
        0 if part > 0 => "less than 0.1 %".into(),
        1000 if part < whole => "more than 99.9 %".into(),
        0 => "0 %".into(),
        1000 => "100 %".into(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let n = [0, 999, 1000, 1_204_331, u64::MAX];
        assert_eq!(n.map(count), ["0", "999", "1,000", "1,204,331", "18,446,744,073,709,551,615"]);
        assert_eq!([1, 2, 0].map(|n| counted(n, "flow")), ["1 flow", "2 flows", "0 flows"]);
    }

    #[test]
    fn bytes_step_by_a_thousand() {
        let n = [0, 999, 1000, 4096, 48_217_906, 99_950, 843_112_045, 999_500, 999_499, u64::MAX];
        assert_eq!(
            n.map(bytes),
            [
                "0 B", "999 B", "1.0 kB", "4.1 kB", "48.2 MB", "100 kB", "843 MB", "1.0 MB", "999 kB",
                "18.4 EB"
            ]
        );
    }

    #[test]
    fn the_exact_number_is_to_be_had() {
        assert_eq!(Numbers::Exact.bytes(48_217_906), "48,217,906 B");
        assert_eq!(Numbers::Short.bytes(48_217_906), "48.2 MB");
    }

    #[test]
    fn spans_have_two_units() {
        let second = 1_000_000_000;
        assert_eq!(
            [0, 1, second / 50, 20 * second, 1860 * second, 15_120 * second, 273_600 * second, i64::MIN]
                .map(span),
            ["0 s", "less than 1 ms", "20 ms", "20 s", "31 min", "4 h 12 min", "3 d 4 h", "0 s"]
        );
    }

    #[test]
    fn what_was_over_within_a_time_was_not_over_before() {
        let second = 1_000_000_000;
        assert_eq!(
            [
                0,
                1,
                second / 50 + 1,
                second - 1,
                20 * second,
                11 * second + 1,
                3599 * second + 1,
                4 * 3600 * second + 1,
                i64::MAX
            ]
            .map(within),
            ["0 s", "less than 1 ms", "21 ms", "1 s", "20 s", "12 s", "1 h", "4 h 1 min", "106751 d 23 h"]
        );
    }

    #[test]
    fn nothing_is_sent_within_no_time() {
        assert_eq!(
            [-1, 0, 1, 3_000_000].map(lasted),
            ["at one moment", "at one moment", "within less than 1 ms", "within 3 ms"]
        );
    }

    #[test]
    fn shares_never_hide_the_rest() {
        assert_eq!(share(0, 0), None);
        for (part, whole, text) in [
            (0, 7, "0 %"),
            (7, 7, "100 %"),
            (1, 1_000_000, "less than 0.1 %"),
            (999_999, 1_000_000, "more than 99.9 %"),
            (123, 1000, "12.3 %"),
            (u64::MAX / 2, u64::MAX, "50.0 %"),
        ] {
            assert_eq!(share(part, whole).unwrap(), text);
        }
    }
}
