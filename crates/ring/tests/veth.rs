//! Rings on a pair of interfaces in a network namespace that the test makes and removes. Skipped, with the reason, where that is
//! not permitted.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr)]

use lenscap_ring::{Group, Instruction, Options, Ring, Way};
use std::ffi::CString;
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;
use std::time::Duration;

/// Set in the process that runs inside of the namespace.
const INSIDE: &str = "LENSCAP_RING_INSIDE";
/// Where packets are sent from and to.
const FROM: &str = "192.0.2.1";
const TO: &str = "192.0.2.2";
const PEER: &str = "02:00:00:00:00:02";

fn run(program: &str, arguments: &str) -> Result<(), String> {
    let output =
        Command::new(program).args(arguments.split(' ')).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{program} {arguments}: {said}")) }
}

struct Namespace(String);

impl Namespace {
    fn new(test: &str) -> Result<Self, String> {
        let name = format!("lenscap-{}-{test}", std::process::id());
        run("ip", &format!("netns add {name}"))?;
        let namespace = Self(name);
        for command in [
            "link add v0 type veth peer name v1",
            &format!("link set v1 address {PEER}"),
            &format!("addr add {FROM}/24 dev v0"),
            "link set v0 up",
            "link set v1 up",
            &format!("neigh add {TO} lladdr {PEER} dev v0"),
        ] {
            run("ip", &format!("-n {} {command}", namespace.0))?;
        }
        Ok(namespace)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = run("ip", &format!("netns del {}", self.0));
    }
}

/// Runs `test` inside of a namespace of its own: the test's process starts itself there.
fn inside(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let namespace = match Namespace::new(&name.chars().filter(|c| *c != '_').take(8).collect::<String>()) {
        Ok(namespace) => namespace,
        Err(why) => return eprintln!("skipped: no network namespace can be made: {why}"),
    };
    let own = std::env::current_exe().expect("the test's own path");
    let status = Command::new("ip")
        .args(["netns", "exec", &namespace.0])
        .arg(own)
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status();
    assert!(status.expect("the test runs in the namespace").success());
}

fn options() -> Options {
    Options { blocks: 4, block: 1 << 16, retire: Duration::from_millis(20), ..Options::default() }
}

fn started(interface: &str, options: &Options) -> Ring {
    let ring = Ring::open(interface, options).expect("a ring");
    ring.start().expect("packets");
    ring
}

/// How many times nothing may have come, and how long that takes.
const PATIENCE: usize = 10;
const WAIT: Duration = Duration::from_millis(50);

/// The datagrams to port 9 that a ring holds, waiting for so many: payload, length of the packet, way.
fn datagrams(ring: &mut Ring, count: usize) -> Vec<(Vec<u8>, u32, Way)> {
    let (mut all, mut idle) = (Vec::new(), 0);
    while all.len() < count && idle < PATIENCE {
        let Some(packets) = ring.next(WAIT).expect("the interface is up") else {
            idle += 1;
            continue;
        };
        for packet in packets {
            let at = if packet.bytes.get(12..14) == Some(&[0x81, 0]) { 18 } else { 14 };
            let datagram = packet.bytes.get(at..).filter(|ip| ip.get(9) == Some(&17));
            if let Some(ip) = datagram.filter(|ip| ip.get(22..24) == Some(&[0, 9])) {
                all.push((ip[28..].to_vec(), packet.length, packet.way));
            }
        }
    }
    all
}

fn sender() -> UdpSocket {
    UdpSocket::bind((FROM, 0)).expect("a socket")
}

/// Sends a frame as it stands.
fn inject(interface: &str, frame: &[u8]) {
    let name = CString::new(interface).expect("a name");
    // SAFETY: no pointer is handed over.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    assert!(fd >= 0, "a socket");
    // SAFETY: the call made the descriptor, and nobody else has it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: the text ends with a zero and lives until the call is over.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    let to = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: 0,
        sll_ifindex: index as i32,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [0; 8],
    };
    let (address, length) = ((&raw const to).cast(), size_of_val(&to) as u32);
    // SAFETY: frame and address live until the call is over and are as long as is said.
    let sent =
        unsafe { libc::sendto(socket.as_raw_fd(), frame.as_ptr().cast(), frame.len(), 0, address, length) };
    assert_eq!(sent, frame.len() as isize, "it is sent");
}

#[test]
fn every_packet_arrives_in_order_and_is_counted() {
    inside("every_packet_arrives_in_order_and_is_counted", || {
        let (mut there, mut here) = (started("v1", &options()), started("v0", &options()));
        assert_eq!(there.hardware(), 1);
        let socket = sender();
        for n in 0..200_u16 {
            socket.send_to(&n.to_be_bytes(), (TO, 9)).expect("it is sent");
        }
        let received = datagrams(&mut there, 200);
        let expected: Vec<_> =
            (0..200_u16).map(|n| (n.to_be_bytes().to_vec(), 14 + 20 + 8 + 2, Way::In)).collect();
        assert_eq!(received, expected);
        assert!(datagrams(&mut here, 200).iter().all(|(_, _, way)| *way == Way::Out));
        let counted = there.statistics().expect("counts");
        assert!(counted.packets >= 200 && counted.drops == 0, "{counted:?}");
    });
}

