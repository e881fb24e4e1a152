//! The schema of a catalogue file in TOML, and what makes one well-formed by itself.
//!
//! One file is one vendor: its own keys first, then `[[endpoint]]`, `[[port]]`, `[[prefix]]` and `[[banner]]` tables.
//! Unknown keys and words are mistakes. The build script reads this file too.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use toml::Spanned;

use crate::diagnostic::Diagnostic;
use crate::endpoint::EndpointEntry;
use crate::field::Field;
use crate::protocol::ProtocolEntry;
use crate::words::{
    Confidence, DeviceClass, Extract, Match, Role, Serves, SharedGroup, Side, Transport, VendorKind,
};

/// A vendor file. What an overlay leaves out of a known vendor stays as it was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VendorEntry {
    pub(crate) id: Spanned<String>,
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) aliases: Option<Vec<String>>,
    pub(crate) parent: Option<String>,
    pub(crate) country: Option<Spanned<String>>,
    pub(crate) ndaa_889: Option<bool>,
    pub(crate) prc_headquartered: Option<bool>,
    pub(crate) oem_of: Option<Vec<Spanned<String>>>,
    pub(crate) oem_source: Option<String>,
    pub(crate) platform_of: Option<Vec<Spanned<String>>>,
    pub(crate) kind: Option<VendorKind>,
    pub(crate) speaks: Option<Vec<ProtocolEntry>>,
    pub(crate) serves: Option<Serves>,
    pub(crate) makes_cameras_only: Option<bool>,
    #[serde(default)]
    pub(crate) oui: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) oui_blocks: Vec<Spanned<String>>,
    pub(crate) oui_camera_specific: Option<bool>,
    pub(crate) date: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) endpoint: Vec<EndpointEntry>,
    #[serde(default)]
    pub(crate) port: Vec<PortEntry>,
    #[serde(default)]
    pub(crate) prefix: Vec<PrefixEntry>,
    #[serde(default)]
    pub(crate) banner: Vec<BannerEntry>,
}

impl VendorEntry {
    /// What its clouds are for: what the file says, else a platform for devices of every kind serves more than cameras, else
    /// what was `known` before.
    pub(crate) fn serves(&self, known: Serves) -> Serves {
        let by_kind = self.kind.filter(|kind| *kind == VendorKind::IotPlatform).map(|_| Serves::Mixed);
        self.serves.or(by_kind).unwrap_or(known)
    }

    /// Whether the vendor has no hardware prefix in this file.
    pub(crate) fn has_no_block(&self) -> bool {
        self.oui.is_empty() && self.oui_blocks.is_empty()
    }
}

/// `[[port]]`: a port that a vendor's devices or servers use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortEntry {
    pub(crate) proto: Transport,
    pub(crate) port: Spanned<i64>,
    #[serde(rename = "use")]
    pub(crate) usage: String,
    #[serde(default)]
    pub(crate) published: bool,
    pub(crate) confidence: Confidence,
    pub(crate) source: Spanned<String>,
    pub(crate) note: Option<String>,
}

/// `[[prefix]]`: an address range that is a vendor's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrefixEntry {
    pub(crate) net: Spanned<String>,
    pub(crate) roles: Vec<Role>,
    pub(crate) confidence: Confidence,
    pub(crate) source: Spanned<String>,
    pub(crate) note: Option<String>,
}

/// `[[banner]]`: a text that points to a vendor.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BannerEntry {
    #[serde(rename = "where", deserialize_with = "field")]
    pub(crate) field: Field,
    #[serde(rename = "match")]
    pub(crate) how: Match,
    pub(crate) value: Spanned<String>,
    pub(crate) captures: Option<Extract>,
    pub(crate) captures_at: Option<Spanned<i64>>,
    pub(crate) captures_side: Option<Spanned<Side>>,
    #[serde(default)]
    pub(crate) of_maker: bool,
    pub(crate) device_class: DeviceClass,
    pub(crate) is_camera: bool,
    pub(crate) confidence: Confidence,
    pub(crate) source: Spanned<String>,
    pub(crate) note: Option<String>,
}

fn field<'de, D: Deserializer<'de>>(from: D) -> Result<Field, D::Error> {
    let word = String::deserialize(from)?;
    Field::from_word(&word).ok_or_else(|| D::Error::unknown_variant(&word, Field::WORDS))
}

impl BannerEntry {
    /// Where the captured text begins, in bytes from the beginning of the match.
    pub(crate) fn captures_from(&self) -> u8 {
        let end = self.value.get_ref().len();
        self.captures_at.as_ref().and_then(|at| u8::try_from(*at.get_ref()).ok()).unwrap_or(end as u8)
    }

