//! Small cases, one oddity each: transport, tunnels, torn files, hostile text.

use super::{Case, File, capture};
use crate::message::ClientHello;
use crate::{Conversation, End, Host, MILLISECOND, MORNING, SECOND, Scenario, Side, Wrap};
use lenscap_wire::TcpFlags;

macro_rules! case {
    ($constant:ident, $name:literal, $build:ident, $shows:literal, $checks:literal) => {
        pub(super) const $constant: Case =
            Case { name: $name, shows: $shows, checks: $checks, build: $build };
    };
}

case!(
    BAD_CHECKSUMS,
    "bad-checksums",
    bad_checksums,
    "transport checksums left to the network card, damaged, absent, and cut off",
    r#"[[check]]
record = "flow"
match = { protocol = "tcp", tcp_history = "CSchADad" }
count = 1

[[check]]
record = "flow"
match = { limits = "bad-transport-checksum" }
count = 4

[[check]]
record = "flow"
match = { limits = "offloaded-checksum" }
count = 1
"#
);
case!(
    FRAGMENTS,
    "fragments",
    fragments,
    "datagrams in fragments: in order, reversed, one missing",
    r#"[[check]]
record = "flow"
match = { protocol = "udp" }
min = 2
"#
);
case!(
    HOSTILE_TEXT,
    "hostile-text",
    hostile_text,
    "control characters and terminal escapes in names and headers",
    r#"[[check]]
record = "flow"
match = { app = "http" }
count = 1
"#
);
case!(
    IPV6,
    "ipv6",
    ipv6,
    "IPv6: neighbour discovery, a flow, and one behind a hop-by-hop header",
    r#"[[check]]
record = "flow"
match = { server_name = "six.example.com" }
count = 1
"#
);
case!(
    LATE_DNS,
    "late-dns",
    late_dns,
    "the answer that names an address comes after the flow to it",
    r#"[[check]]
record = "name"
match = { name = "late.example.com", address = "192.0.2.9" }
count = 1
"#
);
case!(
    LONG_FLOW,
    "long-flow",
    long_flow,
    "one flow over five hours with a packet each four minutes",
    r#"[[check]]
record = "flow"
match = { protocol = "tcp" }
count = 1
"#
);
case!(
    ONE_WAY,
    "one-way",
    one_way,
    "only the packets of the client were captured",
    r#"[[check]]
record = "flow"
match = { server_name = "oneway.example.com", "resp.packets" = 0 }
count = 1
"#
);
case!(
    PORT_SCAN,
    "port-scan",
    port_scan,
    "a scan of ports that cameras use; nobody answers as one",
    r#"[[check]]
record = "device"
match = { is_camera = true }
count = 0

[[check]]
record = "flow"
match = { protocol = "tcp" }
count = 60
"#
);
case!(
    SPLIT_HELLO,
    "split-hello",
    split_hello,
    "a ClientHello over records and segments, second flow out of order",
    r#"[[check]]
record = "flow"
match = { server_name = "split.example.com" }
count = 2
"#
);
case!(
    TCP_TROUBLE,
    "tcp-trouble",
    tcp_trouble,
    "retransmission, overlap, reordering, a hole, wrap, port reuse",
    r#"[[check]]
record = "flow"
match = { protocol = "tcp" }
count = 2
"#
);
case!(
    TORN,
    "torn",
    torn,
    "the last record is cut in its middle",
    r#"[[check]]
record = "capture"
match = { torn_tail = true }
count = 1
"#
);
case!(
    TWO_FILES,
    "two-files",
    two_files,
    "one connection cut in two files",
    r#"[[check]]
record = "flow"
match = { protocol = "tcp" }
count = 1
"#
);
case!(
    VLAN_AND_TUNNELS,
    "vlan-and-tunnels",
    vlan_and_tunnels,
    "the same look-up under a VLAN, VXLAN, GRE and IP in IP",
    r#"[[check]]
record = "flow"
match = { app = "dns" }
min = 4
"#
);

fn stage(seed: u64) -> (Scenario, Host, Host) {
    let s = Scenario::new(MORNING, seed);
    let outside = s.outside("192.0.2.9");
    (s, Host::new("02:00:00:00:53:02", "192.168.1.2"), outside)
}

