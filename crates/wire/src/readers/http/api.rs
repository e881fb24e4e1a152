//! What devices answer over HTTP in JSON: the interfaces of several makers.
//!
//! An answer is known by keys that no other interface has together, and by how the values of some of them begin. The
//! table has those of Akuvox, Axis (VAPIX, basic device information), Dahua (RPC2: the challenge of a login, `magicBox`),
//! `DoorBird`, Espressif's example of a camera, Hanwha (SUNAPI), Reolink, 2N and Uniview (LAPI).
//!
//! Facts about the sender: `cgi.role` `device`, `cgi.api`, and what the answer has of `cgi.vendor`, `cgi.model`,
//! `cgi.class`, `cgi.name`, `cgi.serial`, `cgi.mac`, `cgi.firmware`, each once; `dahua.serial` where the realm of a login
//! holds it. A list of other devices, such as a recorder's of its cameras, has other keys and says nothing.
//!
//! Bounds: a body is waited for where its first key is one with which such an answer begins, and of it 8 KiB are read.

use super::{super::dahua::realm, body::Told};
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
    match first_key(body) {
        Some(key) if FIRST.iter().any(|first| first.as_bytes() == key) => {
            if body.len() < MAX_BODY {
                Told::Open
            } else {
                Told::Ready
            }
        }
        None if body.len() < MAX_START => Told::Open,
        _ => Told::Nobodys,
    }
}

