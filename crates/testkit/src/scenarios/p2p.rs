//! Cameras that are reached through clouds, searched on the local network, or greet who connects: names, roles and versions in
//! binary protocols.

use super::{Case, File, capture};
use crate::{End, Host, MORNING, SECOND, Scenario, Side};

pub(super) const P2P: Case = Case {
    name: "p2p",
    shows: "a camera logs in to its cloud and answers searches in eleven protocols; what it greets, uploads and asks for in nine",
    checks: r#"[[check]]
record = "flow"
match = { app = "pppp" }
min = 3

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "pppp.role", "sightings.value" = "device" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "pppp.uid", "sightings.value" = "WXYZ-000123-KLMNO" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "pppp.role", "sightings.value" = "client" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "pppp.uid" }
count = 0

[[check]]
record = "flow"
match = { app = "tutk" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "baichuan.role", "sightings.value" = "device" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "vstarcam.firmware", "sightings.value" = "10.20.30" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "hanwha.model", "sightings.value" = "XNV-0000R" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "snmp.sys_object_id", "sightings.value" = "1.3.6.1.4.1.32473.7" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "telnet.banner", "sightings.value" = "CAM-0000 login:" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ftp.credentials", "sightings.value" = "clear" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "mqtt.topic", "sightings.value" = "Cams" }
count = 1

[[check]]
record = "flow"
match = { app = "wireguard" }
count = 1

[[check]]
record = "flow"
match = { app = "rtmp" }
count = 1
"#,
    build: p2p,
};

/// Who takes part: a camera, a telephone that looks at it, and a cloud.
struct Cast {
    camera: Host,
    phone: Host,
    everyone: Host,
    cloud: Host,
}

fn p2p() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 61);
    let cast = Cast {
        camera: Host::new("02:00:00:00:53:40", "192.168.1.64"),
        phone: Host::new("02:00:00:00:53:41", "192.168.1.20"),
        everyone: Host::group("255.255.255.255"),
        cloud: s.outside("203.0.113.9"),
    };
    clouds(&mut s, &cast);
    searches(&mut s, &cast);
    texts(&mut s, &cast);
    streams(&mut s, &cast);
    capture(&s.frames)
}

/// Bytes at their places among zeros.
fn laid(length: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for (at, field) in fields {
        bytes[*at..at + field.len()].copy_from_slice(field);
    }
    bytes
}

/// `WXYZ-000123-KLMNO`, as PPPP writes it.
const UID: &[u8; 20] = b"WXYZ\0\0\0\0\0\0\0\x7bKLMNO\0\0\0";

fn pppp(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[0xf1, kind], &(body.len() as u16).to_be_bytes()[..], body].concat()
}

/// Bytes that nobody reads, the same each time.
fn filler(length: usize) -> Vec<u8> {
    (0..length).map(|at| at as u8 | 1).collect()
}

fn clouds(s: &mut Scenario, cast: &Cast) {
    let (inside, server) = (s.client(cast.camera), cast.cloud.port(32_100));
    for _ in 0..3 {
        s.udp(inside, server, &pppp(0x00, &[]));
        s.udp(server, inside, &pppp(0x01, &laid(16, &[(0, &[0, 2, 0x40, 0x9c, 7, 100, 51, 198])])));
        s.udp(inside, server, &pppp(0x10, &[&UID[..], &[0; 20]].concat()));
        s.udp(server, inside, &pppp(0x11, &[0; 4]));
        s.wait(30 * SECOND);
    }
    let asker = s.client(cast.phone);
    s.udp(asker, cast.everyone.port(32_108), &pppp(0x30, &[]));
    let searched = cast.camera.port(32_108);
    s.udp(searched, asker, &pppp(0x41, UID));
    s.udp(asker, searched, &pppp(0x42, UID));
    for number in 0..4 {
        s.udp(searched, asker, &pppp(0xd0, &[&[0xd1, 1, 0, number][..], &filler(400)].concat()));
        s.udp(asker, searched, &pppp(0xd1, &[0xd1, 1, 0, 1, 0, number]));
    }
    // Kalay in its newer form: a search, and its answer.
    let asker = s.client(cast.phone);
    let found = |answer: u8| laid(52, &[(0, &[0x51, 0xcc, 0, 0, 2, 0x10, 40, 0, answer, answer])]);
    s.udp(asker, cast.camera.port(32_761), &found(0));
    s.udp(cast.camera.port(32_761), asker, &found(0xff));
}

