//! Times as RFC 3339 in UTC with exactly nine digits of the second and `Z`.
//!
//! A time before 1970 is written as 1970-01-01T00:00:00.000000000Z; 64 bits of nanoseconds end in 2262, so that a
//! year always has four digits.

use crate::number::{push, push_two};
use lenscap_wire::Timestamp;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400;

/// A moment taken apart, in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)]
pub struct Civil {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
    pub nanosecond: u64,
}

impl Civil {
    /// Takes a moment apart by the proleptic Gregorian calendar.
    pub fn of(time: Timestamp) -> Self {
        let nanoseconds = time.0.max(0) as u64;
        let (days, second) = (nanoseconds / SECOND / DAY, nanoseconds / SECOND % DAY);
        let (year, month, day) = date(days);
        Self {
            year,
            month,
            day,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            nanosecond: nanoseconds % SECOND,
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01. Years are counted from March, so that the leap day is a
/// year's last, in eras of 400 years = 146,097 days.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + (month <= 2) as u64, month, day)
}

/// Appends `2026-03-02T09:14:07.000000000Z`.
pub(crate) fn push_rfc3339(out: &mut Vec<u8>, time: Timestamp) {
    let civil = Civil::of(time);
    push(out, civil.year);
    for (mark, part) in [
        (b'-', civil.month),
        (b'-', civil.day),
        (b'T', civil.hour),
        (b':', civil.minute),
        (b':', civil.second),
    ] {
        out.push(mark);
        push_two(out, part);
    }
    out.push(b'.');
    push_two(out, civil.nanosecond / 10_000_000);
    push_two(out, civil.nanosecond / 100_000);
    push_two(out, civil.nanosecond / 1000);
    push_two(out, civil.nanosecond / 10);
    out.push(b'0' + (civil.nanosecond % 10) as u8);
    out.push(b'Z');
}

/// `2026-03-02T09:14:07.000000000Z`.
pub fn rfc3339(time: Timestamp) -> String {
    let mut out = Vec::with_capacity(30);
    push_rfc3339(&mut out, time);
    String::from_utf8_lossy(&out).into_owned()
}

/// `2026-03-02 09:14:07`, for sentences that say UTC themselves.
pub fn plain(time: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of(time);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(Timestamp(-1)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(rfc3339(Timestamp(951_782_400_000_000_001)), "2000-02-29T00:00:00.000000001Z");
        assert_eq!(rfc3339(Timestamp::MAX), "2262-04-11T23:47:16.854775807Z");
        assert_eq!(plain(Timestamp(951_782_400_000_000_001)), "2000-02-29 00:00:00");
    }

    proptest! {
        #[test]
        fn as_jiff(nanoseconds in 0..i64::MAX) {
            let jiff = jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap();
            prop_assert_eq!(rfc3339(Timestamp(nanoseconds)), format!("{jiff:.9}"));
        }

        #[test]
        fn every_day_as_jiff(day in 0_i64..106_751) {
            let jiff = jiff::Timestamp::from_second(day * 86_400 + 86_399).unwrap();
            prop_assert_eq!(rfc3339(Timestamp((day * 86_400 + 86_399) * 1_000_000_000)), format!("{jiff:.9}"));
        }
    }
}