/// The first key of a document that is an object, or an array of objects. `None` where it is not there, or there is none.
fn first_key(body: &[u8]) -> Option<&[u8]> {
    let begins = body.get(..MAX_START).unwrap_or(body).trim_ascii_start();
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
    facts(Fact::of_sender(Field::CgiRole, b"device"));
    facts(Fact::of_sender(Field::CgiApi, api.name.as_bytes()));
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
mod tests {
    use super::*;
    use crate::{
        Probe,
        readers::{
            http::READER,
            tests::{cut_stream_everywhere, steps_of, stream},
        },
    };

    const ANSWERS: [(&str, &[&str]); 13] = [
        (
            r#"{"apiVersion": "1.1", "data": {"propertyList": {"ProdNbr": "X1", "ProdType": "Network Camera",
                "Version": "1.2", "Brand": "EXAMPLE", "SerialNumber": "020000000001", "ProdShortName": "EXAMPLE X1"}}}"#,
            &[
                "api vapix",
                "class Network Camera",
                "firmware 1.2",
                "vendor EXAMPLE",
                "serial 020000000001",
                "model EXAMPLE X1",
            ],
        ),
        (
            r#"{ "Response":{"ResponseURL":"/LAPI/V1.0/System/DeviceInfo","ResponseCode":0,
                "Data":{"DeviceType":0,"DeviceModel":"E1","SerialNumber":"2E","FirmwareVersion":"E-1.2"}} }"#,
            &["api lapi", "model E1", "serial 2E", "firmware E-1.2"],
        ),
        (
            r#"[ {"cmd":"GetDevInfo","code":0,"value":{"DevInfo":{"B485":0,"firmVer":"v1.2","model":"E1",
                "name":"Yard","serial":"0E","type":"IPC"}}} ]"#,
            &["api reolink", "firmware v1.2", "model E1", "name Yard", "serial 0E", "class IPC"],
        ),
        (
            r#"[{"cmd":"GetDevInfo","code":1,"error":{"detail":"please login first","rspCode":-6}}]"#,
            &["api reolink"],
        ),
        (r#"[{"cmd":"Login","code":0,"value":{"Token":{"leaseTime":3600,"name":"0"}}}]"#, &["api reolink"]),
        (
            r#"{"error":{"code":1,"message":""},"id":1,"params":{"encryption":"Default","random":"7",
                "realm":"Login to 9Z01234PAB56789"},"result":false,"session":7}"#,
            &["api dahua"],
        ),
        (
            r#"{"id":3,"params":{"deviceType":"E-1","processor":"P","serialNumber":"9E"},"result":true,"session":7}"#,
            &["api dahua", "model E-1", "serial 9E"],
        ),
        (
            r#"{"id":3,"params":{"version":{"Build":"1","BuildDate":"2020-01-01","SecurityBaseLineVersion":"V2.1",
                "Version":"1.2"}},"result":true}"#,
            &["api dahua", "firmware 1.2"],
        ),
        (
            r#"{"Model":"E-1","SerialNumber":"9E","FirmwareVersion":"1.2","ConnectedMACAddress":"02:00:00:00:00:01"}"#,
            &["api sunapi", "model E-1", "serial 9E", "firmware 1.2", "mac 02:00:00:00:00:01"],
        ),
        (
            r#"{"BHA":{"RETURNCODE":"1","VERSION":[{"FIRMWARE":"000100","BUILD_NUMBER":"1",
                "WIFI_MAC_ADDR":"020000000001","DEVICE-TYPE":"Example E1"}]}}"#,
            &["api doorbird", "firmware 000100", "mac 020000000001", "model Example E1"],
        ),
        (
            r#"{"success":true,"result":{"variant":"2N Example","serialNumber":"0-1","swVersion":"1.2","deviceName":"Gate"}}"#,
            &["api 2n", "model 2N Example", "serial 0-1", "firmware 1.2", "name Gate"],
        ),
        (
            r#"{"retcode":0,"data":{"Status":{"Model":"E1","MAC":"02:00:00:00:00:01","FirmwareVersion":"1.2",
                "HardwareVersion":"1.0"}}}"#,
            &["api akuvox", "model E1", "mac 02:00:00:00:00:01", "firmware 1.2"],
        ),
        (r#"{"framesize":8,"quality":10,"special_effect":0,"wb_mode":0,"hmirror":0}"#, &["api esp32-camera"]),
    ];

    fn answer(status: &str, body: &str) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        format!("{head}\r\n\r\n{body}").into_bytes()
    }

    fn all(half: &[u8]) -> Vec<String> {
        let (probe, said) = stream(&READER, half, false);
        assert_eq!(probe, Probe::Match);
        said
    }

    fn said(half: &[u8]) -> Vec<String> {
        let all = all(half);
        all.iter().filter_map(|line| line.strip_prefix("sender cgi.")).map(str::to_owned).collect()
    }

    #[test]
    fn devices_say_what_they_are() {
        for (body, expected) in ANSWERS {
            let half = answer("200 OK", body);
            let said = said(&half);
            assert_eq!(said.split_first().unwrap().0, "role device");
            assert_eq!(said[1..], *expected);
            cut_stream_everywhere(&READER, &half);
        }
        let half = answer("200 OK", ANSWERS[5].0);
        assert!(all(&half).contains(&"sender dahua.serial 9Z01234PAB56789".to_owned()));
    }

    #[test]
    fn errors_requests_and_answers_that_lack_a_key_say_nothing() {
        for (body, _) in ANSWERS {
            assert!(said(&answer("404 Not Found", body)).is_empty());
            let asks = format!(
                "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
                body.len()
            );
            assert!(said(format!("{asks}\r\n\r\n{body}").as_bytes()).is_empty());
            let inside = format!("{{\"data\":[{body}]}}");
            assert!(said(&answer("200 OK", &inside)).is_empty(), "a list of devices is not the sender's");
        }
        for api in APIS {
            for (need, _) in api.needs {
                let key = need.iter().rev().find(|key| **key != ELEMENT).unwrap();
                let of = ANSWERS.iter().filter(|(_, said)| said[0] == format!("api {}", api.name));
                for (body, _) in of.filter(|(body, _)| body.contains(&format!("\"{key}\""))) {
                    let near = body.replace(&format!("\"{key}\""), "\"other\"");
                    let said = said(&answer("200 OK", &near));
                    let still = APIS.iter().filter(|other| other.name == api.name).count() > 1;
                    assert!(said.is_empty() || still, "{near}");
                }
            }
        }
        for near in [
            r#"{"Response":{"ResponseURL":"/API/V1.0"}}"#,
            r#"[{"cmd":"GetDevInfo","code":1,"error":{"rspCode":6}}]"#,
            r#"{"params":{"encryption":"Default","random":"7","realm":"Log in"}}"#,
            r#"{"success":true,"result":{"variant":"3N","swVersion":"1"}}"#,
        ] {
            assert!(said(&answer("200 OK", near)).is_empty(), "{near}");
        }
    }

    #[test]
    fn what_nobody_reads_is_not_waited_for() {
        for (body, expected) in [
            ("{", Told::Open),
            ("[{\"cm", Told::Open),
            ("[{\"cmd\"", Told::Open),
            (" { \"Response\" : ", Told::Open),
            ("{\"items\":", Told::Nobodys),
            ("[[", Told::Open),
        ] {
            assert_eq!(told(body.as_bytes()), expected, "{body}");
        }
        let long = |key: &str, length: usize| format!("{{\"{key}\":\"{}", "x".repeat(length));
        assert_eq!(told(long("id", MAX_BODY).as_bytes()), Told::Ready);
        assert_eq!(told(long("", MAX_START).as_bytes()), Told::Nobodys);
        assert_eq!(told(" ".repeat(MAX_START).as_bytes()), Told::Nobodys);
    }

    #[test]
    fn work_is_bounded() {
        let many = format!("{{\"id\":1,{}\"a\":1}}", "\"result\":1,".repeat(4000));
        let steps = steps_of(|| read(many.as_bytes(), &mut |_| {}));
        assert!((1..=4 * MAX_BODY).contains(&steps), "{steps} steps");
    }
}
