//! What is proven of a half beyond what was captured of it, by hand and at every cut.

use super::*;
use crate::state::entry::{Entry, Share};
use crate::state::key::Key;
use proptest::prelude::*;

/// A segment of the server's that acknowledges so much, or one of the client's with so much payload.
fn entry(acknowledgement: u32, payload: u32, flags: u8) -> Entry {
    let tcp = Tcp { flags: TcpFlags(flags), sequence: 7, acknowledgement, window: 9 };
    Entry { share: Share { payload, ..Share::default() }, tcp: Some(tcp), ..Entry::default() }
}

fn fold(segments: &[(Side, u32, u32)]) -> Option<Spell> {
    let (&(side, number, payload), rest) = segments.split_first()?;
    let key = Key { protocol: TCP, ..Key::default() };
    let mut spell = Spell::begin(key, side, &entry(number, payload, TcpFlags::ACK));
    for &(side, number, payload) in rest {
        spell.hot.absorb(&mut spell.cold, &entry(number, payload, TcpFlags::ACK), side);
    }
    Some(spell)
}

fn acknowledged(numbers: &[u32]) -> u64 {
    let segments: Vec<_> = numbers.iter().map(|&number| (1, number, 0)).collect();
    let Spell { hot, cold } = fold(&segments).unwrap();
    hot.acknowledged(&cold, 0)
}

/// One of them may be a FIN, which is no payload.
#[test]
fn what_moves_by_windows_was_sent_but_for_a_fin() {
    assert_eq!(acknowledged(&[1000, 1000, 41_000, 81_001, 81_001]), 80_000);
    assert_eq!(acknowledged(&[u32::MAX - 9, 40_000]), 40_009, "numbers wrap");
    let steps: Vec<_> = (0..200_000_u32).map(|n| n.wrapping_mul(50_000).wrapping_add(1)).collect();
    assert_eq!(acknowledged(&steps), 199_999 * 50_000 - 1, "more than 4 GB");
    assert_eq!((acknowledged(&[5]), acknowledged(&[5, 6])), (0, 0));
}

#[test]
fn who_jumps_ahead_claims_nothing() {
    assert_eq!(acknowledged(&[1000, 1 << 31, 1500]), 0, "nothing moves from the one to the other");
    assert_eq!(acknowledged(&[1000, 2000, 1 << 31]), 999);
    assert_eq!(acknowledged(&[1000, 60_000, 2000]), 999, "what is true takes back what fits in a window");
    assert_eq!(acknowledged(&[1000, 0, 2000]), 999);
}

/// Segments of both, as (who, sequence number, acknowledgement, payload).
type Segment = (Side, u32, u32, u32);

fn exchange(segments: &[Segment]) -> Option<Spell> {
    let mut spell: Option<Spell> = None;
    for &(side, sequence, acknowledgement, payload) in segments {
        let entry = entry(acknowledgement, payload, TcpFlags::ACK);
        let entry = Entry { tcp: entry.tcp.map(|tcp| Tcp { sequence, ..tcp }), ..entry };
        match &mut spell {
            Some(spell) => _ = spell.hot.absorb(&mut spell.cold, &entry, side),
            None => spell = Some(Spell::begin(Key { protocol: TCP, ..Key::default() }, side, &entry)),
        }
    }
    spell
}

/// What is proven of the first half behind what was captured of it.
fn behind(segments: &[Segment]) -> u64 {
    let Spell { hot, cold } = exchange(segments).unwrap();
    hot.acknowledged(&cold, 0)
}

#[test]
fn what_lies_behind_the_last_segment_is_told() {
    let hello = (0, 1000, 1, 100);
    assert_eq!(behind(&[hello, (1, 1, 1100, 0), (1, 1, 1101, 0)]), 0, "a FIN is no payload");
    assert_eq!(behind(&[hello, (1, 1, 1050, 0), (1, 1, 41_100, 0), (1, 1, 81_101, 0)]), 80_000);
    assert_eq!(behind(&[hello, (1, 1, 41_100, 0), (0, 41_100, 1, 9)]), 0, "now it is a gap");
    assert_eq!(behind(&[hello, (1, 1, 60_000, 0), (1, 1, 1100, 0)]), 0, "what is true takes it back");
    assert_eq!(behind(&[hello, (1, 1, 700_000, 0)]), 0, "one segment moves nothing");
    assert_eq!(behind(&[hello, (0, 701_100, 1, 0)]), 0);
    assert_eq!(
        behind(&[hello, (0, 1200, 1, 50), (0, 1100, 1, 100), (1, 1, 1250, 0)]),
        0,
        "all came, in disorder"
    );
    // Both ends show it: a FIN of its own, and what the other end acknowledges.
    assert_eq!(behind(&[hello, (0, 701_100, 1, 0), (1, 1, 701_101, 0)]), 699_999);
    assert_eq!(behind(&[hello, (1, 1, 701_101, 0), (0, 701_101, 2, 0)]), 700_000);
    assert_eq!(behind(&[hello, (1, 1, 701_101, 0), (0, 901_101, 2, 0)]), 0, "they do not agree");
}

/// Of a connection only the handshake and its end were captured.
#[test]
fn what_both_ends_show_of_a_half_without_payload_is_told() {
    let handshake = [(1, 8, 1000, 0), (0, 1000, 9, 0)];
    let end = [(0, 701_000, 9, 0), (1, 9, 701_001, 0)];
    assert_eq!(behind(&[&handshake[..], &end].concat()), 699_999);
    assert_eq!(behind(&[&handshake[..], &end[..1]].concat()), 0);
    assert_eq!(behind(&[&handshake[..], &end[1..]].concat()), 0);
}

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let number = || {
        prop::sample::select(vec![0u32, 1, 2, 900, 950, 40_000, 70_000, 100_000, 1 << 30, 1 << 31, u32::MAX])
    };
    prop::collection::vec(
        (
            prop::sample::select(vec![1usize, 1, 1, 0]),
            number(),
            number(),
            prop::sample::select(vec![0u32, 0, 0, 50]),
        ),
        1..12,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]
    #[test]
    fn a_cut_anywhere_changes_nothing(segments in segments(), cut in 0usize..12) {
        let (left, right) = segments.split_at(cut.min(segments.len()));
        if let (Some(mut joined), Some(mut right)) = (exchange(left), exchange(right)) {
            if joined.hot.is_beyond_doubtful(&joined.cold, (&right.hot, &right.cold)) {
                return Ok(());
            }
            joined.join(&mut right);
            let whole = exchange(&segments).unwrap();
            let of = |spell: &Spell| {
                let trouble = spell.cold.extra.as_ref().map_or([None, None], |extra| extra.trouble.clone());
                let told = [0, 1].map(|side| spell.hot.acknowledged(&spell.cold, side));
                (spell.hot.next, spell.hot.flags, trouble, told)
            };
            prop_assert_eq!(of(&joined), of(&whole));
        }
    }
}
