//! DNS messages (RFC 1035): one question, answers whose owner is spelled out.

use std::net::IpAddr;

/// An answer record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Owner name.
    pub name: &'a str,
    /// What it says.
    pub value: Value<'a>,
}

/// What an answer record says.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Value<'a> {
    /// A or AAAA.
    Address(IpAddr),
    Cname(&'a str),
    Pointer(&'a str),
    Text(&'a str),
}

/// A message with the header's `flags` (0x0100 a query, 0x8180 an answer, 0x8183 NXDOMAIN, 0x8400 multicast).
///
/// # Panics
/// When a label is empty or longer than 63 bytes.
pub fn dns(id: u16, flags: u16, question: Option<(&str, u16)>, answers: &[Record<'_>]) -> Vec<u8> {
    let counts = [id, flags, u16::from(question.is_some()), answers.len() as u16, 0, 0];
    let mut out: Vec<u8> = counts.iter().flat_map(|field| field.to_be_bytes()).collect();
    if let Some((text, kind)) = question {
        out.extend(name(text));
        out.extend(kind.to_be_bytes());
        out.extend([0, 1]);
    }
    for record in answers {
        let (kind, value) = record.value.wire();
        out.extend(name(record.name));
        out.extend([0, kind, 0, 1, 0, 0, 0, 60]);
        out.extend((value.len() as u16).to_be_bytes());
        out.extend(value);
    }
    out
}

impl Value<'_> {
    fn wire(self) -> (u8, Vec<u8>) {
        match self {
            Self::Address(IpAddr::V4(four)) => (1, four.octets().to_vec()),
            Self::Address(IpAddr::V6(six)) => (28, six.octets().to_vec()),
            Self::Cname(text) => (5, name(text)),
            Self::Pointer(text) => (12, name(text)),
            Self::Text(text) => (16, [&[text.len() as u8], text.as_bytes()].concat()),
        }
    }
}

/// A name in labels.
pub(super) fn name(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in text.split('.') {
        assert!((1..64).contains(&label.len()), "{text:?} is no name");
        out.push(label.len() as u8);
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_byte_by_byte() {
        let answer = Record { name: "b.c", value: Value::Address([192, 0, 2, 1].into()) };
        let message = dns(7, 0x8180, Some(("a.c", 1)), &[answer]);
        assert_eq!(message[..12], [0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(message[12..21], [1, b'a', 1, b'c', 0, 0, 1, 0, 1]);
        assert_eq!(message[21..], [1, b'b', 1, b'c', 0, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    }
}
