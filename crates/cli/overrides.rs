//! `--overrides FILE`: what the owner of a site states of his devices, over what the packets show.
//!
//!     [[device]]
//!     mac = "44:19:b6:00:00:01"      # or address = "192.168.1.64", or serial = "DS-7608…"
//!     vendor = "hikvision"           # an id or name of the catalogue
//!     model = "DS-7608NI"
//!     class = "recorder"             # camera, recorder, doorbell, encoder, access-control, accessory, app; other for none of them
//!     name = "office"

use crate::args::Judging;
use crate::catalog;
use crate::failure::Failure;
use lenscap_catalog::{Catalog, DeviceClass};
use lenscap_flow::{DeviceKey, Policy, Stated};
use lenscap_wire::Mac;
use serde::Deserialize;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    device: Vec<Entry>,
}

/// `[[device]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    mac: Option<String>,
    address: Option<IpAddr>,
    serial: Option<String>,
    vendor: Option<String>,
    model: Option<String>,
    class: Option<String>,
    name: Option<String>,
}

/// By what is judged: the catalogue, the prefixes that are the site's, and what its owner states.
pub(crate) fn open(judging: &Judging) -> Result<(Catalog, Policy), Failure> {
    let catalog = catalog::open(&judging.catalog)?;
    let local = judging.local.iter().map(|net| (net.network(), net.broadcast())).collect();
    let stated = judging.overrides.as_deref().map(|path| read(path, &catalog)).transpose()?;
    let policy = Policy { local, stated: stated.unwrap_or_default() };
    Ok((catalog, policy))
}

fn read(path: &Path, catalog: &Catalog) -> Result<Vec<Stated>, Failure> {
    let text = fs::read_to_string(path).map_err(|why| Failure::file("read", path, why))?;
    parse(&text, catalog).map_err(|why| {
        Failure::file("take", path, why).next(
            "It is TOML: [[device]], with one of mac, address and serial, and vendor, model, class or name",
        )
    })
}

fn parse(text: &str, catalog: &Catalog) -> Result<Vec<Stated>, String> {
    let file: File = toml::from_str(text).map_err(|why| why.to_string().trim_end().to_owned())?;
    let stated = |(number, entry): (usize, Entry)| {
        entry.stated(catalog).map_err(|why| format!("device {number}: {why}"))
    };
    (1..).zip(file.device).map(stated).collect()
}

impl Entry {
    fn stated(self, catalog: &Catalog) -> Result<Stated, String> {
        let Self { mac, address, serial, vendor, model, class, name } = self;
        let key = match (mac, address, serial) {
            (Some(mac), None, None) => DeviceKey::Mac(self::mac(&mac)?),
            (None, Some(address), None) => DeviceKey::Address(address),
            (None, None, Some(serial)) => DeviceKey::Serial(serial),
            _ => return Err("it has to have one of mac, address and serial".to_owned()),
        };
        let known = |vendor: String| {
            let id = catalog.vendor_called(&vendor);
            id.ok_or_else(|| format!("no vendor {vendor:?}: `lenscap catalog list` has all"))
        };
        if vendor.is_none() && model.is_none() && class.is_none() && name.is_none() {
            return Err("it states none of vendor, model, class and name".to_owned());
        }
        let vendor = vendor.map(known).transpose()?;
        let class = class.map(|word| self::class(&word)).transpose()?;
        Ok(Stated { key, vendor, model, class, name })
    }
}

/// `44:19:b6:00:00:01`, with colons or hyphens.
fn mac(text: &str) -> Result<Mac, String> {
    let octet = |part: &str| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2);
    let octets: Option<Vec<u8>> = text.split([':', '-']).map(octet).collect();
    let mac = octets.and_then(|octets| octets.try_into().ok());
    mac.map(Mac).ok_or_else(|| format!("{text:?} is no MAC; write 44:19:b6:00:00:01"))
}

fn class(word: &str) -> Result<DeviceClass, String> {
    let known = DeviceClass::from_word(word).filter(|class| *class != DeviceClass::Unknown);
    known.or_else(|| (word == Stated::OTHER).then_some(DeviceClass::Unknown)).ok_or_else(|| {
        let words: Vec<&str> = DeviceClass::WORDS.iter().copied().filter(|word| *word != "unknown").collect();
        format!("no class {word:?}: there are {} and {}", words.join(", "), Stated::OTHER)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<Stated>, String> {
        parse(text, &Catalog::builtin())
    }

    #[test]
    fn devices_are_told_by_mac_address_or_serial() {
        let all =
            of("[[device]]\nmac = \"44-19-b6-00-00-01\"\nvendor = \"Hikvision\"\nclass = \"recorder\"\n\
             [[device]]\naddress = \"192.168.1.64\"\nclass = \"other\"\n\
             [[device]]\nserial = \"S1\"\nname = \"yard\"\nmodel = \"X\"")
            .unwrap();
        assert_eq!(all[0].key, DeviceKey::Mac(Mac([0x44, 0x19, 0xb6, 0, 0, 1])));
        assert_eq!(all[0].vendor, Catalog::builtin().vendor_id("hikvision"));
        let classes: Vec<_> = all.iter().map(|stated| stated.class).collect();
        assert_eq!(classes, [Some(DeviceClass::Recorder), Some(DeviceClass::Unknown), None]);
        assert_eq!(all[2].key, DeviceKey::Serial("S1".into()));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, what) in [
            ("", "missing field `device`"),
            ("[[device]]\nname = \"x\"", "device 1: it has to have one of"),
            ("[[device]]\nmac = \"44:19:b6:00:00:01\"", "states none of"),
            ("[[device]]\nmac = \"44:19:b6:00:00:01\"\naddress = \"192.0.2.1\"\nname = \"x\"", "one of mac"),
            ("[[device]]\nmac = \"44:19:b6\"\nname = \"x\"", "is no MAC"),
            ("[[device]]\nmac = \"44:19:b6:00:00:0001\"\nname = \"x\"", "is no MAC"),
            ("[[device]]\nserial = \"1\"\nvendor = \"nobody of that name\"", "no vendor"),
            ("[[device]]\nserial = \"1\"\nclass = \"unknown\"", "no class \"unknown\": there are camera"),
            ("[[device]]\nserial = \"1\"\nmake = \"x\"", "unknown field `make`"),
        ] {
            let said = of(text).unwrap_err();
            assert!(said.contains(what), "{text}: {said}");
        }
    }
}
