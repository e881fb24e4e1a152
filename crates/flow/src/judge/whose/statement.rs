//! What is said about one end of a flow.

use lenscap_wire::Field;

use crate::state::text::TextId;

/// Something said about one end: a set of statements, the half's own name in one of [`KINDS`](crate::judge::judged::KINDS), or its path.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Statement {
    Set {
        at_end: bool,
        place: u32,
    },
    Own {
        at_end: bool,
        kind: u8,
        name: TextId,
    },
    Path {
        at_end: bool,
        path: TextId,
        /// Whether a picture was the answer.
        pictured: bool,
    },
}

const _: () = assert!(size_of::<Statement>() == 8);

impl Statement {
    /// The same of a half that was answered by a picture.
    pub(crate) fn pictured(self) -> Self {
        match self {
            Self::Path { at_end, path, .. } => Self::Path { at_end, path, pictured: true },
            other => other,
        }
    }

    /// The fields that a path stands for.
    pub(super) fn of_path(pictured: bool) -> impl Iterator<Item = Field> {
        [Field::HttpPath].into_iter().chain(pictured.then_some(Field::HttpPicture))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_was_answered_by_a_picture_says_both() {
        let path = Statement::Path { at_end: false, path: TextId(1), pictured: false };
        assert_eq!(path.pictured(), Statement::Path { at_end: false, path: TextId(1), pictured: true });
        let set = Statement::Set { at_end: false, place: 1 };
        assert_eq!(set.pictured(), set);
        assert_eq!(Statement::of_path(true).collect::<Vec<_>>(), [Field::HttpPath, Field::HttpPicture]);
        assert_eq!(Statement::of_path(false).count(), 1);
    }
}
