//! The title of a page of HTML, where it stands in the first 4 KiB and in front of the page's body.
//!
//! `http.title` is the text between the tags as it stands there, without spaces around it. Tags count in any case.

use memchr::memchr;

use super::body::Told;
use crate::{Fact, Field, reader::Facts, text::value};

/// How far into a page its title may stand.
pub(super) const MAX_PAGE: usize = 4096;

/// What can be told of the title of a page that begins like this.
pub(super) fn told(page: &[u8]) -> Told {
    match find(page) {
        Found::Title(_) => Told::Ready,
        Found::None => Told::Nobodys,
        Found::Open => Told::Open,
    }
}

/// Yields the title of a page.
pub(super) fn read(page: &[u8], facts: Facts<'_>) {
    if let Found::Title(title) = find(page) {
        facts(Fact::of_sender(Field::HttpTitle, value(title)));
    }
}

enum Found<'a> {
    Title(&'a [u8]),
    None,
    Open,
}

fn find(page: &[u8]) -> Found<'_> {
    let none = if page.len() < MAX_PAGE { Found::Open } else { Found::None };
    let mut rest = page.get(..MAX_PAGE).unwrap_or(page);
    while let Some(behind) = memchr(b'<', rest).and_then(|at| rest.get(at + 1..)) {
        #[cfg(test)]
        crate::readers::tests::count(1);
        // A tag that is not there as a whole may still be one of the two.
        let Some(end) = memchr(b'>', behind) else { return none };
        if is(behind, b"body") {
            return Found::None;
        }
        if is(behind, b"title") {
            let text = behind.get(end + 1..).unwrap_or(&[]);
            let Some(end) = memchr(b'<', text) else { return none };
            let title = text.get(..end).unwrap_or(text).trim_ascii();
            return if title.is_empty() { Found::None } else { Found::Title(title) };
        }
        rest = behind;
    }
    none
}

/// Whether a start tag has this name.
fn is(tag: &[u8], name: &[u8]) -> bool {
    let Some((start, rest)) = tag.split_at_checked(name.len()) else { return false };
    let ends = rest.first().is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace());
    ends && start.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Probe,
        readers::{
            http::READER,
            tests::{cut_stream_everywhere, steps_of, stream},
        },
    };

    fn page(status: &str, html: &str) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 90000");
        format!("{head}\r\n\r\n{html}").into_bytes()
    }

    fn title(half: &[u8]) -> Option<String> {
        // Behind its title a page's links are waited for.
        let (probe, said) = stream(&READER, half, true);
        assert_eq!(probe, Probe::Match, "{}", String::from_utf8_lossy(half));
        said.iter().find_map(|line| line.strip_prefix("sender http.title ")).map(str::to_owned)
    }

    #[test]
    fn a_page_has_a_title() {
        for (html, found) in [
            (
                "<!DOCTYPE html>\n<html><head><title> Yard &amp; Gate\n</title></head>",
                Some("Yard &amp; Gate"),
            ),
            ("<HTML><HEAD><META a='b'><TITLE lang=en>DVR</TITLE>", Some("DVR")),
            ("<html><head><title></title><title>b</title>", None),
            ("<html><titles>a</titles><body><title>b</title>", None),
            ("plain", None),
        ] {
            let half = page("200 OK", &format!("{html}</html>"));
            assert_eq!(title(&half).as_deref(), found, "{html}");
            cut_stream_everywhere(&READER, &half);
        }
    }

    #[test]
    fn errors_and_other_types_have_none() {
        let html = "<html><title>a</title>";
        assert_eq!(title(&page("404 Not Found", html)), None);
        let other = String::from_utf8(page("200 OK", html)).unwrap().replace("text/html", "image/png");
        assert_eq!(title(other.as_bytes()), None);
    }

    #[test]
    fn what_comes_late_is_not_waited_for() {
        let late = |spaces: usize| page("200 OK", &format!("<html>{}<title>a</title>", " ".repeat(spaces)));
        let length = "<html><title>a<".len();
        assert_eq!(title(&late(MAX_PAGE - length)).as_deref(), Some("a"));
        assert_eq!(title(&late(MAX_PAGE - length + 1)), None);
        let many = "<".repeat(MAX_PAGE);
        assert!(steps_of(|| assert_eq!(told(many.as_bytes()), Told::Nobodys)) <= many.len());
    }
}
