//! `lenscap explain`: from a claim to its packets, in words.

use crate::args::{Job, Look};
use crate::catalog;
use crate::failure::{Failure, Outcome};
use crate::judged::Case;
use crate::output::to_stdout;
use crate::plan;
use crate::subject::{Subject, flows_of};
use clap::Args as ClapArgs;
use lenscap_report::text;
use std::path::PathBuf;

pub(crate) const ABOUT: &str = "\
Explains a finding, a device, a rule or a kind: from the claim to its packets, in words.

Of a finding it says why the device is a camera, whose the other end is, the bytes, why it is told as what it is, what could \
be wrong, and which commands show the packets. A device is named by its address or MAC, a finding by its id; of either as \
much as tells it from all others is enough. A rule, a reason beside the rules or a kind of finding is named by its word and needs no capture. Saved \
summaries (.lens) are taken, too.";

pub(crate) const EXAMPLES: &str = "\
Examples:
  lenscap explain 7e72532f office.pcapng        a finding, by the id that scan prints
  lenscap explain 192.168.1.64 office.pcapng    a device
  lenscap explain upload                        a rule, with its numbers
  lenscap explain telemetry                     a kind of finding, with its rules
  lenscap explain party-by                      a reason, by the word before its colon

Exit status: 0 explained, 2 there is no such id, or not the whole job could be done.";

/// `lenscap explain`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Id of a finding, address or MAC of a device, or the word of a rule or kind
    #[arg(value_name = "ID")]
    pub id: String,
    /// Captures, directories of captures, or saved summaries; none for a rule or kind
    #[arg(value_name = "FILES")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub job: Job,
}

/// Explains.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    let view = plan::view(&args.look, Case::of(&args.job, &args.files).typed("scan"));
    if args.files.is_empty() {
        return rule(args, &view);
    }
    Case::of(&args.job, &args.files).report(None, |report, catalog| {
        let rules = (catalog.contact_rules(), catalog.content());
        match Subject::find(report, &args.id, &view.typed) {
            Ok(Subject::Finding(finding)) => {
                let flows = flows_of(report, finding);
                to_stdout(|out| text::explain_finding(report, finding, &flows, &view, out))
            }
            Ok(Subject::Device(device)) => to_stdout(|out| text::explain_device(report, device, &view, out)),
            Err(unknown) => {
                let mut known = false;
                to_stdout(|out| {
                    known = text::explain_rule(&args.id, rules.0, rules.1, &view, out)?;
                    Ok(())
                })?;
                if known { Ok(()) } else { Err(unknown) }
            }
        }
    })
}

fn rule(args: &Args, view: &text::View) -> Result<Outcome, Failure> {
    let catalog = catalog::open(&args.job.judging.catalog)?;
    let mut known = false;
    to_stdout(|out| {
        known = text::explain_rule(&args.id, catalog.contact_rules(), catalog.content(), view, out)?;
        Ok(())
    })?;
    if known {
        return Ok(Outcome::Nothing);
    }
    let rules: Vec<&str> = catalog.contact_rules().iter().map(|rule| rule.id.as_ref()).collect();
    let id = lenscap_report::escape::escape(args.id.as_bytes()).into_owned();
    let kinds: Vec<&str> = text::explained_kinds().collect();
    let (rules, kinds) = (rules.join(", "), kinds.join(", "));
    Err(Failure::new(format!("{id} is no rule ({rules}) and no kind ({kinds})")).next(format!(
        "A finding or a device needs its capture: lenscap explain {} FILE",
        lenscap_report::shell::word(&args.id)
    )))
}
