//! What systemd is told of a service of `Type=notify` (`sd_notify(3)`): that it is ready, lives, and stops.
//!
//! The socket is connected before the sandbox, in which none can be made, and is written to as a file is, since sending is
//! refused there. Where nobody asks (`NOTIFY_SOCKET`), nothing is said.

use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// Who wants to know.
#[derive(Debug, Default)]
pub(super) struct Notify {
    socket: Option<File>,
    /// How often it has to be told that all is well, and when that was last done.
    watchdog: Option<Duration>,
    told: Option<Instant>,
}

impl Notify {
    /// Connects to who started this, where it says how.
    pub(super) fn from_environment() -> io::Result<Self> {
        let Some(address) = env::var_os("NOTIFY_SOCKET") else { return Ok(Self::default()) };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address_of(&address)?)?;
        // Where it hears nothing, packets must not wait for it.
        socket.set_nonblocking(true)?;
        let of_us = env::var("WATCHDOG_PID").map_or(true, |id| id == std::process::id().to_string());
        let span = env::var("WATCHDOG_USEC").ok().and_then(|span| span.parse().ok()).filter(|_| of_us);
        Ok(Self {
            socket: Some(File::from(OwnedFd::from(socket))),
            watchdog: span.map(Duration::from_micros),
            told: None,
        })
    }

    /// Says that packets are read from now on, and from where.
    pub(super) fn ready(&self, name: &str) {
        // The status is one line, whatever an interface is called.
        self.say(&format!("READY=1\nSTATUS=watching {}", name.replace(|c: char| c.is_control(), "?")));
    }

    /// Says that it ends.
    pub(super) fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// Says that it lives, twice as often as that is wanted.
    pub(super) fn live(&mut self, now: Instant) {
        let Some(span) = self.watchdog else { return };
        if self.told.is_none_or(|told| now.saturating_duration_since(told) >= span / 2) {
            self.told = Some(now);
            self.say("WATCHDOG=1");
        }
    }

    fn say(&self, what: &str) {
        // Who does not listen any more is not waited for.
        _ = self.socket.as_ref().map(|mut socket| socket.write(what.as_bytes()));
    }
}

/// A path, or behind `@` a name that is none (`unix(7)`, abstract).
fn address_of(text: &std::ffi::OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = text.as_encoded_bytes().strip_prefix(b"@") {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_the_manual_asks_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let theirs = UnixDatagram::bind(&path).unwrap();
        let ours = UnixDatagram::unbound().unwrap();
        ours.connect_addr(&address_of(path.as_os_str()).unwrap()).unwrap();
        let socket = Some(File::from(OwnedFd::from(ours)));
        let mut notify = Notify { socket, watchdog: Some(Duration::from_secs(10)), told: None };
        let heard = || {
            let mut message = [0; 100];
            let length = theirs.recv(&mut message).unwrap();
            String::from_utf8(message[..length].to_vec()).unwrap()
        };
        notify.ready("eth\n0");
        assert_eq!(heard(), "READY=1\nSTATUS=watching eth?0");
        let now = super::super::moment();
        notify.live(now);
        notify.live(now + Duration::from_secs(4));
        notify.live(now + Duration::from_secs(5));
        notify.stopping();
        assert_eq!([heard(), heard(), heard()], ["WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_behind_an_at_is_no_path() {
        assert!(address_of("@lenscap".as_ref()).unwrap().as_pathname().is_none());
        assert!(address_of("/run/notify".as_ref()).unwrap().as_pathname().is_some());
    }
}
