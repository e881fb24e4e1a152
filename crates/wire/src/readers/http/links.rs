//! What pages of HTML load and go on to on their own server, and where it sends a client on: devices of one maker have the same
//! scripts, frames and pages, whatever the title.
//!
//! `http.link` is a path as it stands there, without `./` in front of it and with passwords masked, at most 64 bytes: of the first six
//! elements of a page that load a script, a frame or a picture, or go on to another page by themselves (`meta` with `refresh`),
//! as far as they stand in its first 4 KiB; and `Location` of a status 3xx. What a page lets its reader choose (`a`) may be of
//! anything that its author likes, and is not told. What names another host, or a scheme, is not the server's own. An address
//! with its host in full may be, or not, so it does not count either.

use memchr::memchr;

use super::{body::Told, title};
use crate::{
    Fact, Field,
    head::Head,
    reader::Facts,
    text::{begins, masked},
};

/// Links of a page that are told.
const MAX_LINKS: usize = 6;
/// The longest that is told of one.
const MAX_LINK: usize = 64;

/// Elements that load what their `src` names.
const ELEMENTS: [&[u8]; 4] = [b"script", b"frame", b"iframe", b"img"];

/// What can be told of the links of a page that begins like this.
pub(super) fn told(page: &[u8]) -> Told {
    let mut links = all(page);
    let found = links.by_ref().count();
    match (found, links.is_over()) {
        (MAX_LINKS, _) => Told::Ready,
        (_, false) => Told::Open,
        (0, true) => Told::Nobodys,
        (_, true) => Told::Ready,
    }
}

/// Yields the links of a page.
pub(super) fn read(page: &[u8], facts: Facts<'_>) {
    for link in all(page) {
        say(link, facts);
    }
}

/// Yields where an answer sends its client on, on the same server.
pub(super) fn say_redirect(head: &Head<'_>, status: &[u8], facts: Facts<'_>) {
    let leads = head.field("location").filter(|_| status.starts_with(b"3"));
    if let Some(link) = leads.and_then(own).filter(|link| link.starts_with(b"/")) {
        say(link, facts);
    }
}

fn say(link: &[u8], facts: Facts<'_>) {
    let shown = masked(link);
    let shown = shown.as_bytes();
    facts(Fact::of_sender(Field::HttpLink, shown.get(..MAX_LINK).unwrap_or(shown)));
}

fn all(page: &[u8]) -> Links<'_> {
    let whole = page.len() >= title::MAX_PAGE;
    Links { rest: page.get(..title::MAX_PAGE).unwrap_or(page), whole, left: MAX_LINKS, over: false }
}

/// The links of a page in their order.
struct Links<'a> {
    rest: &'a [u8],
    /// Whether no more of the page is looked at than is there.
    whole: bool,
    left: usize,
    over: bool,
}

impl Links<'_> {
    /// Whether nothing more can come.
    const fn is_over(&self) -> bool {
        self.over || self.whole
    }
}

impl<'a> Iterator for Links<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.left > 0 && !self.over {
            #[cfg(test)]
            crate::readers::tests::count(1);
            let behind = self.rest.get(memchr(b'<', self.rest)? + 1..)?;
            // A tag that is not there as a whole may still be one.
            let (tag, rest) = behind.split_at_checked(memchr(b'>', behind)?)?;
            self.rest = rest;
            self.over = begins(tag, b"/html");
            if let Some(link) = link(tag) {
                self.left -= 1;
                return Some(link);
            }
        }
        None
    }
}

/// What a start tag loads or goes on to on its own server.
fn link(tag: &[u8]) -> Option<&[u8]> {
    let end = tag.iter().position(u8::is_ascii_whitespace)?;
    let (name, attributes) = tag.split_at_checked(end)?;
    if name.eq_ignore_ascii_case(b"meta") {
        let content = attribute(attributes, b"content")?;
        let (_, url) = content.split_at_checked(memchr(b';', content)? + 1)?;
        let url = url.trim_ascii();
        let (word, url) = url.split_at_checked(4)?;
        return own(word.eq_ignore_ascii_case(b"url=").then_some(url)?);
    }
    let loads = ELEMENTS.iter().any(|element| name.eq_ignore_ascii_case(element));
    own(loads.then(|| attribute(attributes, b"src"))??)
}

/// The value of the first attribute of this name. It stands behind a space, and a `=`.
fn attribute<'a>(mut rest: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    while let Some(equals) = memchr(b'=', rest) {
        let (before, behind) = rest.split_at_checked(equals)?;
        let word = before.trim_ascii_end().rsplit(u8::is_ascii_whitespace).next()?;
        let value = behind.get(1..)?.trim_ascii_start();
        let (value, after) = match value.split_first() {
            Some((quote @ (b'"' | b'\''), quoted)) => quoted.split_at_checked(memchr(*quote, quoted)?)?,
            _ => value
                .split_at_checked(value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len()))?,
        };
        if word.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after;
    }
    None
}

