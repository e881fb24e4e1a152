//! What the answers of HTTP show of what was asked for: whether it was there, and whose word it is.

use lenscap_wire::Field;
use std::net::Ipv4Addr;

use crate::state::text::{TextId, Texts};
use crate::state::transcript::Transcript;

/// Whether the answers show that there is what was asked for first: success (RFC 9110, 15.3), with something else than a page for
/// people. Many servers answer every path with their page, and every path with a realm to log in to.
pub(crate) fn confirms(transcript: &Transcript, texts: &Texts) -> bool {
    let mut first = first(transcript, texts);
    let succeeds = first.next().is_some_and(|(_, status)| status.starts_with(b"2"));
    let is_page = |value: &[u8]| value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"));
    succeeds && !first.any(|(field, value)| field == Field::HttpContentType && is_page(value))
}

/// Whether the answer to what was asked for first is a picture, or one picture after another.
pub(crate) fn pictures(transcript: &Transcript, texts: &Texts) -> bool {
    let begins = |value: &[u8], with: &[u8]| {
        value.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    first(transcript, texts).any(|(field, value)| {
        field == Field::HttpContentType
            && (begins(value, b"image/jpeg") || begins(value, b"multipart/x-mixed-replace"))
    })
}

/// Whether what was asked for first is a document of ISAPI. Anybody may keep one as a file: it is its server's own word where it
/// was asked for at a [path of the protocol](is_of_isapi).
pub(crate) fn has_isapi(transcript: &Transcript, texts: &Texts) -> bool {
    first(transcript, texts).any(|(field, _)| field == Field::IsapiRole)
}

/// Whether a path is one of ISAPI or PSIA.
pub(crate) fn is_of_isapi(path: &[u8]) -> bool {
    let begins = |with: &[u8]| path.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    begins(b"/ISAPI/") || begins(b"/PSIA/")
}

/// What statuses say that somebody on the way answered, and not who was asked: a redirection, which a page to say that a name is
/// blocked is reached by, too, what is forbidden or withheld by law (RFC 7725), what proxies and networks ask to log in to
/// (RFC 9110, 15.5.8; RFC 6585, 6), and what gateways say of those behind them (RFC 9110, 15.6.3, 15.6.5).
const ON_THE_WAY: [&[u8]; 7] = [b"403", b"407", b"451", b"502", b"503", b"504", b"511"];

/// Whether the answers are none of who was asked.
pub(crate) fn turns_away(transcript: &Transcript, texts: &Texts) -> bool {
    let mut statuses = statuses(transcript, texts).peekable();
    statuses.peek().is_some() && statuses.all(|status| status.starts_with(b"3") || is_on_the_way(status))
}

fn is_on_the_way(status: &[u8]) -> bool {
    ON_THE_WAY.contains(&status)
}

fn statuses<'s>(transcript: &'s Transcript, texts: &'s Texts) -> impl Iterator<Item = &'s [u8]> {
    let said = transcript.said.iter().filter(|said| said.field == Field::HttpStatus);
    said.map(|said| texts.text(said.value))
}

/// How a request asks a proxy for another's host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AsksProxy {
    /// To connect (RFC 9110, 9.3.6).
    Connect,
    /// With a target that names the host (RFC 9112, 3.2.2), of which no path is the proxy's. Servers are to understand such a one of
    /// themselves, too.
    Whole,
    /// By SOCKS (RFC 1928), for this one.
    Socks(TextId),
}

impl AsksProxy {
    pub(crate) fn of(transcript: &Transcript, texts: &Texts) -> Option<Self> {
        let said = |field: Field| {
            transcript.said.iter().find(|said| said.field == field).map(|said| texts.text(said.value))
        };
        let socks = transcript.said.iter().find(|said| said.field == Field::SocksTarget);
        if let Some(target) = socks {
            return Some(Self::Socks(target.value));
        }
        let is_whole = || said(Field::HttpHost).is_some() && said(Field::HttpPath).is_none();
        match said(Field::HttpMethod)? {
            b"CONNECT" => Some(Self::Connect),
            _ => is_whole().then_some(Self::Whole),
        }
    }
}

/// What answers show of a proxy: that it is one, and did what it was asked.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is so or not by itself")]
pub(crate) struct Granted {
    /// The answer to what was asked for, once a password was given, is a success without content (RFC 9110, 9.3.6), which no page is.
    pub(crate) connects: bool,
    /// It says that it passed the answer on, and that is none of those which proxies write themselves.
    pub(crate) passes: bool,
    /// It says so by SOCKS.
    pub(crate) relays: bool,
    /// Whether there is any answer of HTTP.
    pub(crate) answers: bool,
}

impl Granted {
    pub(crate) fn of(transcript: &Transcript, texts: &Texts) -> Self {
        let mut said = transcript.said.iter().map(|said| (said.field, texts.text(said.value)));
        let first = said.find(|(field, status)| *field == Field::HttpStatus && *status != b"407");
        let status = first.map(|(_, status)| status);
        let succeeds = status.is_some_and(|status| status.starts_with(b"2"));
        let mut more = said.take_while(|(field, _)| *field != Field::HttpStatus);
        let (mut has_content, mut is_passed_on) = (false, false);
        more.by_ref().for_each(|(field, _)| {
            has_content |= field == Field::HttpContentType;
            is_passed_on |= field == Field::HttpVia;
        });
        Self {
            connects: succeeds && !has_content,
            passes: is_passed_on && status.is_some_and(|status| !is_on_the_way(status)),
            relays: transcript.said.iter().any(|said| said.field == Field::SocksReply),
            answers: statuses(transcript, texts).next().is_some(),
        }
    }
}

