//! What a watch says on the way: it judges what there is, tells what of it is new, and lets go what was told.

use super::lines::{Pieces, push_flows, push_news, without_flows};
use super::loss::Loss;
use super::metrics::Judged;
use super::news::Heard;
use super::view::{Sums, View};
use super::{INTERVAL, REST, Run, SILENT, moment, settle};
use crate::engine;
use crate::plan::Form;
use lenscap_flow::report::{Report, Said};
use lenscap_report::{Kind, json, text};

/// What was judged, what was said before, and where more is said.
struct Telling<'t, 'a> {
    report: &'t mut Report<'a>,
    said: &'t mut Said,
    heard: &'t mut Heard,
    view: Option<&'t mut (View, text::View)>,
    sums: Sums,
    lines: Pieces<'t>,
}

impl Run<'_> {
    /// Judges what there is, and lets `use_it` make something of it.
    fn judged<T>(&mut self, use_it: impl FnOnce(Telling<'_, '_>) -> T) -> T {
        let began = moment();
        self.pulse.judging(began);
        let up = began - self.begun;
        let flows = self.ongoing.flows() as u64;
        let memory = (self.ongoing.cost() as u64, self.memory);
        let (ended, takes_flows) = (self.ongoing.ended(), self.takes_flows());
        let closed = self.ongoing.summary(self.opened.source.tallies()).close();
        let mut report = engine::judge(&closed, &self.catalog, &self.terms);
        self.pulse.judged = Some(Judged::of(&report.overview));
        let lost = report.captures.iter().map(|capture| Loss::from(capture.drops)).sum();
        let sums = Sums {
            packets: report.ledger.packets,
            bytes: report.ledger.bytes_wire,
            lost,
            missed: self.missed,
            flows,
            memory,
            up,
        };
        if let Some(rolling) = &mut self.rolling {
            rolling.learn(&report);
        }
        let made = use_it(Telling {
            report: &mut report,
            said: &mut self.said,
            heard: &mut self.heard,
            view: self.view.as_mut(),
            sums,
            lines: Pieces::to(&self.out),
        });
        // What is to be said of a flow is said before it leaves memory.
        let said = takes_flows.then_some(&self.said);
        let leaving = report.leaving(ended, said);
        drop(report);
        drop(closed);
        self.turn.judged(self.ongoing.now().unwrap_or_default(), self.ongoing.cost());
        settle::settle(&mut self.ongoing, &leaving);
        drop(leaving);
        // A judgement needs much for a moment.
        #[cfg(target_os = "linux")]
        lenscap_ring::give_back();
        let now = moment();
        self.pulse.has_judged(now);
        let interval = self.view.as_ref().map_or(INTERVAL, |(view, _)| view.interval());
        let interval = if self.speaks() { interval } else { interval.max(SILENT) };
        self.next = Some(now + interval.max((now - began) * REST));
        made
    }

    /// Whether flows are taken one by one when they end: to be said, or to count what of them was missed.
    fn takes_flows(&self) -> bool {
        self.view.is_some() || self.pulse.is_counted() || self.says(&[Kind::Flow])
    }

    /// Says what is new.
    pub(super) fn tick(&mut self) {
        let (ended, now) = (self.ongoing.ended(), self.ongoing.now().unwrap_or_default());
        let (form, takes, says) = (self.printing.form, self.takes_flows(), self.says(&[Kind::Flow]));
        let missed = self.judged(|Telling { report, said, heard, view, sums, mut lines }| {
            let news = heard.news(report);
            match (view, form) {
                (Some((view, _)), _) => {
                    lines.push(|all| all.extend(view.say(report, &news, now, sums).bytes()));
                }
                (None, Form::Json(select)) => push_news(&mut lines, select, &news),
                (None, _) => {}
            }
            if takes { push_flows(&mut lines, says, report, ended, said) } else { 0 }
        });
        self.missed = self.missed.saturating_add(missed);
    }

    /// Reports on all that there is, as if it ended now; of flows only those that ended.
    pub(super) fn report(&mut self) {
        let (ended, threads, form) = (self.ongoing.ended(), self.printing.threads, self.printing.form);
        let (takes, says) = (self.takes_flows(), self.says(&[Kind::Flow]));
        let missed = self.judged(|Telling { report, said, view, mut lines, .. }| {
            let missed = if takes { push_flows(&mut lines, says, report, ended, said) } else { 0 };
            let written = match (view, form) {
                (Some((view, style)), _) => {
                    lines.push(|all| all.extend(view.clear().bytes()));
                    text::write(report, style, &mut lines)
                }
                (None, Form::Json(select)) => json::write(report, without_flows(select), threads, &mut lines),
                (None, _) => Ok(()),
            };
            debug_assert!(written.is_ok(), "pieces take all");
            missed
        });
        self.missed = self.missed.saturating_add(missed);
    }
}
