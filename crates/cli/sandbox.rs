//! What the process may still do when it reads hostile bytes: nothing but its work.
//!
//! Before the first packet is read it drops its capabilities, but for those that let root read files; it can gain none back
//! (`no_new_privs`); it reads only its inputs and what the kernel tells of itself, and writes only where it shall
//! (landlock); and it makes no socket, starts no program, makes no namespace and looks into no other process (seccomp). A layer that the kernel
//! does not have is left out, and `lenscap doctor` says so.

#[cfg(target_os = "linux")]
mod calls;

use crate::failure::say;
use lenscap_capture::inputs;
use std::path::{Path, PathBuf};

/// What must stay possible.
#[derive(Clone, Debug, Default)]
pub(crate) struct Access {
    /// Files and folders that are read.
    pub read: Vec<PathBuf>,
    /// Folders in which files are written, renamed and removed.
    pub write: Vec<PathBuf>,
    /// The descriptor of a socket that is listened on: clients are accepted from it alone.
    pub listener: Option<i32>,
    /// Descriptors that frames are captured from: nothing is written to them, for that would send frames.
    pub captures: Vec<i32>,
}

impl Access {
    /// Lets inputs be read, and what links in folders among them lead to.
    pub(crate) fn read_inputs<'p>(mut self, inputs: impl IntoIterator<Item = &'p Path>) -> Self {
        for input in inputs {
            self.read.push(input.to_path_buf());
            if input.is_dir() {
                // Not of links to folders: one would let all of that be read.
                self.read.extend(inputs::links(input));
            }
        }
        self
    }

    /// Lets a file be written, and one of another name beside it be moved into its place.
    pub(crate) fn write_file(mut self, file: Option<&Path>) -> Self {
        self.write.extend(file.map(folder_of));
        // A link is written where it leads to.
        self.write.extend(file.and_then(|file| file.canonicalize().ok()).map(|file| folder_of(&file)));
        self
    }

    /// Lets files be read that may be moved into their place meanwhile.
    #[cfg(unix)]
    pub(crate) fn read_again<'p>(mut self, files: impl IntoIterator<Item = &'p Path>) -> Self {
        self.read.extend(files.into_iter().map(folder_of));
        self
    }
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_path_buf()
}

/// Says loudly that nothing is given up.
fn refuse() {
    say(&"lenscap: --no-sandbox: whoever finds a fault in a reader has all rights of this process");
}

/// A layer, and whether it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Layer {
    pub name: &'static str,
    /// How it holds, or why it does not.
    pub held: Result<String, String>,
}

/// Gives up all rights but this access, for this thread and those that it starts from now on. Says which layers hold.
#[cfg(target_os = "linux")]
pub(crate) fn enter(access: &Access) -> Vec<Layer> {
    linux::enter(access)
}

/// Gives up all rights but this access, unless it is wanted that they are kept. Says which layers hold.
pub(crate) fn confine(is_wanted: bool, access: &Access) -> Vec<Layer> {
    if is_wanted {
        return enter(access);
    }
    refuse();
    Vec::new()
}

/// This system has none of the layers.
#[cfg(not(target_os = "linux"))]
pub(crate) fn enter(_: &Access) -> Vec<Layer> {
    vec![Layer { name: "sandbox", held: Err("there is none for this system".into()) }]
}

