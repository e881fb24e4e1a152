//! What cameras answer over HTTP in lines of a key and a value: the interfaces (CGI) of several makers.
//!
//! An answer is known by its first key, and then by keys that no other text has together. The names of keys and what they
//! mean are each interface's own; the table below has those of Axis (VAPIX, parameters), Dahua (`magicBox`,
//! `configManager`), D-Link and `TRENDnet` (NIPCA), Hanwha (SUNAPI), `HiChip` (`hi3510`), Netwave, Vivotek. Lines may begin with
//! `var` and end with a semicolon; values may stand in quotes.
//!
//! Facts about the sender: `cgi.role` `device`, `cgi.api`, and what the answer has of `cgi.vendor`, `cgi.model`,
//! `cgi.class`, `cgi.name`, `cgi.serial`, `cgi.mac`, `cgi.firmware`, each once. At most 4096 lines are read.

use memchr::memchr;

use super::body::Told;
use crate::{Fact, Field, reader::Facts, text::value as limited};

const MAX_LINES: usize = 4096;

/// An interface.
struct Api {
    name: &'static str,
    /// How the first line of an answer begins.
    begins: &'static [&'static str],
    /// Keys that it must hold, at most eight.
    needs: &'static [&'static str],
    /// What the first line must be like besides.
    first: fn(key: &[u8], value: &[u8]) -> bool,
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

