//! A network of its own for each test: a namespace with one pair of interfaces that nothing else reaches. It is removed with
//! what was started in it.

use lenscap_testkit::{Classic, OwnedFrame};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Namespace {
    name: String,
    pub(crate) folder: tempfile::TempDir,
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let done = Command::new("ip").args(arguments).output().map_err(|why| format!("ip: {why}"))?;
    let said = || format!("ip {}: {}", arguments.join(" "), String::from_utf8_lossy(&done.stderr).trim());
    if done.status.success() { Ok(()) } else { Err(said()) }
}

/// Says that a test is skipped, and why: on its output, and in the file that `LENSCAP_SKIPPED` names, since the output of tests
/// that pass is not shown.
pub(crate) fn skip(why: &str) {
    let test = thread::current().name().unwrap_or_default().to_string();
    println!("skipped: {test}: {why}");
    if let Some(list) = std::env::var_os("LENSCAP_SKIPPED") {
        let opened = fs::OpenOptions::new().create(true).append(true).open(list);
        _ = opened.and_then(|mut list| writeln!(list, "{test}: {why}"));
    }
}

impl Namespace {
    /// A namespace with `v0` and `v1`, both up and without addresses; nothing where this machine does not permit it, which is
    /// said.
    pub(crate) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("lenscap-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        if let Err(why) = ip(&["netns", "add", &name]) {
            skip(&format!("no network namespace can be made here ({why})"));
            return None;
        }
        let namespace = Self { name, folder: tempfile::tempdir().expect("a folder can be made") };
        // Nothing of its own accord.
        let quiet = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6";
        _ = namespace.command("sh").args(["-c", quiet]).output();
        namespace.link();
        Some(namespace)
    }

    /// Makes the pair of interfaces.
    pub(crate) fn link(&self) {
        self.ip("link add v0 mtu 65000 type veth peer name v1 mtu 65000");
        self.ip("link set v0 up");
        self.ip("link set v1 up");
    }

    /// Runs `ip` in it.
    pub(crate) fn ip(&self, arguments: &str) {
        let arguments: Vec<_> = ["-n", &self.name].into_iter().chain(arguments.split(' ')).collect();
        ip(&arguments).expect("what was permitted once is");
    }

    /// A command that runs in it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts `lenscap watch` with these arguments, and waits until it listens.
    pub(crate) fn watch(&self, arguments: &[&str]) -> Watch {
        let mut command = self.command(env!("CARGO_BIN_EXE_lenscap"));
        command.arg("watch").args(arguments);
        self.start(command)
    }

    /// Starts what becomes a watch, and waits until it says, as a service does, that it lets packets in.
    pub(crate) fn start(&self, mut command: Command) -> Watch {
        let path = self.folder.path().join("notify");
        _ = fs::remove_file(&path);
        let heard = UnixDatagram::bind(&path).expect("a socket can be made");
        heard.set_read_timeout(Some(Duration::from_millis(20))).expect("it can be set");
        // It may be another user.
        for path in [self.folder.path(), &path] {
            fs::set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
        }
        command.env("NOTIFY_SOCKET", &path);
        let mut watch = Watch { child: Some(command.spawn().expect("ip can be started")) };
        let mut said = [0; 7];
        wait(|| heard.recv(&mut said).is_ok_and(|_| said == *b"READY=1") || watch.has_ended());
        watch
    }

    /// Sends frames over `v0`, in a process of its own, which is this one again.
    pub(crate) fn send(&self, frames: &[OwnedFrame]) {
        self.send_over("v0", frames);
    }

    /// Sends frames over an interface of it.
    pub(crate) fn send_over(&self, interface: &str, frames: &[OwnedFrame]) {
        let path = self.folder.path().join("sent.pcap");
        let file = Classic { nanoseconds: true, ..Classic::default() };
        fs::write(&path, file.write(frames)).expect("a temporary file can be written");
        let own = std::env::current_exe().expect("a test has a path");
        let mut sender = self.command(own.to_str().expect("a path of tests"));
        sender.args(["--exact", "sender", "--ignored", "--nocapture"]).env("LENSCAP_SEND", &path);
        sender.env("LENSCAP_SEND_OVER", interface);
        let done = sender.output().expect("ip can be started");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        _ = ip(&["netns", "del", &self.name]);
    }
}

/// Waits until something is so.
pub(crate) fn wait(mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "it was waited for in vain");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A running `lenscap watch`.
pub(crate) struct Watch {
    child: Option<Child>,
}

impl Watch {
    fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|status| status.is_some()))
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.as_ref().map_or(0, Child::id).to_string();
        let done = Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(done.is_ok_and(|status| status.success()), "{signal} could not be sent");
    }

    /// Waits until it has ended by itself; what it wrote.
    pub(crate) fn end(mut self) -> Output {
        let child = self.child.take().expect("it is waited for once");
        let (id, over) = (child.id(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
        let (theirs, until) = (over.clone(), Instant::now() + PATIENCE);
        let guard = thread::spawn(move || {
            while !theirs.load(Ordering::Relaxed) && Instant::now() < until {
                thread::sleep(Duration::from_millis(20));
            }
            if !theirs.load(Ordering::Relaxed) {
                _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            }
        });
        let output = child.wait_with_output().expect("it can be waited for");
        over.store(true, Ordering::Relaxed);
        guard.join().expect("it only waits");
        output
    }

    /// Its standard error, from now on.
    pub(crate) fn errors(&mut self) -> impl BufRead + use<> {
        BufReader::new(self.child.as_mut().and_then(|child| child.stderr.take()).expect("it is taken once"))
    }

    /// Its standard output, from now on.
    pub(crate) fn stdout(&mut self) -> impl Read + use<> {
        self.child.as_mut().and_then(|child| child.stdout.take()).expect("it is taken once")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            _ = child.kill();
            _ = child.wait();
        }
    }
}

/// The records of JSON lines, every one of which is whole.
pub(crate) fn records(lines: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(lines).expect("JSON is text");
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is whole");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// The records of a type.
pub(crate) fn of_type<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["type"] == kind).collect()
}

/// What scanning a file says.
pub(crate) fn scan(path: &Path) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lenscap"));
    let done = command.arg("scan").arg(path).args(["--json", "--quiet"]).output().expect("it can be started");
    records(&done.stdout)
}
