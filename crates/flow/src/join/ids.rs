//! What the left side of a joint calls the ids of the right side. Ids are local, and go by content.
//!
//! Where the left calls "example.com" text 7 and the right calls it text 3, text 3 of a spell from the right becomes text 7.

use crate::state::path::PathId;
use crate::state::spell::{Cold, Hot};
use crate::state::text::TextId;
use crate::state::transcript::TranscriptId;

/// What the left side calls each id of the right side, by its number there.
#[derive(Default)]
pub(crate) struct Ids {
    pub(crate) paths: Vec<PathId>,
    pub(crate) texts: Vec<TextId>,
    pub(crate) transcripts: Vec<TranscriptId>,
}

impl Ids {
    /// A path.
    pub(crate) fn path(&self, id: PathId) -> PathId {
        self.paths.get(id.0 as usize).copied().unwrap_or(PathId::OTHER)
    }

    /// A text.
    pub(crate) fn text(&self, id: TextId) -> TextId {
        self.texts.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Calls all that a spell names as the left side does.
    pub(crate) fn rename(&self, hot: &mut Hot, cold: &mut Cold) {
        hot.key.path = self.path(hot.key.path);
        for id in &mut cold.transcripts {
            *id = self.transcripts.get(id.0 as usize).copied().unwrap_or_default();
        }
        for text in cold.texts_mut() {
            *text = self.text(*text);
        }
    }
}
