use super::*;
use crate::{
    Probe,
    readers::{
        http::READER,
        tests::{cut_stream_everywhere, steps_of, stream},
    },
};

const ANSWERS: [(&str, &[&str]); 14] = [
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
    (
        "{\n\"name\":\"yi-hack-e\",\n\"hostname\":\"yi-1\",\n\"fw_version\":\"0.1\",\n\"home_version\":\"9.0\",\n\"model_suffix\":\"y1\",\n\"serial_number\":\"E1\"}",
        &["api yi-hack", "name yi-1", "firmware 0.1", "model y1", "serial E1"],
    ),
];

fn answer(status: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}",
        body.len()
    );
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
        let marked = answer("200 OK", &format!("\u{feff}{body}"));
        assert_eq!(self::said(&marked)[1..], *expected, "behind a byte order mark");
        cut_stream_everywhere(&READER, &marked);
    }
    let half = answer("200 OK", ANSWERS[5].0);
    assert!(all(&half).contains(&"sender dahua.serial 9Z01234PAB56789".to_owned()));
}

#[test]
fn errors_requests_and_answers_that_lack_a_key_say_nothing() {
    for (body, _) in ANSWERS {
        assert!(said(&answer("404 Not Found", body)).is_empty());
        let asks =
            format!("POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
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
        ("{\"name\":\"yi-h", Told::Open),
        ("{\"name\":\"yi-hack\",", Told::Open),
        ("[[", Told::Open),
    ] {
        assert_eq!(told(body.as_bytes()), expected, "{body}");
    }
    let long = |key: &str, length: usize| format!("{{\"{key}\":\"{}", "x".repeat(length));
    assert_eq!(told(long("name", MAX_START).as_bytes()), Told::Nobodys);
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
