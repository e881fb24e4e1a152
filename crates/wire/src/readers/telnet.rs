//! Telnet (RFC 854, RFC 855): how a server greets, up to its first prompt.
//!
//! A half is of it that begins with two requests about options (`ff`, `fb` to `fe`, an option), which either side may send; or
//! whose text asks for a name or a password before anything else, as servers do that negotiate nothing; or that is
//! nothing but a text that begins with `Welcome to`.
//!
//! Fact: `telnet.banner`, the text of a server's half without what it negotiates, up to its first prompt for a name or a
//! password; or up to where it ends or is 512 bytes long where it begins with `Welcome`. What people type does neither, so
//! that nothing of a client's half is said. Bounds: 512 bytes, 256 of a half that negotiates nothing.

use arrayvec::ArrayVec;

use crate::{Field, Probe, Read, Reader, ReaderId, Stream, reader::Facts, readers::layout::say};

pub(crate) const READER: Reader = Reader {
    number: ReaderId(95),
    app: "telnet",
    activity: None,
    hides: false,
    fields: &[Field::TelnetBanner],
    read: Read::Stream(&[0..=0, 7..=10, b'\r'..=b'\r', 0x1b..=0x1b, b' '..=b'~', COMMAND..=COMMAND], read),
};

const MOST: usize = 512;
/// Of a half that negotiates nothing.
const MOST_OF_TEXT: usize = 256;

const COMMAND: u8 = 0xff;
const SUBNEGOTIATION: u8 = 0xfa;
/// The greatest option that is assigned, but for 255.
const LAST_OPTION: u8 = 140;

const PROMPTS: [&[u8]; 4] = [b"login:", b"username:", b"user name:", b"password:"];

/// What a step through a half met.
enum Step {
    Text(u8),
    Negotiates,
    /// A command that is not about options.
    Passes,
    Open,
    Binary,
}

fn read(stream: &Stream<'_>, facts: Facts<'_>) -> Probe {
    let mut text = ArrayVec::<u8, MOST>::new();
    let (mut at, mut negotiated) = (0, 0);
    let ending = loop {
        let rest = stream.bytes.get(at..).unwrap_or(&[]);
        let (step, length) = step(rest);
        at += length;
        match step {
            Step::Negotiates => negotiated += 1,
            Step::Passes if negotiated > 0 => {}
            Step::Text(byte) => {
                text.push(byte);
                if byte == b':' && asks(&text, negotiated > 0) {
                    break Some(true);
                }
            }
            Step::Open if !stream.ended => return stream.more(),
            Step::Open | Step::Binary | Step::Passes => break Some(false),
        }
        let most = if negotiated > 0 { MOST } else { MOST_OF_TEXT };
        if at >= most || text.is_full() || negotiated == 0 && is_reply(&text) {
            break None;
        }
    };
    let greeting = text.trim_ascii();
    let is_banner = ending == Some(true) || greeting.starts_with(b"Welcome");
    // A server that neither negotiates nor asks has said all, so far as the half goes.
    let is_welcome = at == stream.bytes.len() && stream.ended && greeting.starts_with(b"Welcome to ");
    if negotiated < 2 && ending != Some(true) && !is_welcome {
        return Probe::NotMine;
    }
    say(Field::TelnetBanner, is_banner.then_some(greeting), facts);
    Probe::Match
}

/// The next byte of text, or a command, and how many bytes it takes.
fn step(rest: &[u8]) -> (Step, usize) {
    match *rest {
        [] | [COMMAND] | [COMMAND, 0xfb..=0xfe] => (Step::Open, 0),
        [COMMAND, 0xfb..=0xfe, 0..=LAST_OPTION | 255, ..] => (Step::Negotiates, 3),
        [COMMAND, SUBNEGOTIATION, ref inside @ ..] => {
            match memchr::memmem::find(inside.get(..MOST).unwrap_or(inside), &[COMMAND, 0xf0]) {
                Some(end) => (Step::Passes, end + 4),
                None if inside.len() < MOST => (Step::Open, 0),
                None => (Step::Binary, 0),
            }
        }
        [COMMAND, 0xf0..=0xf9, ..] => (Step::Passes, 2),
        [byte @ (b'\t' | b'\n' | b'\r' | 0 | 7 | 8 | 0x1b | b' '..=b'~'), ..] => (Step::Text(byte), 1),
        [..] => (Step::Binary, 0),
    }
}

