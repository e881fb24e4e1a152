//! What systemd is told of a service of `Type=notify` (`sd_notify(3)`): that it is ready, lives, and stops.
//!
//! The socket is connected before the sandbox, in which none can be made, and is written to as a file is, since sending is
//! refused there. Where nobody asks (`NOTIFY_SOCKET`), nothing is said.
//!
//! To judge millions of flows may take longer than the watchdog waits. So a thread says that all is well, for as long as the one
//! that works has vouched: a moment each second, and [`LONGEST`] before it judges.

use super::moment;
use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take to judge: who takes longer hangs.
const LONGEST: Duration = Duration::from_mins(30);

/// Who wants to know.
#[derive(Debug, Default)]
pub(super) struct Notify {
    socket: Option<Arc<File>>,
    /// How often it has to be told that all is well.
    watchdog: Option<Duration>,
    /// Until when all is well.
    vouched: Arc<Mutex<Option<Instant>>>,
    /// Dropped with this, it ends the thread that says so.
    _stop: Option<Sender<()>>,
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
            socket: Some(Arc::new(File::from(OwnedFd::from(socket)))),
            watchdog: span.map(Duration::from_micros),
            ..Self::default()
        })
    }

    /// Says that packets are read from now on, and from where. In the sandbox, where the watchdog's thread has to be.
    pub(super) fn ready(&mut self, name: &str) -> io::Result<()> {
        // The status is one line, whatever an interface is called.
        self.say(&format!("READY=1\nSTATUS=watching {}", name.replace(|c: char| c.is_control(), "?")));
        let Some((span, socket)) = self.watchdog.zip(self.socket.clone()) else { return Ok(()) };
        self.live(moment());
        let (stop, stopped) = channel::<()>();
        let vouched = self.vouched.clone();
        // Twice as often as systemd advises, for it may come late.
        let watching = move || loop {
            let until = *vouched.lock().unwrap_or_else(PoisonError::into_inner);
            if until.is_some_and(|until| moment() <= until) {
                tell(&socket, "WATCHDOG=1");
            }
            if stopped.recv_timeout(span / 4) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        };
        thread::Builder::new().name("watchdog".into()).spawn(watching)?;
        *self = Self { _stop: Some(stop), ..std::mem::take(self) };
        Ok(())
    }

    /// Says that it ends, which may take a last judgement.
    pub(super) fn stopping(&self, now: Instant) {
        self.vouch(now + LONGEST);
        self.say(&format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={}", LONGEST.as_micros()));
    }

    /// Notes that it lives, and will for half the time that the watchdog waits.
    pub(super) fn live(&self, now: Instant) {
        self.vouch(now + self.watchdog.unwrap_or_default() / 2);
    }

    /// Notes that it begins to judge, which takes a while.
    pub(super) fn judging(&self, now: Instant) {
        self.vouch(now + LONGEST);
    }

    fn vouch(&self, until: Instant) {
        *self.vouched.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    fn say(&self, what: &str) {
        if let Some(socket) = &self.socket {
            tell(socket, what);
        }
    }
}

fn tell(mut socket: &File, what: &str) {
    // Who does not listen any more is not waited for.
    _ = socket.write(what.as_bytes());
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

    /// One who speaks to the other end of a socket.
    fn pair(watchdog: Option<Duration>) -> (Notify, UnixDatagram) {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        theirs.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let socket = Some(Arc::new(File::from(OwnedFd::from(ours))));
        (Notify { socket, watchdog, ..Notify::default() }, theirs)
    }

    fn heard(theirs: &UnixDatagram) -> String {
        let mut message = [0; 100];
        let length = theirs.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    #[test]
    fn what_is_said_is_what_the_manual_asks_for() {
        let (mut notify, theirs) = pair(None);
        notify.ready("eth\n0").unwrap();
        assert_eq!(heard(&theirs), "READY=1\nSTATUS=watching eth?0");
        notify.live(moment());
        notify.judging(moment());
        notify.stopping(moment());
        assert_eq!(heard(&theirs), "STOPPING=1\nEXTEND_TIMEOUT_USEC=1800000000", "no watchdog was asked for");
    }

    #[test]
    fn all_is_well_while_it_is_judged_and_not_where_it_hangs() {
        let span = Duration::from_millis(100);
        let (mut notify, theirs) = pair(Some(span));
        notify.ready("eth0").unwrap();
        assert_eq!(heard(&theirs), "READY=1\nSTATUS=watching eth0");
        notify.judging(moment());
        for _ in 0..20 {
            assert_eq!(heard(&theirs), "WATCHDOG=1");
        }
        // It judged, and does nothing from then on.
        notify.live(moment());
        let silent = || {
            theirs.set_read_timeout(Some(3 * span)).unwrap();
            while theirs.recv(&mut [0; 100]).is_ok() {}
        };
        silent();
        notify.live(moment());
        theirs.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(heard(&theirs), "WATCHDOG=1");
        drop(notify);
        silent();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_behind_an_at_is_no_path() {
        assert!(address_of("@lenscap".as_ref()).unwrap().as_pathname().is_none());
        assert!(address_of("/run/notify".as_ref()).unwrap().as_pathname().is_some());
    }
}
