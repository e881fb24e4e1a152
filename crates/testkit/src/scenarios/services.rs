//! Small cases of the services that hosts live by: names and addresses.

use super::{Case, File, capture};
use crate::message::{self, Lease6, Record, Value};
use crate::{Host, MORNING, Scenario, Side, packet};
use std::net::IpAddr;

pub(super) const DHCPV6: Case = Case {
    name: "dhcpv6",
    shows: "a client gets its IPv6 address, and says its name and vendor class",
    checks: r#"[[check]]
record = "flow"
match = { app = "dhcpv6" }
min = 2

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "dhcp.fqdn", "sightings.value" = "cam-1.example.com" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "dhcp.vendor_class", "sightings.value" = "example-camera" }
count = 1
"#,
    build: dhcpv6,
};

pub(super) const DNS_OVER_TCP: Case = Case {
    name: "dns-over-tcp",
    shows: "DNS over TCP: two messages in one segment, and one that goes on in the next, with the second of its addresses",
    checks: r#"[[check]]
record = "flow"
match = { app = "dns", protocol = "tcp" }
count = 1

[[check]]
record = "name"
match = { name = "split.example.com", address = "192.0.2.1" }
count = 1

[[check]]
record = "name"
match = { name = "two.example.com", address = "192.0.2.2" }
count = 1

[[check]]
record = "name"
match = { name = "three.example.com", address = "192.0.2.3" }
count = 1
"#,
    build: dns_over_tcp,
};

pub(super) const GLOBAL_IPV6: Case = Case {
    name: "global-ipv6",
    shows: "a station with a local and two global IPv6 addresses is one device, and its router none",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", addresses = "192.168.1.64" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", addresses = "2001:db8:5::64" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", addresses = "2001:db8:5::ff:fe00:5340" }
count = 1

[[check]]
record = "device"
match = {}
count = 1
"#,
    build: global_ipv6,
};

pub(super) const LLMNR: Case = Case {
    name: "llmnr",
    shows: "a single name is asked for on the link, over IPv4 and IPv6, and its host answers",
    checks: r#"[[check]]
record = "flow"
match = { app = "llmnr" }
min = 2

[[check]]
record = "name"
match = { name = "cam-1", address = "192.168.1.64", source = "llmnr" }
count = 1

[[check]]
record = "name"
match = { name = "cam-1", address = "fe80::64", source = "llmnr" }
count = 1
"#,
    build: llmnr,
};

pub(super) const NDP: Case = Case {
    name: "ndp",
    shows: "the five messages of neighbour discovery, and an address that is tried before it is held",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", addresses = "fd00:db8::64" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:41", addresses = "fd00:db8::65" }
count = 1

[[check]]
record = "device"
match = { addresses = "fd00:db8::66" }
count = 0
"#,
    build: ndp,
};

pub(super) const UPNP: Case = Case {
    name: "upnp",
    shows: "a camera announces itself by SSDP with the LOCATION of its description, which is fetched over HTTP",
    checks: r#"[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ssdp.location", "sightings.value" = "http://192.168.1.64:49152/device.xml" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ssdp.manufacturer", "sightings.value" = "Example Cameras" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ssdp.friendly_name", "sightings.value" = "Front door" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ssdp.model", "sightings.value" = "EX-4MP" }
count = 1

[[check]]
record = "device"
match = { mac = "02:00:00:00:53:40", "sightings.kind" = "ssdp.serial", "sightings.value" = "EX0123456789" }
count = 1
"#,
    build: upnp,
};

const CAMERA: &str = "02:00:00:00:53:40";
const ROUTER: &str = "02:00:00:00:53:01";

