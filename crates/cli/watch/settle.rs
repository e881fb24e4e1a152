//! The engine of a watch: how it is set up, and what is done with flows of which all has been said.

use super::source::Opened;
use crate::args::Watch;
use crate::failure::{Failure, say};
use lenscap_flow::report::Leaving;
use lenscap_flow::{FloodEvent, Ongoing, Options};

/// The engine that folds what a source yields. Nobody waits for its workers where packets come from an interface.
pub(super) fn engine(watch: &Watch, options: &Options, opened: &Opened) -> Result<Ongoing, Failure> {
    let ongoing = Ongoing::new(options, opened.about.clone());
    let ongoing = ongoing.and_then(|ongoing| ongoing.with_workers(watch.workers, opened.is_live));
    ongoing.map_err(|why| Failure::new(why.to_string()))
}

/// Lets flows leave memory, and says where others had to that had not ended.
pub(super) fn settle(ongoing: &mut Ongoing, leaving: &Leaving) {
    ongoing.drain(leaving);
    match ongoing.flood() {
        Some(FloodEvent::Began(_)) => {
            say(
                &"lenscap: the memory for flows is full: those that tell least leave it, and are told as \"at least\"",
            );
        }
        Some(FloodEvent::Over { flows, .. }) => {
            say(&format!("lenscap: the memory for flows has room again; {flows} flows had to leave it"));
        }
        None => {}
    }
}
