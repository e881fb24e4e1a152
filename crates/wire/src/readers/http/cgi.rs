//! What cameras answer over HTTP in lines of a key and a value: the interfaces (CGI) of several makers.
//!
//! An answer is known by its first key, and then by keys that no other text has together. The names of keys and what they
//! mean are each interface's own; the table below has those of AVTECH, Axis (VAPIX, parameters), Canon (`-wvhttp-01-`), Dahua (`magicBox`,
//! `configManager`), D-Link and `TRENDnet` (NIPCA), Hanwha (SUNAPI), `HiChip` (`hi3510`), Netwave, Sony (`inquiry.cgi`), Vivotek. Lines may
//! begin with `var` and end with a semicolon; values may stand in quotes. Sony parts its lines by `&`, too.
//!
//! Facts about the sender: `cgi.role` `device`, `cgi.api`, and what the answer has of `cgi.vendor`, `cgi.model`,
//! `cgi.class`, `cgi.name`, `cgi.serial`, `cgi.mac`, `cgi.firmware`, each once. At most 4096 lines are read.

use memchr::memchr;

use super::{body::Told, cgi_xml::say_api};
use crate::{Fact, Field, reader::Facts, readers::dahua::realm, text::told as told_value};

const MAX_LINES: usize = 4096;

/// An interface.
struct Api {
    name: &'static str,
    /// How the first line of an answer begins.
    begins: &'static [&'static str],
    /// Keys that it must hold, at most eight.
    needs: &'static [&'static str],
    /// Keys of which it must hold one, where there are any; or one with a value that begins like this.
    hints: &'static [(&'static str, &'static str)],
    /// What the first line must be like besides, and whether it may stand with others.
    first: fn(key: &[u8], value: &[u8], is_alone: bool) -> bool,
    keys: &'static [(&'static str, Field)],
}

const VAPIX: &[(&str, Field)] = &[
    ("root.Brand.Brand", Field::CgiVendor),
    ("root.Brand.ProdShortName", Field::CgiModel),
    ("root.Brand.ProdType", Field::CgiClass),
    ("root.Network.HostName", Field::CgiName),
    ("root.Network.eth0.MACAddress", Field::CgiMac),
    ("root.Properties.Firmware.Version", Field::CgiFirmware),
    ("root.Properties.System.SerialNumber", Field::CgiSerial),
];

const VIVOTEK: &[(&str, Field)] = &[
    ("system_hostname", Field::CgiName),
    ("system_info_modelname", Field::CgiModel),
    ("system_info_serialnumber", Field::CgiSerial),
    ("system_info_firmwareversion", Field::CgiFirmware),
    ("system_modelname", Field::CgiModel),
    ("system_serialnumber", Field::CgiSerial),
    ("system_firmwareversion", Field::CgiFirmware),
];

/// Tables of Dahua's configuration that are asked for without the number of a channel.
const TABLES: [&[u8]; 14] = [
    b"All",
    b"AlarmServer",
    b"ChannelTitle",
    b"DDNS",
    b"Email",
    b"Encode",
    b"General",
    b"Language",
    b"Locales",
    b"NTP",
    b"Network",
    b"RTSP",
    b"RemoteDevice",
    b"UPnP",
];

/// How an answer of Sony's begins whose lines `&` may part.
const SONY: &str = "ModelName=";

const DAHUA: &[(&str, Field)] =
    &[("deviceType", Field::CgiModel), ("serialNumber", Field::CgiSerial), ("updateSerial", Field::CgiModel)];

/// An answer of which no more is asked than how it begins.
const ANY: Api = Api { name: "", begins: &[], needs: &[], hints: &[], first: |_, _, _| true, keys: &[] };

