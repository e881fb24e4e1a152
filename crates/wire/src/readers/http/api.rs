//! What devices answer over HTTP in JSON: the interfaces of several makers.
//!
//! An answer is known by keys that no other interface has together, and by how the values of some of them begin. The
//! table has those of Akuvox, Axis (VAPIX, basic device information), Dahua (RPC2: the challenge of a login, `magicBox`),
//! `DoorBird`, Espressif's example of a camera, Hanwha (SUNAPI), Reolink, 2N, Uniview (LAPI) and a firmware for cameras of Yi.
//!
//! Facts about the sender: `cgi.role` `device`, `cgi.api`, and what the answer has of `cgi.vendor`, `cgi.model`,
//! `cgi.class`, `cgi.name`, `cgi.serial`, `cgi.mac`, `cgi.firmware`, each once; `dahua.serial` where the realm of a login
//! holds it. A list of other devices, such as a recorder's of its cameras, has other keys and says nothing.
//!
//! Bounds: a body is waited for where its first key is one with which such an answer begins, and of it 8 KiB are read.

use super::{super::dahua::realm, body::Told, cgi_xml::say_api};
use crate::{
    Fact, Field,
    json::{self, ELEMENT},
    reader::Facts,
    text::value as limited,
};

/// How much of a body is read.
const MAX_BODY: usize = 8 << 10;
/// Where the first key of a body has to stand.
const MAX_START: usize = 64;

/// A path of keys, and how its value has to begin.
type Need = (&'static [&'static str], &'static str);

/// An interface.
struct Api {
    name: &'static str,
    /// What an answer has to hold, at most eight.
    needs: &'static [Need],
    says: &'static [(&'static [&'static str], Field)],
}

/// The first keys of answers.
const FIRST: [&str; 17] = [
    "0xd3",
    "BHA",
    "Model",
    "Response",
    "apiVersion",
    "cmd",
    "context",
    "data",
    "error",
    "framesize",
    "id",
    "method",
    "params",
    "result",
    "retcode",
    "session",
    "success",
];

const DEV_INFO: [&str; 3] = [ELEMENT, "value", "DevInfo"];

const APIS: &[Api] = &[
    Api {
        name: "vapix",
        needs: &[(&["apiVersion"], ""), (&["data", "propertyList", "ProdNbr"], "")],
        says: &[
            (&["data", "propertyList", "Brand"], Field::CgiVendor),
            (&["data", "propertyList", "ProdShortName"], Field::CgiModel),
            (&["data", "propertyList", "ProdType"], Field::CgiClass),
            (&["data", "propertyList", "SerialNumber"], Field::CgiSerial),
            (&["data", "propertyList", "Version"], Field::CgiFirmware),
        ],
    },
    Api {
        name: "lapi",
        needs: &[(&["Response", "ResponseURL"], "/LAPI/")],
        says: &[
            (&["Response", "Data", "DeviceModel"], Field::CgiModel),
            (&["Response", "Data", "DeviceName"], Field::CgiName),
            (&["Response", "Data", "FirmwareVersion"], Field::CgiFirmware),
            (&["Response", "Data", "MACAddress"], Field::CgiMac),
            (&["Response", "Data", "SerialNumber"], Field::CgiSerial),
        ],
    },
    Api {
        name: "reolink",
        needs: &[
            (&[ELEMENT, "cmd"], "Get"),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "firmVer"], ""),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "model"], ""),
        ],
        says: &[
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "firmVer"], Field::CgiFirmware),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "model"], Field::CgiModel),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "name"], Field::CgiName),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "serial"], Field::CgiSerial),
            (&[DEV_INFO[0], DEV_INFO[1], DEV_INFO[2], "type"], Field::CgiClass),
        ],
    },
    Api {
        name: "reolink",
        needs: &[(&[ELEMENT, "cmd"], ""), (&[ELEMENT, "error", "rspCode"], "-")],
        says: &[],
    },
    Api {
        name: "reolink",
        needs: &[(&[ELEMENT, "cmd"], "Login"), (&[ELEMENT, "value", "Token", "leaseTime"], "")],
        says: &[],
    },
    Api {
        name: "dahua",
        needs: &[
            (&["params", "realm"], "Login to "),
            (&["params", "random"], ""),
            (&["params", "encryption"], ""),
        ],
        says: &[],
    },
    Api {
        name: "dahua",
        needs: &[
            (&["result"], "true"),
            (&["params", "deviceType"], ""),
            (&["params", "processor"], ""),
            (&["params", "serialNumber"], ""),
        ],
        says: &[
            (&["params", "deviceType"], Field::CgiModel),
            (&["params", "serialNumber"], Field::CgiSerial),
        ],
    },
    Api {
        name: "dahua",
        needs: &[
            (&["result"], "true"),
            (&["params", "version", "BuildDate"], ""),
            (&["params", "version", "SecurityBaseLineVersion"], ""),
            (&["params", "version", "Version"], ""),
        ],
        says: &[(&["params", "version", "Version"], Field::CgiFirmware)],
    },
    Api {
        name: "sunapi",
        needs: &[(&["Model"], ""), (&["FirmwareVersion"], ""), (&["ConnectedMACAddress"], "")],
        says: &[
            (&["ConnectedMACAddress"], Field::CgiMac),
            (&["DeviceName"], Field::CgiName),
            (&["DeviceType"], Field::CgiClass),
            (&["FirmwareVersion"], Field::CgiFirmware),
            (&["Model"], Field::CgiModel),
            (&["SerialNumber"], Field::CgiSerial),
        ],
    },
    Api {
        name: "doorbird",
        needs: &[
            (&["BHA", "VERSION", ELEMENT, "FIRMWARE"], ""),
            (&["BHA", "VERSION", ELEMENT, "BUILD_NUMBER"], ""),
        ],
        says: &[
            (&["BHA", "VERSION", ELEMENT, "DEVICE-TYPE"], Field::CgiModel),
            (&["BHA", "VERSION", ELEMENT, "FIRMWARE"], Field::CgiFirmware),
            (&["BHA", "VERSION", ELEMENT, "PRIMARY_MAC_ADDR"], Field::CgiMac),
            (&["BHA", "VERSION", ELEMENT, "WIFI_MAC_ADDR"], Field::CgiMac),
        ],
    },
    Api {
        name: "2n",
        needs: &[(&["success"], "true"), (&["result", "variant"], "2N "), (&["result", "swVersion"], "")],
        says: &[
            (&["result", "deviceName"], Field::CgiName),
            (&["result", "serialNumber"], Field::CgiSerial),
            (&["result", "swVersion"], Field::CgiFirmware),
            (&["result", "variant"], Field::CgiModel),
        ],
    },
    Api {
        name: "akuvox",
        needs: &[
            (&["retcode"], ""),
            (&["data", "Status", "FirmwareVersion"], ""),
            (&["data", "Status", "HardwareVersion"], ""),
            (&["data", "Status", "Model"], ""),
        ],
        says: &[
            (&["data", "Status", "FirmwareVersion"], Field::CgiFirmware),
            (&["data", "Status", "MAC"], Field::CgiMac),
            (&["data", "Status", "Model"], Field::CgiModel),
        ],
    },
    // A firmware for cameras of Yi.
    Api {
        name: "yi-hack",
        needs: &[(&["name"], "yi-hack"), (&["fw_version"], ""), (&["home_version"], "")],
        says: &[
            (&["fw_version"], Field::CgiFirmware),
            (&["hostname"], Field::CgiName),
            (&["mac_addr"], Field::CgiMac),
            (&["model_suffix"], Field::CgiModel),
            (&["serial_number"], Field::CgiSerial),
        ],
    },
    Api {
        name: "esp32-camera",
        needs: &[
            (&["framesize"], ""),
            (&["quality"], ""),
            (&["special_effect"], ""),
            (&["wb_mode"], ""),
            (&["hmirror"], ""),
        ],
        says: &[],
    },
];

