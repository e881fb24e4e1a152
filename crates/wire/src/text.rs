//! A bounded text for values that must be put together rather than borrowed.

use arrayvec::ArrayVec;

/// At most `N` bytes; what does not fit is cut off and remembered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Text<const N: usize> {
    bytes: ArrayVec<u8, N>,
    cut: bool,
}

impl<const N: usize> Text<N> {
    /// An empty text.
    pub(crate) fn new() -> Self {
        Self { bytes: ArrayVec::new(), cut: false }
    }

    /// What stands in it.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether something did not fit.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether nothing stands in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.cut = false;
    }

    /// Appends one byte.
    pub(crate) fn push(&mut self, byte: u8) {
        self.cut |= self.bytes.try_push(byte).is_err();
    }

    /// Appends bytes.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        let room = bytes.len().min(self.bytes.remaining_capacity());
        let (fitting, rest) = bytes.split_at(room);
        let fits = self.bytes.try_extend_from_slice(fitting).is_ok();
        self.cut |= !fits || !rest.is_empty();
    }

    /// Appends bytes, letters of ASCII in lower case.
    pub(crate) fn extend_lowercase(&mut self, bytes: &[u8]) {
        let start = self.bytes.len();
        self.extend(bytes);
        if let Some(added) = self.bytes.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    }

    /// Appends a number in decimal.
    pub(crate) fn decimal(&mut self, number: u8) {
        if number >= 100 {
            self.push(b'0' + number / 100);
        }
        if number >= 10 {
            self.push(b'0' + number / 10 % 10);
        }
        self.push(b'0' + number % 10);
    }
}

/// Longest value of a fact.
pub(crate) const MAX_VALUE: usize = 512;

/// The part of a value that a fact may hold.
pub(crate) fn value(bytes: &[u8]) -> &[u8] {
    bytes.get(..MAX_VALUE).unwrap_or(bytes)
}

/// What a device tells in a field, as far as a fact may hold it; `None` where it tells nothing ([`set`]), or holds a control
/// character: no field for one value has lines.
pub(crate) fn told(bytes: &[u8]) -> Option<&[u8]> {
    set(bytes).filter(|value| !value.iter().any(u8::is_ascii_control))
}

/// A value as far as a fact may hold it; `None` where it is empty, or zeros that stand for what was never set, such as
/// `0000000000`, `0.0.0.0` or `00:00:00:00:00:00`.
pub(crate) fn set(bytes: &[u8]) -> Option<&[u8]> {
    let value = value(bytes);
    value.iter().any(|byte| !matches!(byte, b'0' | b'.' | b':' | b'-')).then_some(value)
}

/// Appends a text in which bytes may be written as `%` and two hex digits (RFC 3986, 2.1); what is none of these stays.
pub(crate) fn percent_decoded<const N: usize>(mut bytes: &[u8], text: &mut Text<N>) {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    while let Some((&first, rest)) = bytes.split_first() {
        bytes = rest;
        let coded = match (first, rest) {
            (b'%', [high, low, behind @ ..]) => digit(*high).zip(digit(*low)).zip(Some(behind)),
            _ => None,
        };
        if let Some(((high, low), behind)) = coded {
            text.push(high << 4 | low);
            bytes = behind;
        } else {
            text.push(first);
        }
    }
}

/// A host name as DNS compares names: lower case (RFC 4343), without the dot that may close a full name
/// (RFC 1034, 3.1), so that what a client asks of a server is spelt as what it asked of a name service.
pub(crate) fn host<'t>(name: &'t [u8], text: &'t mut Text<255>) -> &'t [u8] {
    let name = match name {
        [rest @ .., b'.'] if !rest.is_empty() => rest,
        _ => name,
    };
    if name.iter().fold(true, |lower, byte| lower & !byte.is_ascii_uppercase()) {
        return name;
    }
    text.clear();
    text.extend_lowercase(name);
    text.as_bytes()
}

/// A path in which what stands behind `password=` and its like is masked, up to the next parameter:
/// `/user=admin_password=***_channel=1`, `/live?usr=admin&pwd=***`.
pub(crate) fn masked(path: &[u8]) -> Text<MAX_VALUE> {
    let mut text = Text::new();
    let mut rest = path;
    while let Some(equals) = memchr::memchr(b'=', rest) {
        let (name, value) = rest.split_at_checked(equals + 1).unwrap_or((rest, &[]));
        text.extend(name);
        rest = value;
        if is_secret(name) {
            text.extend(b"***");
            rest = behind_parameter(value);
        }
    }
    text.extend(rest);
    text
}

