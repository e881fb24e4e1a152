use super::*;
use crate::Packet;
use crate::readers::tests::{cut_everywhere, cut_stream_everywhere, facts, stream};

const SDP: &str = "v=0\r\ns=Media Presentation\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";

fn answers() -> Vec<u8> {
    format!(
        "RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n\
         RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"1\"\r\n\
         WWW-Authenticate: Basic realm=\"a\"\r\n\r\n\
         RTSP/1.0 200 OK\r\nCSeq: 3\r\nServer: Example Rtsp/1.0\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{SDP}RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n",
        SDP.len()
    )
    .into_bytes()
}

const DESCRIBED: [&str; 2] = ["sender sdp.session Media Presentation", "sender sdp.media video H264/90000"];
const HEADS: [&str; 3] =
    ["sender rtsp.server Example Rtsp/1.0", "sender rtsp.realm a", "sender rtsp.realm a"];

#[test]
fn a_camera_describes_its_media_in_its_third_answer() {
    let said = [&HEADS[..], &DESCRIBED].concat().into_iter().map(String::from).collect();
    assert_eq!(stream(&READER, &answers(), false), (Probe::Match, said));
    cut_stream_everywhere(&READER, &answers());
}

#[test]
fn each_message_says_what_its_head_says() {
    let all = String::from_utf8(answers()).unwrap();
    let refusal = &all[all.find("RTSP/1.0 401").unwrap()..all.find("RTSP/1.0 200 OK\r\nCSeq: 3").unwrap()];
    let said = ["sender rtsp.realm a", "sender rtsp.realm a"].map(String::from);
    assert_eq!(facts(&MESSAGE_READER, refusal.as_bytes()), Some(said.to_vec()));
    let description = &all[all.find("RTSP/1.0 200 OK\r\nCSeq: 3").unwrap()..];
    let said = [&["sender rtsp.server Example Rtsp/1.0"][..], &DESCRIBED].concat();
    assert_eq!(facts(&MESSAGE_READER, description.as_bytes()).unwrap(), said);
    cut_everywhere(&MESSAGE_READER, &Packet::default(), description.as_bytes());
    let ask =
        b"DESCRIBE rtsp://192.0.2.1:554/ch1?pwd=x RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Example Viewer\r\n\
        Authorization: Basic YTpi\r\n\r\n";
    let said = [
        "sender rtsp.user_agent Example Viewer",
        "sender rtsp.credentials Basic",
        "receiver rtsp.path /ch1?pwd=***",
    ];
    assert_eq!(facts(&MESSAGE_READER, ask).unwrap(), said);
    cut_everywhere(&MESSAGE_READER, &Packet::default(), ask);
}

