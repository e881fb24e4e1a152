//! A thread that does jobs for its desk, in order, and ends when the desk lets it go.

use std::io;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

/// Such a thread, as its desk holds it; `S` takes jobs to it.
pub(super) struct Hired<S> {
    /// Nothing once it is to end.
    pub(super) jobs: Option<S>,
    pub(super) thread: Option<JoinHandle<()>>,
}

impl<S> Hired<S> {
    /// Starts a thread that works until `jobs` is gone.
    pub(super) fn start(name: String, jobs: S, work: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let thread = thread::Builder::new().name(name).spawn(work)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Gives it a job; `send` says whether it was taken.
    pub(super) fn give(&mut self, send: impl FnOnce(&S) -> bool) {
        if !self.jobs.as_ref().is_some_and(send) {
            self.fail();
        }
    }

    /// Goes on with the panic of a thread that takes no more jobs. It ends with its desk, and never before but by a panic; and
    /// what it had is lost, so there is nothing that could be told without it.
    pub(super) fn fail(&mut self) -> ! {
        self.jobs = None;
        let ended = self.thread.take().map(JoinHandle::join);
        let panic = ended.and_then(Result::err);
        resume_unwind(panic.unwrap_or_else(|| Box::new("a thread ended before its desk")))
    }
}

impl<S> Drop for Hired<S> {
    fn drop(&mut self) {
        self.jobs = None;
        _ = self.thread.take().map(JoinHandle::join);
    }
}