/// Whether a name, with the sign behind it, is one of a password.
fn is_secret(name: &[u8]) -> bool {
    [&b"password="[..], b"passwd=", b"pass=", b"pwd="].iter().any(|word| {
        let start = name.len().checked_sub(word.len());
        start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    })
}

/// What follows the value of a parameter: another one, behind `&`, or behind a `_` with a word and `=`.
fn behind_parameter(value: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'_', b'&', value.get(at..).unwrap_or(&[])) {
        at += found;
        let rest = value.get(at..).unwrap_or(&[]);
        let word = rest.get(1..17).or(rest.get(1..)).unwrap_or(&[]);
        let letters = word.iter().take_while(|byte| byte.is_ascii_lowercase()).count();
        if rest.first() == Some(&b'&') || letters > 0 && word.get(letters) == Some(&b'=') {
            return rest;
        }
        at += 1;
    }
    &[]
}

/// Whether a text begins with this one, in capitals or not.
pub(crate) fn begins(text: &[u8], with: &[u8]) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Four lower-case hex digits.
pub(crate) fn hex4(value: u16) -> [u8; 4] {
    [12, 8, 4, 0].map(|shift| hex_digit((value >> shift) as u8))
}

/// The lower-case hex digit of the low four bits.
pub(crate) const fn hex_digit(bits: u8) -> u8 {
    match bits & 0x0f {
        digit @ 0..=9 => b'0' + digit,
        letter => b'a' + letter - 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_and_control_characters_tell_nothing() {
        for value in
            ["", "0", "0000000000", "0.0.0.0", "00:00:00:00:00:00", "--", "a\x1b[2J", "a\r\nb", "a\0"]
        {
            assert_eq!(told(value.as_bytes()), None, "{value:?}");
        }
        for value in ["00000001", "1.0.0", "-1", "Gr\u{fc}n"] {
            assert_eq!(told(value.as_bytes()), Some(value.as_bytes()), "{value}");
        }
        assert_eq!((set(b"a\r\nb"), set(b"0-0")), (Some(&b"a\r\nb"[..]), None));
    }

    #[test]
    fn what_does_not_fit_is_cut_and_remembered() {
        let mut text = Text::<4>::new();
        text.extend(b"abc");
        assert!(!text.is_cut());
        text.extend(b"de");
        assert_eq!(text.as_bytes(), b"abcd");
        assert!(text.is_cut());
        text.clear();
        assert!(text.is_empty() && !text.is_cut());
    }

    #[test]
    fn decimals_have_no_leading_zeros() {
        let mut text = Text::<16>::new();
        for number in [0, 7, 40, 105, 255] {
            text.decimal(number);
            text.push(b' ');
        }
        assert_eq!(text.as_bytes(), b"0 7 40 105 255 ");
    }

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        for (path, masked_path) in [
            (
                "/user=admin_password=s_e_cret_channel=1_stream=0.sdp",
                "/user=admin_password=***_channel=1_stream=0.sdp",
            ),
            ("/a?usr=admin&PWD=secret&x=1", "/a?usr=admin&PWD=***&x=1"),
            ("/a?pass=secret", "/a?pass=***"),
            ("/a?compass=n", "/a?compass=***"),
            ("/a?pwd=", "/a?pwd=***"),
            ("/Streaming/Channels/101?a=b", "/Streaming/Channels/101?a=b"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(masked(path.as_bytes()).as_bytes()), masked_path);
        }
    }

    #[test]
    fn coded_bytes_are_decoded_and_others_stay() {
        for (coded, text) in [("a%20b%2f", "a b/"), ("%zz%4", "%zz%4"), ("%%41", "%A"), ("", "")] {
            let mut decoded = Text::<16>::new();
            percent_decoded(coded.as_bytes(), &mut decoded);
            assert_eq!(decoded.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn hosts_are_spelt_in_one_way() {
        for (name, spelt) in
            [("Cam.Example.", "cam.example"), ("cam.example", "cam.example"), (".", "."), ("", "")]
        {
            assert_eq!(host(name.as_bytes(), &mut Text::new()), spelt.as_bytes());
        }
    }
}
