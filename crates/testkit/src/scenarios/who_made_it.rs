//! Devices of makers of cameras that say who made them, or show a picture: cameras, and what is none of the same makers. Numbers are
//! invented; the models are of the makers' kinds.

use super::{Case, File, capture};
use crate::{Host, MORNING, Scenario};

pub(super) const WHO_MADE_IT: Case = Case {
    name: "who-made-it",
    shows: "who made a device, with its model, its services or its pictures: cameras, doors and stations inside of the same makers",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:54:40", is_camera = true, vendor = "pelco", model = "EX-1", serial = "EX0001", firmware = "1.2" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:41", is_camera = true, vendor = "axis", model = "M3999-V" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:42", standing = "other", vendor = "axis" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:43", standing = "suspected" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:44", is_camera = true }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:45", standing = "suspected" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:46", is_camera = true, vendor = "axis" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:47", is_camera = true }
count = 0

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:48", is_camera = true, vendor = "annke" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:54:49", is_camera = true }
count = 0
"#,
    build: makers,
};

/// What a server answers to a request for a path.
fn ask(s: &mut Scenario, asked: &str, server: Host, head: &str, body: &[u8]) {
    let client = Host::new("02:00:00:00:54:65", "192.168.1.101");
    let request = format!("{asked} HTTP/1.1\r\nHost: {}\r\nUser-Agent: example/1\r\n\r\n", server.ip);
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    let mut tcp = s.tcp(client, server.port(80));
    tcp.send(s, crate::Side::Client, request.as_bytes());
    tcp.send(s, crate::Side::Server, &[head.as_bytes(), body].concat());
    tcp.close(s, crate::Side::Client);
}

fn soap(s: &mut Scenario, server: Host, status: &str, body: &str) {
    let text = format!(
        "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:t=\"http://www.onvif.org/ver10/device/wsdl\"><s:Body>{body}</s:Body></s:Envelope>"
    );
    let head = format!("{status}\r\nContent-Type: application/soap+xml");
    ask(s, "GET /onvif/device_service", server, &head, text.as_bytes());
}

fn information(maker: &str, model: &str) -> String {
    format!(
        "<t:GetDeviceInformationResponse><t:Manufacturer>{maker}</t:Manufacturer><t:Model>{model}</t:Model>\
         <t:FirmwareVersion>1.2</t:FirmwareVersion><t:SerialNumber>EX0001</t:SerialNumber></t:GetDeviceInformationResponse>"
    )
}

fn services(names: &[&str]) -> String {
    let all: Vec<_> = names
        .iter()
        .map(|name| {
            format!("<t:Service><t:Namespace>http://www.onvif.org/{name}/wsdl</t:Namespace></t:Service>")
        })
        .collect();
    let all = all.concat();
    format!("<t:GetServicesResponse>{all}</t:GetServicesResponse>")
}

fn isapi(s: &mut Scenario, server: Host, fields: &str) {
    let text = format!("<DeviceInfo xmlns=\"http://www.isapi.org/ver20/XMLSchema\">{fields}</DeviceInfo>");
    ask(
        s,
        "GET /ISAPI/System/deviceInfo",
        server,
        "200 OK\r\nContent-Type: application/xml",
        text.as_bytes(),
    );
}

fn makers() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 27);
    let host = |number: u8| {
        Host::new(&format!("02:00:00:00:54:{:02}", 40 + number), &format!("192.168.1.{}", 64 + number))
    };
    soap(&mut s, host(0), "200 OK", &information("Pelco", "EX-1"));
    soap(&mut s, host(1), "200 OK", &information("AXIS", "M3999-V"));
    soap(&mut s, host(2), "200 OK", &information("AXIS", "A1999"));
    let fault = "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>\
        </s:Fault>";
    soap(&mut s, host(3), "400 Bad Request", fault);
    soap(&mut s, host(4), "200 OK", &services(&["ver10/device", "ver10/media", "ver20/imaging"]));
    soap(&mut s, host(5), "200 OK", &services(&["ver10/device", "ver10/media", "ver10/doorcontrol"]));
    let picture = [&b"\xff\xd8\xff\xe0"[..], &[0x5a; 200]].concat();
    let path = "GET /axis-cgi/jpg/image.cgi?camera=1";
    ask(&mut s, path, host(6), "200 OK\r\nContent-Type: image/jpeg", &picture);
    let page = b"<html><head><title>Portal</title></head></html>";
    ask(&mut s, path, host(7), "200 OK\r\nContent-Type: text/html", page);
    isapi(
        &mut s,
        host(8),
        "<model>I91ZZ</model><deviceType>IPCamera</deviceType><manufacturer>ANNKE</manufacturer>",
    );
    isapi(&mut s, host(9), "<model>DS-KH9999-WT</model><deviceType>DVR</deviceType>");
    capture(&s.frames)
}