fn bad_checksums() -> Vec<File> {
    let (mut s, client, server) = stage(12);
    let mut tcp = s.tcp(client, server.port(8443));
    tcp.send(&mut s, Side::Client, &[1; 300]);
    tcp.send(&mut s, Side::Server, &[2; 100]);
    for frame in &mut s.frames {
        if frame.bytes[6..12] == client.mac.0 {
            leave_to_card(&mut frame.bytes);
        } else {
            damage(&mut frame.bytes);
        }
    }
    s.udp(client.port(50_001), server.port(9000), &[3; 101]);
    damage(last(&mut s));
    s.udp(client.port(50_002), server.port(9000), &[4; 100]);
    last(&mut s)[40..42].fill(0);
    for piece in s.udp_fragments(client.port(50_003), server.port(9000), &[5; 3000], 1480) {
        s.ip(client, server, &piece);
    }
    damage(last(&mut s));
    s.ping(client, server, 1);
    damage(last(&mut s));
    s.snap_length = 96;
    s.udp(client.port(50_004), server.port(9000), &[6; 100]);
    damage(last(&mut s));
    capture(&s.frames)
}

fn last(s: &mut Scenario) -> &mut [u8] {
    s.frames.last_mut().map_or(&mut [], |frame| &mut frame.bytes)
}

/// Changes the checksum of TCP, or a byte behind other headers of transport.
fn damage(bytes: &mut [u8]) {
    bytes[50] ^= 1;
}

/// Puts into a TCP header what senders leave to their network card to complete: the sum of the pseudo-header.
fn leave_to_card(bytes: &mut [u8]) {
    let word = |at: usize| u32::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let length = word(16) - 20;
    let sum = (26..34).step_by(2).map(word).sum::<u32>() + 6 + length;
    let folded = (sum >> 16) + (sum & 0xffff);
    bytes[50..52].copy_from_slice(&(folded as u16).to_be_bytes());
}

fn fragments() -> Vec<File> {
    let (mut s, client, server) = stage(1);
    for (turn, port) in [50_001, 50_002, 50_003].into_iter().enumerate() {
        let mut cut = s.udp_fragments(client.port(port), server.port(9000), &[7; 3000], 1480);
        match turn {
            1 => cut.reverse(),
            2 => drop(cut.remove(1)),
            _ => {}
        }
        for piece in &cut {
            s.ip(client, server, piece);
        }
    }
    capture(&s.frames)
}

fn hostile_text() -> Vec<File> {
    let (mut s, client, server) = stage(2);
    s.resolve(client, server, "a\u{1b}[31mred\u{7}\n.example.com", server);
    let request = "GET /\u{1b}]0;owned\u{7} HTTP/1.1\r\nHost: bell\u{7f}.example.com\r\n\r\n";
    let response = "HTTP/1.1 200 OK\r\nServer: \u{9b}2J<script>\"'\u{202e}\r\nContent-Length: 0\r\n\r\n";
    s.http(client, server.port(80), request, response);
    capture(&s.frames)
}

fn ipv6() -> Vec<File> {
    let (mut s, client, _) = stage(3);
    let (client, server) = (client.at("2001:db8::2"), s.outside("2001:db8:1::9"));
    let advertised = [&[0x20, 1, 0x0d, 0xb8][..], &[0; 11], &[2, 2, 1], &client.mac.0].concat();
    super::services::neighbour(&mut s, client, Host::group("ff02::1"), 136, [0x20, 0, 0, 0], &[&advertised]);
    let mut tcp = s.tls(client, server.port(443), "six.example.com");
    tcp.close(&mut s, Side::Client);
    let datagram = crate::packet::udp(client.ip, server.ip, (50_000, 9000), b"behind a header");
    s.protocol(client, server, 0, &[&[17, 0, 1, 4, 0, 0, 0, 0][..], &datagram].concat());
    capture(&s.frames)
}

fn late_dns() -> Vec<File> {
    let (mut s, client, server) = stage(4);
    let mut tcp = s.tcp(client, server.port(8443));
    tcp.send(&mut s, Side::Client, &[0x55; 300]);
    tcp.close(&mut s, Side::Client);
    s.wait(30 * SECOND);
    let resolver = s.outside("198.51.100.53");
    s.resolve(client, resolver, "late.example.com", server);
    capture(&s.frames)
}

