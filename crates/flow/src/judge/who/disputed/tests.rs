use super::*;

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

#[test]
fn only_a_flow_with_another_in_its_midst_tells_of_two() {
    let of = |flows: &[(i64, i64, u8)], moments: &[(i64, u8)]| {
        let times = Times {
            flows: flows.iter().map(|(first, last, of)| (*first, *last, mac(*of))).collect(),
            moments: moments.iter().map(|(time, of)| (*time, mac(*of))).collect(),
        };
        times.at_once().into_iter().map(|(of, with)| (of.0[5], with.0[5])).collect::<Vec<_>>()
    };
    assert_eq!(of(&[(0, 9, 1)], &[(5, 2)]), [(1, 2), (2, 1)]);
    assert_eq!(of(&[(0, 9, 1)], &[(1, 1), (2, 1), (5, 2), (6, 3)]), [(1, 2), (2, 1)]);
    assert!(of(&[(0, 9, 1)], &[(0, 2), (9, 2), (3, 1)]).is_empty());
    // One after the other, and back.
    assert!(of(&[(0, 2, 1), (4, 6, 2), (8, 9, 1)], &[(0, 1), (3, 2), (4, 2), (7, 1), (8, 1)]).is_empty());
}
