//! What a contact is called: the first rule of the catalogue that holds of its sums.
//!
//! 48 MB of content within an hour: `upload`, high for a camera. The same device's clock: `service`, to be known.

use lenscap_catalog::{Called, ContactKind, ContactRule, Level, Measure, Role};

use super::contact::Contact;
use super::votes::Whose;
use crate::judge::Court;
use crate::report::{FindingKind, Outcome, Severity, Standing};
use crate::state::measure::ContentLimits;

/// What a contact is called, by which rule, and how much that measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decision {
    pub(crate) rule: &'static ContactRule,
    pub(crate) measured: u64,
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
}

/// Decides, given whose the party is; `None` where nothing is worth saying, such as calls from outside that were not answered.
pub(crate) fn decide(
    court: &Court<'_>,
    called: Called,
    contact: &Contact,
    whose: Option<&Whose>,
    standing: Standing,
) -> Option<Decision> {
    let rules = court.catalog.contact_rules().iter().filter(|rule| rule.called == called);
    let content = court.catalog.content().into();
    let mut held = rules.map(|rule| (rule, contact.measure(rule.measure, &content)));
    let (rule, measured) = held.find(|(rule, measured)| *measured >= rule.least)?;
    let kind = match rule.kind {
        ContactKind::Exfiltration => FindingKind::Exfiltration,
        ContactKind::Telemetry => FindingKind::Telemetry,
        ContactKind::Contact if whose.is_some_and(|whose| whose.served) => FindingKind::VendorContact,
        ContactKind::Contact => FindingKind::Contact,
        ContactKind::Attempt => FindingKind::Attempt,
        ContactKind::Exposure => FindingKind::Exposure,
    };
    let media = whose.is_some_and(|of| of.roles.has(Role::Media) || of.roles.has(Role::Snapshot));
    let level = if media { rule.severity_media } else { rule.severity };
    Some(Decision { rule, measured, kind, severity: severity(level, standing) })
}

/// The level of a rule is for a camera; it is one step less for what is not known to be one.
fn severity(level: Level, standing: Standing) -> Severity {
    let camera = standing == Standing::Camera;
    match level {
        Level::Critical if camera => Severity::Critical,
        Level::High if camera => Severity::High,
        Level::Critical => Severity::High,
        Level::Medium if camera => Severity::Medium,
        Level::High => Severity::Medium,
        Level::Low if camera => Severity::Low,
        Level::Medium => Severity::Low,
        Level::Low | Level::Info => Severity::Info,
    }
}

impl Contact {
    fn measure(&self, measure: Measure, content: &ContentLimits) -> u64 {
        match measure {
            Measure::Window => self.measures.uploaded(content),
            Measure::BothWays => self.measures.content(true),
            Measure::Acknowledged => self.measures.unseen(),
            Measure::LongWindow => self.measures.slow(content.ratio),
            Measure::Service => u64::from(self.flows > 0 && self.services == self.flows),
            Measure::Recurrence => self.measures.recurrences(),
            Measure::Answers => self.answered,
            Measure::Accepts => self.accepted,
            Measure::Refusals => self.refused + self.denied(),
            Measure::Any => 0,
        }
    }

    /// How it ended, by what was captured.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.answered == 0 && self.accepted > 0 {
            // Who was called is the device.
            Outcome::Answered
        } else if self.answered > 0 && self.bytes[1] == 0 {
            Outcome::Inferred
        } else if self.answered > 0 {
            Outcome::Answered
        } else if self.refused + self.denied() > 0 {
            Outcome::Refused
        } else {
            Outcome::NotCaptured
        }
    }
}
