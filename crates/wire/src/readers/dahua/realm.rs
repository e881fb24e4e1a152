//! The realm of a login to a device of the Dahua platform.

/// The serial number in a realm `Login to SERIAL`, as devices write it over DHIP, DVRIP, HTTP and RTSP. Newer ones write
/// the MD5 of it, which is none, as is the word of one that calls itself `device`.
pub(in crate::readers) fn serial(realm: &[u8]) -> Option<&[u8]> {
    let id = realm.trim_ascii().strip_prefix(b"Login to ")?.trim_ascii();
    let is_serial = (10..=24).contains(&id.len())
        && id.iter().all(u8::is_ascii_alphanumeric)
        && id.iter().any(u8::is_ascii_digit);
    is_serial.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_may_hold_a_serial_number() {
        assert_eq!(serial(b"Login to 9Z01234PAB56789\r\n"), Some(&b"9Z01234PAB56789"[..]));
        for other in [
            "Login to 0123456789abcdef0123456789abcdef",
            "Login to device",
            "Login to DEVICENAMES",
            "Login to 1234-5678-90",
            "login 9Z01234PAB56789",
            "9Z01234PAB56789",
            "",
        ] {
            assert_eq!(serial(other.as_bytes()), None, "{other}");
        }
    }
}
