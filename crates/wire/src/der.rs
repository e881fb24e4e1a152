//! Elements of the distinguished encoding rules (ITU-T X.690): one tag byte, definite lengths up to 64 KiB.

use crate::cursor::Cursor;

pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The elements that follow each other in some contents.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a>(Cursor<'a>);

impl<'a> Elements<'a> {
    pub(crate) const fn new(contents: &'a [u8]) -> Self {
        Self(Cursor(contents))
    }

    /// The contents of the next element if it has this tag; does not move otherwise.
    pub(crate) fn contents(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let (found, contents) = ahead.next()?;
        if found != tag {
            return None;
        }
        *self = ahead;
        Some(contents)
    }

    /// The elements inside the next element if it has this tag, as far as they are there: a capture may have cut it.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        let mut ahead = self.0;
        let (found, length) = header(&mut ahead)?;
        if found != tag {
            return None;
        }
        let inside = ahead.up_to(length);
        self.0 = ahead;
        Some(Self::new(inside))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, length) = header(&mut self.0)?;
        Some((tag, self.0.take(length)?))
    }
}

/// Tag and length of an element.
fn header(cursor: &mut Cursor<'_>) -> Option<(u8, usize)> {
    let tag = cursor.u8()?;
    let length = match cursor.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(cursor.u8()?),
        0x82 => usize::from(cursor.u16()?),
        _ => return None,
    };
    Some((tag, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_one_two_and_three_bytes() {
        assert_eq!(Elements::new(&[4, 1, 9]).next(), Some((4, &[9][..])));
        assert_eq!(Elements::new(&[4, 0x81, 1, 9]).next(), Some((4, &[9][..])));
        assert_eq!(Elements::new(&[4, 0x82, 0, 1, 9]).next(), Some((4, &[9][..])));
    }

    #[test]
    fn indefinite_and_short_elements_end_the_walk() {
        assert_eq!(Elements::new(&[4, 0x80, 9, 0, 0]).next(), None);
        assert_eq!(Elements::new(&[4, 2, 9]).next(), None);
        assert_eq!(Elements::new(&[4]).next(), None);
    }

    #[test]
    fn a_cut_element_is_entered_as_far_as_it_is_there() {
        let mut elements = Elements::new(&[0x30, 9, 4, 1, 9, 4, 2, 9]);
        assert_eq!(elements.clone().contents(SEQUENCE), None);
        let mut inside = elements.enter(SEQUENCE).unwrap();
        assert_eq!((inside.next(), inside.next()), (Some((4, &[9][..])), None));
        assert!(elements.next().is_none());
    }

    #[test]
    fn another_tag_is_not_taken() {
        let mut elements = Elements::new(&[2, 1, 5, 4, 1, 9]);
        assert_eq!(elements.contents(OCTET_STRING), None);
        assert_eq!(elements.contents(2), Some(&[5][..]));
        assert_eq!(elements.contents(OCTET_STRING), Some(&[9][..]));
    }
}