    /// The side on which the captured text stands: what the file says, else the open one.
    pub(crate) fn side(&self) -> Side {
        let open =
            if self.how == Match::Suffix && self.captures_at.is_none() { Side::Before } else { Side::After };
        self.captures_side.as_ref().map_or(open, |side| *side.get_ref())
    }
}

/// `generic.toml`: banners of no one maker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only the build script reads this")]
pub(crate) struct GenericEntries {
    pub(crate) date: Spanned<String>,
    pub(crate) banner: Vec<BannerEntry>,
}

/// `shared-names.toml`: names that are never attributed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only the build script reads this")]
pub(crate) struct SharedEntries {
    pub(crate) date: Spanned<String>,
    pub(crate) group: Vec<GroupEntry>,
}

/// `[[group]]` of shared names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only the build script reads this")]
pub(crate) struct GroupEntry {
    pub(crate) name: SharedGroup,
    #[allow(dead_code, reason = "says to people what the group is; code documents the word itself")]
    pub(crate) note: String,
    pub(crate) domains: Vec<Spanned<String>>,
}

/// A text and where it came from, to say what is wrong in it.
#[derive(Clone, Copy)]
pub(crate) struct SourceFile<'a> {
    pub(crate) origin: &'a str,
    pub(crate) text: &'a str,
}