#[cfg(target_os = "linux")]
mod linux {
    use super::calls::refuse_calls;
    use super::{Access, Layer};
    use caps::{CapSet, Capability, CapsHashSet};
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetError, RulesetStatus, Scope, path_beneath_rules,
    };

    /// What the kernel tells of itself: memory, processors, interfaces and what they lost.
    const KERNEL: [&str; 2] = ["/proc", "/sys"];

    /// The newest landlock that is asked for; older kernels hold a part of it.
    const NEWEST: ABI = ABI::V6;

    pub(super) fn enter(access: &Access) -> Vec<Layer> {
        // In this order: seccomp refuses nothing that the others need, but a filter takes no_new_privs, which landlock sets.
        vec![
            Layer { name: "capabilities", held: drop_capabilities() },
            Layer {
                name: "landlock",
                held: restrict_files(access).unwrap_or_else(|why| Err(why.to_string())),
            },
            Layer { name: "seccomp", held: refuse_calls(access.listener, &access.captures) },
        ]
    }

    /// Root keeps what lets it read files of others: which files, landlock says.
    fn drop_capabilities() -> Result<String, String> {
        let kept = [Capability::CAP_DAC_OVERRIDE, Capability::CAP_DAC_READ_SEARCH];
        let had = caps::read(None, CapSet::Permitted).map_err(|why| why.to_string())?;
        let kept: CapsHashSet = kept.into_iter().filter(|capability| had.contains(capability)).collect();
        // The bounding set can be emptied only by who may set capabilities; nothing is gained by it where no_new_privs holds.
        _ = caps::clear(None, CapSet::Bounding);
        _ = caps::clear(None, CapSet::Ambient);
        for set in [CapSet::Effective, CapSet::Permitted] {
            caps::set(None, set, &kept).map_err(|why| why.to_string())?;
        }
        caps::clear(None, CapSet::Inheritable).map_err(|why| why.to_string())?;
        let left = if kept.is_empty() { "none is left" } else { "only those to read files are left" };
        Ok(left.to_string())
    }

    fn restrict_files(access: &Access) -> Result<Result<String, String>, RulesetError> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let write: BitFlags<AccessFs> = read
            | AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::RemoveFile
            | AccessFs::Refer;
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(NEWEST))?
            .handle_access(AccessNet::from_all(NEWEST))?
            .scope(Scope::from_all(NEWEST))?
            .create()?
            .add_rules(path_beneath_rules(KERNEL, read))?
            .add_rules(path_beneath_rules(&access.read, read))?
            .add_rules(path_beneath_rules(&access.write, write))?
            .restrict_self()?;
        Ok(match status.ruleset {
            RulesetStatus::FullyEnforced => Ok("inputs are read, and only outputs written".into()),
            RulesetStatus::PartiallyEnforced => {
                Ok("inputs are read, and only outputs written; this kernel holds a part".into())
            }
            RulesetStatus::NotEnforced => Err("this kernel has none, or it is switched off".into()),
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::args::{Args, Command as Verb};
    use crate::{judged, plan, watch};
    use clap::Parser;
    use std::fs;
    use std::io::{ErrorKind, Write};
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    #[test]
    fn a_file_without_folder_is_here() {
        assert_eq!(folder_of(Path::new("a.lens")), Path::new("."));
        assert_eq!(folder_of(Path::new("/b/a.lens")), Path::new("/b"));
    }

    /// Enters it as a command does that reads one folder and writes into another, and captures from a socket.
    fn enter_as(command: &str, inside: &Path, written: &Path, capture: i32) -> Vec<Layer> {
        if command == "scan" {
            let inputs = plan::inputs(&[inside.to_path_buf()]).expect("it is one input");
            return judged::confine(false, &inputs, Some(written));
        }
        let [inside, written] = [inside, written].map(|path| path.to_str().expect("a path of tests"));
        let arguments = ["lenscap", "watch", "--replay", inside, "--json", "--output-file", written];
        let Verb::Watch(arguments) = Args::parse_from(arguments).command else { panic!("it is watch") };
        watch::confine(&arguments, None, vec![capture])
    }

    /// Tries from inside what must not be; started by the test below in a process of its own.
    #[test]
    #[ignore = "it gives up all rights of the process that it runs in"]
    fn from_inside() {
        let Some(folder) = std::env::var_os("LENSCAP_SANDBOX").map(PathBuf::from) else { return };
        let [inside, outside, out] = ["in", "outside", "out"].map(|name| folder.join(name));
        let command = std::env::var("LENSCAP_SANDBOX_OF").expect("it is told of which command");
        let (mut capture, _other) = UnixStream::pair().expect("it may before");
        let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("it may before");
        let layers = enter_as(&command, &inside, &out.join("a.lens"), capture.as_raw_fd());
        let refused = |why: std::io::Error| why.kind() == ErrorKind::PermissionDenied;
        let held = |name: &str| layers.iter().any(|layer| layer.name == name && layer.held.is_ok());
        assert_eq!(fs::read(inside.join("a")).expect("inputs are read"), b"a");
        assert_eq!(fs::read(inside.join("link")).expect("what a link leads to, too"), b"linked");
        fs::write(out.join("b"), "b").expect("outputs are written");
        fs::rename(out.join("b"), out.join("a.lens")).expect("and moved into their place");
        if held("landlock") {
            assert!(fs::read(outside.join("a")).is_err_and(refused), "a file outside was read");
            assert!(fs::write(outside.join("b"), "b").is_err_and(refused), "a file outside was written");
            assert!(fs::write(inside.join("b"), "b").is_err_and(refused), "an input was written");
        }
        assert!(held("seccomp"));
        assert!(UdpSocket::bind("127.0.0.1:0").is_err_and(refused), "a socket was made");
        assert!(UnixStream::pair().is_err_and(refused), "a socket was made");
        let sent = capture.write(b"frame");
        assert!(command == "scan" || sent.is_err_and(refused), "a frame was sent over what is captured from");
        assert!(Command::new("/bin/true").status().is_err_and(refused), "a program was started");
        assert!(elsewhere.accept().is_err_and(refused), "a client was accepted");
        // Threads that are started later are no freer.
        let later = std::thread::spawn(|| UdpSocket::bind("127.0.0.1:0").is_err());
        assert!(later.join().expect("it does not panic"));
        let status = fs::read_to_string("/proc/thread-self/status").expect("the kernel tells of itself");
        let field =
            |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        assert_eq!((field("NoNewPrivs:"), field("Seccomp:")), ("1", "2"));
        // CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH are the numbers 1 and 2.
        let left = u64::from_str_radix(field("CapEff:"), 16).expect("a mask");
        assert_eq!(left & !0b110, 0, "capabilities are left");
        println!("it holds: {layers:?}");
    }

    #[test]
    fn nothing_is_left_but_the_work() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["in", "outside", "out"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("in/a"), "a").unwrap();
        fs::write(folder.path().join("outside/a"), "secret").unwrap();
        fs::write(folder.path().join("linked"), "linked").unwrap();
        std::os::unix::fs::symlink(folder.path().join("linked"), folder.path().join("in/link")).unwrap();
        for command in ["scan", "watch"] {
            let done = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "sandbox::tests::from_inside", "--ignored", "--nocapture"])
                .env("LENSCAP_SANDBOX", folder.path())
                .env("LENSCAP_SANDBOX_OF", command)
                .output()
                .unwrap();
            let said =
                String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success() && said.contains("it holds"), "{command}: {said}");
        }
    }
}
