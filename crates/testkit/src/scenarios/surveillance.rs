//! Cameras that say what they are in their own protocols. Makers, models and numbers are invented.

use super::{Case, File, capture};
use crate::{End, Host, MORNING, Scenario, Side, packet};

pub(super) const CAMERA_ANSWERS: Case = Case {
    name: "camera-answers",
    shows: "cameras are searched, asked, register and push alarms: SADP, ONVIF, ISAPI, other interfaces over HTTP, SIP, ISUP",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "sadp.serial", "sightings.value" = "EX-4MP20260101AAEX0123" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "isapi.firmware", "sightings.value" = "V1.2.3" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "isapi.mac", "sightings.value" = "02:00:00:00:53:40" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "onvif.scope.hardware", "sightings.value" = "EX-8MP" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "onvif.serial", "sightings.value" = "EX0042" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "cgi.model", "sightings.value" = "EXAMPLE E8" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", "sightings.kind" = "http.title", "sightings.value" = "Yard" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:42", "sightings.kind" = "gb28181.uid", "sightings.value" = "11010000001320000042" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:42", "sightings.kind" = "isup.uid", "sightings.value" = "gate" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:43", is_camera = true, vendor = "uniview", model = "EX-IPC", serial = "EX0043", firmware = "EX-B1.2" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:65", "sightings.kind" = "sadp.role", "sightings.value" = "device" }
count = 0

[[check]]
record = "flow"
match = { app = "ws-discovery" }
min = 1
"#,
    build: camera_answers,
};

/// A camera that is found by SADP, asked by ISAPI, and pushes an alarm.
fn found_by_sadp(s: &mut Scenario, laptop: Host, camera: Host) {
    let group = Host::group("239.255.255.250").port(37_020);
    let declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
    let search = format!("{declaration}<Probe><Uuid>0A1B2C3D</Uuid><Types>inquiry</Types></Probe>");
    s.udp(laptop.port(37_020), group, search.as_bytes());
    let answer = format!(
        "{declaration}\n<ProbeMatch>\n<Uuid>0A1B2C3D</Uuid>\n<Types>inquiry</Types>\n\
         <DeviceDescription>EX-4MP</DeviceDescription>\n<DeviceSN>EX-4MP20260101AAEX0123</DeviceSN>\n\
         <MAC>02-00-00-00-53-40</MAC>\n<SoftwareVersion>V1.2.3build 260101</SoftwareVersion>\n</ProbeMatch>\n"
    );
    s.udp(camera.port(37_020), group, answer.as_bytes());
    let mut frame = vec![0x21, 1, 1, 0xf6, 0, 0, 0, 1, 6, 4, 4, 0, 0x12, 0x34];
    frame.extend(camera.mac.0);
    frame.extend([192, 168, 1, 64]);
    frame.extend(laptop.mac.0);
    frame.extend([192, 168, 1, 101, 255, 255, 255, 0]);
    frame.resize(80, 0);
    s.frame(packet::ethernet(camera.mac, laptop.mac, 0x8033, &frame));
    let namespace = "http://www.hikvision.com/ver20/XMLSchema";
    let information = format!(
        "{declaration}\n<DeviceInfo version=\"2.0\" xmlns=\"{namespace}\">\n<deviceName>Front door</deviceName>\n\
         <model>EX-4MP</model>\n<serialNumber>EX-4MP20260101AAEX0123</serialNumber>\n\
         <macAddress>02:00:00:00:53:40</macAddress>\n<firmwareVersion>V1.2.3</firmwareVersion>\n\
         <deviceType>IPCamera</deviceType>\n</DeviceInfo>\n"
    );
    ask(s, laptop, camera.port(80), "/ISAPI/System/deviceInfo", "application/xml", &information);
    let alarm = format!(
        "--b\r\nContent-Type: application/xml\r\n\r\n<EventNotificationAlert version=\"2.0\" xmlns=\"{namespace}\">\n\
         <macAddress>02:00:00:00:53:40</macAddress>\n<channelID>1</channelID>\n<eventType>VMD</eventType>\n\
         </EventNotificationAlert>\r\n--b--\r\n"
    );
    let push = format!(
        "POST /alarm HTTP/1.1\r\nHost: 192.168.1.101:8080\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n{alarm}",
        alarm.len()
    );
    s.http(camera, laptop.port(8080), &push, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

/// A camera that is found by ONVIF, and asked by it, by keys and values, and for its page.
fn found_by_onvif(s: &mut Scenario, laptop: Host, camera: Host) {
    let envelope = |body: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
             xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\" \
             xmlns:t=\"http://www.onvif.org/ver10/device/wsdl\"><s:Body>{body}</s:Body></s:Envelope>"
        )
    };
    let asker = s.client(laptop);
    let probe = envelope("<d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe>");
    s.udp(asker, Host::group("239.255.255.250").port(3702), probe.as_bytes());
    let matches = envelope(
        "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">\
         <a:Address>urn:uuid:01234567-89ab-cdef-0123-020000005341</a:Address></a:EndpointReference>\
         <d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/Yard%20camera \
         onvif://www.onvif.org/hardware/EX-8MP onvif://www.onvif.org/location/</d:Scopes></d:ProbeMatch></d:ProbeMatches>",
    );
    s.udp(camera.port(3702), asker, matches.as_bytes());
    let answer = envelope(
        "<t:GetDeviceInformationResponse><t:Manufacturer>Example Cameras</t:Manufacturer><t:Model>EX-8MP</t:Model>\
         <t:FirmwareVersion>4.5.6</t:FirmwareVersion><t:SerialNumber>EX0042</t:SerialNumber>\
         </t:GetDeviceInformationResponse>",
    );
    ask(s, laptop, camera.port(80), "/onvif/device_service", "application/soap+xml", &answer);
    let list = "root.Brand.Brand=EXAMPLE\nroot.Brand.ProdShortName=EXAMPLE E8\n\
        root.Properties.Firmware.Version=4.5.6\n";
    ask(s, laptop, camera.port(80), "/axis-cgi/param.cgi?action=list", "text/plain", list);
    let page = "<!DOCTYPE html>\n<html><head><title>Yard</title></head><body></body></html>\n";
    ask(s, laptop, camera.port(80), "/", "text/html", page);
}

