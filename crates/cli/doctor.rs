//! `lenscap doctor`: whether this machine can capture, what would be lost, and what the sandbox holds; beside each fault the command
//! that mends it. It captures nothing.

use crate::args::Doctor;
use crate::failure::{Failure, Outcome};
use crate::output::to_stdout;
use crate::sandbox::{self, Access};
use lenscap_report::escape::escape;
use lenscap_report::{shell, units};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

/// What was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Check {
    is_fine: bool,
    what: String,
    /// What to type, where it is not fine.
    mend: Option<String>,
}

impl Check {
    fn fine(what: impl Into<String>) -> Self {
        Self { is_fine: true, what: what.into(), mend: None }
    }

    fn fault(what: impl Into<String>, mend: Option<String>) -> Self {
        Self { is_fine: false, what: what.into(), mend }
    }
}

/// Looks at everything, and prints it.
pub(crate) fn run(doctor: &Doctor) -> Result<Outcome, Failure> {
    let mut all = vec![library(), capability(&status())];
    all.extend(clock(&read("/sys/devices/system/clocksource/clocksource0/current_clocksource")));
    match &doctor.interface {
        Some(name) => all.extend(interface(name)),
        None => all.push(Check::fine(format!("interfaces: {}", escape(names().join(", ").as_bytes())))),
    }
    // Last, for what is given up is gone.
    all.extend(sandbox::enter(&Access::default()).into_iter().map(|layer| match layer.held {
        Ok(how) => Check::fine(format!("sandbox, {}: {how}", layer.name)),
        Err(why) => Check::fault(format!("sandbox, {}: {}", layer.name, escape(why.as_bytes())), None),
    }));
    to_stdout(|out| {
        for Check { is_fine, what, mend } in &all {
            let word = if *is_fine { "ok  " } else { "warn" };
            match mend {
                Some(mend) => writeln!(out, "  {word}  {what:60}  {mend}")?,
                None => writeln!(out, "  {word}  {what}")?,
            }
        }
        Ok(())
    })?;
    // As for findings: something was found.
    Ok(if all.iter().all(|check| check.is_fine) { Outcome::Nothing } else { Outcome::Found })
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_string()
}

fn status() -> String {
    read("/proc/self/status")
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| "lenscap".into());
    shell::word(&path.to_string_lossy())
}