#[test]
fn who_announces_media_serves_none() {
    let announces = format!(
        "ANNOUNCE rtsp://192.0.2.1/live RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    );
    assert_eq!(facts(&MESSAGE_READER, announces.as_bytes()).unwrap(), ["receiver rtsp.path /live"]);
    assert_eq!(stream(&READER, announces.as_bytes(), true), (Probe::Match, vec![]));
    cut_stream_everywhere(&READER, announces.as_bytes());
}

#[test]
fn a_refusal_in_two_segments_says_who_refuses() {
    let all = answers();
    let at = |text: &str| String::from_utf8_lossy(&all).find(text).unwrap();
    let (refusal, server) = (&all[..at("RTSP/1.0 200 OK\r\nCSeq: 3")], &all[..at("Content-Type")]);
    assert_eq!(stream(&READER, refusal, true).1, HEADS[1..]);
    assert_eq!(stream(&READER, server, true).1, HEADS);
    assert!(stream(&READER, &all[..at("realm=")], true).1.is_empty());
    let asks = b"ANNOUNCE rtsp://a/ RTSP/1.0\r\nServer: a\r\nWWW-Authenticate: Basic realm=b\r\n\r\n";
    assert!(stream(&READER, asks, true).1.is_empty(), "who asks serves nothing");
}

#[test]
fn a_viewer_asks_until_it_sets_up() {
    let ask = b"OPTIONS rtsp://192.0.2.1:554/ch1 RTSP/1.0\r\nCSeq: 1\r\n\r\n";
    assert_eq!(stream(&READER, ask, false), (Probe::More(ask.len() + 1), vec![]));
    let setup = b"SETUP rtsp://192.0.2.1:554/ch1/track1 RTSP/1.0\r\nCSeq: 3\r\n\r\n";
    let asks = [&ask[..], setup].concat();
    assert_eq!(stream(&READER, &asks, false), (Probe::Match, vec![]));
    cut_stream_everywhere(&READER, &asks);
}

#[test]
fn sound_in_both_directions_is_asked_for_by_a_method_of_its_own() {
    let ask = b"MULTITRANS rtsp://192.0.2.1:554/multitrans RTSP/1.0\r\nCSeq: 0\r\n\r\n";
    assert_eq!(facts(&MESSAGE_READER, ask).unwrap(), ["receiver rtsp.path /multitrans"]);
    cut_everywhere(&MESSAGE_READER, &Packet::default(), ask);
    let asks = [&ask[..], b"$\0\0\x04abcd"].concat();
    assert_eq!(stream(&READER, &asks, false), (Probe::Match, vec![]));
    cut_stream_everywhere(&READER, &asks);
    let near = b"MULTITRANSFER rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 0\r\n\r\n";
    assert_eq!((facts(&MESSAGE_READER, near), stream(&READER, near, false).0), (None, Probe::NotMine));
}

#[test]
fn media_between_messages_ends_the_reading() {
    let answer = b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nSession: 1\r\n\r\n";
    assert_eq!(stream(&READER, answer, false), (Probe::More(answer.len() + 1), vec![]));
    assert_eq!(stream(&READER, &[&answer[..], b"$\0\0\x04abcd"].concat(), false).0, Probe::Match);
    assert_eq!(stream(&READER, answer, true).0, Probe::Match);
    let many = answer.repeat(MAX_MESSAGES + 1);
    assert_eq!(stream(&READER, &many, false).0, Probe::Match);
    cut_stream_everywhere(&READER, &many);
}

#[test]
fn an_announced_body_is_waited_for_and_bounded() {
    let head = "RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: nine\r\n\r\n";
    assert_eq!(stream(&READER, head.as_bytes(), false).0, Probe::More(head.len() + 1));
    let head = "RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: 99999999\r\n\r\n";
    assert_eq!(stream(&READER, head.as_bytes(), false).0, Probe::More(head.len() + MAX_BODY));
    // Cut by the snap length: what is there counts.
    let cut = [head.as_bytes(), b"s=Cam\r\nm=video 0 RTP/AVP 26\r\nm=audio 0 RTP/AVP 0\r\na="].concat();
    assert_eq!(
        stream(&READER, &cut, true).1,
        ["sender sdp.session Cam", "sender sdp.media video JPEG/90000"]
    );
}

#[test]
fn nearly_rtsp_is_not_read() {
    for bytes in [
        "RTSP/2.0 200 OK\r\n\r\n",
        "RTSP/1.0 20 OK\r\n\r\n",
        "RTSP/1.0 2000\r\n\r\n",
        "PLAY rtsp://a/ HTTP/1.1\r\n\r\n",
        "PLAYS rtsp://a/ RTSP/1.0\r\n\r\n",
        "INVITE rtsp://a/ RTSP/1.0\r\n\r\n",
        "SETUP RTSP/1.0\r\n\r\n",
        "$\0\0\x04abcd",
    ] {
        for ended in [false, true] {
            assert_eq!(stream(&READER, bytes.as_bytes(), ended), (Probe::NotMine, vec![]), "{bytes}");
        }
    }
    assert_eq!(stream(&READER, b"", false).0, Probe::More(1));
    assert_eq!(stream(&READER, b"DESCR", false).0, Probe::More(6));
}