fn ask(s: &mut Scenario, client: Host, server: End, path: &str, kind: &str, body: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: example/1\r\n\r\n", server.host.ip);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
    s.http(client, server, &request, &(head + body));
}

/// A camera that registers at two platforms outside.
fn registers(s: &mut Scenario, camera: Host) {
    let centre = s.outside("198.51.100.60").port(5060);
    let (number, server) = ("11010000001320000042", "11010000002000000001");
    let head = |method: &str, fields: &str| {
        format!(
            "{method} sip:{server}@198.51.100.60 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.66:5060;branch=z9hG4bK1\r\n\
             From: <sip:{number}@192.168.1.66>;tag=1\r\nUser-Agent: Example Camera\r\n{fields}\r\n"
        )
    };
    let register = head("REGISTER", "Expires: 3600\r\nContent-Length: 0\r\n");
    s.udp(camera.port(5060), centre, register.as_bytes());
    s.udp(centre, camera.port(5060), b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    let alive = format!(
        "<?xml version=\"1.0\"?>\n<Notify>\n<CmdType>Keepalive</CmdType>\n<SN>1</SN>\n<DeviceID>{number}</DeviceID>\n\
         <Status>OK</Status>\n</Notify>\n"
    );
    let fields = format!("Content-Type: Application/MANSCDP+xml\r\nContent-Length: {}\r\n", alive.len());
    s.udp(camera.port(5060), centre, (head("MESSAGE", &fields) + &alive).as_bytes());
    let platform = s.outside("203.0.113.76").port(7660);
    let mut tcp = s.tcp(camera, platform);
    let message = |rest: &str| {
        format!("<?xml version=\"1.0\"?>\n<PPVSPMessage><Version>4.0</Version>{rest}</PPVSPMessage>")
    };
    let asks = message(
        "<CommandType>REQUEST</CommandType><Method>REGISTER</Method><Command>REGISTER</Command><Params>\
         <SerialNumber>EX-2MP0042</SerialNumber><DeviceID>gate</DeviceID><Password>example</Password>\
         <FirmwareVersion>V7.8.9</FirmwareVersion></Params>",
    );
    tcp.send(s, Side::Client, asks.as_bytes());
    let grants = message(
        "<CommandType>RESPONSE</CommandType><WhichCommand>REGISTER</WhichCommand><Status>200</Status>",
    );
    tcp.send(s, Side::Server, grants.as_bytes());
    tcp.close(s, Side::Client);
}

/// A camera that refuses, is asked again with a password over the same connection, and answers in JSON.
fn asked_again(s: &mut Scenario, laptop: Host, camera: Host) {
    let mut tcp = s.tcp(laptop, camera.port(80));
    let request =
        "GET /LAPI/V1.0/System/DeviceInfo HTTP/1.1\r\nHost: 192.168.1.67\r\nUser-Agent: example/1\r\n";
    tcp.send(s, Side::Client, format!("{request}\r\n").as_bytes());
    let refusal = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"E1\", nonce=\"1\", qop=\"auth\"\r\n\
        Content-Length: 0\r\n\r\n";
    tcp.send(s, Side::Server, refusal.as_bytes());
    let authorization =
        "Authorization: Digest username=\"a\", realm=\"E1\", nonce=\"1\", response=\"2\"\r\n\r\n";
    tcp.send(s, Side::Client, format!("{request}{authorization}").as_bytes());
    let body = "{\"Response\":{\"ResponseURL\":\"/LAPI/V1.0/System/DeviceInfo\",\"ResponseCode\":0,\"Data\":\
        {\"DeviceModel\":\"EX-IPC\",\"SerialNumber\":\"EX0043\",\"FirmwareVersion\":\"EX-B1.2\"}}}";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    tcp.send(s, Side::Server, (head + body).as_bytes());
    tcp.close(s, Side::Client);
}

fn camera_answers() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 24);
    let laptop = Host::new("02:00:00:00:53:65", "192.168.1.101");
    found_by_sadp(&mut s, laptop, Host::new("02:00:00:00:53:40", "192.168.1.64"));
    found_by_onvif(&mut s, laptop, Host::new("02:00:00:00:53:41", "192.168.1.65"));
    registers(&mut s, Host::new("02:00:00:00:53:42", "192.168.1.66"));
    asked_again(&mut s, laptop, Host::new("02:00:00:00:53:43", "192.168.1.67"));
    capture(&s.frames)
}
