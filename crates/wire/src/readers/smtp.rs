//! SMTP and submission (RFC 5321, RFC 6409): who greets whom, up to STARTTLS (RFC 3207).
//!
//! A client's half begins with EHLO or HELO. Commands that change nothing may follow; behind STARTTLS the half hands on,
//! any other command ends the reading. A server's half begins with a reply 220, as one of FTP does, so it counts where
//! the greeting says SMTP or the next reply is 250; behind a second 220, which only STARTTLS is answered with, it hands on.
//!
//! Fact: `smtp.ehlo`, how the client calls itself. Bounds: 16 commands, 128 lines of replies, lines of 1024 bytes.

use crate::{
    Fact, Field, Probe, Read, Reader, ReaderId, Stream,
    reader::Facts,
    readers::lines::{self, Line, Lines},
    text::value,
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(21),
    app: "smtp",
    activity: None,
    hides: false,
    fields: &[Field::SmtpEhlo],
    read: Read::Stream(&[b'2'..=b'2', b'E'..=b'E', b'e'..=b'e', b'H'..=b'H', b'h'..=b'h'], read),
};

const MAX_COMMANDS: usize = 16;
const MAX_REPLY_LINES: usize = 128;

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    match stream.bytes.first() {
        Some(b'2') => server(stream),
        _ => client(stream, facts),
    }
}

fn client(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if !lines::may_begin(stream.bytes, &["EHLO ", "HELO "]) {
        return Probe::NotMine;
    }
    let mut commands = Lines::new(stream.bytes, stream.ended, MAX_COMMANDS);
    let greeting = match commands.next() {
        Line::Whole(line) => line,
        Line::Open => return stream.more(),
        Line::Over => return Probe::NotMine,
    };
    let Some(name) = name(greeting) else { return Probe::NotMine };
    let probe = loop {
        match commands.next() {
            Line::Whole(line) if line.eq_ignore_ascii_case(b"STARTTLS") => break Probe::Then(commands.at),
            Line::Whole(line) if changes_nothing(line) => {}
            Line::Open => return stream.more(),
            Line::Whole(_) | Line::Over => break Probe::Match,
        }
    };
    facts(Fact::of_sender(Field::SmtpEhlo, value(name)));
    probe
}

/// What a client calls itself.
fn name(line: &[u8]) -> Option<&[u8]> {
    let name = lines::behind(line, "EHLO").or_else(|| lines::behind(line, "HELO"))?;
    (!name.is_empty() && !name.iter().any(u8::is_ascii_control)).then_some(name)
}

/// Whether STARTTLS may follow this command as if it had not been given.
fn changes_nothing(line: &[u8]) -> bool {
    let verb = line.get(..4).unwrap_or(line);
    ["EHLO", "HELO", "NOOP", "RSET", "HELP"].iter().any(|known| verb.eq_ignore_ascii_case(known.as_bytes()))
}

fn server(stream: &Stream<'_>) -> Probe {
    if !lines::may_begin(stream.bytes, &["220 ", "220-"]) {
        return Probe::NotMine;
    }
    let mut replies = Lines::new(stream.bytes, stream.ended, MAX_REPLY_LINES);
    let mut is_smtp = false;
    let mut greeted = false;
    loop {
        let code = match reply(&mut replies, &mut is_smtp) {
            Ok(code) => code,
            Err(Line::Open) => return stream.more(),
            Err(_) => return if is_smtp { Probe::Match } else { Probe::NotMine },
        };
        is_smtp |= greeted && code == b"250";
        match (greeted, code) {
            (false, b"220") => greeted = true,
            (true, b"250") => {}
            (true, b"220") if is_smtp => return Probe::Then(replies.at),
            _ => return if is_smtp { Probe::Match } else { Probe::NotMine },
        }
    }
}

/// The code of the next reply (RFC 5321, 4.2), which may have several lines; `is_smtp` where one of a greeting says so.
fn reply<'a>(lines: &mut Lines<'a>, is_smtp: &mut bool) -> Result<&'a [u8], Line<'a>> {
    let mut first = None;
    loop {
        let line = match lines.next() {
            Line::Whole(line) => line,
            other => return Err(other),
        };
        let (code, text) = line.split_at_checked(3).ok_or(Line::Over)?;
        if !code.iter().all(u8::is_ascii_digit) || *first.get_or_insert(code) != code {
            return Err(Line::Over);
        }
        *is_smtp |= code == b"220" && names_smtp(text);
        match text.first() {
            Some(b'-') => {}
            Some(b' ') | None => return Ok(code),
            Some(_) => return Err(Line::Over),
        }
    }
}

