//! The names in an X.509 certificate (RFC 5280); nothing is verified.
//!
//! Facts, all about the sender: `tls.subject_cn`, `tls.subject_o`, `tls.issuer` (as RFC 4514 writes it, last part
//! first, `CN=..,OU=..,O=..`, without escapes), and `tls.certificate` for each name, as DNS spells it, at most 16. A whole
//! certificate without a DNS name holds for its common name, if that is a host name (RFC 6125, 6.4.4). `tls.self_issued`
//! where issuer and subject are the same (RFC 5280, 3.2), and `tls.names` where it holds for more than 16. Of a
//! certificate that is cut or cannot be walked to its end, the names before that point.

use arrayvec::ArrayVec;

use crate::{
    Fact, Field,
    der::{BMP_STRING, Elements, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET},
    reader::Facts,
    text::{MAX_VALUE, Text, host},
};

/// Names of a certificate that are yielded; where it has more, their count is.
pub const MAX_CERTIFICATE_NAMES: usize = 16;
const MAX_PARTS: usize = 16;

const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// `[2] dNSName` of a `GeneralName`.
const DNS_NAME: u8 = 0x82;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const INTEGER: u8 = 0x02;
const BOOLEAN: u8 = 0x01;

type Value = Text<MAX_VALUE>;

/// One attribute of a distinguished name.
#[derive(Clone, Copy, Debug)]
struct Attribute<'a> {
    label: &'static str,
    tag: u8,
    text: &'a [u8],
}

/// Yields the names; `None` where the walk ended early, at an element that does not fit.
pub(super) fn read(der: &[u8], facts: Facts<'_>) -> Option<()> {
    let mut say = |field, value: &[u8]| {
        if !value.is_empty() {
            facts(Fact::of_sender(field, value));
        }
    };
    let mut tbs = Elements::new(der).enter(SEQUENCE)?.enter(SEQUENCE)?;
    let common = subject(&mut tbs, &mut say)?;
    // Only of a whole certificate is it known that it has no alternative names.
    let whole = Elements::new(der).next().is_some();
    let mut count = 0;
    let walked = alternatives(&mut tbs, &mut count, &mut say);
    if count > MAX_CERTIFICATE_NAMES {
        say(Field::TlsNames, count.to_string().as_bytes());
    }
    if count == 0 && whole && is_host(common.as_bytes()) {
        say(Field::TlsCertificate, host(common.as_bytes(), &mut Text::new()));
    }
    walked
}

/// Yields who is certified and by whom; returns the common name, empty where there is none.
fn subject(tbs: &mut Elements<'_>, say: &mut impl FnMut(Field, &[u8])) -> Option<Value> {
    tbs.contents(VERSION);
    tbs.contents(INTEGER)?;
    tbs.contents(SEQUENCE)?;
    let issued_by = tbs.contents(SEQUENCE)?;
    tbs.contents(SEQUENCE)?;
    let issued_to = tbs.contents(SEQUENCE)?;
    let (issuer, subject) = (distinguished(issued_by), distinguished(issued_to));
    let mut common = Value::new();
    for (label, field) in [("CN", Field::TlsSubjectCn), ("O", Field::TlsSubjectO)] {
        if let Some(attribute) = subject.iter().find(|attribute| attribute.label == label) {
            let mut value = Value::new();
            append(&mut value, attribute);
            say(field, value.as_bytes());
            if field == Field::TlsSubjectCn {
                common = value;
            }
        }
    }
    say(Field::TlsIssuer, written(&issuer).as_bytes());
    if issued_by == issued_to && !subject.is_empty() {
        say(Field::TlsSelfIssued, b"yes");
    }
    Some(common)
}

/// Yields the DNS names for which the certificate holds, and counts them.
fn alternatives(tbs: &mut Elements<'_>, count: &mut usize, say: &mut impl FnMut(Field, &[u8])) -> Option<()> {
    let mut extensions = loop {
        if let Some(mut tagged) = tbs.enter(EXTENSIONS) {
            break tagged.enter(SEQUENCE)?;
        }
        tbs.next()?;
    };
    while let Some(mut extension) = extensions.enter(SEQUENCE) {
        if extension.contents(OBJECT_IDENTIFIER)? != SUBJECT_ALTERNATIVE_NAME {
            continue;
        }
        extension.contents(BOOLEAN);
        let alternatives = extension.enter(OCTET_STRING)?.enter(SEQUENCE)?;
        for (_, name) in alternatives.filter(|&(tag, name)| tag == DNS_NAME && name.len() <= 255) {
            if *count < MAX_CERTIFICATE_NAMES {
                say(Field::TlsCertificate, host(name, &mut Text::new()));
            }
            *count += 1;
        }
    }
    Some(())
}

