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

/// Whether the answers are none of who was asked, if that was asked itself, and if a proxy was asked for it: of the latter nothing
/// but a success shows that anybody was reached.
pub(crate) fn turns_away(transcript: &Transcript, texts: &Texts) -> [bool; 2] {
    let statuses = || {
        let said = transcript.said.iter().filter(|said| said.field == Field::HttpStatus);
        said.map(|said| texts.text(said.value))
    };
    let on_the_way = |status: &[u8]| status.starts_with(b"3") || ON_THE_WAY.contains(&status);
    let reached = |status: &[u8]| status.starts_with(b"2") || status == b"101";
    let is_any = statuses().next().is_some();
    [is_any && statuses().all(on_the_way), is_any && !statuses().any(reached)]
}

/// Whether a request is one to a proxy: to connect (RFC 9110, 9.3.6; RFC 1928), or with a target that names another's host (RFC 9112,
/// 3.2.2), of which no path is the proxy's.
pub(crate) fn asks_proxy(transcript: &Transcript, texts: &Texts) -> bool {
    let said = |field: Field| transcript.said.iter().find(|said| said.field == field);
    let method = said(Field::HttpMethod).map(|said| texts.text(said.value));
    let absolute = || said(Field::HttpHost).is_some() && said(Field::HttpPath).is_none();
    method.is_some_and(|method| method == b"CONNECT" || absolute()) || asks_socks(transcript).is_some()
}

/// Whom it asks a proxy for by SOCKS, whose refusals no reader knows.
pub(crate) fn asks_socks(transcript: &Transcript) -> Option<TextId> {
    transcript.said.iter().find(|said| said.field == Field::SocksTarget).map(|said| said.value)
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