/// What can be told of a body that begins like this, with an object or an array.
pub(super) fn told(body: &[u8]) -> Told {
    let waits = || if body.len() < MAX_BODY { Told::Open } else { Told::Ready };
    match first_key(body) {
        Some(key) if FIRST.iter().any(|first| first.as_bytes() == key) => waits(),
        // Others begin with a name, too.
        Some(b"name") if is_named(body) => waits(),
        Some(b"name") | None if body.len() < MAX_START => Told::Open,
        _ => Told::Nobodys,
    }
}

/// Whether a document that begins with a name begins with that of a firmware of cameras.
fn is_named(body: &[u8]) -> bool {
    let begins = body.get(..MAX_START).unwrap_or(body);
    memchr::memmem::find(begins, b"\"yi-hack").is_some()
}

/// The first key of a document that is an object, or an array of objects. `None` where it is not there, or there is none.
fn first_key(body: &[u8]) -> Option<&[u8]> {
    let begins = body.get(..MAX_START).unwrap_or(body);
    // A byte order mark must not stand there (RFC 8259, 8.1), and some devices write it.
    let begins = begins.strip_prefix("\u{feff}".as_bytes()).unwrap_or(begins).trim_ascii_start();
    let begins = begins.strip_prefix(b"[").unwrap_or(begins).trim_ascii_start();
    let behind = begins.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    behind.split_at_checked(memchr::memchr(b'"', behind)?).map(|(key, _)| key)
}

/// Yields what an answer says, where it is one.
pub(super) fn read(body: &[u8], facts: Facts<'_>) {
    let body = body.get(..MAX_BODY).unwrap_or(body);
    let mut met = [0_u8; APIS.len()];
    let mut serial = [0_u8; 32];
    let mut serial_length = 0;
    json::walk(body, |path, value| {
        for (api, met) in APIS.iter().zip(&mut met) {
            let need = api.needs.iter().position(|(need, begin)| *need == path && value.starts_with(begin));
            *met |= need.map_or(0, |place| 1 << place);
        }
        if path == ["params", "realm"]
            && let Some(found) = realm::serial(value.as_bytes())
            && let Some(kept) = serial.get_mut(..found.len())
        {
            kept.copy_from_slice(found);
            serial_length = found.len();
        }
    });
    let all = |(api, met): &(&Api, &u8)| **met == u8::MAX >> (8 - api.needs.len());
    let Some((api, _)) = APIS.iter().zip(&met).find(all) else { return };
    say_api(api.name, facts);
    if api.name == "dahua" && serial_length > 0 {
        facts(Fact::of_sender(Field::DahuaSerial, serial.get(..serial_length).unwrap_or(&[])));
    }
    let mut said = 0_u8;
    json::walk(body, |path, value| {
        let place = api.says.iter().position(|(says, _)| *says == path);
        let Some((place, &(_, field))) = place.and_then(|place| Some((place, api.says.get(place)?))) else {
            return;
        };
        let value = value.trim().as_bytes();
        if !value.is_empty() && said & 1 << place == 0 {
            said |= 1 << place;
            facts(Fact::of_sender(field, limited(value)));
        }
    });
}

#[cfg(test)]
mod tests;