fn names_smtp(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_alphanumeric())
        .any(|word| word.eq_ignore_ascii_case(b"SMTP") || word.eq_ignore_ascii_case(b"ESMTP"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, steps_of, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::{ClientHello, server_hello};

    const CLIENT: &[u8] = b"EHLO cam\r\nNOOP\r\nSTARTTLS\r\n";
    const SERVER: &[u8] = b"220-mx.example\r\n220 ready\r\n250-mx.example\r\n250 STARTTLS\r\n220 go\r\n";

    fn ehlo(bytes: &[u8], ended: bool) -> (Probe, Vec<String>) {
        stream(&READER, bytes, ended)
    }

    #[test]
    fn a_client_says_its_name() {
        for (half, name) in [
            (&b"EHLO cam.example\r\nMAIL FROM:<a@example>\r\n"[..], "cam.example"),
            (b"helo [192.0.2.1] \nAUTH LOGIN\n", "[192.0.2.1]"),
            (b"EHLO IP Camera\r\nehlo other\r\nQUIT\r\n", "IP Camera"),
        ] {
            assert_eq!(ehlo(half, false), (Probe::Match, vec![format!("sender smtp.ehlo {name}")]));
            cut_stream_everywhere(&READER, half);
        }
        assert_eq!(ehlo(b"EHLO cam\r\nSTART", true), (Probe::Match, vec!["sender smtp.ehlo cam".to_owned()]));
    }

    #[test]
    fn a_server_is_known_by_its_word_or_by_its_second_reply() {
        for half in [
            &b"220 mx.example ESMTP Postfix\r\n502 no\r\n"[..],
            b"220 mx.example\r\n250 mx.example\r\n354 go\r\n",
            b"220-a\r\n220-b\r\n220 c smtp\r\n550 no\r\n",
        ] {
            assert_eq!(ehlo(half, false), (Probe::Match, vec![]));
            cut_stream_everywhere(&READER, half);
        }
        assert_eq!(ehlo(b"220 mx.example ESMTP\r\n", true).0, Probe::Match);
        assert_eq!(ehlo(b"220 mx.example\r\n", true).0, Probe::NotMine);
    }

    #[test]
    fn both_halves_go_on_behind_starttls() {
        let hello = ClientHello { name: Some("mx.example"), ..ClientHello::default() };
        let mut random = SplitMix64::new(1);
        let (app, said) = chain_cut_everywhere(&[CLIENT, &hello.record(&mut random)].concat());
        assert_eq!(app, Some("tls"));
        assert_eq!(said[..2], ["sender smtp.ehlo cam", "receiver tls.sni mx.example"]);
        assert_eq!(chain_cut_everywhere(CLIENT), (Some("smtp"), said[..1].to_vec()));
        cut_stream_everywhere(&READER, CLIENT);
        let (app, said) = chain_cut_everywhere(&[SERVER, &server_hello(&mut random)].concat());
        assert_eq!(app, Some("tls"));
        assert!(said.contains(&"sender tls.version 0304".to_owned()));
        cut_stream_everywhere(&READER, SERVER);
        // Refused: the session goes on in clear.
        let refused = b"EHLO cam\r\nSTARTTLS\r\nEHLO cam\r\nMAIL FROM:<>\r\n";
        assert_eq!(chain_cut_everywhere(refused).0, Some("smtp"));
    }

    #[test]
    fn nearly_smtp_is_not_read() {
        for bytes in [
            &b"EHLO \r\n"[..],
            b"EHLO\r\n",
            b"EHLO a\x01b\r\n",
            b"EHLX a\r\n",
            b"HELO\tWORLD",
            b"221 a ESMTP\r\n",
            b"220 FTP server\r\n331 password\r\n",
            b"220 FTP server\r\n220 again\r\n",
            b"220-a\r\n250 b\r\n",
            b"220 a\r\n25",
            b"220 a\r\nx\r\n",
        ] {
            assert_ne!(ehlo(bytes, true).0, Probe::Match, "{bytes:?}");
            let more = [bytes, b"\r\n", &[b'a'; lines::MAX_LINE]].concat();
            assert_eq!(ehlo(&more, false).0, Probe::NotMine, "{bytes:?}");
        }
    }

    #[test]
    fn work_is_bounded() {
        for half in
            [b"EHLO cam\r\n".repeat(5000), [b"220 a SMTP\r\n", &b"250-a\r\n".repeat(5000)[..]].concat()]
        {
            let steps = steps_of(|| assert_eq!(ehlo(&half, false).0, Probe::Match));
            assert!((1..half.len()).contains(&steps), "{steps} steps for {} bytes", half.len());
        }
    }
}
