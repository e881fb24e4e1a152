//! One row: quoting, and the guard against formulas.

use crate::escape::{escape, escape_also};
use crate::number;
use crate::time::push_rfc3339;
use lenscap_wire::{Mac, Timestamp};
use std::borrow::Cow;
use std::fmt::Display;
use std::io::Write as _;
use std::net::IpAddr;

/// A row that has been begun.
pub(super) struct Row<'b> {
    out: &'b mut Vec<u8>,
    empty: bool,
}

impl<'b> Row<'b> {
    pub(super) fn begin(out: &'b mut Vec<u8>) -> Self {
        Self { out, empty: true }
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// Begins the next field.
    pub(super) fn field(&mut self) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out
    }

    /// Text that came out of packets, or may hold some.
    pub(super) fn value(&mut self, value: impl AsRef<[u8]>) {
        push_text(self.field(), &escape(value.as_ref()));
    }

    /// A value, or an empty field.
    pub(super) fn value_of(&mut self, value: Option<impl AsRef<[u8]>>) {
        match value {
            Some(value) => self.value(value),
            None => _ = self.field(),
        }
    }

    pub(super) fn integer(&mut self, n: impl Into<u64>) {
        number::push(self.field(), n.into());
    }

    pub(super) fn integer_of(&mut self, n: Option<impl Into<u64>>) {
        match n {
            Some(n) => self.integer(n),
            None => _ = self.field(),
        }
    }

    /// An empty field.
    pub(super) fn absent(&mut self) {
        _ = self.field();
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.field().extend_from_slice(if value { b"true" } else { b"false" });
    }

    pub(super) fn time_of(&mut self, time: Option<Timestamp>) {
        let out = self.field();
        if let Some(time) = time {
            push_rfc3339(out, time);
        }
    }

    pub(super) fn address_of(&mut self, address: Option<IpAddr>) {
        self.plain_of(address);
    }

    pub(super) fn mac_of(&mut self, mac: Option<Mac>) {
        self.plain_of(mac);
    }

    /// What needs neither quotes nor guard.
    fn plain_of(&mut self, plain: Option<impl Display>) {
        let out = self.field();
        if let Some(plain) = plain {
            _ = write!(out, "{plain}");
        }
    }

    /// A list in one field; [`item`] makes text of packets fit to be in one.
    pub(super) fn list<T: AsRef<str>>(&mut self, items: impl IntoIterator<Item = T>) {
        let mut text = String::new();
        for item in items {
            if !text.is_empty() {
                text.push(';');
            }
            text.push_str(item.as_ref());
        }
        push_text(self.field(), &text);
    }
}

/// An item of a list.
pub(super) fn item(value: &[u8]) -> Cow<'_, str> {
    escape_also(value, b";")
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    const FORMULA: [char; 9] = ['=', '+', '-', '@', '\'', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    // Where `;` or a space could end a field for a spreadsheet of another locale, quotes keep it together.
    if text.contains(['"', ',', ';', ' ', '\r', '\n', '\t']) {
        _ = write!(out, "\"{guard}{}\"", text.replace('"', "\"\""));
    } else {
        _ = write!(out, "{guard}{text}");
    }
}
