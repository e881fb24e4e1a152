//! FTP (RFC 959; RFC 4217): how a server greets, whether a password crosses in clear, and where TLS follows.
//!
//! A server's half begins with a reply 220, as one of SMTP does, so it counts where the greeting says FTP or the next reply is one
//! that only FTP gives to a first command; behind a second reply 234 it hands on to TLS. A client's half begins with
//! `AUTH TLS` or `AUTH SSL`, and hands on; or with a command of FTP. `USER` and `PASS` are of POP3 too, so behind them the next
//! command decides.
//!
//! Facts: `ftp.banner`, the first line of the greeting that says something, without its code; `ftp.credentials`, `clear` where
//! a client sends a password. Neither names nor passwords nor files are said. Bounds: 16 commands, 64 lines of replies, lines
//! of 1024 bytes.

use std::ops::RangeInclusive;

use crate::{
    Field, Probe, Read, Reader, ReaderId, Stream,
    reader::Facts,
    readers::{
        layout::say,
        lines::{Line, Lines, behind, may_begin},
    },
};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(22),
    app: "ftp",
    activity: None,
    hides: false,
    fields: &[Field::FtpBanner, Field::FtpCredentials],
    read: Read::Stream(FIRST, read),
};

/// The first letters of [`BEGINNINGS`] and of those of TLS, and that of a reply.
const FIRST: &[RangeInclusive<u8>] = &[
    b'2'..=b'2',
    b'A'..=b'A',
    b'C'..=b'C',
    b'F'..=b'F',
    b'O'..=b'O',
    b'S'..=b'S',
    b'U'..=b'U',
    b'a'..=b'a',
    b'c'..=b'c',
    b'f'..=b'f',
    b'o'..=b'o',
    b's'..=b's',
    b'u'..=b'u',
];

const MAX_COMMANDS: usize = 16;
const MAX_REPLY_LINES: usize = 64;

/// What a first command of FTP may be, where it is not one of TLS.
const BEGINNINGS: [&str; 5] = ["USER ", "FEAT", "SYST", "OPTS ", "CLNT "];

/// Commands that no other protocol has whose client begins so.
const PROOFS: [&str; 19] = [
    "APPE", "CLNT", "CWD", "EPRT", "EPSV", "FEAT", "MDTM", "MKD", "NLST", "OPTS", "PASV", "PORT", "PWD",
    "SITE", "SIZE", "STOR", "SYST", "TYPE", "XPWD",
];

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    if may_begin(stream.bytes, &["220 ", "220-"]) {
        return server(stream, facts);
    }
    let by_tls = may_begin(stream.bytes, &["AUTH TLS", "AUTH SSL"]);
    if by_tls || may_begin(stream.bytes, &BEGINNINGS) { client(stream, facts) } else { Probe::NotMine }
}

fn client(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut commands = Lines::new(stream.bytes, stream.ended, MAX_COMMANDS);
    let (mut is_first, mut is_anonymous, mut password) = (true, false, false);
    let probe = loop {
        let line = match commands.next() {
            Line::Whole(line) => line.trim_ascii_end(),
            Line::Open => return stream.more(),
            Line::Over => return Probe::NotMine,
        };
        let word = line.split(|&byte| byte == b' ').next().unwrap_or(line);
        if is_first && is_one_of(line, &["AUTH TLS", "AUTH TLS-C", "AUTH TLS-P", "AUTH SSL"]) {
            break Probe::Then(commands.at);
        }
        if is_one_of(word, &PROOFS) {
            break Probe::Match;
        }
        if let Some(user) = behind(line, "USER") {
            is_anonymous = is_one_of(user, &["anonymous", "ftp"]);
        } else if let Some(secret) = behind(line, "PASS") {
            password |= !secret.is_empty() && !is_anonymous;
        } else if is_first || !is_one_of(word, &["NOOP", "ACCT"]) {
            return Probe::NotMine;
        }
        is_first = false;
    };
    say(Field::FtpCredentials, password.then_some(b"clear"), facts);
    probe
}

fn is_one_of(line: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| line.eq_ignore_ascii_case(word.as_bytes()))
}

fn server(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut lines = Lines::new(stream.bytes, stream.ended, MAX_REPLY_LINES);
    let mut greeting = None;
    let mut says_ftp = false;
    let mut greeted = false;
    let probe = loop {
        let line = match lines.next() {
            Line::Whole(line) => line,
            Line::Open => return stream.more(),
            // No reply to a command that was seen: the greeting alone has to tell.
            Line::Over if says_ftp => break Probe::Match,
            Line::Over => return Probe::NotMine,
        };
        if greeted {
            match line {
                [b'2', b'3', b'4', b' ', ..] => break Probe::Then(lines.at),
                _ if says_ftp || answers_as_ftp(line) => break Probe::Match,
                _ => return Probe::NotMine,
            }
        }
        // The lines between the first and the last of a greeting may say anything (RFC 959, 4.2).
        let text = line.strip_prefix(b"220").and_then(|rest| rest.get(1..)).unwrap_or(line).trim_ascii();
        greeted = matches!(line, [b'2', b'2', b'0', b' ', ..] | b"220");
        says_ftp |= names_ftp(text);
        greeting = greeting.or((!text.is_empty()).then_some(text));
    };
    say(Field::FtpBanner, greeting.filter(|text| !text.iter().any(u8::is_ascii_control)), facts);
    probe
}