impl<'a> SourceFile<'a> {
    /// The text as a `T`.
    pub(crate) fn read<T: Deserialize<'a>>(&self) -> Result<T, Diagnostic> {
        let reader = toml::Deserializer::parse(self.text);
        reader.and_then(T::deserialize).map_err(|error| Diagnostic::from_toml(self.origin, self.text, &error))
    }

    /// A mistake at `place`.
    pub(crate) fn diagnostic<T>(&self, place: &Spanned<T>, what: impl Into<String>) -> Diagnostic {
        Diagnostic::at(self.origin, self.text, place.span().start, what)
    }

    /// Everything that can be wrong in a vendor file without a look at another.
    pub(crate) fn check(&self, entry: &VendorEntry) -> Result<(), Diagnostic> {
        self.check_id(&entry.id)?;
        if let Some(name) = &entry.name {
            self.check_text(name, "a name")?;
        }
        if let Some(country) = &entry.country
            && !(country.get_ref().len() == 2
                && country.get_ref().bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            return Err(self.diagnostic(country, "a country is two capitals (ISO 3166-1), such as \"DE\""));
        }
        if let Some(date) = &entry.date {
            self.check_date(date)?;
        }
        if let Some(own) = entry.oem_of.iter().flatten().find(|other| other.get_ref() == entry.id.get_ref()) {
            return Err(self.diagnostic(own, "a vendor is not its own OEM"));
        }
        let mut blocks = BTreeSet::new();
        for oui in entry.oui.iter().chain(&entry.oui_blocks) {
            if !blocks.insert(self.block(oui)?) {
                return Err(self.diagnostic(oui, format!("`{}` stands here twice", oui.get_ref())));
            }
        }
        ProtocolEntry::check(entry.speaks.as_deref().unwrap_or_default(), *self)?;
        self.check_endpoints(&entry.endpoint)?;
        for port in &entry.port {
            self.port(&port.port)?;
            self.check_text(&port.source, "a source")?;
        }
        for prefix in &entry.prefix {
            self.net(&prefix.net)?;
            self.check_roles(&prefix.net, &prefix.roles)?;
            self.check_text(&prefix.source, "a source")?;
        }
        self.check_banners(&entry.banner)
    }

    /// A vendor that was not known before says who it is: nothing of this is guessed.
    pub(crate) fn check_complete(&self, entry: &VendorEntry) -> Result<(), Diagnostic> {
        let missing = [
            ("name", entry.name.is_none()),
            ("kind", entry.kind.is_none()),
            ("ndaa_889", entry.ndaa_889.is_none()),
            ("prc_headquartered", entry.prc_headquartered.is_none()),
            ("oui_camera_specific", entry.oui_camera_specific.is_none() && !entry.has_no_block()),
        ];
        match missing.iter().find(|(_, missing)| *missing) {
            Some((key, _)) => Err(self.diagnostic(&entry.id, format!("a new vendor needs `{key}`"))),
            None => Ok(()),
        }
    }

    fn check_id(&self, id: &Spanned<String>) -> Result<(), Diagnostic> {
        let text = id.get_ref();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text == "generic" || !text.bytes().all(fits) {
            let what = "an id is lower-case letters, digits and hyphens, and not \"generic\"";
            return Err(self.diagnostic(id, what));
        }
        Ok(())
    }

    pub(crate) fn check_text(&self, text: &Spanned<String>, what: &str) -> Result<(), Diagnostic> {
        if text.get_ref().trim().is_empty() {
            return Err(self.diagnostic(text, format!("{what} must say something")));
        }
        Ok(())
    }

    /// `date` is a day as `YYYY-MM-DD`.
    pub(crate) fn check_date(&self, date: &Spanned<String>) -> Result<(), Diagnostic> {
        let mut parts = date.get_ref().split('-').map(|part| (part.len(), part.parse::<u16>().ok()));
        let day = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some((4, Some(1970..=9999))), Some((2, Some(1..=12))), Some((2, Some(1..=31))), None) = day
        else {
            return Err(self.diagnostic(date, "a date is a day such as \"2026-11-23\""));
        };
        Ok(())
    }

    pub(crate) fn check_roles(&self, of: &Spanned<String>, roles: &[Role]) -> Result<(), Diagnostic> {
        if roles.is_empty() {
            return Err(self.diagnostic(of, "at least one role is needed"));
        }
        Ok(())
    }

    /// `domain` is a host name in lower-case ASCII: labels of letters, digits, hyphens and underscores, no trailing dot.
    pub(crate) fn check_domain(&self, domain: &Spanned<String>) -> Result<(), Diagnostic> {
        let text = domain.get_ref();
        if text.ends_with('.') {
            return Err(self.diagnostic(domain, "a domain has no trailing dot"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(self.diagnostic(domain, "a domain is lower case"));
        }
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
        if text.len() > 253 || !text.split('.').all(label) {
            return Err(self.diagnostic(domain, "this is no host name in ASCII (write IDNA names as xn--)"));
        }
        Ok(())
    }

    /// Banners are well-formed, each there once.
    pub(crate) fn check_banners(&self, banners: &[BannerEntry]) -> Result<(), Diagnostic> {
        let mut keys = BTreeSet::new();
        for banner in banners {
            let value = banner.value.get_ref();
            if value.len() < 2
                || value.len() > 255
                || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            {
                return Err(self.diagnostic(&banner.value, "a value is 2 to 255 printable ASCII characters"));
            }
            if !keys.insert((banner.field, banner.how, value.to_ascii_lowercase())) {
                return Err(self.diagnostic(&banner.value, "this banner stands here twice"));
            }
            if let Some(at) = &banner.captures_at {
                self.captures_at(banner, at)?;
            }
            if let Some(side) = &banner.captures_side
                && (banner.captures.is_none() || banner.captures_at.is_some())
            {
                return Err(
                    self.diagnostic(side, "`captures_side` needs `captures` and excludes `captures_at`")
                );
            }
            self.check_text(&banner.source, "a source")?;
        }
        Ok(())
    }

    fn captures_at(&self, banner: &BannerEntry, at: &Spanned<i64>) -> Result<(), Diagnostic> {
        if banner.captures.is_none() {
            return Err(self.diagnostic(at, "`captures_at` needs `captures`"));
        }
        if usize::try_from(*at.get_ref()).is_ok_and(|at| at <= banner.value.get_ref().len()) {
            return Ok(());
        }
        Err(self
            .diagnostic(at, "`captures_at` counts bytes from the beginning of `value` to at most its end"))
    }

    /// A port number.
    pub(crate) fn port(&self, port: &Spanned<i64>) -> Result<u16, Diagnostic> {
        match u16::try_from(*port.get_ref()) {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(self.diagnostic(port, "a port is 1 to 65535")),
        }
    }

    /// An address range whose host bits are zero.
    pub(crate) fn net(&self, net: &Spanned<String>) -> Result<IpNet, Diagnostic> {
        match net.get_ref().parse::<IpNet>() {
            Ok(range) if range.prefix_len() > 0 && range == range.trunc() => Ok(range),
            Ok(range) => Err(self.diagnostic(net, format!("a range has no host bits: `{}`", range.trunc()))),
            Err(_) => {
                Err(self
                    .diagnostic(net, "a range is an address and a prefix length, such as \"192.0.2.0/24\""))
            }
        }
    }

    /// A hardware prefix, `001122` for 24 bits or `0011223/28`: its value in the uppermost of 48 bits, and its length.
    pub(crate) fn block(&self, oui: &Spanned<String>) -> Result<(u64, u8), Diagnostic> {
        let (digits, bits) = match oui.get_ref().split_once('/') {
            None => (oui.get_ref().as_str(), 24),
            Some((digits, "28")) => (digits, 28),
            Some((digits, "36")) => (digits, 36),
            Some(_) => return Err(self.diagnostic(oui, "a hardware prefix has 24, 28 or 36 bits")),
        };
        let fits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let value = u64::from_str_radix(digits, 16).ok();
        match value {
            Some(value) if digits.len() * 4 == bits && digits.bytes().all(fits) => {
                Ok((value << (48 - bits), bits as u8))
            }
            _ => {
                Err(self
                    .diagnostic(oui, format!("{bits} bits are {} lower-case hexadecimal digits", bits / 4)))
            }
        }
    }
}
