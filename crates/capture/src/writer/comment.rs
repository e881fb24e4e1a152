//! A comment put into a block of a packet: one more option in front of those that it has (pcapng, `opt_comment`).

use crate::order::Order;

/// Bytes of a comment at most; an option holds 65,535.
const LONGEST: usize = 4096;
/// Bytes before the packet of an enhanced or an obsolete packet block: type, length and five words.
const HEAD: usize = 28;

/// The options that hold a comment alone, the end of options not included.
fn option(order: Order, comment: &str) -> Vec<u8> {
    let mut end = comment.len().min(LONGEST);
    while !comment.is_char_boundary(end) {
        end -= 1;
    }
    let text = comment.get(..end).unwrap_or_default().as_bytes();
    let mut option = [order.short_bytes(1), order.short_bytes(text.len() as u16)].concat();
    option.extend_from_slice(text);
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

/// The options of a block that has no others, and their end.
pub(super) fn alone(comment: Option<&str>) -> Vec<u8> {
    comment.map_or_else(Vec::new, |comment| [option(Order::Little, comment), vec![0; 4]].concat())
}

/// A block of a packet with the comment in it; `None` for blocks that have no room for options, such as simple packet blocks.
pub(super) fn into_block(order: Order, block: &[u8], comment: &str) -> Option<Vec<u8>> {
    if !matches!(order.word(block, 0), 2 | 6) {
        return None;
    }
    let captured = order.word(block, 20) as usize;
    let options_at = HEAD.checked_add(captured.checked_next_multiple_of(4)?)?;
    let options_end = block.len().checked_sub(4)?;
    let (before, options) = (block.get(..options_at)?, block.get(options_at..options_end)?);
    let mut inside = option(order, comment);
    inside.extend_from_slice(options);
    if options.is_empty() {
        inside.extend_from_slice(&[0; 4]);
    }
    let length = order.word_bytes(u32::try_from(options_at + inside.len() + 4).ok()?);
    let (kind, rest) = (before.get(..4)?, before.get(8..)?);
    Some([kind, &length, rest, &inside, &length].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_are_there_stay_behind_the_comment() {
        for order in [Order::Little, Order::Big] {
            let word = |n| order.word_bytes(n);
            let head = [word(6), word(44), word(0), word(0), word(0), word(3), word(3)].concat();
            let flags = [&order.short_bytes(2)[..], &order.short_bytes(4), &word(1)].concat();
            let block = [&head[..], &[1, 2, 3, 0], &flags, &word(44)].concat();
            let noted = into_block(order, &block, "why").unwrap();
            assert_eq!((order.word(&noted, 4), noted.len()), (52, 52));
            assert_eq!(noted[28..32], [1, 2, 3, 0]);
            assert_eq!(
                (order.short(&noted, 32), order.short(&noted, 34), &noted[36..40]),
                (1, 3, &b"why\0"[..])
            );
            assert_eq!((&noted[40..48], order.word(&noted, 48)), (&flags[..], 52));
        }
    }

    #[test]
    fn a_block_without_options_gets_their_end_and_a_simple_one_nothing() {
        let word = |n: u32| n.to_le_bytes();
        let block = [word(6), word(32), word(0), word(0), word(0), word(0), word(0), word(32)].concat();
        let noted = into_block(Order::Little, &block, "abcd").unwrap();
        assert_eq!(
            (noted.len(), &noted[28..40]),
            (44, &[1, 0, 4, 0, b'a', b'b', b'c', b'd', 0, 0, 0, 0][..])
        );
        assert_eq!(into_block(Order::Little, &[word(3), word(16), word(0), word(16)].concat(), "a"), None);
        assert_eq!(into_block(Order::Little, &[6, 0, 0], "a"), None);
    }

    #[test]
    fn a_long_comment_is_cut_between_characters() {
        let block = option(Order::Little, &"é".repeat(3000));
        assert_eq!(Order::Little.short(&block, 2), 4096);
        let block = option(Order::Little, &format!("a{}", "é".repeat(3000)));
        assert_eq!(Order::Little.short(&block, 2), 4095);
    }
}