fn dhcpv6() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 12);
    let (client, server) = (Host::new(CAMERA, "fe80::64"), Host::new(ROUTER, "fe80::1"));
    let lease = Lease6 {
        client: client.mac,
        server: server.mac,
        address: "fd00:db8::64".parse().expect("an address"),
        name: "cam-1.example.com",
        vendor_class: "example-camera",
        id: 0x00c0_ffee,
    };
    for kind in [1, 2, 3, 7] {
        let body = message::dhcp6(&lease, kind);
        if kind % 2 == 1 && kind < 7 {
            s.udp(client.port(546), Host::group("ff02::1:2").port(547), &body);
        } else {
            s.udp(server.port(547), client.port(546), &body);
        }
    }
    capture(&s.frames)
}

fn upnp() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 17);
    let (laptop, camera) =
        (Host::new("02:00:00:00:53:65", "192.168.1.101"), Host::new(CAMERA, "192.168.1.64"));
    let location = "http://192.168.1.64:49152/device.xml";
    let announcement = format!(
        "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: {location}\r\n\
         NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nSERVER: Linux/5.10 UPnP/1.0 example/1.2\r\n\
         USN: uuid:01234567-89ab-cdef-0123-456789abcdef::upnp:rootdevice\r\n\r\n"
    );
    s.udp(camera.port(1900), Host::group("239.255.255.250").port(1900), announcement.as_bytes());
    let description = "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-upnp-org:device-1-0\">\n\
        <specVersion><major>1</major><minor>0</minor></specVersion>\n<device>\n\
        <deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType>\n\
        <friendlyName>Front door</friendlyName>\n<manufacturer>Example Cameras</manufacturer>\n\
        <modelName>EX-4MP</modelName>\n<modelNumber>2.1</modelNumber>\n<serialNumber>EX0123456789</serialNumber>\n\
        <UDN>uuid:01234567-89ab-cdef-0123-456789abcdef</UDN>\n</device>\n</root>\n";
    let request = "GET /device.xml HTTP/1.1\r\nHost: 192.168.1.64:49152\r\nUser-Agent: example/1\r\n\r\n";
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nServer: Linux/5.10 UPnP/1.0 example/1.2\r\n\r\n{description}",
        description.len()
    );
    s.http(laptop, camera.port(49_152), request, &response);
    capture(&s.frames)
}

/// A message with its length before it.
fn lengthened(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn question(id: u16, name: &str) -> Vec<u8> {
    lengthened(&message::dns(id, 0x0100, Some((name, 1)), &[]))
}

fn answer(id: u16, name: &str, addresses: &[[u8; 4]]) -> Vec<u8> {
    let record = |&address: &[u8; 4]| Record { name, value: Value::Address(address.into()) };
    let records: Vec<_> = addresses.iter().map(record).collect();
    lengthened(&message::dns(id, 0x8180, Some((name, 1)), &records))
}

fn dns_over_tcp() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 13);
    let (client, server) = (Host::new(CAMERA, "192.168.1.64"), Host::new(ROUTER, "192.168.1.1"));
    let mut tcp = s.tcp(client, server.port(53));
    tcp.send(&mut s, Side::Client, &question(1, "split.example.com"));
    let split = answer(1, "split.example.com", &[[192, 0, 2, 1], [192, 0, 2, 11]]);
    tcp.segment_size = split.len() - 10;
    tcp.send(&mut s, Side::Server, &split);
    tcp.segment_size = 1460;
    tcp.send(
        &mut s,
        Side::Client,
        &[question(2, "two.example.com"), question(3, "three.example.com")].concat(),
    );
    let both =
        [answer(2, "two.example.com", &[[192, 0, 2, 2]]), answer(3, "three.example.com", &[[192, 0, 2, 3]])];
    tcp.send(&mut s, Side::Server, &both.concat());
    tcp.close(&mut s, Side::Client);
    capture(&s.frames)
}

