//! `lenscap flows`: the flows alone, as a table, JSON lines or CSV.

use crate::args::{Job, Table};
use crate::devices::is_called;
use crate::failure::{Failure, Outcome};
use crate::judged::Case;
use crate::output::to_stdout;
use crate::plan;
use clap::{Args as ClapArgs, ValueEnum};
use lenscap_flow::report::{FlowView, Report};
use lenscap_report::{csv, json, text};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

pub(crate) const ABOUT: &str = "\
Lists flows: who talked to whom, how much, by which name.

What Zeek calls a connection and tshark -z conv a conversation is a flow here, ended by an idle gap or a new handshake. The \
end that began it stands first. Bytes are payload, in TCP each byte once; --json and --csv have IP bytes beside them. Saved \
summaries (.lens) are taken, too.";

pub(crate) const EXAMPLES: &str = "\
Examples:
  lenscap flows office.pcapng --top 20                     the largest
  lenscap flows office.pcapng --device 192.168.1.64        those of one device, by address or MAC
  lenscap flows office.pcapng --party hik-connect          those with a party, by name or address
  lenscap flows captures/ --outside --csv > flows.csv      those that left the site, as a table
  lenscap flows office.pcapng --json | jq -r .community_id to look them up in other tools

Exit status: 0 listed, 2 not the whole job could be done.";

/// `lenscap flows`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Captures, directories of captures, saved summaries, or - for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
    /// Only flows of the devices with this address or MAC, or one that begins so
    #[arg(long, value_name = "ADDRESS")]
    pub device: Option<String>,
    /// Only flows with this party: a part of its name, a vendor's name or id, an address or the beginning of one
    #[arg(long, value_name = "NAME")]
    pub party: Option<String>,
    /// Only flows that left the site
    #[arg(long)]
    pub outside: bool,
    /// What stands first: where this is not given the earliest, with --top those with most bytes
    #[arg(long, value_name = "BY")]
    pub sort: Option<Sort>,
    #[command(flatten)]
    pub table: Table,
    #[command(flatten)]
    pub job: Job,
}

/// By what flows are sorted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Sort {
    /// The earliest.
    Start,
    /// Most payload both ways.
    Bytes,
    /// Most payload from the end that began it.
    Sent,
    /// Most payload to that end.
    Received,
    /// Most packets.
    Packets,
    /// The longest in time.
    Duration,
}

/// Lists the flows.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    Case::of(&args.job, &args.files).report(None, |report, _| {
        let list = report.flows();
        let (order, all) = chosen(args, report, |n| list.view(n), list.len());
        let flows = || order.iter().filter_map(|&n| list.view(n));
        let shown = text::Shown { all, by: sort(args).what() };
        let view = plan::view(&args.table.look, Case::of(&args.job, &args.files).typed("flows"));
        to_stdout(|out| match (args.table.json, args.table.csv) {
            (true, _) => json::write_flows(flows(), out),
            (_, true) => csv::write_flows(flows(), out),
            _ => text::write_flows(flows(), &shown, &view, out),
        })
    })
}

/// By what they are sorted: of a few the largest are wanted, of all the order of time.
fn sort(args: &Args) -> Sort {
    args.sort.unwrap_or(if args.table.top.is_some() { Sort::Bytes } else { Sort::Start })
}

impl Sort {
    /// `the 5 … of 20 flows`.
    const fn what(self) -> &'static str {
        match self {
            Self::Start => "earliest",
            Self::Bytes => "largest by payload both ways",
            Self::Sent => "largest by payload sent",
            Self::Received => "largest by payload received",
            Self::Packets => "largest by packets",
            Self::Duration => "longest in time",
        }
    }
}

/// Places of the flows that are wanted, in order, and how many there are beside those that are left out. Only places are kept, for
/// there may be millions of flows.
fn chosen<'a>(
    args: &Args,
    report: &Report<'_>,
    view: impl Fn(usize) -> Option<FlowView<'a>>,
    count: usize,
) -> (Vec<usize>, usize) {
    let sort = sort(args);
    let most = args.table.top.unwrap_or(usize::MAX);
    let addresses = args.device.as_deref().map(|text| addresses_of(report, text));
    let party = args.party.as_deref().map(str::to_ascii_lowercase);
    let is_wanted = |flow: &FlowView<'_>| {
        let ends = [flow.orig.address, flow.resp.address];
        (flow.external || !args.outside)
            && addresses.as_ref().is_none_or(|known| ends.iter().any(|end| known.contains(end)))
            && party.as_deref().is_none_or(|party| is_with(flow, party))
    };
    let wants_all = addresses.is_none() && party.is_none() && !args.outside;
    if sort == Sort::Start && wants_all {
        return ((0..count.min(most)).collect(), count);
    }
    let wanted = (0..count).filter_map(|n| {
        let flow = view(n).filter(is_wanted)?;
        Some((Reverse(key(&flow, sort)), n))
    });
    let mut wanted: Vec<(Reverse<u64>, usize)> = wanted.collect();
    wanted.sort_unstable();
    let all = wanted.len();
    (wanted.into_iter().take(most).map(|(_, n)| n).collect(), all)
}

/// Addresses of the devices that are called so, and the address itself where no device has it.
fn addresses_of(report: &Report<'_>, text: &str) -> BTreeSet<IpAddr> {
    let devices = report.devices().iter().filter(|device| is_called(device, text));
    let mut all: BTreeSet<IpAddr> = devices.flat_map(|device| device.addresses.iter().copied()).collect();
    all.extend(text.parse::<IpAddr>().ok());
    all
}

/// Whether a name, the vendor or an address of the flow has this text, given in lower case.
fn is_with(flow: &FlowView<'_>, party: &str) -> bool {
    let has = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase().contains(party);
    let vendor =
        || flow.vendor.is_some_and(|vendor| has(vendor.name.as_bytes()) || has(vendor.id.as_bytes()));
    let name = || flow.server_name.is_some_and(has) || flow.names.iter().any(|name| has(name.name));
    let begins = |address: IpAddr| address.to_string().starts_with(party);
    vendor() || name() || begins(flow.orig.address) || begins(flow.resp.address)
}

/// What the greatest of stands first; among equals the earliest.
fn key(flow: &FlowView<'_>, by: Sort) -> u64 {
    let (sent, received) = (text::payload(&flow.orig), text::payload(&flow.resp));
    match by {
        Sort::Start => 0,
        Sort::Bytes => sent + received,
        Sort::Sent => sent,
        Sort::Received => received,
        Sort::Packets => flow.orig.packets + flow.resp.packets,
        Sort::Duration => flow.end.0.saturating_sub(flow.start.0).max(0) as u64,
    }
}
