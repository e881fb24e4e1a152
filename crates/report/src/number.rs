//! Decimal integers into byte buffers, without the machinery of `std::fmt`.

const fn pair(n: u64) -> [u8; 2] {
    [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]
}

/// Appends `n` in decimal.
pub(crate) fn push(out: &mut Vec<u8>, mut n: u64) {
    if n < 10 {
        out.push(b'0' + n as u8);
        return;
    }
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    while n > 0 {
        // The last step may write a leading zero, which is not taken.
        let width = if n < 10 { 1 } else { 2 };
        let Some(slot) = digits.get_mut(first.saturating_sub(2)..first) else { break };
        slot.copy_from_slice(&pair(n % 100));
        (first, n) = (first - width, n / 100);
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Appends the last two decimal digits of `n`.
pub(crate) fn push_two(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(&pair(n % 100));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pushed(n: u64) -> String {
        let mut out = Vec::new();
        push(&mut out, n);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_length() {
        for n in (0..20).flat_map(|e| [10_u64.pow(e) - 1, 10_u64.pow(e), 10_u64.pow(e) + 1]).chain([u64::MAX])
        {
            assert_eq!(pushed(n), n.to_string());
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library(n: u64, shift in 0_u32..64) {
            prop_assert_eq!(pushed(n >> shift), (n >> shift).to_string());
        }
    }
}
