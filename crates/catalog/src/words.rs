//! The closed vocabularies of the catalogue: every word a data file may use, and no other.
//!
//! The words of protocol fields are not here: they are [`Field`](lenscap_wire::Field), which readers yield.
//! The build script reads this file too.

pub(crate) use crate::vocabulary::words;

words! {
    /// What a contact with a party outside is called.
    ContactKind {
        /// Content was sent.
        Exfiltration = "exfiltration",
        /// It reports again and again.
        Telemetry = "telemetry",
        /// They were in contact, or the device tried and nothing says how that ended.
        Contact = "contact",
        /// It was refused.
        Attempt = "attempt",
        /// The party called in, and was answered.
        Exposure = "exposure",
    }
}

words! {
    /// Who began a contact.
    Called {
        /// The device, or nobody knows who.
        Out = "out",
        /// The party outside.
        In = "in",
    }
}

words! {
    /// What a rule measures; `data/rules.toml` says each in full.
    Measure {
        /// Content in two neighbouring windows.
        Window = "window",
        /// The same where as much may have come back.
        BothWays = "window-both-ways",
        /// Content in large packets in one long window.
        LongWindow = "long-window",
        /// What was acknowledged at the rate of content and not captured, in two neighbouring windows.
        Acknowledged = "acknowledged",
        /// Flows of protocols that every host uses, where there are no others.
        Service = "service",
        /// Short windows with payload sent.
        Recurrence = "recurrence",
        /// Flows that were answered.
        Answers = "answers",
        /// Flows that the other end began and the device accepted.
        Accepts = "accepts",
        /// Packets that refuse.
        Refusals = "refusals",
        /// Nothing.
        Any = "any",
    }
}

words! {
    /// How bad a finding is.
    Level {
        /// To be known.
        Info = "info",
        /// To be looked at some day.
        Low = "low",
        /// To be looked at.
        Medium = "medium",
        /// To be looked at now.
        High = "high",
        /// To be stopped now.
        Critical = "critical",
    }
}

words! {
    /// How surely a fact of the catalogue ties a thing to a vendor.
    Confidence {
        /// Plausible, one weak source: never decides alone.
        Low = "low",
        /// A list or a study says so, or it is the firm's plain public name.
        Medium = "medium",
        /// Seen in firmware, in a working client or in a capture, with a clear owner.
        High = "high",
    }
}

impl Confidence {
    /// Points out of 100 that a fact of this confidence is worth before the judge weighs it: 30, 60 and 90.
    pub const fn points(self) -> u8 {
        match self {
            Self::Low => 30,
            Self::Medium => 60,
            Self::High => 90,
        }
    }
}

words! {
    /// What an endpoint serves. One name often serves several.
    Role {
        /// Application interface: log-in, configuration, lists of events.
        Api = "api",
        /// Dynamic DNS of the vendor.
        Ddns = "ddns",
        /// Firmware and updates.
        Firmware = "firmware",
        /// Live or recorded video and sound, cloud recording included.
        Media = "media",
        /// Peer-to-peer rendezvous.
        P2p = "p2p",
        /// Push messages to phones.
        Push = "push",
        /// Where a device announces itself.
        Register = "register",
        /// Carries streams between two sides that cannot meet.
        Relay = "relay",
        /// Keep-alive and commands.
        Signalling = "signalling",
        /// Single pictures.
        Snapshot = "snapshot",
        /// Logs, statistics, crash reports.
        Telemetry = "telemetry",
        /// The vendor's time server.
        Time = "time",
        /// A web site for people: a hint, never proof of a camera.
        Web = "web",
        /// The other end of a conversation in a vendor's protocol that is not shown to be a server of it: whoever views, or
        /// a relay between the two. Only the judge says so.
        ViewerOrRelay = "viewer-or-relay",
        /// The same where the station itself is the one that views.
        DeviceOrRelay = "device-or-relay",
    }
}

words! {
    /// Who calls a name.
    Caller {
        /// Devices alone: never a viewer's phone or computer.
        Device = "device",
        /// Phones and computers that view or configure: never a device.
        App = "app",
        /// Devices and viewers.
        Both = "both",
    }
}

words! {
    /// What a vendor's clouds are for.
    Serves {
        /// Cameras, recorders and doorbells, and who views them.
        Cameras = "cameras",
        /// Plugs, lamps, routers, alarms too: their names prove no camera.
        Mixed = "mixed",
    }
}

words! {
    /// What kind of firm or platform a vendor is.
    VendorKind {
        /// Makes cameras and recorders for professional use.
        CameraVendor = "camera-vendor",
        /// Makes cameras for homes.
        ConsumerCamera = "consumer-camera",
        /// Sells the hardware of others under its own name.
        CameraBrand = "camera-brand",
        /// Makes door stations and doorbells.
        Doorbell = "doorbell",
        /// Runs a peer-to-peer platform for cameras of many brands: the badge on the box is unknown.
        P2pCloud = "p2p-cloud",
        /// Video management or recording, as software or as a service.
        VmsCloud = "vms-cloud",
        /// A platform for devices of every kind: proves no camera.
        IotPlatform = "iot-platform",
    }
}

impl VendorKind {
    /// Whether it is a platform for devices of many makers: whose device it is stays unknown.
    pub const fn is_platform(self) -> bool {
        matches!(self, Self::P2pCloud | Self::IotPlatform)
    }
}