/// Whether an answer is XML that nobody read: what has a reader would be of its kind.
pub(crate) fn is_unread_xml(transcript: &Transcript, texts: &Texts) -> bool {
    let is_xml = |value: &[u8]| memchr::memmem::find(&value.to_ascii_lowercase(), b"xml").is_some();
    let is_head = |field: Field| field.word().starts_with("http.");
    let mut xml = first(transcript, texts).filter(|(field, _)| *field == Field::HttpContentType);
    xml.any(|(_, value)| is_xml(value)) && transcript.said.iter().all(|said| is_head(said.field))
}

/// At which private address a `UPnP` description places its device.
pub(crate) fn describes(transcript: &Transcript, texts: &Texts) -> Option<Ipv4Addr> {
    let said = transcript.said.iter().find(|said| said.field == Field::SsdpAddress)?;
    let address = std::str::from_utf8(texts.text(said.value)).ok()?.parse::<Ipv4Addr>().ok()?;
    address.is_private().then_some(address)
}

/// Status, and what else the answer says to what was asked for first: behind a refusal the client asks again for the same, and
/// what stands behind another answer was asked for by another request.
fn first<'s>(transcript: &'s Transcript, texts: &'s Texts) -> impl Iterator<Item = (Field, &'s [u8])> {
    let values = transcript.said.iter().map(|said| (said.field, texts.text(said.value)));
    let is_first = |(field, value): &(Field, &[u8])| *field == Field::HttpStatus && *value != b"401";
    let mut answers = 0;
    values.skip_while(move |said| !is_first(said)).take_while(move |(field, _)| {
        answers += u8::from(*field == Field::HttpStatus && answers < 2);
        answers < 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::transcript::Said;

    /// Answers, each with its status and type.
    fn of_answers(answers: &[(&str, &str)]) -> (Transcript, Texts) {
        let mut texts = Texts::default();
        let mut said = Vec::new();
        for (status, kind) in answers {
            said.push(Said::new(&mut texts, false, Field::HttpStatus, status.as_bytes()));
            said.push(Said::new(&mut texts, false, Field::HttpContentType, kind.as_bytes()));
        }
        (Transcript { reader: 1, said: said.into(), cost: 0 }, texts)
    }

    #[test]
    fn a_picture_is_told_by_its_type() {
        let shows = |answers: &[(&str, &str)]| {
            let (transcript, texts) = of_answers(answers);
            pictures(&transcript, &texts)
        };
        assert!(shows(&[("200", "image/jpeg")]));
        assert!(shows(&[("401", "text/html"), ("200", "IMAGE/JPEG; a=b")]));
        assert!(shows(&[("200", "multipart/x-mixed-replace; boundary=b")]));
        assert!(!shows(&[("200", "image/png")]));
        assert!(!shows(&[("200", "image/jpe")]));
        assert!(!shows(&[("200", "text/html"), ("200", "image/jpeg")]), "of another request");
    }

    #[test]
    fn what_was_asked_for_first_is_answered_first() {
        let is_confirmed = |answers: &[(&str, &str)]| {
            let (transcript, texts) = of_answers(answers);
            confirms(&transcript, &texts)
        };
        let (page, picture) = ("text/html", "image/jpeg");
        assert!(is_confirmed(&[("401", page), ("200", picture), ("404", page)]));
        assert!(!is_confirmed(&[("404", picture), ("200", picture)]));
        assert!(!is_confirmed(&[("200", page), ("200", picture)]));
    }

    #[test]
    fn a_document_is_of_the_path_that_was_asked_for() {
        let has = |answers: &[(Field, &str)]| {
            let mut texts = Texts::default();
            let said =
                answers.iter().map(|(field, value)| Said::new(&mut texts, false, *field, value.as_bytes()));
            let said = said.collect();
            let transcript = Transcript { reader: 1, said, cost: 0 };
            (has_isapi(&transcript, &texts), describes(&transcript, &texts))
        };
        let (ok, none, isapi) =
            ((Field::HttpStatus, "200"), (Field::HttpStatus, "404"), (Field::IsapiRole, "device"));
        assert!(has(&[(Field::HttpStatus, "401"), ok, isapi]).0);
        assert!(!has(&[none, ok, isapi]).0 && !has(&[isapi]).0);
        assert!(is_of_isapi(b"/isapi/System/deviceInfo") && !is_of_isapi(b"/backup/ISAPI/deviceInfo.xml"));
        assert_eq!(has(&[ok, (Field::SsdpAddress, "192.168.1.64")]).1, Some(Ipv4Addr::new(192, 168, 1, 64)));
        assert_eq!(has(&[ok, (Field::SsdpAddress, "192.0.2.1")]).1, None);
    }
}
