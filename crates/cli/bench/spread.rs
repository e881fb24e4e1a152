//! What several rounds say together: least, median, most, and which stand apart.

use super::number;
use super::run::Time;

/// Modified z-score from which on a round stands apart (Iglewicz and Hoaglin, 1993: 3.5), in tenths.
const APART: u64 = 35;

/// Least, median and most of some rounds, in nanoseconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Spread {
    /// The least.
    pub(super) min: u64,
    /// The one in the middle; of an even number the mean of the two, rounded down.
    pub(super) median: u64,
    /// The most.
    pub(super) max: u64,
}

impl Spread {
    /// Of no rounds there is none.
    pub(super) fn of(rounds: &[u64]) -> Option<Self> {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        Some(Self { min, median: median(&sorted)?, max })
    }

    /// Half of the way from least to most, in thousandths of the median.
    pub(super) fn noise(&self) -> u64 {
        number::permille((self.max - self.min) / 2, self.median)
    }
}

fn median(sorted: &[u64]) -> Option<u64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get(middle - 1).map(|lower| lower.midpoint(upper))
}

/// How many rounds stand apart from the others: by the median of distances from the median.
pub(super) fn apart(rounds: &[u64]) -> usize {
    let Some(Spread { median: middle, .. }) = Spread::of(rounds) else { return 0 };
    let mut distances: Vec<u64> = rounds.iter().map(|&round| round.abs_diff(middle)).collect();
    distances.sort_unstable();
    let Some(usual) = median(&distances).filter(|&usual| usual > 0) else { return 0 };
    let far = |distance: u64| u128::from(distance) * 6745 > u128::from(usual) * 1000 * u128::from(APART);
    // Rounds that differ by less than a hundredth do no harm, however equal the others are.
    distances.into_iter().filter(|&distance| far(distance) && number::permille(distance, middle) > 10).count()
}

/// Says that rounds of a whole scan stand apart.
pub(super) fn warning(times: &[Time]) -> Option<String> {
    let wholes = times.iter().filter(|time| time.stage == super::run::stage::WHOLE);
    let (apart, all) =
        wholes.fold((0, 0), |(sum, all), time| (sum + apart(&time.rounds_ns), all + time.rounds_ns.len()));
    (apart > 0).then(|| {
        format!(
            "lenscap: {apart} of {all} whole scans took much more or less time than the others; something else was \
             running, or caches were cold\n  Try: more rounds (--rounds 20), more to warm up (--warm-up 3), a quiet \
             machine"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_rounds() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[7]), Some(Spread { min: 7, median: 7, max: 7 }));
        assert_eq!(Spread::of(&[9, 1, 4, 2]), Some(Spread { min: 1, median: 3, max: 9 }));
        assert_eq!(Spread { min: 90, median: 100, max: 110 }.noise(), 100);
    }

    #[test]
    fn a_round_apart() {
        assert_eq!(apart(&[1000, 1010, 990, 1005, 2000]), 1);
        assert_eq!(apart(&[1000, 1010, 990, 1005, 995]), 0);
        assert_eq!(apart(&[1000, 1001, 999, 1000, 1009]), 0);
        assert_eq!(apart(&[]) + apart(&[5]) + apart(&[5, 5, 5, 50]), 0);
    }

    #[test]
    fn whole_scans_are_what_is_warned_of() {
        let time = |stage: &str| Time {
            stage: stage.into(),
            threads: 1,
            rounds_ns: vec![1000, 1010, 990, 1005, 2000],
            processor_ns: vec![],
        };
        assert!(warning(&[time("read")]).is_none());
        assert!(warning(&[time("whole")]).unwrap().contains("1 of 5 whole scans"));
    }
}
