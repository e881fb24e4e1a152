//! The facts of the catalogue, one type each. Every one keeps its source.
//!
//! The build script reads this file too: it makes records of `data/` and writes them as Rust source.

use std::borrow::Cow;

use ipnet::IpNet;

use crate::field::Field;
use crate::roles::Roles;
use crate::source::Source;
use crate::words::{
    Called, Caller, Confidence, ContactKind, DeviceClass, Evidence, Extract, Level, Match, Measure, Reach,
    Serves, SharedGroup, Side, Transport, VendorKind,
};

/// A text of the built-in data, or of a user's file.
pub type Text = Cow<'static, str>;

/// A vendor's place in one catalogue. Built-in vendors stand in the order of their ids, a user's additions behind them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct VendorId(pub u16);

/// Makes each record a type that can be written as Rust source, field by field.
macro_rules! records {
    ($($(#[$about:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $type:ty,)+ })+) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Eq, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)+
        }

        impl Source for $name {
            fn source(&self) -> String {
                let fields = [$(format!("{}: {}", stringify!($field), self.$field.source()),)+];
                format!("{} {{ {} }}", stringify!($name), fields.join(", "))
            }
        }
    )+};
}
pub(crate) use records;

records! {
    /// A firm, brand or platform. An empty text is one that nobody states.
    pub struct Vendor {
        /// The short name that files and reports use, such as `hikvision`.
        pub id: Text,
        /// The name for people.
        pub name: Text,
        /// Other names it is known by.
        pub aliases: Cow<'static, [Text]>,
        /// Who owns it: the id of another vendor, or free text.
        pub parent: Text,
        /// Country, as ISO 3166-1 alpha-2.
        pub country: Text,
        /// Whether the firm or its parent is named by NDAA section 889. Says nothing of hardware it may rebrand.
        pub ndaa_889: bool,
        /// Whether the head office is in the People's Republic of China. Says nothing of where its servers are.
        pub prc_headquartered: bool,
        /// Whose hardware it is reported to sell. Never proof for a given unit. A user's file may close a circle: follow it with
        /// a bound.
        pub oem_of: Cow<'static, [VendorId]>,
        /// Who reports it.
        pub oem_source: Text,
        /// Whose platform its devices are reported to use. Says nothing of who makes them.
        pub platform_of: Cow<'static, [VendorId]>,
        /// What its clouds are for.
        pub serves: Serves,
        /// Whether nothing of it speaks over a network but cameras, recorders, encoders and doorbells, so that who names it as its
        /// maker and speaks as devices with video do is one.
        pub makes_cameras_only: bool,
        /// What kind of firm or platform it is.
        pub kind: VendorKind,
        /// Protocols that are its own.
        pub speaks: Cow<'static, [Protocol]>,
        /// Whether its hardware prefixes are on little else than cameras. Even then a prefix is only a hint.
        pub oui_camera_specific: bool,
        /// The day the entry was last looked at, `YYYY-MM-DD`.
        pub date: Text,
    }

    /// A protocol that is a firm's or a platform's own: who speaks it on either end shows whose it is, and no more.
    pub struct Protocol {
        /// The protocol as its reader calls it, such as `pppp`.
        pub app: Text,
        /// Whether it is a peer-to-peer protocol that nothing but cameras, recorders and who views them speak.
        pub p2p: bool,
        /// Ports at which servers of it are asked. What answers at another port may be a viewer or a relay.
        pub server_ports: Cow<'static, [u16]>,
        /// How surely it is the vendor's.
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// A name that a vendor's devices call.
    pub struct Endpoint {
        /// Whose name it is.
        pub vendor: VendorId,
        /// The name, lower case, without a trailing dot.
        pub domain: Text,
        /// Whether names below it are covered too.
        pub reach: Reach,
        /// Where it covers only names whose label in front of the domain is like this.
        pub label: Option<Label>,
        /// Who calls it, where that is known.
        pub caller: Option<Caller>,
        /// What it serves.
        pub roles: Roles,
        /// How surely it is the vendor's.
        pub confidence: Confidence,
        /// Whether only camera services stand behind it. False where phones, routers or lamps of the vendor call it too. Even
        /// where true, the asker may be a viewer's phone, unless devices alone call it.
        pub proves_camera: bool,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// How the label right in front of a domain must be: `apiieu` of `apiieu.hik-connect.com`.
    pub struct Label {
        /// How the text must stand in the label: at its beginning or end, or anywhere.
        pub how: Match,
        /// The text, lower case.
        pub value: Text,
    }

    /// A name that many use, and that is never attributed.
    pub struct SharedName {
        /// The name; names below it are covered too.
        pub domain: Text,
        /// Why it is nobody's.
        pub group: SharedGroup,
    }

    /// A block of hardware addresses, as the IEEE assigned it.
    #[derive(Copy)]
    pub struct OuiBlock {
        /// The prefix in the uppermost bits of 48.
        pub prefix: u64,
        /// Its length: 24, 28 or 36.
        pub bits: u8,
        /// Who holds it.
        pub vendor: VendorId,
    }

    /// A port that a vendor's devices or servers use. The maker's custom, never proof.
    pub struct Port {
        /// The transport.
        pub transport: Transport,
        /// The number.
        pub port: u16,
        /// Who uses it.
        pub vendor: VendorId,
        /// What for.
        pub usage: Text,
        /// Whether the vendor itself publishes that its devices call servers of its own there.
        pub published: bool,
        /// How surely.
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// An address range that is a vendor's own.
    pub struct Prefix {
        /// The range.
        pub net: IpNet,
        /// Whose it is.
        pub vendor: VendorId,
        /// What it serves.
        pub roles: Roles,
        /// How surely.
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// When one flow in one aligned bucket of time holds content. Bytes are payload seen once.
    pub struct ContentRule {
        /// Least that was sent in large packets…
        pub large: u64,
        /// …or in packets of any size, for a bucket of the finest width.
        pub any: u64,
        /// How many times what came back.
        pub ratio: u64,
        /// Least that one connection sent to be a piece of content that is cut over several…
        pub piece: u64,
        /// …and that was sent without one.
        pub datagrams: u64,
        /// How surely.
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// What a contact is called where it measures so much.
    pub struct ContactRule {
        /// The word for programs.
        pub id: Text,
        /// What the contact is called.
        pub kind: ContactKind,
        /// Who began it.
        pub called: Called,
        /// What is measured.
        pub measure: Measure,
        /// Least of it.
        pub least: u64,
        /// How bad that is, where a camera does it.
        pub severity: Level,
        /// The same, where the party's role is to take pictures or video.
        pub severity_media: Level,
        /// How sure a finding by this rule may be, of 100.
        pub most: u8,
        /// How surely the numbers tell what the kind says.
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// A text that a device, or a viewer, says about itself in clear.
    pub struct Banner {
        /// The protocol field to look in.
        pub field: Field,
        /// How the text must stand in the value.
        pub how: Match,
        /// The text, printable ASCII; its case does not matter.
        pub value: Text,
        /// The maker; none where the text alone cannot tell.
        pub vendor: Option<VendorId>,
        /// What the text beside the match tells.
        pub captures: Option<Extract>,
        /// Where the captured text begins, in bytes from the beginning of the match. Meaningless for `Side::Before`.
        pub captures_at: u8,
        /// On which side of the match it stands.
        pub captures_side: Side,
        /// Whether it counts only where the device names this maker besides: too many others have such words.
        pub of_maker: bool,
        /// What the sender is.
        pub device_class: DeviceClass,
        /// Whether this text alone is enough to call the sender a camera or recorder.
        pub is_camera: bool,
        /// How surely the text points to the vendor (a maker's rebrands count as the maker).
        pub confidence: Confidence,
        /// Who says so.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// What one piece of evidence about a device is worth.
    pub struct StandingRow {
        /// Rows of one number are one kind of evidence: the best of them counts.
        pub row: u8,
        /// What was seen.
        pub evidence: Evidence,
        /// How sure the catalogue is of what was met; none where that does not matter.
        pub of: Option<Confidence>,
        /// The number of a row that says the same and more; 0 for none.
        pub not_beside: u8,
        /// Points, out of 100, that it is a camera or its like.
        pub kind: u8,
        /// Points, out of 100, for the maker that it names.
        pub maker: u8,
        /// How sure these points are.
        pub confidence: Confidence,
        /// Where they are from.
        pub source: Text,
        /// Remark.
        pub note: Text,
    }

    /// From how many points on a device is what.
    #[derive(Copy, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct StandingLimits {
        /// A camera has so many points…
        pub camera: u8,
        /// …and one row of this many…
        pub strong: u8,
        /// …or two of this many.
        pub second: u8,
        /// A possible camera has so many.
        pub suspected: u8,
        /// The most that a viewer can have.
        pub viewer_most: u8,
        /// The most that contacts say of a router, behind which others stand.
        pub router_most: u8,
        /// Owners of names whom the catalogue does not know: from so many on a device is a viewer.
        pub viewer_names: u8,
    }
}