/// Whether a common name is the name of a host, or of all hosts of a domain: `cam.example` and `*.cam.example`, but not
/// `IPC`, `192.0.2.1` or `Example Root CA`.
fn is_host(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"*.").unwrap_or(name);
    let mut labels = name.split(|&byte| byte == b'.');
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let top = name.rsplit(|&byte| byte == b'.').next().unwrap_or(name);
    name.len() <= 255
        && name.contains(&b'.')
        && labels.all(|label| !label.is_empty() && label.iter().all(plain))
        && top.iter().any(u8::is_ascii_alphabetic)
}

/// The attributes of a name in the order of the encoding.
fn distinguished(contents: &[u8]) -> ArrayVec<Attribute<'_>, MAX_PARTS> {
    let sets = Elements::new(contents).filter(|&(tag, _)| tag == SET);
    let pairs = sets.flat_map(|(_, set)| Elements::new(set)).filter(|&(tag, _)| tag == SEQUENCE);
    let attributes = pairs.filter_map(|(_, pair)| {
        let mut pair = Elements::new(pair);
        let label = label(pair.contents(OBJECT_IDENTIFIER)?)?;
        let (tag, text) = pair.next()?;
        Some(Attribute { label, tag, text })
    });
    attributes.take(MAX_PARTS).collect()
}

/// The short names of RFC 4514 and of custom; attributes without one are left out.
const fn label(identifier: &[u8]) -> Option<&'static str> {
    Some(match identifier {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "emailAddress",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        _ => return None,
    })
}

