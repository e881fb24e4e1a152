//! The realm of a login to a device of the Dahua platform.

/// The serial number in a realm `Login to SERIAL`, as devices write it over DHIP, DVRIP, HTTP and RTSP. Newer ones write
/// the MD5 of it, which is none, as is the word of one that calls itself `device`, and what a web page asks to log in to.
pub(in crate::readers) fn serial(realm: &[u8]) -> Option<&[u8]> {
    let id = realm.trim_ascii().strip_prefix(b"Login to ")?.trim_ascii();
    is_serial(id).then_some(id)
}

/// Whether a text is made as the platform makes serial numbers: 14 to 16 capital letters and digits, and both of them.
pub(in crate::readers) fn is_serial(text: &[u8]) -> bool {
    (14..=16).contains(&text.len())
        && text.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.iter().any(u8::is_ascii_digit)
        && text.iter().any(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_capital_letters_and_digits() {
        assert_eq!(serial(b"Login to 9Z01234PAB56789\r\n"), Some(&b"9Z01234PAB56789"[..]));
        for realm in [
            "Login to router12345678",
            "Login to 123456789012345",
            "Login to ABCDEFGHIJKLMNO",
            "Login to 9Z01234PAB567",
            "Login to 9Z01234PAB5678901",
            "Login to 0123456789abcdef0123456789abcdef",
            "Login to 0123456789ABCDEF0123456789ABCDEF",
            "Login to device",
            "Login to DEVICENAMES",
            "Login to 1234-5678-90",
            "login 9Z01234PAB56789",
            "9Z01234PAB56789",
            "",
        ] {
            assert_eq!(serial(realm.as_bytes()), None, "{realm}");
        }
    }
}
