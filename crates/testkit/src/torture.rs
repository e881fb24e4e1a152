//! Torture: every capture of a folder, damaged in many ways that a seed draws, and what must hold all the same.
//!
//! Of each damaged capture, folded whole and again in two pieces that are joined at a drawn place: nothing panics, the
//! ledger balances, both reports are the same to the byte, so is that of the saved and loaded summary, each line of a
//! report is JSON, and no run takes longer than [`allowed`].
//!
//! Damage number N of a file is a function of the seed, the file's place and N, so a failure can be made again.

mod damage;

use damage::damaged;
use lenscap_capture::{Capture, ChunkId, Next, Record, Source};
use lenscap_catalog::Catalog;
use lenscap_flow::{Folding, Limits, NoJoint, Options, Piece, Policy, Summary, judge};
use lenscap_report::{Select, json};
use lenscap_testkit::{OwnedFrame, SECOND, SplitMix64};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, io};

/// Larger captures are passed over: what matters is how many ways there are to be wrong, not how many packets.
const LARGEST: u64 = 4 << 20;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Torture<'a> {
    pub(crate) folder: &'a Path,
    /// Damaged copies of each capture.
    pub(crate) damages: u64,
    pub(crate) seed: u64,
    /// Where captures are kept that failed.
    pub(crate) keep: Option<&'a Path>,
}

/// What became of all runs.
#[derive(Debug, Default)]
struct Tally {
    captures: u64,
    passed_over: u64,
    runs: u64,
    unreadable: u64,
    joined: u64,
    refused: u64,
    slowest: Duration,
    failures: Vec<String>,
}

/// How long a capture of this size may take: far more than a slow machine needs, far less than what is not linear.
fn allowed(bytes: usize) -> Duration {
    Duration::from_secs(2) + Duration::from_micros(20) * bytes as u32
}

