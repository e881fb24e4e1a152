//! What the owner of a site states of his devices.
//!
//! A site has a list: `44:19:b6:00:00:01` is the recorder in the office, whatever it says on the wire. What he states stands
//! above all evidence, and says everywhere that it is his word: among the evidence it is of the kind `owner`.

use hashbrown::HashMap;
use lenscap_catalog::{DeviceClass, VendorId};
use lenscap_wire::{Address, Mac};
use std::net::IpAddr;

use crate::report::Standing;

/// How a device is told from others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeviceKey {
    /// By its own MAC.
    Mac(Mac),
    /// By one of its addresses.
    Address(IpAddr),
    /// By the serial number that it says.
    Serial(String),
}

/// What the owner states of one device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stated {
    /// Which device.
    pub key: DeviceKey,
    /// Who made it.
    pub vendor: Option<VendorId>,
    /// Its model.
    pub model: Option<String>,
    /// What it is; [`DeviceClass::Unknown`] for what is no camera and nothing of the kind.
    pub class: Option<DeviceClass>,
    /// What people call it.
    pub name: Option<String>,
}

impl Stated {
    /// The word for what is no camera and nothing of the kind.
    pub const OTHER: &str = "other";

    /// The word for a class, as the owner writes it.
    pub(crate) const fn class_word(class: DeviceClass) -> &'static str {
        match class {
            DeviceClass::Unknown => Self::OTHER,
            class => class.word(),
        }
    }

    /// What a device of the stated class counts as.
    pub(crate) fn standing(&self) -> Option<Standing> {
        Some(match self.class? {
            DeviceClass::Camera | DeviceClass::Recorder | DeviceClass::Doorbell | DeviceClass::Encoder => {
                Standing::Camera
            }
            DeviceClass::App => Standing::Viewer,
            DeviceClass::AccessControl | DeviceClass::Accessory | DeviceClass::Unknown => Standing::Other,
        })
    }
}

/// All that the owner states, to be asked for one device.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    all: Vec<Stated>,
    by_mac: HashMap<Mac, usize>,
    by_address: HashMap<Address, usize>,
    by_serial: HashMap<String, usize>,
}

impl Statements {
    /// The same, ready to be asked. Of two about one device the later holds.
    pub(crate) fn new(all: &[Stated]) -> Self {
        let mut statements = Self { all: all.to_vec(), ..Self::default() };
        for (place, stated) in all.iter().enumerate() {
            match &stated.key {
                DeviceKey::Mac(mac) => statements.by_mac.insert(*mac, place),
                DeviceKey::Address(address) => statements.by_address.insert(Address::from(*address), place),
                DeviceKey::Serial(serial) => statements.by_serial.insert(serial.clone(), place),
            };
        }
        statements
    }

    /// What is stated of a device with this MAC, else with one of these addresses.
    pub(crate) fn of(
        &self,
        mac: Option<Mac>,
        mut addresses: impl Iterator<Item = Address>,
    ) -> Option<&Stated> {
        let by_mac = mac.and_then(|mac| self.by_mac.get(&mac));
        let by_address = || {
            (!self.by_address.is_empty())
                .then(|| addresses.find_map(|address| self.by_address.get(&address)))?
        };
        self.all.get(*by_mac.or_else(by_address)?)
    }

    /// What is stated of the device with a serial number.
    pub(crate) fn of_serial(&self, serial: &str) -> Option<&Stated> {
        self.all.get(*self.by_serial.get(serial)?)
    }

    /// Whether nothing is stated.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether nothing is stated by serial numbers, which are known only once a device was looked at.
    pub(crate) fn has_serials(&self) -> bool {
        !self.by_serial.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(key: DeviceKey, name: &str) -> Stated {
        Stated { key, vendor: None, model: None, class: None, name: Some(name.to_owned()) }
    }

    #[test]
    fn a_mac_is_asked_before_an_address_and_the_later_statement_holds() {
        let (mac, other) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
        let ip: IpAddr = "192.168.1.64".parse().unwrap();
        let statements = Statements::new(&[
            stated(DeviceKey::Mac(mac), "first"),
            stated(DeviceKey::Mac(mac), "door"),
            stated(DeviceKey::Address(ip), "yard"),
            stated(DeviceKey::Serial("S1".into()), "hall"),
        ]);
        let of = |mac, addresses: &[IpAddr]| {
            let stated = statements.of(mac, addresses.iter().map(|ip| Address::from(*ip)));
            stated.and_then(|stated| stated.name.clone())
        };
        assert_eq!(of(Some(mac), &[ip]).as_deref(), Some("door"));
        assert_eq!(of(Some(other), &[ip]).as_deref(), Some("yard"));
        assert_eq!(of(None, &[]), None);
        assert_eq!(statements.of_serial("S1").and_then(|stated| stated.name.as_deref()), Some("hall"));
        assert!(statements.of_serial("S2").is_none() && statements.has_serials());
    }

    #[test]
    fn a_class_decides_what_a_device_counts_as() {
        let of = |class| {
            Stated { class: Some(class), ..stated(DeviceKey::Serial(String::new()), "") }.standing().unwrap()
        };
        assert_eq!(of(DeviceClass::Recorder), Standing::Camera);
        assert_eq!(of(DeviceClass::App), Standing::Viewer);
        assert_eq!(of(DeviceClass::AccessControl), Standing::Other);
        assert_eq!(stated(DeviceKey::Serial(String::new()), "").standing(), None);
    }
}
