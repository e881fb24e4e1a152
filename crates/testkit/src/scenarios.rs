//! The named scenarios: each becomes a directory of `fixtures/`.

mod media;
mod named;
mod office;
mod p2p;
mod platforms;
mod rendezvous;
mod services;
mod surveillance;
mod transport;
mod traps;
mod viewing;
mod who_made_it;

/// One file of a case.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name in the case's directory.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A named scenario.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Name of the directory.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub shows: &'static str,
    /// Checks of the case in TOML, as `fixtures/README.md` describes them.
    pub checks: &'static str,
    /// Makes the capture files.
    pub build: fn() -> Vec<File>,
}

impl Case {
    /// The text of `case.toml`.
    pub fn toml(&self) -> String {
        let Self { name, shows, checks, .. } = self;
        format!(
            "name = \"{name}\"\nshows = \"{shows}\"\nmade-by = \"lenscap-testkit\"\n\
             licence = \"MIT OR Apache-2.0\"\n\n{checks}"
        )
    }

    /// Every file that the generator writes for this case.
    pub fn files(&self) -> Vec<File> {
        let mut files = (self.build)();
        files.push(File { name: "case.toml", bytes: self.toml().into_bytes() });
        files
    }
}

/// Every named scenario, by name.
pub static ALL: &[Case] = &[
    transport::BAD_CHECKSUMS,
    surveillance::CAMERA_ANSWERS,
    services::DHCPV6,
    platforms::PLATFORMS,
    services::DNS_OVER_TCP,
    transport::FRAGMENTS,
    services::GLOBAL_IPV6,
    transport::HOSTILE_TEXT,
    transport::IPV6,
    transport::LATE_DNS,
    services::LLMNR,
    transport::LONG_FLOW,
    named::NAMED_FLOWS,
    services::NDP,
    office::OFFICE,
    transport::ONE_WAY,
    p2p::P2P,
    rendezvous::P2P_RENDEZVOUS,
    transport::PORT_SCAN,
    media::PROBES,
    media::QUIC,
    media::RTP,
    viewing::RTSP,
    transport::SPLIT_HELLO,
    transport::TCP_TROUBLE,
    transport::TORN,
    traps::TRAPS,
    transport::TWO_FILES,
    services::UPNP,
    transport::VLAN_AND_TUNNELS,
    media::WEBRTC,
    who_made_it::WHO_MADE_IT,
];

fn capture(frames: &[crate::OwnedFrame]) -> Vec<File> {
    vec![File { name: "capture.pcap", bytes: crate::pcap(frames) }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_sorted_small_and_readable() {
        assert!(ALL.is_sorted_by_key(|case| case.name));
        for case in ALL {
            let toml: toml::Table = case.toml().parse().expect(case.name);
            assert!(toml["check"].as_array().is_some_and(|checks| !checks.is_empty()), "{}", case.name);
            let bound = if case.name == "office" { 300_000 } else { 100_000 };
            let size: usize = case.files().iter().map(|file| file.bytes.len()).sum();
            assert!(size < bound, "{} has {size} bytes", case.name);
        }
    }
}
