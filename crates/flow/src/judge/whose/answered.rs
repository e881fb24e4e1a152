//! Whether what a client asked for over HTTP was there.

use lenscap_wire::Field;

use crate::state::text::Texts;
use crate::state::transcript::Transcript;

/// Whether the answers show that there is what was asked for first: success (RFC 9110, 15.3), with something else than a page for
/// people. Many servers answer every path with their page, and every path with a realm to log in to; behind that the client asks
/// again. What stands behind another answer was asked for by another request.
pub(crate) fn confirms(transcript: &Transcript, texts: &Texts) -> bool {
    let values = transcript.said.iter().map(|said| (said.field, texts.text(said.value)));
    let is_first = |(field, value): &(Field, &[u8])| *field == Field::HttpStatus && *value != b"401";
    let mut first = values.skip_while(|said| !is_first(said));
    let succeeds = first.next().is_some_and(|(_, status)| status.starts_with(b"2"));
    let is_page = |value: &[u8]| value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"));
    let mut rest = first.take_while(|(field, _)| *field != Field::HttpStatus);
    succeeds && !rest.any(|(field, value)| field == Field::HttpContentType && is_page(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::transcript::Said;

    #[test]
    fn what_was_asked_for_first_is_answered_first() {
        let is_confirmed = |answers: &[(&str, &str)]| {
            let mut texts = Texts::default();
            let mut said = Vec::new();
            for (status, kind) in answers {
                said.push(Said::new(&mut texts, false, Field::HttpStatus, status.as_bytes()));
                said.push(Said::new(&mut texts, false, Field::HttpContentType, kind.as_bytes()));
            }
            confirms(&Transcript { reader: 1, said: said.into(), cost: 0 }, &texts)
        };
        let (page, picture) = ("text/html", "image/jpeg");
        assert!(is_confirmed(&[("401", page), ("200", picture), ("404", page)]));
        assert!(!is_confirmed(&[("404", picture), ("200", picture)]));
        assert!(!is_confirmed(&[("200", page), ("200", picture)]));
    }
}
