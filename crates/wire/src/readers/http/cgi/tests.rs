//! Tests of [`super`]: an answer of each interface, and texts that nearly are one.

use super::*;
use crate::{
    Probe,
    readers::{
        http::READER,
        tests::{cut_stream_everywhere, steps_of, stream},
    },
};

fn answer(status: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}",
        body.len()
    );
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn said(half: &[u8]) -> Vec<String> {
    let (probe, said) = stream(&READER, half, false);
    assert_eq!(probe, Probe::Match);
    said.iter().filter_map(|line| line.strip_prefix("sender cgi.")).map(str::to_owned).collect()
}

const ANSWERS: [(&str, &[&str]); 23] = [
    (
        "timestamp=1.5\nrealtime=2.5\ns.epoch:=Mon\ns.hardware:=Example VB-1\ns.firmware:=1.2\nc.1.name.asc:=Yard\n",
        &["api canon", "model Example VB-1", "firmware 1.2"],
    ),
    (
        "ModelName=\"SNC-E1\"&Serial=\"0123\"&SoftVersion=1.2&ModelForm=box&CGIVersion=2.05\n",
        &["api sony", "model SNC-E1", "serial 0123", "firmware 1.2"],
    ),
    (
        "var ModelName=\"SNC-E1\"\r\nvar Serial=\"0123\"\r\nvar SoftVersion=\"1.2\"\r\nvar CGIVersion=\"2.05\"\r\n",
        &["api sony", "model SNC-E1", "serial 0123", "firmware 1.2"],
    ),
    (
        "Firmware.Version=1-2\nMACAddress=02:00:00:00:00:01\nProduct.Type=DVR\nProduct.ID=E1\nVideo.Input.Num=8\n",
        &["api avtech", "firmware 1-2", "mac 02:00:00:00:00:01", "class DVR"],
    ),
    (
        "system_hostname=\"Yard\";\nsystem_modelname=\"E1\";\nsystem_firmwareversion=\"E1-2\";\nsystem_serialnumber=\"020000000001\";\n",
        &["api vivotek", "name Yard", "model E1", "firmware E1-2", "serial 020000000001"],
    ),
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
        "model=E-1\nbrand=Example\nversion=1.2\nname=Yard\nmacaddr=02:00:00:00:00:01\npir=no\n",
        &["api nipca", "model E-1", "vendor Example", "firmware 1.2", "name Yard", "mac 02:00:00:00:00:01"],
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
    ("table.MotionDetect[0].Enable=true\r\n", &["api dahua"]),
    (
        "model=E-1\nbrand=TRENDnet\nversion=1.2\nmacaddr=02:00:00:00:00:01\n",
        &["api nipca", "model E-1", "vendor TRENDnet", "firmware 1.2", "mac 02:00:00:00:00:01"],
    ),
    (
        "system_info_serialnumber='020000000001'\r\nsystem_info_firmwareversion='E-1'\r\n",
        &["api vivotek", "serial 020000000001", "firmware E-1"],
    ),
    ("sn=0E0E0E0E0EPAE0E\r\n", &["api dahua", "serial 0E0E0E0E0EPAE0E"]),
    ("version=2.800.0.1.R,build:2020-01-01\r\n", &["api dahua", "firmware 2.800.0.1.R,build:2020-01-01"]),
    (
        "processor=E\r\nserialNumber=0E\r\nupdateSerial=XVR-E1\r\n",
        &["api dahua", "serial 0E", "model XVR-E1"],
    ),
    ("type=DH-XVR0000E-X \r\n", &["api dahua", "model DH-XVR0000E-X"]),
    ("vendor=Dahua\r\n", &["api dahua", "vendor Dahua"]),
    ("Code=VideoMotion;action=Start;index=0\r\n", &["api dahua"]),
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
        let asks = format!("POST / HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: {}", body.len());
        assert!(said(format!("{asks}\r\n\r\n{body}").as_bytes()).is_empty());
    }
    for body in [
        "model=E-1\nbrand=Example\nversion=1.2\n",
        "Model=XE-1\nFirmwareVersion=1.2\n",
        "var id='1';\nvar name='a';\n",
        "version=1.2\n",
        "version=5.1,build:1234\n",
        "version=v5.1,build:2020-01-01\n",
        "table.Column.Name=Name\n",
        "table.general.MachineName=a\n",
        "sn=356938035643809\n",
        "sn=EEEEEEEEEEPAEEE\n",
        "sn=0E0E0E0E0EPAE0E\nimsi=1\n",
        "system_hostname='router1'\n",
        "system_info_serialnumber='1'\n",
        "model=E-1\nbrand=Example\nversion=1.2\nname=Yard\nmacaddr=02:00:00:00:00:01\n",
        "sn=0E0E0E0E0EPAE0\n",
        "sn=0e0e0e0e0epae0e\n",
        "table.a=1\n",
        "root.a=1\n",
        "root.A=1\n",
        "system_load=1\n",
        "system_modelname=E1\n",
        "Firmware.Version=1\nProduct.Type=DVR\nVideo.Input.Num=8\n",
        "deviceType=E\nserialNumber=1\n",
        "processor=E\nserialNumber=1\n",
        "type=DH-XVR\n",
        "type=image\n",
        "timestamp=1\nrealtime=2\ns.state:=ok\n",
        "timestamp=1\ns.hardware:=E1\n",
        "ModelName=E1&Serial=1&Status=ok\n",
        "ModelName=E1\nSerial=1\nSoftVersion=2\n",
        "a=1&ModelName=E1&Serial=1&SoftVersion=2&CGIVersion=2\n",
        "type=DH-XVR1\nsize=2\n",
        "vendor=Example\n",
        "vendor=Dahua\nmodel=1\n",
        "Code=200\n",
        "Code=A;action=Go;index=0\n",
        "Code=A;action=Stop;index=x\n",
        "key=root.Brand.Brand=EXAMPLE\n",
        "",
    ] {
        assert!(said(&answer("200 OK", body)).is_empty(), "{body}");
    }
}

#[test]
fn events_that_go_on_for_ever_are_a_devices() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n";
    let part = "--b\r\nContent-Type: text/plain\r\n\r\nCode=VideoMotion;action=Start;index=0\r\n\r\n";
    let half = [head, part, part].concat();
    assert_eq!(said(half.as_bytes()), ["role device", "api dahua"]);
    cut_stream_everywhere(&READER, half.as_bytes());
    let picture = part.replace("Code", "\u{fffd}");
    assert!(said([head, &picture].concat().as_bytes()).is_empty(), "decided by its first byte");
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
