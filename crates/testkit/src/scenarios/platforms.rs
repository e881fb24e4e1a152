//! Cameras of several platforms on one network: how each is searched for, what it answers, how a client logs in to it.

use super::{Case, File, capture};
use crate::scenario::MILLISECOND;
use crate::{End, Host, MORNING, Scenario, Side};

pub(super) const PLATFORMS: Case = Case {
    name: "dhip-dvrip-tplink-tuya",
    shows: "devices of Dahua's, Xiongmai's, TP-Link's and Tuya's platforms are found, and logged in to",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "dhip.model", "sightings.value" = "IPC-EX100" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "dahua.serial", "sightings.value" = "8Z01234PAB56789" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:42", "sightings.kind" = "dvrip.serial", "sightings.value" = "0123456789abcdef" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:43", "sightings.kind" = "tdp.model", "sightings.value" = "C000" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:44", "sightings.kind" = "kasa.model", "sightings.value" = "KC000(EU)" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:45", "sightings.kind" = "tuya.uid", "sightings.value" = "bf0123456789abcdef0123" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:65", "sightings.kind" = "dhp2p.target", "sightings.value" = "9Z01234PAB56789" }
count = 1

[[check]]
record = "flow"
match = { app = "dhip" }
min = 3

[[check]]
record = "flow"
match = { app = "ptcp" }
count = 1

[[check]]
record = "flow"
match = { app = "dhstun" }
count = 1
"#,
    build: platforms,
};

/// Who asks, and where a search goes.
const ALL_HOSTS: &str = "255.255.255.255";

fn platforms() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 31);
    s.step = 5 * MILLISECOND;
    let app = Host::new("02:00:00:00:53:65", "192.168.1.101");
    let device = |last: u8| Host::new(&format!("02:00:00:00:53:{last:02x}"), &format!("192.168.1.{last}"));
    dahua(&mut s, app, device(0x40));
    through_nat(&mut s, app, device(0x40));
    old_dahua(&mut s, app, device(0x41));
    xiongmai(&mut s, app, device(0x42));
    tapo(&mut s, app, device(0x43));
    kasa(&mut s, app, device(0x44));
    tuya(&mut s, device(0x45));
    capture(&s.frames)
}

/// A search that goes to a group, and the answer to it.
fn search(s: &mut Scenario, client: End, group: &str, device: End, question: &[u8], answer: &[u8]) {
    s.udp(client, Host::group(group).port(device.port), question);
    s.udp(device, client, answer);
}

/// What each side of a session sends first.
fn session(s: &mut Scenario, client: Host, device: End, question: &[u8], answer: &[u8]) {
    let mut tcp = s.tcp(client, device);
    tcp.send(s, Side::Client, question);
    tcp.send(s, Side::Server, answer);
    tcp.close(s, Side::Client);
}

pub(super) fn dhip(body: &str) -> Vec<u8> {
    let length = (body.len() as u32).to_le_bytes();
    [b"\x20\0\0\0DHIP", &[0; 8][..], &length, &[0; 4], &length, &[0; 4], body.as_bytes()].concat()
}

fn dahua(s: &mut Scenario, app: Host, camera: Host) {
    let question =
        dhip("{ \"method\" : \"DHDiscover.search\", \"params\" : { \"mac\" : \"\", \"uni\" : 1 } }\n");
    let answer = dhip(
        "{\"mac\" : \"02:00:00:00:53:40\", \"method\" : \"client.notifyDevInfo\", \"params\" : {\"deviceInfo\" : \
         {\"DeviceClass\" : \"IPC\", \"DeviceType\" : \"IPC-EX100\", \"MachineName\" : \"Yard\", \
         \"SerialNo\" : \"9Z01234PAB56789\", \"Vendor\" : \"Example\", \"Version\" : \"2.800.0.1.R\"}}}",
    );
    search(s, app.port(37_810), "239.255.255.251", camera.port(37_810), &question, &answer);
    let login =
        dhip("{\"id\":1,\"method\":\"global.login\",\"params\":{\"password\":\"\",\"userName\":\"a\"}}\n");
    let challenge = dhip(
        "{\"id\":1,\"params\":{\"random\":\"7\",\"realm\":\"Login to 9Z01234PAB56789\"},\"result\":false}\n",
    );
    session(s, app, camera.port(37_777), &login, &challenge);
}