words! {
    /// What a text says the sender is.
    DeviceClass {
        /// A camera.
        Camera = "camera",
        /// A recorder, as a box or as software.
        Recorder = "recorder",
        /// A doorbell or door station.
        Doorbell = "doorbell",
        /// A video encoder or server for analogue cameras.
        Encoder = "encoder",
        /// A door controller.
        AccessControl = "access-control",
        /// Something else that makers of cameras build: a switch, a screen, an alarm panel, a speaker.
        Accessory = "accessory",
        /// A viewing application: it marks the viewer, never a camera.
        App = "app",
        /// Not told by the text.
        Unknown = "unknown",
    }
}

words! {
    /// How much of a name an endpoint covers.
    Reach {
        /// The domain and every name below it, on label boundaries.
        Suffix = "suffix",
        /// The domain alone.
        Exact = "exact",
    }
}

words! {
    /// How the text of a banner must stand in the value, ASCII case apart.
    Match {
        /// The whole value.
        Exact = "exact",
        /// At its beginning.
        Prefix = "prefix",
        /// At its end.
        Suffix = "suffix",
        /// Anywhere.
        Contains = "contains",
    }
}

words! {
    /// What was seen of a device, by what it is worth; `data/standing.toml` says how much.
    Evidence {
        /// It answers in a protocol of cameras.
        Protocol = "protocol",
        /// A text of its own is enough to call it a camera.
        Model = "model",
        /// It is the device's side of a peer-to-peer or SDK protocol.
        DeviceRole = "device-role",
        /// It lets people log in as all devices of a maker do.
        Login = "login",
        /// It describes a video stream that it serves.
        Video = "video",
        /// It sends pictures whose description was not captured.
        Pictures = "pictures",
        /// It speaks a peer-to-peer protocol of cameras.
        P2p = "p2p",
        /// A cloud that serves cameras only answered it.
        Cloud = "cloud",
        /// The same by what it acknowledges, though no packet of the cloud was captured.
        CloudInferred = "cloud-inferred",
        /// It asked for such a cloud.
        CloudAsked = "cloud-asked",
        /// A cloud that cameras alone call, and no viewer, was named in its own flow and answered.
        CloudOfDevices = "cloud-of-devices",
        /// The same by what it acknowledges, though no packet of the cloud was captured.
        CloudOfDevicesInferred = "cloud-of-devices-inferred",
        /// It asked for such a cloud.
        CloudOfDevicesAsked = "cloud-of-devices-asked",
        /// It names a maker of nothing but cameras as its own.
        Maker = "maker",
        /// Its MAC is of a maker of cameras.
        Prefix = "prefix",
        /// Its MAC is of a maker of cameras and other things.
        MixedPrefix = "mixed-prefix",
        /// A text of its own that other devices have, too.
        Banner = "banner",
        /// A text of a phone, a computer, or an application that views.
        Client = "client",
        /// It uploads content.
        Upload = "upload",
        /// The owner of the site states it: no evidence, and above all of it.
        Owner = "owner",
    }
}

impl Evidence {
    /// Whether it is whom a device calls, or asks for.
    pub const fn is_contact(self) -> bool {
        matches!(
            self,
            Self::Cloud
                | Self::CloudInferred
                | Self::CloudAsked
                | Self::CloudOfDevices
                | Self::CloudOfDevicesInferred
                | Self::CloudOfDevicesAsked
        )
    }

    /// Whether who views a camera gives it as much as a camera does.
    pub const fn is_of_viewers_too(self) -> bool {
        matches!(self, Self::P2p | Self::Cloud | Self::CloudInferred | Self::CloudAsked | Self::Upload)
    }

    /// Whether it is not what the device says or does itself, but whom it calls, whose prefix it has, and how much it sends.
    pub const fn is_circumstance(self) -> bool {
        self.is_contact() || matches!(self, Self::Prefix | Self::MixedPrefix | Self::Upload)
    }
}

words! {
    /// What the text beside a match tells.
    Extract {
        /// The model.
        Model = "model",
        /// The serial number, or the hardware address that serves as one.
        Serial = "serial",
        /// The version of firmware or software.
        Firmware = "firmware",
        /// The brand on the box.
        Brand = "brand",
    }
}

words! {
    /// On which side of the match the captured text stands.
    Side {
        /// In front of it.
        Before = "before",
        /// Behind it.
        After = "after",
    }
}

words! {
    /// A transport that has ports.
    Transport {
        /// Transmission Control Protocol.
        Tcp = "tcp",
        /// User Datagram Protocol.
        Udp = "udp",
    }
}

words! {
    /// Why a name that many use says nothing about a camera's maker.
    SharedGroup {
        /// Computing and storage for hire: the tenant is unknown.
        Cloud = "cloud",
        /// Content delivery for hire.
        Cdn = "cdn",
        /// Public time servers.
        Time = "time",
        /// Resolvers, name servers, and the names that DNS itself uses.
        Dns = "dns",
        /// STUN and relays for all comers.
        Relay = "relay",
        /// Certificate authorities.
        Certificates = "certificates",
        /// Asked to find out whether the Internet is there.
        Reachability = "reachability",
        /// Updates and services of operating systems.
        OperatingSystem = "operating-system",
        /// Push services for any application.
        Push = "push",
        /// Usage statistics and crash reports of any application.
        Analytics = "analytics",
        /// Tell an asker its outside address.
        AddressLookup = "address-lookup",
        /// Dynamic DNS that many makers' firmware offers.
        DynamicDns = "dynamic-dns",
        /// Makers of more than cameras.
        MixedVendor = "mixed-vendor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for (role, word) in Role::ALL.iter().zip(Role::WORDS) {
            assert_eq!((role.word(), Role::from_word(word)), (*word, Some(*role)));
        }
        assert_eq!(Role::from_word("Api"), None);
    }

    #[test]
    fn surer_facts_are_worth_more() {
        assert!(Confidence::ALL.is_sorted_by_key(|confidence| confidence.points()));
    }
}
