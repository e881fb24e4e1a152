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
    all
}

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