/// A way to the same camera from outside, as the application asks for it and goes it.
fn through_nat(s: &mut Scenario, app: Host, camera: Host) {
    let (own, server) = (app.port(50_001), s.outside("203.0.113.8").port(8800));
    s.udp(
        own,
        server,
        b"DHGET /probe/device/9Z01234PAB56789 HTTP/1.1\r\nCSeq: 1\r\n\
          Authorization: WSSE profile=\"UsernameToken\"\r\nX-WSSE: UsernameToken Username=\"app\"\r\n\r\n",
    );
    s.udp(server, own, b"HTTP/1.1 200 OK\r\nCSeq: 1\r\n\r\n<body></body>");
    let stun: Vec<u8> = [&[0, 1, 0, 12][..], &[7; 16], &[0x80, 0x2a, 0, 8], &[5; 8]].concat();
    let turned: Vec<u8> = stun.iter().map(|byte| !byte).collect();
    s.udp(app.port(50_002), camera.port(50_003), &turned);
    let (own, peer) = (app.port(50_004), camera.port(50_005));
    let ptcp = [&b"PTCP"[..], &[0; 20]].concat();
    s.udp(own, peer, &[&ptcp[..], &[0, 3, 1, 0]].concat());
    s.udp(peer, own, &[&ptcp[..], &[0, 3, 1, 0]].concat());
    let bind = [&[0x11, 0, 0, 8][..], &[9; 4], &[0; 4], &[0, 0, 2, 0x2a, 127, 0, 0, 1]].concat();
    s.udp(own, peer, &[&ptcp[..], &bind].concat());
    let reply = b"RTSP/1.0 200 OK\r\n\r\n";
    let data = [&[0x10, 0, 0, reply.len() as u8][..], &[9; 4], &[0; 4], reply].concat();
    s.udp(peer, own, &[&ptcp[..], &data].concat());
}

fn old_dahua(s: &mut Scenario, app: Host, camera: Host) {
    let question = [&[0xa3, 1, 0, 1][..], &[0; 12], &[2, 0, 0, 0], &[0; 12]].concat();
    let lines = "Name:Door\r\nDevice:IPC-EX90\r\nSerialNo:8Z01234PAB56789\r\n";
    let behind = (17 + lines.len() as u16).to_le_bytes();
    let header = [&[0xb3, 0, 17, 0, 0x58, 0, 0, 0][..], &[0; 8], &[2, 0, 0, 0], &behind, &[0; 10]].concat();
    let answer = [&header[..], &[0; 88], b"02:00:00:00:53:41", lines.as_bytes()].concat();
    search(s, app.port(5050), ALL_HOSTS, camera.port(5050), &question, &answer);
    let login = [&[0xa0, 1, 0, 0][..], &[0; 20], &[5, 2, 1, 1, 0, 0, 0xa1, 0xaa]].concat();
    let realm = b"Realm:Login to 8Z01234PAB56789\r\nRandom:7\r\n\r\n";
    let answer = [&[0xb0, 1, 0, 0, realm.len() as u8, 0, 0, 0][..], &[0; 24], realm].concat();
    session(s, app, camera.port(37_777), &login, &answer);
}