const APIS: &[Api] = &[
    // What has pictures besides: speakers and door controllers of the maker answer, too.
    Api {
        name: "vapix-video",
        begins: &["root."],
        needs: &["root.Properties.Image.Format"],
        first: |_, _| true,
        keys: VAPIX,
    },
    Api {
        name: "vapix",
        begins: &["root."],
        needs: &[],
        first: |key, _| matches!(key.get(5..), Some([b'A'..=b'Z', rest @ ..]) if rest.contains(&b'.')),
        keys: VAPIX,
    },
    Api {
        name: "sunapi",
        begins: &["Model="],
        needs: &["Model", "FirmwareVersion", "ConnectedMACAddress"],
        first: |_, _| true,
        keys: &[
            ("Model", Field::CgiModel),
            ("SerialNumber", Field::CgiSerial),
            ("FirmwareVersion", Field::CgiFirmware),
            ("DeviceType", Field::CgiClass),
            ("ConnectedMACAddress", Field::CgiMac),
            ("DeviceName", Field::CgiName),
        ],
    },
    Api {
        name: "nipca",
        begins: &["model="],
        needs: &["model", "brand", "version", "macaddr"],
        first: |_, _| true,
        keys: &[
            ("brand", Field::CgiVendor),
            ("model", Field::CgiModel),
            ("version", Field::CgiFirmware),
            ("name", Field::CgiName),
            ("macaddr", Field::CgiMac),
        ],
    },
    Api {
        name: "vivotek",
        begins: &["system_"],
        needs: &[],
        first: |key, _| key.starts_with(b"system_info_") || key == b"system_hostname",
        keys: &[
            ("system_hostname", Field::CgiName),
            ("system_info_modelname", Field::CgiModel),
            ("system_info_serialnumber", Field::CgiSerial),
            ("system_info_firmwareversion", Field::CgiFirmware),
        ],
    },
    Api {
        name: "netwave",
        begins: &["var id="],
        needs: &["id", "sys_ver", "app_ver", "alias"],
        first: |_, _| true,
        keys: &[("id", Field::CgiSerial), ("sys_ver", Field::CgiFirmware), ("alias", Field::CgiName)],
    },
    Api {
        name: "hi3510",
        begins: &["var model="],
        needs: &["model", "softVersion", "webVersion"],
        first: |_, _| true,
        keys: &[("model", Field::CgiModel), ("softVersion", Field::CgiFirmware), ("name", Field::CgiName)],
    },
    Api {
        name: "dahua",
        begins: &["appAutoStart=", "deviceType="],
        needs: &["deviceType", "processor", "serialNumber"],
        first: |_, _| true,
        keys: &[
            ("deviceType", Field::CgiModel),
            ("serialNumber", Field::CgiSerial),
            ("updateSerial", Field::CgiModel),
        ],
    },
    Api {
        name: "dahua",
        begins: &["table."],
        needs: &[],
        first: |key, _| key.get(6).is_some_and(u8::is_ascii_uppercase),
        keys: &[
            ("table.General.MachineName", Field::CgiName),
            ("table.Network.eth0.PhysicalAddress", Field::CgiMac),
        ],
    },
    Api {
        name: "dahua",
        begins: &["sn="],
        needs: &[],
        first: |_, value| {
            value.len() == 15 && value.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        },
        keys: &[("sn", Field::CgiSerial)],
    },
    Api {
        name: "dahua",
        begins: &["version="],
        needs: &[],
        first: |_, value| memchr::memmem::find(value, b",build:").is_some(),
        keys: &[("version", Field::CgiFirmware)],
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
    let mut say = |field, value| facts(Fact::of_sender(field, limited(value)));
    say(Field::CgiRole, b"device");
    say(Field::CgiApi, api.name.as_bytes());
    let mut said = 0_u16;
    for (key, value) in lines(body) {
        let Some(&(_, field)) = api.keys.iter().find(|(name, _)| name.as_bytes() == key) else { continue };
        let bit = api.keys.iter().position(|(_, other)| *other == field).map_or(0, |place| 1 << place);
        // Old devices say a number where new ones say their model.
        let counts =
            !value.is_empty() && (field != Field::CgiModel || value.iter().any(u8::is_ascii_alphabetic));
        if counts && said & bit == 0 {
            said |= bit;
            say(field, value);
        }
    }
}

impl Api {
    fn wrote(&self, body: &[u8]) -> bool {
        let body = body.trim_ascii_start();
        if !self.begins.iter().any(|begin| body.starts_with(begin.as_bytes())) {
            return false;
        }
        let mut all = lines(body).peekable();
        let first = all.peek().is_some_and(|&(key, value)| (self.first)(key, value));
        let wanted = (1_u8 << self.needs.len()) - 1;
        let mut missing = wanted;
        if first && missing > 0 {
            for (key, _) in all {
                let place = self.needs.iter().position(|name| name.as_bytes() == key);
                missing &= !place.map_or(0, |place| 1 << place);
            }
        }
        first && missing == 0
    }
}

/// Keys and values of the lines that have one, without what stands around them.
fn lines(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|&byte| byte == b'\n').take(MAX_LINES).filter_map(|line| {
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
mod tests {
    use super::*;
    use crate::{
        Probe,
        readers::{
            http::READER,
            tests::{cut_stream_everywhere, steps_of, stream},
        },
    };

    fn answer(status: &str, body: &str) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}", body.len());
        format!("{head}\r\n\r\n{body}").into_bytes()
    }

    fn said(half: &[u8]) -> Vec<String> {
        let (probe, said) = stream(&READER, half, false);
        assert_eq!(probe, Probe::Match);
        said.iter().filter_map(|line| line.strip_prefix("sender cgi.")).map(str::to_owned).collect()
    }

    const ANSWERS: [(&str, &[&str]); 11] = [
        (
            "root.Brand.Brand=EXAMPLE\nroot.Brand.ProdNbr=E1\nroot.Brand.ProdShortName=EXAMPLE E1\n\
             root.Brand.ProdType=Network Camera\nroot.Properties.Firmware.Version=1.2\n\
             root.Properties.System.SerialNumber=020000000001\n",
            &[
                "api vapix",
                "vendor EXAMPLE",
                "model EXAMPLE E1",
                "class Network Camera",
                "firmware 1.2",
                "serial 020000000001",
            ],
        ),
        (
            "Model=XE-1\r\nSerialNumber=E1\r\nFirmwareVersion=1.2\r\nDeviceType=NWC\r\n\
             ConnectedMACAddress=02:00:00:00:00:01\r\nDeviceName=\r\n",
            &["api sunapi", "model XE-1", "serial E1", "firmware 1.2", "class NWC", "mac 02:00:00:00:00:01"],
        ),
        (
            "model=E-1\nbrand=Example\nversion=1.2\nname=Yard\nmacaddr=02:00:00:00:00:01\n",
            &[
                "api nipca",
                "model E-1",
                "vendor Example",
                "firmware 1.2",
                "name Yard",
                "mac 02:00:00:00:00:01",
            ],
        ),
        (
            "system_info_modelname='E1'\r\nsystem_info_serialnumber='020000000001'\r\n",
            &["api vivotek", "model E1", "serial 020000000001"],
        ),
        (
            "var id='020000000001';\nvar sys_ver='1.2';\nvar app_ver='3.4';\nvar alias='Yard';\n",
            &["api netwave", "serial 020000000001", "firmware 1.2", "name Yard"],
        ),
        (
            "var model=\"E1\";\r\nvar softVersion=\"V1.2\";\r\nvar webVersion=\"V3\";\r\nvar name=\"Yard\";\r\n",
            &["api hi3510", "model E1", "firmware V1.2", "name Yard"],
        ),
        (
            "appAutoStart=true\r\ndeviceType=IPC-EXAMPLE\r\nprocessor=E\r\nserialNumber=0E\r\nupdateSerial=IPC-E\r\n",
            &["api dahua", "model IPC-EXAMPLE", "serial 0E"],
        ),
        (
            "deviceType=31\r\nprocessor=E\r\nserialNumber=0E\r\nupdateSerial=IPC-E\r\n",
            &["api dahua", "serial 0E", "model IPC-E"],
        ),
        (
            "table.RemoteDevice.uuid:0.DeviceType=IPC-OTHER\r\ntable.General.MachineName=Yard\r\n",
            &["api dahua", "name Yard"],
        ),
        ("sn=0E0E0E0E0EPAE0E\r\n", &["api dahua", "serial 0E0E0E0E0EPAE0E"]),
        ("version=2.800.0.1.R,build:2020-01-01\r\n", &["api dahua", "firmware 2.800.0.1.R,build:2020-01-01"]),
    ];

    #[test]
    fn devices_say_what_they_are() {
        for (body, expected) in ANSWERS {
            let half = answer("200 OK", body);
            let said = said(&half);
            assert_eq!(said.split_first().unwrap(), (&"role device".to_owned(), &expected.map_owned()[..]));
            cut_stream_everywhere(&READER, &half);
        }
    }

    trait MapOwned {
        fn map_owned(&self) -> Vec<String>;
    }

    impl MapOwned for &[&str] {
        fn map_owned(&self) -> Vec<String> {
            self.iter().map(ToString::to_string).collect()
        }
    }

    #[test]
    fn errors_requests_and_texts_of_others_say_nothing() {
        for (body, _) in ANSWERS {
            assert!(said(&answer("404 Not Found", body)).is_empty());
            let asks =
                format!("POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: {}", body.len());
            assert!(said(format!("{asks}\r\n\r\n{body}").as_bytes()).is_empty());
        }
        for body in [
            "model=E-1\nbrand=Example\nversion=1.2\n",
            "Model=XE-1\nFirmwareVersion=1.2\n",
            "var id='1';\nvar name='a';\n",
            "version=1.2\n",
            "sn=0E0E0E0E0EPAE0\n",
            "sn=0e0e0e0e0epae0e\n",
            "table.a=1\n",
            "root.a=1\n",
            "root.A=1\n",
            "system_load=1\n",
            "deviceType=E\nserialNumber=1\n",
            "key=root.Brand.Brand=EXAMPLE\n",
            "",
        ] {
            assert!(said(&answer("200 OK", body)).is_empty(), "{body}");
        }
    }

    #[test]
    fn what_nobody_reads_is_not_waited_for() {
        for (body, expected) in [
            ("", Told::Open),
            ("roo", Told::Open),
            ("\r\nroot.", Told::Ready),
            ("rook", Told::Nobodys),
            ("var ", Told::Open),
            ("{", Told::Nobodys),
        ] {
            assert_eq!(told(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let many = format!("model=1\n{}", "model=1\n".repeat(2 * MAX_LINES));
        let steps = steps_of(|| read(many.as_bytes(), &mut |_| {}));
        assert!((1..=4 * many.len()).contains(&steps), "{steps} steps for {} bytes", many.len());
    }
}
