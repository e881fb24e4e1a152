//! Quotients of integers as text, with three figures; nothing is computed in floating point.

/// `n / d` with three figures: `0.04`, `4.12`, `41.2`, `412`, `4,120`; `-` where `d` is 0.
pub(super) fn figure(n: u128, d: u128) -> String {
    if d == 0 {
        return "-".into();
    }
    let hundredths = (n * 100 + d / 2) / d;
    match hundredths {
        0..1000 => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        1000..10_000 => {
            let tenths = (n * 10 + d / 2) / d;
            format!("{}.{}", tenths / 10, tenths % 10)
        }
        _ => lenscap_report::units::count(u64::try_from((n + d / 2) / d).unwrap_or(u64::MAX)),
    }
}

/// A time in nanoseconds: `88 ns`, `3.10 µs`, `1.24 ms`, `2.31 s`.
pub(super) fn span(ns: u64) -> String {
    match ns {
        0..1000 => format!("{ns} ns"),
        1000..1_000_000 => format!("{} µs", figure(ns.into(), 1000)),
        1_000_000..1_000_000_000 => format!("{} ms", figure(ns.into(), 1_000_000)),
        _ => format!("{} s", figure(ns.into(), 1_000_000_000)),
    }
}

/// Thousandths of a whole, rounded; 0 where there is none.
pub(super) fn permille(part: u64, whole: u64) -> u64 {
    let (part, whole) = (u128::from(part), u128::from(whole));
    (part * 1000 + whole / 2).checked_div(whole).map_or(0, |n| u64::try_from(n).unwrap_or(u64::MAX))
}

/// Thousandths as percent: `0.4 %`, `4.0 %`, `40 %`.
pub(super) fn percent(permille: u64) -> String {
    match permille {
        0..100 => format!("{}.{} %", permille / 10, permille % 10),
        _ => format!("{} %", (permille + 5) / 10),
    }
}

/// So many things in `ns` nanoseconds, a second; 0 where no time passed.
pub(super) fn per_second(things: u64, ns: u64) -> u64 {
    let rate = (u128::from(things) * 1_000_000_000).checked_div(ns.into());
    rate.map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_figures() {
        for (n, d, text) in [
            (1, 0, "-"),
            (1, 25, "0.04"),
            (412, 100, "4.12"),
            (9996, 1000, "10.0"),
            (4121, 10, "412"),
            (4_120_400, 1000, "4,120"),
        ] {
            assert_eq!(figure(n, d), text);
        }
        assert_eq!(
            [0, 999, 3100, 88_000, 1_240_000, 2_310_000_000].map(span),
            ["0 ns", "999 ns", "3.10 µs", "88.0 µs", "1.24 ms", "2.31 s"]
        );
    }

    #[test]
    fn shares_and_rates() {
        assert_eq!((permille(1, 3), permille(1, 0)), (333, 0));
        assert_eq!([4, 40, 400].map(percent), ["0.4 %", "4.0 %", "40 %"]);
        assert_eq!((per_second(3, 1_500_000_000), per_second(3, 0)), (2, 0));
    }
}
