//! The law of datagram readers: an answer once given stays, with its facts, whatever follows; and without more to
//! come there is one. Tried on halves put together from messages of all protocols, cut and spoilt at random.

use lenscap_testkit::SplitMix64;
use lenscap_testkit::message::{
    self, ClientHello, Initial, QUIC_2, Rtp, crypto, dtls_fragment, dtls_message, dtls_record, dtls_verify,
    rtcp,
};
use lenscap_wire::readers::ALL;
use lenscap_wire::{DatagramRead, Fact, Probe, Read, Reader};

const HALVES: usize = 20_000;

/// Messages of which halves are made; those of one kind belong to one connection.
fn messages(random: &mut SplitMix64) -> Vec<Vec<u8>> {
    let name = ClientHello { name: Some("cam.example"), alpn: &["h3"], ..ClientHello::default() };
    let (hello, body) = (name.message(random), name.dtls_body(random, b""));
    let first = Initial::first(b"01234567");
    let (start, end) = hello.split_at(120);
    let mut all = vec![
        first.padded(&crypto(0, &hello), 1200),
        first.padded(&crypto(0, start), 1200),
        Initial { number: 1, ..first }.padded(&crypto(start.len(), end), 600),
        Initial { version: QUIC_2, ..first }.padded(&crypto(0, &hello), 1200),
        Initial { server: true, source: b"8901", ..first }.padded(&crypto(0, &[2; 60]), 1200),
        Initial { token: &[7; 30], ..Initial::first(b"abcdefghij") }.padded(&crypto(0, &hello), 1200),
        [&[0x0d][..], b"01234567Q043\x01", &[0; 12], b"CHLO\x01\0\0\0SNI\0\x03\0\0\0cam"].concat(),
        dtls_message(1, 0, &body),
        dtls_record(22, 0, 1, &dtls_fragment(1, 0, &body, 0..90)),
        dtls_record(22, 0, 2, &dtls_fragment(1, 0, &body, 80..body.len())),
        dtls_message(3, 0, &dtls_verify(&[1; 20])),
        dtls_record(23, 1, 0, &[7; 64]),
        rtcp(9, "cam"),
        rtcp(10, "cam"),
    ];
    let mut stream = Rtp { payload_type: 96, sequence: 7, time: 9, source: 11 };
    all.extend((0..6).map(|_| stream.packet(&[3; 30], 3000)));
    all.push(message::stun(1, [9; 12], &[]));
    let ptcp = [&b"PTCP"[..], &[7; 20]].concat();
    all.push([&ptcp[..], b"\x12\0\0\x04", &[9; 4], &[0; 4], b"CONN"].concat());
    all.push([&ptcp[..], b"\x10\0\0\x09", &[9; 4], &[0; 4], b"RTSP/1.0 "].concat());
    all.extend(SCRAMBLED.iter().map(|bytes| bytes.to_vec()));
    all.extend([
        vec![0xf1, 0xe0, 0, 0],
        vec![0xf1, 0xd0, 0, 6, 0xd1, 1, 0, 0, 7, 7],
        // What carries Baichuan's messages, and Kalay in its newer form.
        [&[0x10, 0xcf, 0x87, 0x2a, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0][..], &[9; 3]].concat(),
        [&[0x51, 0xcc, 0, 0, 2, 0x15, 20, 0, 0, 0, 0, 0][..], &[7; 20]].concat(),
        [&[0x51, 0xcc, 0, 0, 2, 0x10, 40, 0, 0xff, 0xff, 0, 0][..], &[7; 40]].concat(),
        // Two of Gwell's subtypes.
        [&[0x7f, 0x15, 40, 0][..], &[0; 36]].concat(),
        [&[0x7f, 0x0c, 48, 0][..], &[0; 44]].concat(),
    ]);
    all
}

