//! Who registered which block of hardware addresses: all blocks of the IEEE, packed so that they can be searched as they are.
//!
//! `44:19:b6` is Hangzhou Hikvision's. The build packs `data/registrants.tsv`: for blocks of 24, 28 and 36 bits a sorted list
//! of prefix and number of the name, then where each name ends, then the names. The build script reads this file too.

use std::collections::BTreeMap;

/// Bits of a block, and bytes that its prefix takes.
const LENGTHS: [(u32, usize); 3] = [(24, 3), (28, 4), (36, 5)];
/// Bytes of a name's number.
const NUMBER: usize = 2;
/// Bytes of a count or an end.
const COUNT: usize = 4;

/// Packs lines of a name, a tab, and hexadecimal prefixes; lines that begin with `#` are remarks.
///
/// # Panics
/// Where a line is none of these, or there are too many.
pub(crate) fn pack(lines: &str) -> Vec<u8> {
    let mut lists: [BTreeMap<u64, u16>; 3] = Default::default();
    let (mut names, mut ends) = (String::new(), Vec::new());
    for (number, line) in (0u16..).zip(lines.lines().filter(|line| !line.starts_with('#'))) {
        let (name, prefixes) = line.split_once('\t').expect("a line is a name, a tab and prefixes");
        names.push_str(name);
        ends.push(u32::try_from(names.len()).expect("the names are short"));
        for prefix in prefixes.split(' ') {
            let bits = 4 * prefix.len() as u32;
            let list =
                LENGTHS.iter().position(|length| length.0 == bits).expect("a block has 24, 28 or 36 bits");
            let value = u64::from_str_radix(prefix, 16).expect("a prefix is hexadecimal");
            lists[list].insert(value << (48 - bits), number);
        }
    }
    assert!(ends.len() < usize::from(u16::MAX), "a name's number has 16 bits");
    let mut packed = Vec::new();
    let counts = lists.iter().map(BTreeMap::len).chain([ends.len()]);
    for count in counts {
        packed.extend((count as u32).to_be_bytes());
    }
    for (list, (_, bytes)) in lists.iter().zip(LENGTHS) {
        for (prefix, number) in list {
            packed.extend(&prefix.to_be_bytes()[2..2 + bytes]);
            packed.extend(number.to_be_bytes());
        }
    }
    for end in &ends {
        packed.extend(end.to_be_bytes());
    }
    packed.extend(names.as_bytes());
    packed
}

/// The name that the longest block is registered to in which a hardware address lies. None for addresses that are locally
/// administered, which no registry gives out, and for blocks whose holder is not told.
pub(crate) fn find(packed: &[u8], mac: [u8; 6]) -> Option<&str> {
    const LOCAL: u8 = 2;
    if mac[0] & LOCAL != 0 {
        return None;
    }
    let mut rest = packed;
    let mut counts = [0; LENGTHS.len() + 1];
    for count in &mut counts {
        *count = take(&mut rest)?;
    }
    let mut number = None;
    for ((bits, bytes), count) in LENGTHS.into_iter().zip(counts) {
        let (list, behind) = rest.split_at_checked(count * (bytes + NUMBER))?;
        rest = behind;
        let mut key = mac;
        if bits % 8 != 0 {
            key[bytes - 1] &= 0xf0;
        }
        // Later lists are of longer blocks.
        number = search(list, key.get(..bytes)?).or(number);
    }
    let (ends, names) = rest.split_at_checked(counts[LENGTHS.len()] * COUNT)?;
    let end = |number: usize| take(&mut ends.get(number * COUNT..)?);
    let number = usize::from(number?);
    let start = number.checked_sub(1).map_or(Some(0), end)?;
    std::str::from_utf8(names.get(start..end(number)?)?).ok()
}

fn take(from: &mut &[u8]) -> Option<usize> {
    let (count, rest) = from.split_first_chunk::<COUNT>()?;
    *from = rest;
    Some(u32::from_be_bytes(*count) as usize)
}

/// The number beside a prefix in a sorted list.
fn search(list: &[u8], prefix: &[u8]) -> Option<u16> {
    let size = prefix.len() + NUMBER;
    let entry = |at: usize| list.get(at * size..(at + 1) * size)?.split_at_checked(prefix.len());
    let (mut low, mut high) = (0, list.len() / size);
    while low < high {
        let middle = low.midpoint(high);
        let (known, number) = entry(middle)?;
        match known.cmp(prefix) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return Some(u16::from_be_bytes(number.try_into().ok()?)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_block_wins() {
        let packed = pack(
            "# a remark\nFirm\t001122 0011223\nRegistry\t70b3d5\nSmall\t70b3d5001 70b3d5fff\nÄrger\tfcffff\n",
        );
        let of = |mac: u64| find(&packed, mac.to_be_bytes()[2..].try_into().unwrap());
        assert_eq!((of(0x0011_22ff_ffff), of(0x0011_2234_5678)), (Some("Firm"), Some("Firm")));
        assert_eq!((of(0x70b3_d500_1fff), of(0x70b3_d500_2000)), (Some("Small"), Some("Registry")));
        assert_eq!((of(0x70b3_d5ff_f000), of(0xfcff_ff00_0000)), (Some("Small"), Some("Ärger")));
        assert_eq!((of(0x0011_2100_0000), of(0x0211_2200_0000)), (None, None));
    }

    #[test]
    fn what_is_not_whole_says_nothing() {
        let packed = pack("Firm\t001122\n");
        for end in 0..packed.len() {
            assert_eq!(find(&packed[..end], [0, 0x11, 0x22, 0, 0, 0]), None, "{end}");
        }
    }
}
