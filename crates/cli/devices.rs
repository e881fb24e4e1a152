//! `lenscap devices`: the devices alone, as a table, JSON lines or CSV.

use crate::args::{Job, Table};
use crate::failure::{Failure, Outcome};
use crate::judged::Case;
use crate::output::to_stdout;
use crate::plan;
use clap::{Args as ClapArgs, ValueEnum};
use lenscap_flow::report::{DeviceRecord, Standing};
use lenscap_report::{csv, json, text};
use std::cmp::Reverse;
use std::path::PathBuf;

pub(crate) const ABOUT: &str = "\
Lists devices: who they are, how that is known, and what they sent.

Bytes are IP bytes, headers included: sent to and received from outside, and both ways inside the site. Saved summaries \
(.lens) are taken, too.";

pub(crate) const EXAMPLES: &str = "\
Examples:
  lenscap devices office.pcapng                          cameras first
  lenscap devices office.pcapng --cameras                cameras and possible cameras alone
  lenscap devices captures/ --sort sent --top 10         who sent most outside
  lenscap devices office.pcapng --device 192.168.1.64    one of them, by address or MAC
  lenscap devices office.pcapng --json | jq .why         everything about each

Exit status: 0 listed, 2 not the whole job could be done.";

/// `lenscap devices`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Captures, directories of captures, saved summaries, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Only the devices with this address or MAC, or one that begins so
    #[arg(long, value_name = "ADDRESS")]
    pub device: Option<String>,
    /// Only cameras, recorders and possible cameras
    #[arg(long)]
    pub cameras: bool,
    /// What stands first
    #[arg(long, value_name = "BY", default_value = "standing")]
    pub sort: Sort,
    #[command(flatten)]
    pub table: Table,
    #[command(flatten)]
    pub job: Job,
}

/// By what devices are sorted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Sort {
    /// Cameras, possible cameras, viewers, others; then by bytes sent.
    Standing,
    /// Most bytes sent outside.
    Sent,
    /// Most bytes received from outside.
    Received,
    /// Most bytes inside the site.
    Inside,
    /// The surest camera.
    Confidence,
    /// The lowest address.
    Address,
    /// Who was seen first.
    Seen,
}

/// Lists the devices.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    Case::of(&args.job, &args.files).report(None, |report, _| {
        let wanted = |device: &&DeviceRecord<'_>| {
            let is_camera = matches!(device.standing, Standing::Camera | Standing::Suspected);
            (is_camera || !args.cameras) && args.device.as_deref().is_none_or(|text| is_called(device, text))
        };
        let mut devices: Vec<_> = report.devices().iter().filter(wanted).collect();
        sort(&mut devices, args.sort);
        devices.truncate(args.table.top.unwrap_or(usize::MAX));
        let view = plan::view(&args.table.look, Case::of(&args.job, &args.files).typed("devices"));
        to_stdout(|out| match (args.table.json, args.table.csv) {
            (true, _) => json::write_devices(&devices, out),
            (_, true) => csv::write_devices(&devices, out),
            _ => text::write_devices(&devices, &view, out),
        })
    })
}

/// Whether an address, MAC or id of the device begins so; letters of any case, a MAC with any signs between its digits.
pub(crate) fn is_called(device: &DeviceRecord<'_>, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let digits = |text: &str| text.replace([':', '-', '.'], "");
    let begins = |name: &str| name.to_ascii_lowercase().starts_with(&text);
    let is_mac = || {
        let wanted = digits(&text);
        wanted.len() >= 4 && device.mac.is_some_and(|mac| digits(&mac.to_string()).starts_with(&wanted))
    };
    begins(&device.id) || device.addresses.iter().any(|address| begins(&address.to_string())) || is_mac()
}

/// Stable: among equals the order is that of the report, which is that of time.
fn sort(devices: &mut [&DeviceRecord<'_>], by: Sort) {
    let standing = |device: &DeviceRecord<'_>| match device.standing {
        Standing::Camera => 0,
        Standing::Suspected => 1,
        Standing::Viewer => 2,
        Standing::Other => 3,
    };
    match by {
        Sort::Standing => {
            devices.sort_by_key(|device| (standing(device), Reverse(device.bytes_out_external)));
        }
        Sort::Sent => devices.sort_by_key(|device| Reverse(device.bytes_out_external)),
        Sort::Received => devices.sort_by_key(|device| Reverse(device.bytes_in_external)),
        Sort::Inside => devices.sort_by_key(|device| {
            let (sent, received) = device.bytes_inside();
            Reverse(sent + received)
        }),
        Sort::Confidence => devices.sort_by_key(|device| Reverse(device.confidence)),
        Sort::Address => devices.sort_by(|a, b| a.addresses.first().cmp(&b.addresses.first())),
        Sort::Seen => {}
    }
}