fn llmnr() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 14);
    let (asker, camera) =
        (Host::new("02:00:00:00:53:65", "192.168.1.101"), Host::new(CAMERA, "192.168.1.64"));
    for (from, holder, group, kind) in
        [(asker, camera, "224.0.0.252", 1), (asker.at("fe80::101"), camera.at("fe80::64"), "ff02::1:3", 28)]
    {
        let (client, id) = (s.client(from), s.random.next() as u16);
        let ask = message::dns(id, 0, Some(("cam-1", kind)), &[]);
        s.udp(client, Host::group(group).port(5355), &ask);
        let record = Record { name: "cam-1", value: Value::Address(holder.ip) };
        let reply = message::dns(id, 0x8000, Some(("cam-1", kind)), &[record]);
        s.udp(holder.port(5355), client, &reply);
    }
    capture(&s.frames)
}

/// A message of neighbour discovery, with the hop limit that shows that it came from the link (RFC 4861, 7.1).
pub(super) fn neighbour(s: &mut Scenario, from: Host, to: Host, kind: u8, rest: [u8; 4], body: &[&[u8]]) {
    let message = packet::icmp(from.ip, to.ip, (kind, 0), rest, &body.concat());
    let mut packet = packet::ip(from.ip, to.ip, 58, &message, 0);
    packet[7] = 255;
    s.ip(from, to, &packet);
}

fn octets(host: Host) -> [u8; 16] {
    let IpAddr::V6(six) = host.ip else { panic!("neighbour discovery is for IPv6") };
    six.octets()
}

/// An option with a link address: 1 the source's, 2 the target's.
fn link(kind: u8, host: Host) -> [u8; 8] {
    let [a, b, c, d, e, f] = host.mac.0;
    [kind, 1, a, b, c, d, e, f]
}

fn global_ipv6() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 16);
    let camera = Host::new(CAMERA, "192.168.1.64");
    let stable = camera.at("2001:db8:5::64");
    for (own, server) in [
        (camera, "203.0.113.9"),
        (stable, "2001:db8:9::9"),
        (camera.at("2001:db8:5::ff:fe00:5340"), "2001:db8:a::9"),
    ] {
        let server = s.outside(server);
        let mut tls = s.tls(own, server.port(443), "six.example.com");
        tls.close(&mut s, Side::Client);
    }
    neighbour(
        &mut s,
        stable,
        Host::group("ff02::1:ff00:1"),
        135,
        [0; 4],
        &[&octets(Host::new(ROUTER, "fe80::1")), &link(1, stable)],
    );
    capture(&s.frames)
}

fn ndp() -> Vec<File> {
    let mut s = Scenario::new(MORNING, 15);
    let (router, camera) = (Host::new(ROUTER, "fe80::1"), Host::new(CAMERA, "fd00:db8::64"));
    let (local, other) = (camera.at("fe80::64"), Host::new("02:00:00:00:53:41", "fd00:db8::65"));
    let nobody = camera.at("::");
    let (routers, all) = (Host::group("ff02::2"), Host::group("ff02::1"));

    neighbour(&mut s, local, routers, 133, [0; 4], &[&link(1, local)]);
    let prefix = [
        &[3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0, 0xfd, 0, 0x0d, 0xb8][..],
        &[0; 12],
    ];
    let timers = [0; 8];
    neighbour(&mut s, router, all, 134, [64, 0, 7, 8], &[&timers, &link(1, router), &prefix.concat()]);
    // Tried and not taken: nobody holds the address that is only asked for.
    let tried = camera.at("fd00:db8::66");
    neighbour(&mut s, nobody, Host::group("ff02::1:ff00:66"), 135, [0; 4], &[&octets(tried)]);
    neighbour(
        &mut s,
        camera,
        Host::group("ff02::1:ff00:65"),
        135,
        [0; 4],
        &[&octets(other), &link(1, camera)],
    );
    neighbour(&mut s, other, camera, 136, [0x60, 0, 0, 0], &[&octets(other), &link(2, other)]);
    neighbour(&mut s, router, camera, 137, [0; 4], &[&octets(other), &octets(other), &link(2, other)]);
    capture(&s.frames)
}
