//! What a flow is for: from its protocol, its party and its volume, never from a port.

use lenscap_catalog::{Role, SharedGroup};
use lenscap_wire::{Activity, ReaderId};

use crate::judge::judged::Judged;
use crate::judge::whose::opinion::Testimony;
use crate::judge::{Court, Flow, rules};
use crate::report::Party;
use crate::state::transcript::Transcripts;

impl<'a> Court<'a> {
    /// The protocol of a flow: what a stream reader decided, else what a message reader recognised.
    pub(crate) fn app(&self, flow: &Flow<'a>) -> Option<&'static str> {
        let halves = [self.testimony(flow, 0), self.testimony(flow, 1)];
        self.reader_of(flow, &halves).and_then(|reader| Some(ReaderId(reader).reader()?.app))
    }

    /// The reader that knew a flow's protocol, given what its halves said; [`Transcripts::SPENT`] where none knew it and
    /// a half was longer than what is read.
    fn reader(flow: &Flow<'a>, halves: &[Testimony<'_, 'a>; 2]) -> Option<u8> {
        let spent = || halves.iter().any(Testimony::is_spent).then_some(Transcripts::SPENT.0);
        halves.iter().find_map(Testimony::reader).or(flow.hot.app().map(|reader| reader.0)).or_else(spent)
    }

    /// The same, where the flow itself does not tell by the one that it goes on with after a silence, or its
    /// other half.
    pub(crate) fn reader_of(&self, flow: &Flow<'a>, halves: &[Testimony<'_, 'a>; 2]) -> Option<u8> {
        let own = Self::reader(flow, halves);
        let told = |reader: &u8| *reader != Transcripts::SPENT.0;
        if own.as_ref().is_some_and(told) || self.tells_alone(flow) {
            return own;
        }
        let testimonies = |flow: &Flow<'a>| [self.testimony(flow, 0), self.testimony(flow, 1)];
        let mut others = self.tellers(flow).skip(1).map(|flow| Self::reader(&flow, &testimonies(&flow)));
        others.find_map(|reader| reader.filter(told)).or(own)
    }

    /// What a flow is for, given its reader and whose it is. Content that was sent outside decides: one valid message of
    /// another protocol does not say what the 700 kB after it are.
    pub(crate) fn activity(&self, flow: &Flow<'a>, reader: Option<u8>, judged: &Judged) -> Activity {
        let side = 1 - judged.remote();
        if judged.is_external() && flow.has_content(self.catalog.content(), side, rules::UPLOAD_BYTES) {
            return Activity::BulkUpload;
        }
        if let Some(activity) = reader.and_then(|reader| ReaderId(reader).reader()?.activity) {
            return activity;
        }
        if judged.party == Party::Shared(SharedGroup::Time) {
            return Activity::TimeSync;
        }
        if judged.party != Party::Vendor || !judged.is_external() {
            Activity::Unknown
        } else if judged.roles.has(Role::Firmware) && !judged.roles.has(Role::Signalling) {
            Activity::Firmware
        } else if judged.roles.has(Role::Telemetry) {
            Activity::Telemetry
        } else {
            Activity::Signalling
        }
    }
}