impl Torture<'_> {
    /// Runs it, and says how it went; an error where something did not hold.
    pub(crate) fn run(&self) -> io::Result<()> {
        let (mut tally, catalog) = (Tally::default(), Catalog::builtin());
        // A panic is reported once, with the damage that made it.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let done = self.all(&catalog, &mut tally);
        std::panic::set_hook(hook);
        done?;
        let Tally { captures, passed_over, runs, unreadable, joined, refused, slowest, failures } = tally;
        println!(
            "{runs} damaged copies of {captures} captures ({passed_over} passed over): {unreadable} no longer captures, \
             {joined} joined, {refused} joints refused, slowest {} ms",
            slowest.as_millis()
        );
        for failure in &failures {
            println!("FAILED {failure}");
        }
        if runs == 0 {
            return Err(io::Error::other("there is no capture to damage"));
        }
        if failures.is_empty() { Ok(()) } else { Err(io::Error::other(format!("{} failed", failures.len()))) }
    }

    #[allow(clippy::disallowed_methods, reason = "a command that measures itself; no report hangs on it")]
    fn all(&self, catalog: &Catalog, tally: &mut Tally) -> io::Result<()> {
        for (place, path) in captures(self.folder)?.into_iter().enumerate() {
            let bytes = fs::read(&path)?;
            let Some(frames) = frames(&bytes) else {
                tally.passed_over += 1;
                continue;
            };
            tally.captures += 1;
            for number in 0..self.damages {
                let mut random = SplitMix64::new(self.seed ^ (place as u64) << 32 ^ number << 8);
                let damaged = damaged(&bytes, &frames, &mut random);
                let (began, size) = (Instant::now(), damaged.len());
                let mut outcome =
                    catch_unwind(AssertUnwindSafe(|| hold(catalog, damaged.clone(), &mut random)))
                        .unwrap_or_else(|panic| Err(format!("panic: {}", message(&*panic))));
                let took = began.elapsed();
                tally.slowest = tally.slowest.max(took);
                if took > allowed(size) {
                    outcome = Err(format!("{} ms for {size} bytes", took.as_millis()));
                }
                tally.runs += 1;
                match outcome {
                    Ok(Held::Unreadable) => tally.unreadable += 1,
                    Ok(Held::Joined) => tally.joined += 1,
                    Ok(Held::Refused) => tally.refused += 1,
                    Err(why) => {
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        tally.failures.push(format!("{name}, damage {number} of seed {}: {why}", self.seed));
                        if let Some(keep) = self.keep {
                            fs::create_dir_all(keep)?;
                            fs::write(keep.join(format!("{number}-{name}")), &damaged)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// How a damaged capture was folded in two pieces.
enum Held {
    Unreadable,
    Joined,
    Refused,
}

/// Folds and judges a capture in several ways, and says what does not hold.
fn hold(catalog: &Catalog, bytes: Vec<u8>, random: &mut SplitMix64) -> Result<Held, String> {
    let Ok(capture) = Capture::new(Arc::new(bytes)) else { return Ok(Held::Unreadable) };
    let limits = Limits { idle: 300 * SECOND, memory: 64 << 20 };
    let options =
        Options { threads: NonZeroUsize::MIN, limits, filter: None, from: None, to: None, saved: true };
    let folding = Folding { capture: &capture, path: "damaged", input: 0, options: &options, progress: &() };
    let fold = |number, range| Piece::fold(&folding, number, range).map_err(|why| why.to_string());
    let (begin, end) = (capture.body(), capture.size());
    let Ok(whole) = fold(0, begin..end) else { return Ok(Held::Unreadable) };
    let wanted = rendered(catalog, whole.summary());
    check(&wanted)?;
    let mut saved = Vec::new();
    whole.save(&mut saved).map_err(|why| why.to_string())?;
    let loaded = Piece::load(&saved[..]).map_err(|why| format!("what was saved is refused: {why}"))?;
    same("what was saved", &wanted, &rendered(catalog, loaded.summary()))?;
    let cut = starts(&capture).map_or(begin, |starts| starts[random.below(starts.len() as u64) as usize]);
    let joined = fold(0, begin..cut)?.then(fold(1, cut..end)?, &capture);
    let (held, joined) = match joined {
        Ok(joined) => (Held::Joined, joined),
        Err(unjoined) => {
            if unjoined.why == NoJoint::Number {
                return Err("pieces in order are not taken for it".to_owned());
            }
            let mut left = unjoined.left;
            left.fold_on(&folding, 1, end).map_err(|why| why.to_string())?;
            (Held::Refused, left)
        }
    };
    same(&format!("a cut at {cut}"), &wanted, &rendered(catalog, joined.summary()))?;
    Ok(held)
}

fn rendered(catalog: &Catalog, summary: &Summary) -> Vec<u8> {
    let closed = summary.close();
    let report = judge(&closed, catalog, &Policy::default());
    let mut out = Vec::new();
    json::write(&report, Select::default(), NonZeroUsize::MIN, &mut out).expect("memory takes all");
    out
}

/// Whether every line is a record, and the ledger says that the books balance.
fn check(report: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(report).map_err(|why| format!("the report is no text: {why}"))?;
    let mut balanced = false;
    for line in text.lines() {
        let record: serde_json::Value =
            serde_json::from_str(line).map_err(|why| format!("a line is no JSON: {why}"))?;
        balanced |= record["type"] == "ledger" && record["balanced"] == true;
    }
    balanced.then_some(()).ok_or_else(|| "the ledger does not balance".to_owned())
}

fn same(what: &str, wanted: &[u8], found: &[u8]) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    let lines = |report| String::from_utf8_lossy(report).lines().map(str::to_owned).collect::<Vec<_>>();
    let (wanted, found) = (lines(wanted), lines(found));
    let place = wanted.iter().zip(&found).position(|(wanted, found)| wanted != found);
    let line = |lines: &[String]| {
        let line = lines.get(place.unwrap_or(wanted.len().min(found.len()))).map_or("(nothing)", |line| line);
        line.chars().take(400).collect::<String>()
    };
    Err(format!("{what} changes the report\n  want  {}\n  found {}", line(&wanted), line(&found)))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of no text").to_owned()
}

/// Where its records begin; none where there is none.
fn starts(capture: &Capture) -> Option<Vec<u64>> {
    let mut reader = capture.reader(ChunkId::default()).ok()?;
    let mut starts = Vec::new();
    while let Ok(Next::Batch(batch)) = reader.next() {
        let start = |record: &Record| record.at.offset - u64::from(record.header);
        starts.extend(batch.records().iter().map(start));
    }
    (!starts.is_empty()).then_some(starts)
}

/// The frames of a capture that is not packed.
fn frames(bytes: &[u8]) -> Option<Vec<OwnedFrame>> {
    let capture = Capture::new(Arc::new(bytes.to_vec())).ok()?;
    let mut reader = capture.reader(ChunkId::default()).ok()?;
    let mut frames = Vec::new();
    while let Ok(Next::Batch(batch)) = reader.next() {
        frames.extend(batch.frames().map(|frame| OwnedFrame {
            time: frame.time,
            link_type: frame.link_type,
            wire_length: frame.wire_length,
            bytes: frame.bytes.to_vec(),
        }));
    }
    (!frames.is_empty()).then_some(frames)
}

/// The files below a folder that are small enough, by path.
fn captures(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_capture = || {
                let ending = path.extension().and_then(|ending| ending.to_str());
                ending.is_some_and(|ending| matches!(ending, "pcap" | "pcapng" | "cap"))
            };
            if path.is_dir() {
                folders.push(path);
            } else if is_capture() && path.metadata()?.len() <= LARGEST {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_testkit::{pcap, random_traffic};

    #[test]
    fn what_holds_holds_and_what_does_not_is_found() {
        let (catalog, mut random) = (Catalog::builtin(), SplitMix64::new(1));
        let bytes = pcap(&random_traffic(1, 120));
        assert!(matches!(hold(&catalog, bytes, &mut random), Ok(Held::Joined | Held::Refused)));
        assert!(matches!(hold(&catalog, vec![0; 40], &mut random), Ok(Held::Unreadable)));
        assert!(check(b"{\"type\":\"ledger\",\"balanced\":true}\n").is_ok());
        assert!(check(b"{\"type\":\"ledger\",\"balanced\":false}\n").is_err());
        assert!(check(b"{\"type\":\"ledger\",\"balanced\":true}\nno JSON\n").is_err());
        assert!(check(b"\xff").is_err() && check(b"").is_err());
        let why = same("a cut", b"{}\n{\"a\":1}\n", b"{}\n{\"a\":2}\n").unwrap_err();
        assert!(why.contains("{\"a\":1}") && why.contains("{\"a\":2}"), "{why}");
        assert!(same("a cut", b"{}\n", b"{}\n").is_ok());
    }
}
