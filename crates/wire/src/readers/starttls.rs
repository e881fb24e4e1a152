//! IMAP and POP3 as far as one half proves that TLS follows: they yield nothing, and hand on.
//!
//! - IMAP (RFC 9051, 6.2.1): a client's half with a tagged `STARTTLS`, behind nothing but `CAPABILITY`, `ID` or `NOOP`.
//! - POP3 (RFC 2595, 4): a client's half with `STLS`, behind nothing but `CAPA`.
//!
//! A server of IMAP or POP3 says `OK` to this as to all else, so its half alone proves nothing. Sessions in clear are not
//! recognised: their readers are still to be written, and take the places of these. Bounds: 8 commands, lines
//! of 1024 bytes.

use std::ops::RangeInclusive;

use crate::{
    Probe, Read, Reader, ReaderId, Stream,
    reader::Facts,
    readers::lines::{Line, Lines, may_begin},
};

pub(crate) const IMAP_READER: Reader = Reader {
    number: ReaderId(23),
    app: "imap",
    activity: None,
    hides: false,
    fields: &[],
    read: Read::Stream(TAGS, read_imap),
};

/// What the tag of a command begins with.
const TAGS: &[RangeInclusive<u8>] = &[b'0'..=b'9', b'A'..=b'Z', b'a'..=b'z', b'.'..=b'.'];

pub(crate) const POP3_READER: Reader = Reader {
    number: ReaderId(24),
    app: "pop3",
    read: Read::Stream(&[b'S'..=b'S', b's'..=b's', b'C'..=b'C', b'c'..=b'c'], read_pop3),
    ..IMAP_READER
};

const MAX_COMMANDS: usize = 8;
/// Longest tag of IMAP that is believed.
const MAX_TAG: usize = 16;

/// What a line is to its protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// It may stand before the one that is looked for.
    Before,
    /// Behind it TLS speaks.
    Last,
    /// Neither.
    Other,
}

/// Walks over lines up to the last one.
fn walk<'a>(stream: &Stream<'a>, most: usize, mut step: impl FnMut(&'a [u8]) -> Step) -> Probe {
    let mut lines = Lines::new(stream.bytes, stream.ended, most);
    loop {
        let line = match lines.next() {
            Line::Whole(line) => line,
            Line::Open => return stream.more(),
            Line::Over => return Probe::NotMine,
        };
        match step(line) {
            Step::Before => {}
            Step::Last => return Probe::Then(lines.at),
            Step::Other => return Probe::NotMine,
        }
    }
}

fn is_one_of(line: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| line.eq_ignore_ascii_case(word.as_bytes()))
}

fn read_imap(stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    let tag =
        stream.bytes.iter().take(MAX_TAG + 1).position(|&byte| !byte.is_ascii_alphanumeric() && byte != b'.');
    match tag.or((stream.bytes.len() > MAX_TAG).then_some(0)) {
        None => return stream.more(),
        Some(0) => return Probe::NotMine,
        Some(end)
            if !may_begin(
                stream.bytes.get(end..).unwrap_or(&[]),
                &[" STARTTLS", " CAPABILITY", " ID ", " NOOP"],
            ) =>
        {
            return Probe::NotMine;
        }
        Some(_) => {}
    }
    walk(stream, MAX_COMMANDS, |line| {
        let mut words = line.trim_ascii_end().splitn(3, |&byte| byte == b' ');
        let (_, verb, rest) = (words.next(), words.next().unwrap_or(&[]), words.next());
        match rest {
            None if is_one_of(verb, &["STARTTLS"]) => Step::Last,
            None if is_one_of(verb, &["CAPABILITY", "NOOP"]) => Step::Before,
            Some(_) if is_one_of(verb, &["ID"]) => Step::Before,
            _ => Step::Other,
        }
    })
}

fn read_pop3(stream: &Stream<'_>, _: Facts<'_>) -> Probe {
    if !may_begin(stream.bytes, &["STLS", "CAPA"]) {
        return Probe::NotMine;
    }
    walk(stream, MAX_COMMANDS, |line| match line.trim_ascii_end() {
        line if is_one_of(line, &["STLS"]) => Step::Last,
        line if is_one_of(line, &["CAPA"]) => Step::Before,
        _ => Step::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, steps_of, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::ClientHello;

    const HALVES: [(&Reader, &[u8]); 3] = [
        (&IMAP_READER, b"a1 CAPABILITY\r\nA2 ID NIL\r\nA3 starttls\r\n"),
        (&IMAP_READER, b". STARTTLS\r\n"),
        (&POP3_READER, b"CAPA\r\nSTLS\r\n"),
    ];

    #[test]
    fn tls_is_read_behind_them() {
        let hello = ClientHello { name: Some("mail.example"), ..ClientHello::default() };
        let hello = hello.record(&mut SplitMix64::new(1));
        for (reader, half) in HALVES {
            cut_stream_everywhere(reader, half);
            let (app, said) = chain_cut_everywhere(&[half, &hello].concat());
            assert_eq!(app, Some("tls"), "{half:?}");
            assert!(said.contains(&"receiver tls.sni mail.example".to_owned()));
            assert_eq!(chain_cut_everywhere(half), (Some(reader.app), vec![]));
        }
    }

    #[test]
    fn what_proves_nothing_is_not_read() {
        for half in [
            &b"a1 LOGIN a b\r\n"[..],
            b"a1 STARTTLS now\r\n",
            b"abcdefghijklmnopq STARTTLS\r\n",
            b" STARTTLS\r\n",
            b"CAPA\r\nUSER a\r\n",
            b"STLS 1\r\n",
        ] {
            for (reader, _) in HALVES {
                assert_eq!(stream(reader, half, false).0, Probe::NotMine, "{half:?}");
            }
        }
    }

    #[test]
    fn work_is_bounded() {
        for (reader, half) in [(&IMAP_READER, b"a NOOP"), (&POP3_READER, b"CAPA\r\n")] {
            let half = half.repeat(1000);
            let steps = steps_of(|| assert_eq!(stream(reader, &half, false).0, Probe::NotMine));
            assert!(steps < half.len(), "{steps}");
        }
    }
}