fn searches(s: &mut Scenario, cast: &Cast) {
    let asker = s.client(cast.phone);
    let mut found = |port: u16, answers: u16, search: &[u8], answer: &[u8]| {
        s.udp(asker, cast.everyone.port(port), search);
        let to: End = if answers == 0 { asker } else { cast.phone.port(answers) };
        s.udp(cast.camera.port(port), to, answer);
    };
    let mac = [2, 0, 0, 0, 0x53, 0x40];
    found(
        8600,
        0,
        b"\x44\x48\x01\x01",
        &laid(
            528,
            &[(0, b"\x44\x48\x01\x08192.168.1.64"), (84, &mac), (92, b"WXYZ000123KLMNO"), (204, b"10.20.30")],
        ),
    );
    let (mac_text, url) = (b"02:00:00:00:53:40", b"http://192.168.1.64/");
    found(
        7701,
        7711,
        &laid(262, &[(0, &[1])]),
        &laid(262, &[(0, &[0x0b]), (19, mac_text), (37, b"192.168.1.64"), (109, b"XNV-0000R"), (133, url)]),
    );
    found(
        10_000,
        0,
        b"\x21\x4a\x5d\x8f\x1c",
        b"\x21\x4a\x5d\x8f\x1c\x02\x06\x02\0\0\0\x53\x40\x09\x06FD0000",
    );
    found(
        10_000,
        0,
        &laid(27, &[(0, b"MO_I"), (15, &[4]), (26, &[1])]),
        &laid(
            87,
            &[(0, b"MO_I\x01"), (15, &[64]), (23, b"020000005340"), (36, b"Hall"), (77, &[1, 11, 2, 30])],
        ),
    );
    let mark = [0x20, 0x11, 0x1e, 0x11, 0x23, 0x1f, 0x1e, 0x19, 0x13];
    found(
        10_670,
        10_669,
        &laid(52, &[(0, &[0, 1, 0, 0, 0, 0x0d]), (12, &[0xff; 10]), (24, &mark), (48, &[0xff, 0xff])]),
        &laid(
            69,
            &[
                (0, &[0, 1, 0, 17, 0, 0x0e]),
                (6, &mac),
                (24, &mark),
                (53, b"\0\xa8\0\x08WV-X0000\xff\xff\0\0"),
            ],
        ),
    );
    let model =
        b"\x02MAC:02-00-00-00-53-40\xffMODEL:SNC-X000\xffSERIAL:0012345\xffSOFTVERSION:1.79.00\xff\x03";
    found(2380, 0, b"\x02ENQ:allinfo\xff\x03", model);
    found(10_001, 0, &[1, 0, 0, 0], b"\x01\0\0\x12\x01\0\x06\x02\0\0\0\x53\x40\x0c\0\x06UVC G0");
    found(
        2007,
        0,
        b"NICE\x12\x34\x01\x08\0\0\x0f\xa0",
        &laid(
            106,
            &[
                (0, b"NICE\x12\x34\x01\x09"),
                (10, &mac),
                (16, &[192, 168, 1, 64, 255, 255, 255, 0]),
                (74, b"NVE 0000"),
            ],
        ),
    );
    found(3600, 0, b"DISCOVER\n", b"DISCOVER TYPE=DOME KEY='02:00:00:00:53:40' ID=900000\r\n");
    let fields = b"NVDEVRESULT^1^02:00:00:00:53:40^192.168.1.64^a^b^c^d^e^f^g^h^12345678^i^j^k^";
    found(10_008, 10_009, b"NVDEVSEARCH^100", fields);
    let greeting = [&[0x21, 0x31, 0, 32][..], &[0xff; 28]].concat();
    found(54_321, 0, &greeting, &laid(32, &[(0, &[0x21, 0x31, 0, 32]), (8, &[0, 1, 0, 7, 0, 0, 9, 9])]));
}