/// Whether a reply to a first command is one that SMTP does not give.
fn answers_as_ftp(line: &[u8]) -> bool {
    matches!(line.get(..3), Some(b"331" | b"332" | b"230" | b"232" | b"530" | b"211" | b"215" | b"257"))
        && matches!(line.get(3), Some(b' ' | b'-') | None)
}

fn names_ftp(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_alphanumeric()).any(|word| {
        let ends = word.len().checked_sub(3).and_then(|at| word.get(at..));
        // `FTP`, `FtpServer`, `vsFTPd`, `ProFTPD`, but no host that is called `ftp` and might speak something else.
        word == b"FTP"
            || ends.is_some_and(|end| end == b"FTP")
            || word
                .windows(4)
                .any(|part| part.eq_ignore_ascii_case(b"ftpd") || part.eq_ignore_ascii_case(b"ftps"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{chain_cut_everywhere, cut_stream_everywhere, steps_of, stream};
    use lenscap_testkit::SplitMix64;
    use lenscap_testkit::message::ClientHello;

    fn said(half: &[u8], ended: bool) -> (Probe, Vec<String>) {
        stream(&READER, half, ended)
    }

    #[test]
    fn tls_is_read_behind_it() {
        let hello = ClientHello { name: Some("files.example"), ..ClientHello::default() };
        let hello = hello.record(&mut SplitMix64::new(1));
        for (half, banner) in [
            (&b"AUTH TLS\r\n"[..], vec![]),
            (b"auth ssl\n", vec![]),
            (b"220 ready\r\n234 go\r\n", vec!["sender ftp.banner ready".to_owned()]),
            (
                b"220-hello\r\n 331 said\r\n220 ready\r\n234 go\r\n",
                vec!["sender ftp.banner hello".to_owned()],
            ),
        ] {
            cut_stream_everywhere(&READER, half);
            let (app, facts) = chain_cut_everywhere(&[half, &hello].concat());
            assert_eq!(app, Some("tls"), "{half:?}");
            assert!(facts.contains(&"receiver tls.sni files.example".to_owned()));
            assert_eq!(chain_cut_everywhere(half), (Some("ftp"), banner));
        }
    }

    #[test]
    fn a_server_greets() {
        for (half, banner) in [
            (&b"220 NC-0000 FTP server ready.\r\n331 Password\r\n"[..], "NC-0000 FTP server ready."),
            (b"220-\r\n220-Example Encoder 5.01\r\n220 \r\n530 no\r\n", "Example Encoder 5.01"),
            (b"220 ready\r\n215 UNIX\r\n", "ready"),
        ] {
            assert_eq!(said(half, false), (Probe::Match, vec![format!("sender ftp.banner {banner}")]));
            cut_stream_everywhere(&READER, half);
        }
        assert_eq!(said(b"220 (vsFTPd 3)\r\n", true).0, Probe::Match);
        assert_eq!(said(b"220 ready\r\n", true).0, Probe::NotMine);
        assert_eq!(said(b"220 ftp.example ready\r\n", true).0, Probe::NotMine);
    }

    #[test]
    fn a_password_in_clear_is_told_of() {
        let clear = vec!["sender ftp.credentials clear".to_owned()];
        for (half, facts) in [
            (&b"USER cam\r\nPASS made up\r\nSYST\r\n"[..], clear.clone()),
            (b"USER anonymous\r\nPASS a@example\r\nTYPE I\r\n", vec![]),
            (b"FEAT\r\n", vec![]),
            (b"user cam\nnoop\npass x\npasv\n", clear),
        ] {
            assert_eq!(said(half, false), (Probe::Match, facts));
            cut_stream_everywhere(&READER, half);
        }
    }

    #[test]
    fn what_others_may_write_is_not_read() {
        for half in [
            &b"AUTH PLAIN\r\n"[..],
            b"AUTH TLSX\r\n",
            b"220 mx.example\r\n250 mx.example\r\n",
            b"220 mx.example\r\n500 what\r\n",
            b"234 go\r\n",
            b"USER cam\r\nPASS x\r\nSTAT\r\n",
            b"USER cam 0 * :Cam\r\nNICK cam\r\n",
            b"OPTSX\r\n",
        ] {
            assert_eq!(said(half, false).0, Probe::NotMine, "{half:?}");
        }
    }

    #[test]
    fn work_is_bounded() {
        for half in [&b"220-a\n"[..], b"USER a\n"] {
            let half = half.repeat(1000);
            let steps = steps_of(|| assert_eq!(said(&half, false).0, Probe::NotMine));
            assert!(steps < half.len(), "{steps}");
        }
    }
}