/// Messages of PPPP under one key.
const SCRAMBLED: [&[u8]; 6] = [
    &[0xdb, 0x96, 0x4a, 0x2e],
    &[0xdb, 0x76, 0x41, 0x61],
    &[
        0xdb, 0xd7, 0x9a, 0xa6, 0x5b, 0xe6, 0xc2, 0xd9, 0x0a, 0xa9, 0xa7, 0x99, 0x0d, 0xac, 0x9c, 0x18, 0x8c,
        0xaa, 0xaa, 0xa9, 0xe8, 0x1b, 0xfc, 0x98,
    ],
    &[0xdb, 0x46, 0x65, 0xbb, 0x83, 0x56, 0x7e, 0x60, 0x02, 0xe1, 0x6a],
    &[0xdb, 0x47, 0x5f, 0xf2, 0x60, 0x03, 0x43, 0xe0, 0xd6, 0xc4],
    &[
        0xdb, 0xd4, 0xba, 0x15, 0x64, 0x57, 0x70, 0xfa, 0x11, 0x5c, 0x9e, 0xe4, 0xfe, 0xf9, 0x82, 0xa8, 0x0f,
        0x4b, 0x44, 0x63, 0x81, 0xb8, 0x7b, 0x95,
    ],
];

fn half(random: &mut SplitMix64, messages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    // From a window of the list, so that what belongs together meets.
    let from = random.below(messages.len() as u64) as usize;
    let window = &messages[from..messages.len().min(from + 6)];
    let datagram = |random: &mut SplitMix64| {
        let mut bytes = random.pick(window).clone();
        if random.chance(20) {
            let second: &Vec<u8> = random.pick(window);
            bytes.extend(second);
        }
        for _ in 0..if random.chance(30) { 1 + random.below(3) } else { 0 } {
            let at = random.below(bytes.len().min(80) as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        if random.chance(10) {
            bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
        }
        bytes
    };
    (0..random.below(12)).map(|_| datagram(random)).collect()
}

/// Every datagram reader.
fn readers() -> Vec<(&'static Reader, DatagramRead)> {
    let how = |reader: &'static Reader| match reader.read {
        Read::Datagrams(how) => Some((reader, how)),
        _ => None,
    };
    ALL.iter().filter_map(how).collect()
}

fn ask(
    (reader, how): (&Reader, DatagramRead),
    all: &[&[u8]],
    ended: bool,
) -> (Probe, Vec<(String, Vec<u8>)>) {
    let mut said = Vec::new();
    let probe = how.ask(all.iter().copied(), ended, &mut |fact| {
        if let Fact::Says { who, field, value } = fact {
            said.push((format!("{who:?} {field}"), value.to_vec()));
        }
    });
    assert!(probe == Probe::Match || said.is_empty(), "{} says {said:?}, and {probe:?}", reader.app);
    (probe, said)
}

#[test]
fn an_answer_once_given_stays() {
    let mut random = SplitMix64::new(11);
    let messages = messages(&mut random);
    let (mut counts, mut with_facts) = (vec![0; readers().len()], 0);
    for _ in 0..HALVES {
        let half = half(&mut random, &messages);
        for ((reader, how), count_of) in readers().into_iter().zip(&mut counts) {
            let passing = half.iter().map(Vec::as_slice).filter(|datagram| (how.passes)(datagram));
            let kept: Vec<&[u8]> =
                passing.map(|datagram| &datagram[..datagram.len().min(how.keeps.into())]).collect();
            let mut decided = None;
            for count in 0..=kept.len() {
                let (open, ended) =
                    (ask((reader, how), &kept[..count], false), ask((reader, how), &kept[..count], true));
                assert!(!matches!(ended.0, Probe::More(_)), "{} waits for what never comes", reader.app);
                if decided.is_none() && !matches!(open.0, Probe::More(_)) {
                    decided = Some(open.clone());
                }
                if let Some(decided) = &decided {
                    assert_eq!(
                        (decided, decided),
                        (&open, &ended),
                        "{} after {count} of {kept:?}",
                        reader.app
                    );
                }
                assert!(
                    count < how.most.into() || decided.is_some(),
                    "{} is undecided after all that it sees",
                    reader.app
                );
            }
            let fit = decided.filter(|(probe, _)| *probe == Probe::Match);
            *count_of += usize::from(fit.is_some());
            with_facts += usize::from(fit.is_some_and(|(_, said)| !said.is_empty()));
        }
    }
    assert!(counts.iter().all(|&count| count > HALVES / 200), "{counts:?} of {HALVES} halves");
    assert!(with_facts > HALVES / 10, "{with_facts} of {HALVES} halves say something");
}