fn names() -> Vec<String> {
    let there = fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    let mut names: Vec<_> = there.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn library() -> Check {
    if cfg!(feature = "live") {
        return Check::fine("interfaces are captured from, and filters compiled, by libpcap");
    }
    let mend = "cargo build --release      # with libpcap-dev installed".to_string();
    Check::fault("this build has no libpcap: no filters, and of interfaces Ethernet alone", Some(mend))
}

/// Whether `CAP_NET_RAW`, the capability of number 13, is in effect.
fn capability(status: &str) -> Check {
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default();
    let mask = u64::from_str_radix(effective.trim(), 16).unwrap_or(0);
    if mask & 1 << 13 != 0 {
        return Check::fine("this user may capture");
    }
    let mend = format!("sudo setcap cap_net_raw+ep {}", program());
    Check::fault("no capability to capture", Some(mend))
}

/// What stamps are made by; nothing where the kernel does not say.
fn clock(source: &str) -> Option<Check> {
    match source {
        "" => None,
        "jiffies" | "acpi_pm" | "refined-jiffies" => {
            Some(Check::fault(format!("the clock is {source}: stamps are coarse, and cost much"), None))
        }
        source => Some(Check::fine(format!("the clock is {}", escape(source.as_bytes())))),
    }
}

fn interface(name: &str) -> Vec<Check> {
    let (shown, word) = (escape(name.as_bytes()), shell::word(name));
    if !names().iter().any(|there| there == name) {
        let there = names().join(", ");
        return vec![Check::fault(
            format!("{shown} is not there; there are {}", escape(there.as_bytes())),
            None,
        )];
    }
    let of = |file: &str| read(&format!("/sys/class/net/{name}/{file}"));
    let mut all = vec![is_up(&of("flags"), &shown, &word)];
    all.push(opens(name));
    let lost = ["rx_missed_errors", "rx_fifo_errors"].map(|file| of(&format!("statistics/{file}")));
    all.push(drops(&shown, lost.iter().filter_map(|count| count.parse::<u64>().ok()).sum()));
    all.push(offloads(name, &word));
    all
}

/// From the flags of the interface, in hexadecimal; the lowest bit says that it is up.
fn is_up(flags: &str, shown: &str, word: &str) -> Check {
    let flags = flags.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
    if flags & 1 != 0 {
        return Check::fine(format!("{shown} is up"));
    }
    Check::fault(format!("{shown} is down"), Some(format!("sudo ip link set {word} up")))
}

/// Opens the interface as a watch does, and closes it again.
fn opens(name: &str) -> Check {
    use lenscap_capture::{ChunkId, Live, LiveOptions};
    let options = LiveOptions::default();
    let ring = mebibytes(options.ring);
    match Live::open(&[(name.to_string(), ChunkId::default())], &options) {
        Ok(_) => Check::fine(format!("it can be captured from, with a ring of {ring} (--ring)")),
        Err(why) => Check::fault(escape(why.to_string().as_bytes()), None),
    }
}

/// A ring as `--ring` takes it: `64 MiB`.
fn mebibytes(bytes: u32) -> String {
    format!("{} MiB", bytes >> 20)
}

fn drops(shown: &str, lost: u64) -> Check {
    let packets = units::counted(lost, "packet");
    if lost == 0 {
        return Check::fine(format!("{shown} has lost no packet since it is there"));
    }
    Check::fault(
        format!("{shown} has lost {packets} since it is there"),
        Some(format!("ethtool -g {}", shell::word(shown))),
    )
}

/// Whether the kernel puts packets together before they are seen, as `ethtool` says.
fn offloads(name: &str, word: &str) -> Check {
    let asked =
        Command::new("ethtool").args(["-k", name]).stdin(Stdio::null()).stderr(Stdio::null()).output();
    match asked {
        Ok(done) if done.status.success() => put_together(&String::from_utf8_lossy(&done.stdout), word),
        _ => Check::fault(
            "offloads are not known: ethtool says nothing of them",
            Some("sudo apt-get install ethtool".into()),
        ),
    }
}

fn put_together(features: &str, word: &str) -> Check {
    let on: Vec<_> = [("generic-receive-offload", "gro"), ("large-receive-offload", "lro")]
        .into_iter()
        .filter(|(feature, _)| {
            features.lines().any(|line| line.trim().starts_with(&format!("{feature}: on")))
        })
        .map(|(_, short)| short)
        .collect();
    if on.is_empty() {
        return Check::fine("packets are as they were on the wire: receive offloads are off");
    }
    Check::fault(
        format!("{} on: packets may be larger than on the wire", on.join(" and ")),
        Some(format!("sudo ethtool -K {word} {} off", on.join(" off "))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_says_who_may_capture() {
        assert!(capability("Name:\tx\nCapEff:\t0000000000002000\n").is_fine);
        let without = capability("CapEff:\t0000000000001fff\n");
        assert!(!without.is_fine && without.mend.unwrap().starts_with("sudo setcap cap_net_raw+ep "));
        assert!(!capability("").is_fine);
    }

    #[test]
    fn faults_say_what_to_type() {
        assert!(is_up("0x1003", "eth0", "eth0").is_fine);
        assert_eq!(is_up("0x1002", "eth0", "eth0").mend.as_deref(), Some("sudo ip link set eth0 up"));
        assert_eq!(mebibytes(lenscap_capture::LiveOptions::default().ring), "64 MiB");
        assert!(drops("eth0", 0).is_fine && drops("eth0", 7).what.contains("lost 7 packets"));
        let features =
            "Features for eth0:\ngeneric-receive-offload: on\nlarge-receive-offload: off [fixed]\n";
        assert_eq!(put_together(features, "eth0").mend.as_deref(), Some("sudo ethtool -K eth0 gro off"));
        assert!(put_together("generic-receive-offload: off\n", "eth0").is_fine);
        assert!(clock("tsc").unwrap().is_fine && !clock("acpi_pm").unwrap().is_fine && clock("").is_none());
    }
}