const APIS: &[Api] = &[
    // What has pictures besides: speakers and door controllers of the maker answer, too.
    Api {
        name: "vapix-video",
        begins: &["root."],
        needs: &["root.Properties.Image.Format"],
        keys: VAPIX,
        ..ANY
    },
    Api {
        name: "vapix",
        begins: &["root."],
        first: |key, _, _| matches!(key.get(5..), Some([b'A'..=b'Z', rest @ ..]) if rest.contains(&b'.')),
        keys: VAPIX,
        ..ANY
    },
    Api {
        name: "sunapi",
        begins: &["Model="],
        needs: &["Model", "FirmwareVersion", "ConnectedMACAddress"],
        keys: &[
            ("Model", Field::CgiModel),
            ("SerialNumber", Field::CgiSerial),
            ("FirmwareVersion", Field::CgiFirmware),
            ("DeviceType", Field::CgiClass),
            ("ConnectedMACAddress", Field::CgiMac),
            ("DeviceName", Field::CgiName),
        ],
        ..ANY
    },
    Api {
        name: "nipca",
        begins: &["model="],
        needs: &["model", "brand", "version", "macaddr"],
        hints: &[
            ("brand", "D-Link"),
            ("brand", "TRENDnet"),
            ("nipca", ""),
            ("pir", ""),
            ("speaker", ""),
            ("videoout", ""),
        ],
        keys: &[
            ("brand", Field::CgiVendor),
            ("model", Field::CgiModel),
            ("version", Field::CgiFirmware),
            ("name", Field::CgiName),
            ("macaddr", Field::CgiMac),
        ],
        ..ANY
    },
    Api { name: "vivotek", begins: &["system_"], needs: &["system_info_modelname"], keys: VIVOTEK, ..ANY },
    // Older ones say it without the group.
    Api {
        name: "vivotek",
        begins: &["system_"],
        needs: &["system_modelname", "system_firmwareversion"],
        keys: VIVOTEK,
        ..ANY
    },
    Api {
        name: "avtech",
        begins: &["Firmware.Version="],
        needs: &["Firmware.Version", "Product.Type", "Product.ID", "Video.Input.Num"],
        keys: &[
            ("Firmware.Version", Field::CgiFirmware),
            ("MACAddress", Field::CgiMac),
            ("Product.Type", Field::CgiClass),
        ],
        ..ANY
    },
    Api {
        name: "vivotek",
        begins: &["system_info_"],
        needs: &["system_info_serialnumber", "system_info_firmwareversion"],
        keys: VIVOTEK,
        ..ANY
    },
    // A value that cannot be set stands behind `:=`.
    Api {
        name: "canon",
        begins: &["timestamp="],
        needs: &["timestamp", "realtime", "s.hardware:"],
        keys: &[("s.hardware:", Field::CgiModel), ("s.firmware:", Field::CgiFirmware)],
        ..ANY
    },
    Api {
        name: "sony",
        begins: &[SONY, "var ModelName="],
        needs: &["ModelName", "Serial", "SoftVersion", "CGIVersion"],
        keys: &[
            ("ModelName", Field::CgiModel),
            ("Serial", Field::CgiSerial),
            ("SoftVersion", Field::CgiFirmware),
        ],
        ..ANY
    },
    Api {
        name: "netwave",
        begins: &["var id="],
        needs: &["id", "sys_ver", "app_ver", "alias"],
        keys: &[("id", Field::CgiSerial), ("sys_ver", Field::CgiFirmware), ("alias", Field::CgiName)],
        ..ANY
    },
    Api {
        name: "hi3510",
        begins: &["var model="],
        needs: &["model", "softVersion", "webVersion"],
        keys: &[("model", Field::CgiModel), ("softVersion", Field::CgiFirmware), ("name", Field::CgiName)],
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["appAutoStart=", "deviceType="],
        needs: &["deviceType", "processor", "serialNumber"],
        keys: DAHUA,
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["processor="],
        needs: &["processor", "serialNumber", "updateSerial"],
        keys: DAHUA,
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["type="],
        first: |_, value, is_alone| is_alone && is_model(value),
        keys: &[("type", Field::CgiModel)],
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["vendor="],
        first: |_, value, is_alone| is_alone && value == b"Dahua",
        keys: &[("vendor", Field::CgiVendor)],
        ..ANY
    },
    // An event, in a part of an answer that goes on for ever.
    Api { name: "dahua", begins: &["Code="], first: |_, value, _| is_event(value), ..ANY },
    Api {
        name: "dahua",
        begins: &["table."],
        first: |key, _, _| is_table(key),
        keys: &[
            ("table.General.MachineName", Field::CgiName),
            ("table.Network.eth0.PhysicalAddress", Field::CgiMac),
        ],
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["sn="],
        first: |_, value, is_alone| is_alone && value.len() == 15 && realm::is_serial(value),
        keys: &[("sn", Field::CgiSerial)],
        ..ANY
    },
    Api {
        name: "dahua",
        begins: &["version="],
        first: |_, value, _| is_version(value),
        keys: &[("version", Field::CgiFirmware)],
        ..ANY
    },
];

/// What can be told of a body that begins like this.
pub(super) fn told(body: &[u8]) -> Told {
    let body = body.trim_ascii_start();
    let mut begins = APIS.iter().flat_map(|api| api.begins).map(|begin| begin.as_bytes());
    if begins.clone().any(|begin| body.starts_with(begin)) {
        Told::Ready
    } else if begins.any(|begin| begin.starts_with(body)) {
        Told::Open
    } else {
        Told::Nobodys
    }
}

/// Yields what an answer says, where it is one.
pub(super) fn read(body: &[u8], facts: Facts<'_>) {
    let Some(api) = APIS.iter().find(|api| api.wrote(body)) else { return };
    say_api(api.name, facts);
    let mut said = 0_u16;
    for (key, value) in lines(body) {
        let Some(&(_, field)) = api.keys.iter().find(|(name, _)| name.as_bytes() == key) else { continue };
        let bit = api.keys.iter().position(|(_, other)| *other == field).map_or(0, |place| 1 << place);
        // Old devices say a number where new ones say their model.
        let Some(value) = told_value(value) else { continue };
        let counts = field != Field::CgiModel || value.iter().any(u8::is_ascii_alphabetic);
        if counts && said & bit == 0 {
            said |= bit;
            facts(Fact::of_sender(field, value));
        }
    }
}