#[test]
fn the_tag_of_a_vlan_survives() {
    inside("the_tag_of_a_vlan_survives", || {
        let mut ring = started("v1", &options());
        let ether = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x60, 7, 8, 0];
        inject("v0", &[&ether[..], &[0; 40], b"tagged"].concat());
        for _ in 0..4 * PATIENCE {
            for packet in ring.next(WAIT).expect("the interface is up").into_iter().flatten() {
                if packet.bytes.ends_with(b"tagged") {
                    assert_eq!(packet.bytes[..18], ether);
                    assert_eq!((packet.length, packet.bytes.len()), (18 + 40 + 6, 18 + 40 + 6));
                    return;
                }
            }
        }
        panic!("the datagram was not seen");
    });
}

#[test]
fn what_a_full_ring_drops_is_counted_and_the_rest_arrives() {
    inside("what_a_full_ring_drops_is_counted_and_the_rest_arrives", || {
        let options = Options { blocks: 2, block: 1 << 14, ..options() };
        let mut ring = started("v1", &options);
        let socket = sender();
        for n in 0..500_u16 {
            socket.send_to(&[&n.to_be_bytes()[..], &[0; 1000]].concat(), (TO, 9)).expect("it is sent");
        }
        std::thread::sleep(Duration::from_millis(100));
        let kept = datagrams(&mut ring, 500).len() as u64;
        let counted = ring.statistics().expect("counts");
        assert!(counted.drops > 0 && counted.freezes > 0, "{counted:?}");
        assert!(counted.packets >= 500 && kept >= 500 - counted.drops, "{kept} kept, {counted:?}");
        socket.send_to(b"after", (TO, 9)).expect("it is sent");
        assert_eq!(datagrams(&mut ring, 1).len(), 1, "it goes on");
    });
}

#[test]
fn rings_of_a_group_share_the_packets_as_a_program_says() {
    inside("rings_of_a_group_share_the_packets_as_a_program_says", || {
        let mut rings = [(); 2].map(|()| Ring::open("v1", &options()).expect("a ring"));
        // The first byte of the payload of a datagram, 28 bytes behind the beginning of the IPv4 header.
        let program =
            [(0x30, 0xfff0_0000 + 28), (0x16, 0)].map(|(code, k)| Instruction { code, jt: 0, jf: 0, k });
        let group = Group::with(rings[0].as_fd(), &program).expect("a group");
        group.join(rings[1].as_fd()).expect("a member");
        let alone = Ring::open("v1", &options()).expect("a ring");
        let other = Group::with(alone.as_fd(), &program).expect("a group");
        assert_ne!(group, other, "each group has a number of its own");
        for ring in &rings {
            ring.start().expect("packets");
        }
        let socket = sender();
        for n in 0..64_u8 {
            socket.send_to(&[n; 2], (TO, 9)).expect("it is sent");
        }
        for (place, ring) in rings.iter_mut().enumerate() {
            let got: Vec<_> =
                datagrams(ring, 32).iter().map(|(payload, ..)| usize::from(payload[0])).collect();
            assert_eq!(got, (0..64).filter(|n| n % 2 == place).collect::<Vec<_>>());
        }
        assert!(Group::with(socket.as_fd(), &program).is_err(), "a socket of another kind is refused");
    });
}

#[test]
fn a_filter_keeps_as_much_as_it_says() {
    inside("a_filter_keeps_as_much_as_it_says", || {
        // Of IPv4 44 bytes, of all else nothing.
        let filter = [(0x28, 0, 0, 12), (0x15, 0, 1, 0x0800), (0x06, 0, 0, 44), (0x06, 0, 0, 0)];
        let filter = filter.map(|(code, jt, jf, k)| Instruction { code, jt, jf, k }).to_vec();
        let mut ring = started("v1", &Options { filter, ..options() });
        sender().send_to(&[5; 100], (TO, 9)).expect("it is sent");
        assert_eq!(datagrams(&mut ring, 1), [(vec![5; 2], 142, Way::In)]);
    });
}

#[test]
fn an_interface_that_goes_down_is_an_error_and_one_that_is_not_there_is_none() {
    inside("an_interface_that_goes_down_is_an_error_and_one_that_is_not_there_is_none", || {
        assert!(Ring::open("nowhere0", &options()).is_err());
        let mut ring = started("v1", &options());
        run("ip", "link set v1 down").expect("it goes down");
        let error = (0..4 * PATIENCE).find_map(|_| ring.next(WAIT).err()).expect("an error");
        assert_eq!(error.raw_os_error(), Some(100), "ENETDOWN: {error}");
    });
}