fn xiongmai(s: &mut Scenario, app: Host, camera: Host) {
    let frame = |second: u8, message: u16, body: &str| {
        let length = (body.len() as u32).to_le_bytes();
        [&[0xff, second, 0, 0][..], &[0; 10], &message.to_le_bytes(), &length, body.as_bytes()].concat()
    };
    let answer = frame(
        1,
        1531,
        "{ \"NetWork.NetCommon\" : { \"HostName\" : \"LocalHost\", \"MAC\" : \"02:00:00:00:53:42\", \
         \"SN\" : \"0123456789abcdef\" }, \"Ret\" : 100 }\n\0",
    );
    search(s, app.port(34_569), ALL_HOSTS, camera.port(34_569), &frame(0, 1530, ""), &answer);
    let login = "{ \"EncryptType\" : \"MD5\", \"PassWord\" : \"aaaaaaaa\", \"UserName\" : \"a\" }\n\0";
    let welcome = "{ \"AliveInterval\" : 20, \"DeviceType \" : \"IPC\", \"Ret\" : 100 }\n\0";
    session(s, app, camera.port(34_567), &frame(0, 1000, login), &frame(1, 1001, welcome));
}

fn tapo(s: &mut Scenario, app: Host, camera: Host) {
    let message = |body: &str| {
        let length = (body.len() as u16).to_be_bytes();
        let head = [&[2, 0, 0, 1][..], &length, &[0x11, 0, 9, 8, 7, 6]].concat();
        let crc = crc32(&[&head[..], &[0x5a, 0x6b, 0x7c, 0x8d], body.as_bytes()].concat());
        [&head[..], &crc.to_be_bytes(), body.as_bytes()].concat()
    };
    let answer = message(
        "{\"result\":{\"device_id\":\"0123456789ABCDEF\",\"device_model\":\"C000\",\"device_type\":\
         \"SMART.IPCAMERA\",\"firmware_version\":\"1.2.3 Build 1\",\"mac\":\"02-00-00-00-53-43\"},\"error_code\":0}",
    );
    search(s, app.port(50_006), ALL_HOSTS, camera.port(20_002), &message(""), &answer);
}

/// CRC-32 (ISO 3309), bit by bit.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A document as Kasa hides it: each byte is mixed with the one before it.
pub(super) fn masked(document: &str) -> Vec<u8> {
    let mut mask = 0xab;
    let bytes = document.bytes().map(|byte| {
        mask ^= byte;
        mask
    });
    bytes.collect()
}

fn kasa(s: &mut Scenario, app: Host, camera: Host) {
    let answer = masked(
        "{\"system\":{\"get_sysinfo\":{\"err_code\":0,\"system\":{\"sw_ver\":\"2.0 Build 1\",\"model\":\"KC000(EU)\",\
         \"alias\":\"Hall\",\"type\":\"IOT.IPCAMERA\",\"mic_mac\":\"020000005344\"}}}}",
    );
    let question = masked("{\"system\":{\"get_sysinfo\":{}}}");
    search(s, app.port(50_007), ALL_HOSTS, camera.port(9999), &question, &answer);
    let join = masked("{\"netif\":{\"set_stainfo\":{\"ssid\":\"n\",\"password\":\"secret\"}}}");
    let done = masked("{\"netif\":{\"set_stainfo\":{\"err_code\":0}}}");
    let lengthened = |message: &[u8]| [&(message.len() as u32).to_be_bytes(), message].concat();
    session(s, app, camera.port(9999), &lengthened(&join), &lengthened(&done));
}

fn tuya(s: &mut Scenario, device: Host) {
    let document = b"{\"ip\":\"192.168.1.69\",\"gwId\":\"bf0123456789abcdef0123\",\"active\":2,\
        \"productKey\":\"keyabcdefghijklm\",\"version\":\"3.1\"}";
    let length = (document.len() as u32 + 8).to_be_bytes();
    let frame = [&[0, 0, 0x55, 0xaa][..], &[0; 8], &length, document].concat();
    let frame = [&frame[..], &crc32(&frame).to_be_bytes(), &[0, 0, 0xaa, 0x55]].concat();
    s.udp(device.port(49_154), Host::group(ALL_HOSTS).port(6666), &frame);
}