/// A link as far as it is one of its own server: printable, and without a host or a scheme.
fn own(link: &[u8]) -> Option<&[u8]> {
    let link = link.trim_ascii();
    let link = link.strip_prefix(b"./").unwrap_or(link);
    let first = link.iter().position(|byte| matches!(byte, b':' | b'/' | b'?' | b'#'));
    let has_scheme = first.is_some_and(|at| link.get(at) == Some(&b':'));
    let is_own = link.len() > 1 && !link.starts_with(b"//") && !link.starts_with(b"#") && !has_scheme;
    (is_own && link.iter().all(u8::is_ascii_graphic)).then_some(link)
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

    fn page(html: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90000\r\n\r\n{html}")
            .into_bytes()
    }

    fn links(half: &[u8], ended: bool) -> Vec<String> {
        let (_, said) = stream(&READER, half, ended);
        said.iter().filter_map(|line| line.strip_prefix("sender http.link ")).map(str::to_owned).collect()
    }

    #[test]
    fn what_a_page_loads_and_goes_on_to_on_its_server_is_told() {
        let html = "<html><head><title>T</title><META HTTP-EQUIV='refresh' CONTENT='0; URL=/a/main.cgi'>\n\
            <script type=\"text/javascript\" src=\"jsBase/lib/q.js?version=1\"></script>\
            <link rel=stylesheet href=/a.css></head><body><img alt='' src = ./img/Logo.png>\
            <iframe SRC=Menu?page=Top&pwd=secret></iframe><a class=b href='/view/index.shtml'>x</a></body></html>";
        let all = ["/a/main.cgi", "jsBase/lib/q.js?version=1", "img/Logo.png", "Menu?page=Top&pwd=***"];
        let half = page(html);
        assert_eq!(stream(&READER, &half, false).0, Probe::Match);
        assert_eq!(links(&half, false), all);
        cut_stream_everywhere(&READER, &half);
    }

    #[test]
    fn what_is_anothers_or_no_link_is_not() {
        for html in [
            "<script src=https://cdn.example/a.js></script>",
            "<script src=//cdn.example/a.js></script>",
            "<a href='javascript:go()'>a</a><a href=mailto:a@b>b</a><a href=#top>c</a><a href=/>d</a>",
            "<a data-href='/a/b'>a</a><script>if (a<b) src='/c'</script><abbr src='/d'>",
            "<img src='/a b.png'><img src=\"/a\nb\"><p>/doc/page/login.asp</p>",
            "<meta name=description content='see /a.cgi'><meta content='3'>",
        ] {
            assert!(links(&page(&format!("<html>{html}</html>")), false).is_empty(), "{html}");
        }
        let other = String::from_utf8(page("<html><img src=/a.png></html>")).unwrap();
        assert!(links(other.replace("text/html", "text/plain").as_bytes(), true).is_empty());
        assert!(links(other.replace("200 OK", "404 Not Found").as_bytes(), true).is_empty());
    }

    #[test]
    fn links_are_few_short_and_stand_early() {
        let many = (0..9)
            .map(|number| ["<img src=/", &number.to_string(), ".png>"].concat())
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(links(&page(&format!("<html>{many}")), false).len(), MAX_LINKS);
        let long = format!("<img src=/{}>", "a".repeat(99));
        assert_eq!(links(&page(&format!("<html>{long}</html>")), false)[0].len(), MAX_LINK);
        let late = |spaces: usize| page(&format!("<html>{}<img src=/a.png>", " ".repeat(spaces)));
        let length = "<html><img src=/a.png>".len();
        assert_eq!(links(&late(title::MAX_PAGE - length), false), ["/a.png"]);
        assert!(links(&late(title::MAX_PAGE - length + 1), false).is_empty());
        let cut = page("<html><img src=/a.png><img src=/b");
        assert_eq!(links(&cut, true), ["/a.png"]);
        assert!(matches!(stream(&READER, &cut, false).0, Probe::More(_)));
        let tags = "<".repeat(title::MAX_PAGE);
        assert!(steps_of(|| assert_eq!(told(tags.as_bytes()), Told::Nobodys)) <= tags.len());
    }

    #[test]
    fn a_redirection_tells_where_it_leads_on_the_same_server() {
        let answer = |status: &str, to: &str| {
            format!("HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        };
        assert_eq!(links(&answer("302 Found", "/doc/page/login.asp?_1"), true), ["/doc/page/login.asp?_1"]);
        for (status, to) in [
            ("302 Found", "http://192.0.2.1/doc"),
            ("302 Found", "//a/b"),
            ("201 Created", "/a"),
            ("302 F", "a"),
        ] {
            assert!(links(&answer(status, to), true).is_empty(), "{status} {to}");
        }
    }
}