fn long_flow() -> Vec<File> {
    let (mut s, client, server) = stage(5);
    let mut tcp = s.tcp(client, server.port(8443));
    for _ in 0..75 {
        s.wait(240 * SECOND);
        tcp.send(&mut s, Side::Client, &[0x11; 40]);
    }
    capture(&s.frames)
}

fn one_way() -> Vec<File> {
    let (mut s, client, server) = stage(6);
    let mut tcp = s.tls(client, server.port(443), "oneway.example.com");
    tcp.opaque(&mut s, Side::Client, 5000);
    s.frames.retain(|frame| frame.bytes[6..12] == client.mac.0);
    capture(&s.frames)
}

fn port_scan() -> Vec<File> {
    let (mut s, client, _) = stage(7);
    s.step = MILLISECOND / 10;
    for last in 0..20_u16 {
        let target = Host::new(&format!("02:00:00:00:54:{last:02x}"), &format!("192.168.1.{}", 100 + last));
        for port in [554, 8000, 37_777] {
            let client = s.client(client);
            let mut tcp = Conversation::unopened(client, target.port(port), [s.random.next() as u32, 0]);
            tcp.flag(&mut s, Side::Client, TcpFlags::SYN);
            tcp.reset(&mut s, Side::Server);
        }
    }
    capture(&s.frames)
}

fn split_hello() -> Vec<File> {
    let (mut s, client, server) = stage(8);
    for reversed in [false, true] {
        let hello =
            ClientHello { name: Some("split.example.com"), key_share: 1216, ..ClientHello::default() };
        let bytes = hello.records(&mut s.random, 500);
        let mut tcp = s.tcp(client, server.port(443));
        tcp.segment_size = 400;
        tcp.acknowledged = false;
        tcp.send(&mut s, Side::Client, &bytes);
        if reversed {
            s.reverse_last(bytes.len().div_ceil(400));
        }
        tcp.close(&mut s, Side::Server);
    }
    capture(&s.frames)
}

fn tcp_trouble() -> Vec<File> {
    let (mut s, client, server) = stage(9);
    let ends: (End, End) = (client.port(50_000), server.port(8443));
    let mut tcp = Conversation::unopened(ends.0, ends.1, [u32::MAX - 2000, 77]);
    tcp.open(&mut s);
    tcp.send(&mut s, Side::Client, &[1; 2920]);
    tcp.again(&mut s, Side::Client, 1460, &[1; 1460]);
    tcp.again(&mut s, Side::Client, 100, &[2; 300]);
    tcp.skip(Side::Client, 200 + 1460);
    tcp.send(&mut s, Side::Client, &[3; 100]);
    tcp.acknowledged = false;
    tcp.send(&mut s, Side::Server, &[4; 4380]);
    s.reverse_last(3);
    tcp.close(&mut s, Side::Client);
    let mut reused = Conversation::unopened(ends.0, ends.1, [5, 6]);
    reused.open(&mut s);
    reused.send(&mut s, Side::Client, &[9; 50]);
    reused.reset(&mut s, Side::Server);
    capture(&s.frames)
}

fn torn() -> Vec<File> {
    let mut files = late_dns();
    for file in &mut files {
        file.bytes.truncate(file.bytes.len() - 31);
    }
    files
}

fn two_files() -> Vec<File> {
    let (mut s, client, server) = stage(10);
    let mut tcp = s.tls(client, server.port(443), "cut.example.com");
    tcp.opaque(&mut s, Side::Client, 6000);
    tcp.close(&mut s, Side::Client);
    let (left, right) = s.frames.split_at(6);
    vec![
        File { name: "capture-1.pcap", bytes: crate::pcap(left) },
        File { name: "capture-2.pcapng", bytes: crate::pcapng(right) },
    ]
}

fn vlan_and_tunnels() -> Vec<File> {
    let (mut s, client, server) = stage(11);
    let near = Host::new("02:00:00:00:55:01", "10.0.0.1");
    let far = Host::new("02:00:00:00:55:02", "10.0.0.2");
    let ways = [
        vec![Wrap::Vlan(100)],
        vec![Wrap::Vlan(100), Wrap::Vxlan { near, far, network: 5001 }],
        vec![Wrap::Gre { near, far, key: Some(7) }],
        vec![Wrap::IpIp { near, far }],
    ];
    for way in ways {
        s.within = way;
        s.resolve(client, server, "tunnel.example.com", server);
    }
    capture(&s.frames)
}