fn texts(s: &mut Scenario, cast: &Cast) {
    let mut telnet = s.tcp(cast.phone, cast.camera.port(23));
    telnet.send(s, Side::Server, b"\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03");
    telnet.send(s, Side::Client, b"\xff\xfb\x1f\xff\xfc\x01");
    telnet.send(s, Side::Server, b"\r\nCAM-0000 login: ");
    telnet.send(s, Side::Client, b"someone\r\n");
    telnet.close(s, Side::Client);

    let mut upload = s.tcp(cast.camera, cast.cloud.port(21));
    for (side, line) in [
        (Side::Server, "220 Example FTP server ready.\r\n"),
        (Side::Client, "USER cam\r\n"),
        (Side::Server, "331 Password\r\n"),
        (Side::Client, "PASS made-up\r\n"),
        (Side::Server, "230 in\r\n"),
        (Side::Client, "TYPE I\r\n"),
        (Side::Server, "200 binary\r\n"),
    ] {
        upload.send(s, side, line.as_bytes());
    }
    upload.close(s, Side::Client);

    let mut greeted = s.tcp(cast.phone, cast.camera.port(21));
    greeted.send(s, Side::Server, b"220 NC-0000 Network Camera FTP server ready.\r\n");
    greeted.send(s, Side::Client, b"USER anonymous\r\n");
    greeted.send(s, Side::Server, b"331 Password\r\n");
    greeted.close(s, Side::Client);

    // sysDescr and sysObjectID are asked for, and answered.
    let asker = s.client(cast.phone);
    let varying = |unit: u8, first: &[u8], second: &[u8]| {
        let variable = |last: u8, value: &[u8]| {
            let object = [0x06, 8, 0x2b, 6, 1, 2, 1, 1, last, 0];
            [&[0x30, (object.len() + value.len()) as u8], &object[..], value].concat()
        };
        let variables = [variable(1, first), variable(2, second)].concat();
        let numbers = [2, 1, 7, 2, 1, 0, 2, 1, 0];
        let inside = [&numbers[..], &[0x30, variables.len() as u8], &variables].concat();
        let message = [&b"\x02\x01\x01\x04\x06public"[..], &[unit, inside.len() as u8], &inside].concat();
        [&[0x30, message.len() as u8], &message[..]].concat()
    };
    s.udp(asker, cast.camera.port(161), &varying(0xa0, &[5, 0], &[5, 0]));
    let described = b"\x04\x1d; EXAMPLE X1; Network Camera;";
    let object = [0x06, 9, 0x2b, 6, 1, 4, 1, 0x81, 0xfd, 0x59, 7];
    s.udp(cast.camera.port(161), asker, &varying(0xa2, described, &object));
}

fn streams(s: &mut Scenario, cast: &Cast) {
    let mut login = s.tcp(cast.phone, cast.camera.port(9000));
    let message = |status: [u8; 2], class: [u8; 2], length: u16| {
        let [low, high] = length.to_le_bytes();
        let head = [0xf0, 0xde, 0xbc, 0x0a, 1, 0, 0, 0, low, high, 0, 0, 0, 0, 0, 1];
        [&head[..], &status, &class, &filler(length.into())].concat()
    };
    login.send(s, Side::Client, &message([0x01, 0xdc], [0x14, 0x65], 900));
    login.send(s, Side::Server, &message([0x01, 0xdd], [0x14, 0x66], 145));
    login.close(s, Side::Client);

    let sized = |text: &str| [&(text.len() as u16).to_be_bytes()[..], text.as_bytes()].concat();
    let mut broker = s.tcp(cast.camera, cast.cloud.port(1883));
    let connect =
        [sized("MQTT"), vec![4, 0xc2, 0, 60], sized("cam-0001"), sized("cam"), sized("made-up")].concat();
    broker.send(s, Side::Client, &[&[0x10, connect.len() as u8], &connect[..]].concat());
    broker.send(s, Side::Server, &[0x20, 2, 0, 0]);
    let publish = [sized("Cams/cam-0001/status"), b"{}".to_vec()].concat();
    broker.send(s, Side::Client, &[&[0x30, publish.len() as u8], &publish[..]].concat());
    broker.close(s, Side::Client);

    let mut push = s.tcp(cast.camera, cast.cloud.port(1935));
    let handshake = [&[3, 0, 0, 0, 9, 0, 0, 0, 0][..], &filler(3064)].concat();
    let pair = |key: &str, value: &str| [sized(key), vec![2], sized(value)].concat();
    let command = [
        b"\x02\0\x07connect\0\x3f\xf0\0\0\0\0\0\0\x03".to_vec(),
        pair("app", "live"),
        pair("tcUrl", "rtmp://push.example/live?key=made-up"),
        vec![0, 0, 9],
    ]
    .concat();
    let head = [3, 0, 0, 0, 0, 0, command.len() as u8, 20, 0, 0, 0, 0];
    push.send(s, Side::Client, &handshake);
    push.send(
        s,
        Side::Server,
        &[&handshake[..], &[2, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 0x26, 0x25, 0xa0]].concat(),
    );
    push.send(s, Side::Client, &[&head[..], &command].concat());
    push.close(s, Side::Client);

    let (caller, listener) = (s.client(cast.camera), cast.cloud.port(9710));
    let induction = [(0, &[0x80][..]), (19, &[4]), (23, &[2]), (30, &[5, 0xdc]), (39, &[1])];
    s.udp(caller, listener, &laid(64, &induction));
    let (inside, peer) = (s.client(cast.phone), cast.cloud.port(51_820));
    s.udp(inside, peer, &[&[1, 0, 0, 0][..], &filler(144)].concat());
    s.udp(peer, inside, &[&[2, 0, 0, 0][..], &filler(88)].concat());
    let (inside, server) = (s.client(cast.phone), cast.cloud.port(1194));
    s.udp(inside, server, &[&[0x38][..], &filler(8), &[0; 5]].concat());
}