fn written(attributes: &[Attribute<'_>]) -> Value {
    let mut value = Value::new();
    for attribute in attributes.iter().rev() {
        if !value.is_empty() {
            value.push(b',');
        }
        value.extend(attribute.label.as_bytes());
        value.push(b'=');
        append(&mut value, attribute);
    }
    value
}

/// Appends an attribute's text; of two-byte strings the characters up to U+00FF, `?` for others.
fn append(value: &mut Value, attribute: &Attribute<'_>) {
    if attribute.tag != BMP_STRING {
        return value.extend(attribute.text);
    }
    for pair in attribute.text.chunks_exact(2) {
        value.push(if let [0, low] = pair { *low } else { b'?' });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::readers::tests::line;

    fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
        let [high, low] = (contents.len() as u16).to_be_bytes();
        [&[tag, 0x82, high, low][..], contents].concat()
    }

    fn attribute(identifier: &[u8], tag: u8, text: &[u8]) -> Vec<u8> {
        let pair = [element(OBJECT_IDENTIFIER, identifier), element(tag, text)].concat();
        element(SET, &element(SEQUENCE, &pair))
    }

    fn alternatives(names: &[Vec<u8>]) -> Vec<u8> {
        let list = element(OCTET_STRING, &element(SEQUENCE, &names.concat()));
        let identifier = element(OBJECT_IDENTIFIER, SUBJECT_ALTERNATIVE_NAME);
        element(SEQUENCE, &[identifier, element(BOOLEAN, &[0xff]), list].concat())
    }

    /// A certificate with this version field, subject and extensions.
    fn issued(version: &[u8], subject: &[u8], extensions: &[u8]) -> Vec<u8> {
        let issuer =
            [attribute(b"\x55\x04\x06", 0x13, b"DE"), attribute(b"\x55\x04\x03", 0x0c, b"Example CA")];
        let fields = [
            version.to_vec(),
            element(INTEGER, &[7]),
            element(SEQUENCE, b""),
            element(SEQUENCE, &issuer.concat()),
            element(SEQUENCE, b""),
            element(SEQUENCE, subject),
            element(SEQUENCE, b""),
            element(EXTENSIONS, &element(SEQUENCE, extensions)),
        ];
        element(SEQUENCE, &element(SEQUENCE, &fields.concat()))
    }

    /// The names of a camera.
    pub(crate) fn certificate() -> Vec<u8> {
        let subject =
            [attribute(b"\x55\x04\x0a", 0x0c, b"Example"), attribute(b"\x55\x04\x03", 0x0c, b"cam.example")];
        let other = element(
            SEQUENCE,
            &[element(OBJECT_IDENTIFIER, &[0x55, 0x1d, 0x0f]), element(OCTET_STRING, b"")].concat(),
        );
        let names = [
            element(DNS_NAME, b"cam.example"),
            element(0x87, &[1, 2, 3, 4]),
            element(DNS_NAME, b"*.cam.example"),
        ];
        issued(
            &element(VERSION, &element(INTEGER, &[2])),
            &subject.concat(),
            &[other, alternatives(&names)].concat(),
        )
    }

    /// What [`certificate`] says.
    pub(crate) const SAID: [&str; 5] = [
        "sender tls.subject_cn cam.example",
        "sender tls.subject_o Example",
        "sender tls.issuer CN=Example CA,C=DE",
        "sender tls.certificate cam.example",
        "sender tls.certificate *.cam.example",
    ];

    fn said(der: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let _ = read(der, &mut |fact| lines.push(line(&fact)));
        lines
    }

    #[test]
    fn subject_issuer_and_alternatives() {
        assert_eq!(said(&certificate()), SAID);
    }

    #[test]
    fn the_first_version_has_no_version_field() {
        let subject = attribute(b"\x55\x04\x03", 0x1e, b"\0c\0a\x20\xac");
        let said = said(&issued(b"", &subject, b""));
        assert_eq!(said, ["sender tls.subject_cn ca?", "sender tls.issuer CN=Example CA,C=DE"]);
    }

    #[test]
    fn without_a_dns_name_the_common_name_counts_if_it_is_one_of_a_host() {
        let named = |text: &[u8]| said(&issued(b"", &attribute(b"\x55\x04\x03", 0x0c, text), b""));
        assert_eq!(named(b"*.cam.example").last().unwrap(), "sender tls.certificate *.cam.example");
        assert_eq!(named(b"IPC.Cam.Example").last().unwrap(), "sender tls.certificate ipc.cam.example");
        for other in
            [&b"IPC"[..], b"192.0.2.1", b"Example Root CA", b"a..example", b".example", b"\xff.example"]
        {
            assert!(!named(other).iter().any(|line| line.contains("tls.certificate")), "{other:?}");
        }
        // What was cut may have had alternative names.
        let der = issued(b"", &attribute(b"\x55\x04\x03", 0x0c, b"cam.example"), b"");
        assert!(!said(&der[..der.len() - 1]).iter().any(|line| line.contains("tls.certificate")));
    }

    #[test]
    fn self_issued_is_said_of_equal_names() {
        let issuer =
            [attribute(b"\x55\x04\x06", 0x13, b"DE"), attribute(b"\x55\x04\x03", 0x0c, b"Example CA")];
        assert!(said(&issued(b"", &issuer.concat(), b"")).contains(&"sender tls.self_issued yes".to_owned()));
        assert!(!said(&certificate()).iter().any(|line| line.contains("self_issued")));
    }

    #[test]
    fn names_and_parts_are_bounded() {
        let names = alternatives(&vec![element(DNS_NAME, b"A"); 40]);
        let long = alternatives(&[element(DNS_NAME, &[b'a'; 256])]);
        let subject = attribute(b"\x55\x04\x03", 0x0c, &[b'a'; 2000]);
        let said = said(&issued(b"", &subject, &[names, long].concat()));
        assert_eq!(said[0].len(), "sender tls.subject_cn ".len() + MAX_VALUE);
        assert_eq!(said.len(), 3 + MAX_CERTIFICATE_NAMES);
        assert_eq!(said[3], "sender tls.certificate a");
        assert_eq!(said.last().unwrap(), "sender tls.names 40");
    }

    #[test]
    fn nearly_certificates_say_nothing() {
        let mut der = certificate();
        der[0] = SET;
        assert!(said(&der).is_empty());
        let mut der = certificate();
        der[4] = SET;
        assert!(said(&der).is_empty());
    }

    #[test]
    fn cut_at_every_byte() {
        let der = certificate();
        for length in 0..der.len() {
            let said = said(&der[..length]);
            assert_eq!(said, SAID[..said.len()], "{length}");
        }
        // Cut inside the last name; the names before it count.
        assert_eq!(said(&der[..der.len() - 1]), SAID[..4]);
        for at in 0..der.len() {
            for byte in [0, 1, 0x7f, 0x80, 0x82, 0xff] {
                let mut der = der.clone();
                der[at] = byte;
                said(&der);
            }
        }
    }
}
