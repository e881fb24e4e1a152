//! The engine of a watch: how it is set up, and what is done with flows of which all has been said.

use super::source::{Opened, Sources};
use crate::args::Watch;
use crate::failure::{Failure, say};
use lenscap_capture::Source;
use lenscap_flow::report::Leaving;
use lenscap_flow::{FloodEvent, Ongoing, Options, ScanError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What reads packets and what folds them.
pub(super) struct Engine {
    pub(super) opened: Opened,
    pub(super) ongoing: Ongoing,
    /// Where several read for themselves: set, to let each end once it has nothing more.
    pub(super) stopping: Option<Arc<AtomicBool>>,
}

/// The engine that folds what sources yield. Nobody waits for its workers where packets come from an interface.
pub(super) fn engine(watch: &Watch, options: &Options, opened: Opened<Sources>) -> Result<Engine, Failure> {
    let failed = |why: ScanError| Failure::new(why.to_string());
    let Opened { source: mut sources, about, name, is_live } = opened;
    let ongoing = Ongoing::new(options, about.clone()).map_err(failed)?;
    let opened = |source: Box<dyn Source>| Opened { source, about, name, is_live };
    match sources.pop() {
        Some(source) if sources.is_empty() => {
            let ongoing = ongoing.with_workers(watch.workers, is_live).map_err(failed)?;
            Ok(Engine { opened: opened(source), ongoing, stopping: None })
        }
        last => {
            sources.extend(last);
            let (ongoing, members) = ongoing.with_group(sources, is_live).map_err(failed)?;
            let stopping = Some(members.stopping());
            Ok(Engine { opened: opened(Box::new(members)), ongoing, stopping })
        }
    }
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