impl Api {
    fn wrote(&self, body: &[u8]) -> bool {
        let body = body.trim_ascii_start();
        if !self.begins.iter().any(|begin| body.starts_with(begin.as_bytes())) {
            return false;
        }
        let is_alone = lines(body).nth(1).is_none();
        let mut all = lines(body).peekable();
        let first = all.peek().is_some_and(|&(key, value)| (self.first)(key, value, is_alone));
        let wanted = (1_u8 << self.needs.len()) - 1;
        let (mut missing, mut hinted) = (wanted, self.hints.is_empty());
        if first && missing > 0 {
            for (key, value) in all {
                let place = self.needs.iter().position(|name| name.as_bytes() == key);
                missing &= !place.map_or(0, |place| 1 << place);
                hinted |= self.hints.iter().any(|(name, begins)| {
                    let start = value.get(..begins.len());
                    name.as_bytes() == key
                        && start.is_some_and(|it| it.eq_ignore_ascii_case(begins.as_bytes()))
                });
            }
        }
        first && hinted && missing == 0
    }
}

/// Whether a key is of Dahua's configuration: `table.General.MachineName`, or with a channel, `table.MotionDetect[0].Enable`.
fn is_table(key: &[u8]) -> bool {
    let Some(rest) = key.strip_prefix(b"table.") else { return false };
    let end =
        rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len());
    let Some((name, behind)) = rest.split_at_checked(end) else { return false };
    let is_numbered = matches!(behind, [b'[', b'0'..=b'9', ..]);
    name.first().is_some_and(u8::is_ascii_uppercase)
        && (is_numbered || behind.first() == Some(&b'.') && TABLES.contains(&name))
}

/// Whether a value is a model as Dahua writes it: `DH-XVR5108C-X`, `IPC-HFW4431R-Z`.
fn is_model(value: &[u8]) -> bool {
    let heads = ["DH-", "DHI-", "HCVR", "IPC-", "NVR", "VTO", "XVR"];
    heads.iter().any(|head| value.starts_with(head.as_bytes()))
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/'))
        && value.iter().any(u8::is_ascii_digit)
}

/// Whether a value is that of an event as Dahua writes it: `VideoMotion;action=Start;index=0`.
fn is_event(value: &[u8]) -> bool {
    let mut parts = value.split(|&byte| byte == b';');
    let code = parts.next().unwrap_or(value);
    let is_code =
        code.first().is_some_and(u8::is_ascii_uppercase) && code.iter().all(u8::is_ascii_alphanumeric);
    let acts = parts.next().and_then(|part| part.strip_prefix(b"action="));
    let index = parts.next().and_then(|part| part.strip_prefix(b"index=")).and_then(<[u8]>::first);
    is_code
        && matches!(acts, Some(b"Start" | b"State" | b"Stop" | b"Pulse"))
        && index.is_some_and(u8::is_ascii_digit)
}

/// Whether a value is a version as Dahua writes it: `2.800.0.1.R,build:2020-01-01`.
fn is_version(value: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(value, b",build:") else { return false };
    let (version, build) = value.split_at_checked(at).unwrap_or((value, &[]));
    let mut parts = version.split(|&byte| byte == b'.');
    let is_number =
        |part: Option<&[u8]>| part.is_some_and(|it| !it.is_empty() && it.iter().all(u8::is_ascii_digit));
    let is_date = build.get(7..17).is_some_and(|date| {
        date.iter()
            .zip(b"0000-00-00")
            .all(|(byte, shape)| if *shape == b'-' { byte == shape } else { byte.is_ascii_digit() })
    });
    is_number(parts.next()) && is_number(parts.next()) && is_date
}

/// Keys and values of the lines that have one, without what stands around them.
fn lines(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let is_query = body.trim_ascii_start().starts_with(SONY.as_bytes());
    body.split(move |&byte| byte == b'\n' || is_query && byte == b'&').take(MAX_LINES).filter_map(|line| {
        #[cfg(test)]
        crate::readers::tests::count(line.len() + 1);
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"var ").unwrap_or(line);
        let line = line.strip_suffix(b";").unwrap_or(line);
        let (key, value) = line.split_at_checked(memchr(b'=', line)?)?;
        let value = value.get(1..)?.trim_ascii();
        let bare = match value {
            [b'\'', bare @ .., b'\''] | [b'"', bare @ .., b'"'] => bare,
            _ => value,
        };
        Some((key.trim_ascii(), bare.trim_ascii()))
    })
}

#[cfg(test)]
mod tests;