/// Whether a text ends with a prompt. Where nothing was negotiated something has to stand before that, for an answer of
/// finger (RFC 1288) begins with `Login:`.
fn asks(text: &[u8], is_negotiated: bool) -> bool {
    PROMPTS.iter().any(|prompt| {
        let at = text.len().checked_sub(prompt.len()).and_then(|at| text.split_at_checked(at));
        at.is_some_and(|(before, end)| {
            end.eq_ignore_ascii_case(prompt) && (is_negotiated || !before.trim_ascii().is_empty())
        })
    })
}

/// Whether a text begins as the replies of other protocols do: three digits, and a space or hyphen.
fn is_reply(text: &[u8]) -> bool {
    matches!(text, [a, b, c, b' ' | b'-', ..] if [a, b, c].iter().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::{cut_stream_everywhere, stream};

    const OPTIONS: &[u8] = b"\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01";

    fn said(half: &[u8], ended: bool) -> (Probe, Vec<String>) {
        stream(&READER, half, ended)
    }

    #[test]
    fn a_server_greets_before_its_prompt() {
        for (half, banner) in [
            ([OPTIONS, b"\r\nCAM-0000 login: "].concat(), "CAM-0000 login:"),
            (b"Example DVR\r\nUsername:".to_vec(), "Example DVR\r\nUsername:"),
            (b"192.0.2.64 login:".to_vec(), "192.0.2.64 login:"),
            ([OPTIONS, b"\xff\xfa\x18\x01\xff\xf0Password:"].concat(), "Password:"),
        ] {
            assert_eq!(said(&half, false), (Probe::Match, vec![format!("sender telnet.banner {banner}")]));
            cut_stream_everywhere(&READER, half.trim_ascii_end());
        }
        let welcome = [OPTIONS, b"Welcome to Example 800\r\n"].concat();
        assert_eq!(said(&welcome, true).1, ["sender telnet.banner Welcome to Example 800"]);
        let bare = &welcome[OPTIONS.len()..];
        assert_eq!(said(bare, true).1, ["sender telnet.banner Welcome to Example 800"]);
        assert!(matches!(said(bare, false).0, Probe::More(_)));
        for other in
            [&b"Welcome back\r\n"[..], b"Welcome to \x80", &[b"Welcome to ", &[b'x'; 300][..]].concat()]
        {
            assert_eq!(said(other, true), (Probe::NotMine, vec![]));
        }
    }

    #[test]
    fn what_people_type_is_not_said() {
        let typed = [OPTIONS, b"admin\r\nmade up\r\n"].concat();
        assert_eq!(said(&typed, true), (Probe::Match, vec![]));
        assert_eq!(said(&[OPTIONS, &[b'x'; 600]].concat(), false), (Probe::Match, vec![]));
    }

    #[test]
    fn other_streams_are_not_read() {
        for half in [
            &b"\xff\xd8\xff\xe0"[..],
            b"\xff\xfb\x90\x44",
            b"\xff\xfb\x01\x90",
            b"\x16\x03\x01",
            b"220 login:",
            b"hello\x80",
        ] {
            assert_eq!(said(half, false).0, Probe::NotMine, "{half:?}");
        }
        assert_eq!(said(&[b'x'; 256], false).0, Probe::NotMine);
        assert_eq!(said(b"hello", true).0, Probe::NotMine);
        assert_eq!(said(b"Login: cam   \t\tName: Cam\r\n", true).0, Probe::NotMine);
        assert_eq!(
            said(&[&[0xff, 0xfd, 1, 0xff, 0xfd, 3, 0xff, 0xfa][..], &[1; 600]].concat(), false).0,
            Probe::Match
        );
    }
}
