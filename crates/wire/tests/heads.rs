//! Heads of HTTP/1 against httparse: sound requests and responses, whole and cut at any byte, say the same to both.
//!
//! What devices send beyond the grammar is read here alone, and is tested where heads are read.

use httparse::{EMPTY_HEADER, Header, Request, Response, Status};
use lenscap_wire::readers::{Reading, read_stream};
use lenscap_wire::{Fact, Field, Stream};
use proptest::prelude::*;

/// What a head says, kind and value.
type Said = Vec<(Field, Vec<u8>)>;

/// Fields that are said of a request and of a response.
const OF_REQUEST: [(&str, Field); 3] = [
    ("host", Field::HttpHost),
    ("user-agent", Field::HttpUserAgent),
    ("content-type", Field::HttpContentType),
];
const OF_RESPONSE: [(&str, Field); 2] =
    [("server", Field::HttpServer), ("content-type", Field::HttpContentType)];

/// Behind `101`, and behind `200` without length and type, another protocol may stand, so that our reader waits for its
/// first bytes where httparse has read the whole head. These begin no protocol.
const BEHIND: &[u8] = &[0xff; 64];

/// What our reader says of the first bytes of a half; `None` while it wants more.
fn ours(bytes: &[u8]) -> Result<Option<Said>, TestCaseError> {
    let mut said = Said::new();
    let mut note = |fact: Fact<'_>| {
        let (Fact::Says { field, value, .. } | Fact::Within { fact: &Fact::Says { field, value, .. }, .. }) =
            fact
        else {
            return;
        };
        said.push((field, value.to_vec()));
    };
    match read_stream(&Stream { bytes, ended: false }, &mut note) {
        Reading::Done(id) if id.app() == "http" => Ok(Some(said)),
        Reading::Undecided(_) => Ok(None),
        other => Err(TestCaseError::fail(format!("{other:?}"))),
    }
}

/// The first value of each of these fields that is not empty, as our reader says it.
fn named(headers: &[Header<'_>], wanted: &[(&str, Field)]) -> Said {
    let value = |name: &str| {
        let mut named = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.find(|header| !header.value.is_empty()).map(|header| header.value)
    };
    wanted.iter().filter_map(|&(name, field)| Some((field, value(name)?.to_vec()))).collect()
}

fn theirs_of_request(bytes: &[u8]) -> Option<Said> {
    let mut headers = [EMPTY_HEADER; 32];
    let mut request = Request::new(&mut headers);
    let status = request.parse(bytes).expect("the request is sound");
    let (method, path) = match status {
        Status::Complete(_) => (request.method?, request.path?),
        Status::Partial => return None,
    };
    let mut said = vec![(Field::HttpMethod, method.into()), (Field::HttpPath, path.into())];
    said.extend(named(request.headers, &OF_REQUEST));
    // The reader says hosts without their port.
    for (_, host) in said.iter_mut().filter(|(field, _)| *field == Field::HttpHost) {
        host.truncate(host.iter().position(|&byte| byte == b':').unwrap_or(host.len()));
    }
    Some(said)
}

fn theirs_of_response(bytes: &[u8]) -> Option<Said> {
    let mut headers = [EMPTY_HEADER; 32];
    let mut response = Response::new(&mut headers);
    let status = response.parse(bytes).expect("the response is sound");
    let Status::Complete(_) = status else { return None };
    let mut said = vec![(Field::HttpStatus, response.code?.to_string().into_bytes())];
    said.extend(named(response.headers, &OF_RESPONSE));
    Some(said)
}

/// Names in any case, of which some are said; values of visible characters, spaces and tabs between them, and bytes
/// beyond ASCII; space around them.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("User-Agent".to_owned()),
        Just("user-agent".to_owned()),
        Just("SERVER".to_owned()),
        Just("Content-Type".to_owned()),
        "[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}",
    ];
    let visible = prop_oneof![0x21_u8..=0x7e, 0x80_u8..=0xff];
    let value = prop::collection::vec(prop_oneof![4 => visible, 1 => Just(b' '), 1 => Just(b'\t')], 0..30);
    (name, "[ \t]{0,2}", value)
        .prop_map(|(name, space, value)| [name.as_bytes(), b":", space.as_bytes(), &value].concat())
}

/// A head of this start line and these fields.
fn head(start: &str, end: &str, fields: &[Vec<u8>]) -> Vec<u8> {
    let lines = [start.as_bytes().to_vec()].into_iter().chain(fields.iter().cloned());
    let mut bytes: Vec<u8> = lines.flat_map(|line| [&line[..], end.as_bytes()].concat()).collect();
    bytes.extend(end.as_bytes());
    bytes
}

fn end() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["\r\n", "\n"])
}

proptest! {
    #[test]
    fn requests_say_what_httparse_reads(
        method in "[A-Z]{1,12}|M-SEARCH",
        target in "/[a-zA-Z0-9/?&=%._~;:@!$'()*+,-]{0,40}|\\*",
        minor in 0_u8..2,
        host in prop::option::of("[a-z0-9-]{1,12}(\\.[a-z0-9-]{1,8}){0,3}(:[0-9]{1,5})?"),
        fields in prop::collection::vec(field(), 0..12),
        end in end(),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assume!(method != "CONNECT");
        let mut fields = fields;
        fields.extend(host.map(|host| format!("Host: {host}").into_bytes()));
        let bytes = head(&format!("{method} {target} HTTP/1.{minor}"), end, &fields);
        prop_assert_eq!(ours(&bytes)?, theirs_of_request(&bytes));
        let cut = &bytes[..cut.index(bytes.len())];
        prop_assert_eq!(ours(cut)?, theirs_of_request(cut));
    }

    #[test]
    fn responses_say_what_httparse_reads(
        status in prop_oneof![8 => 100_u16..1000, 1 => Just(101), 1 => Just(200)],
        reason in "( [a-zA-Z -]{0,20})?",
        minor in 0_u8..2,
        fields in prop::collection::vec(field(), 0..12),
        end in end(),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = head(&format!("HTTP/1.{minor} {status}{reason}"), end, &fields);
        prop_assert_eq!(ours(&[&bytes, BEHIND].concat())?, theirs_of_response(&bytes));
        let cut = &bytes[..cut.index(bytes.len())];
        prop_assert_eq!(ours(cut)?, theirs_of_response(cut));
    }
}
