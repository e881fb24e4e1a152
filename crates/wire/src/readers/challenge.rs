//! Challenges in answers of HTTP and RTSP (RFC 9110, 11.6.1): in whose realm a client must log in.
//!
//! Facts about the sender: the realm, in the field of the protocol, of at most 4 challenges; and `dahua.serial`, where
//! it is that of a device of the Dahua platform and holds its serial number.

use super::dahua;
use crate::{Fact, Field, head::Head, reader::Facts, text::told};

const MAX_REALMS: usize = 4;

/// Yields what the challenges in a head say.
pub(super) fn say(head: &Head<'_>, field: Field, facts: Facts<'_>) {
    let challenges = head.fields().filter(|(name, _)| name.eq_ignore_ascii_case(b"www-authenticate"));
    for realm in challenges.filter_map(|(_, challenge)| realm(challenge)).take(MAX_REALMS) {
        let Some(realm) = told(realm) else { continue };
        facts(Fact::of_sender(field, realm));
        if let Some(serial) = dahua::realm::serial(realm) {
            facts(Fact::of_sender(Field::DahuaSerial, serial));
        }
    }
}

/// The realm of a challenge, as it stands between its quotes.
fn realm(challenge: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"realm=";
    let at = challenge.windows(KEY.len()).position(|window| window.eq_ignore_ascii_case(KEY))?;
    let text = challenge.get(at + KEY.len()..)?.trim_ascii_start();
    let Some(quoted) = text.strip_prefix(b"\"") else {
        return text.split(|byte| matches!(byte, b',' | b' ')).next().filter(|realm| !realm.is_empty());
    };
    let mut escaped = false;
    let end = quoted.iter().position(|&byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    quoted.get(..end.unwrap_or(quoted.len())).filter(|realm| !realm.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::tests::line;

    fn said(challenges: &str) -> Vec<String> {
        let answer = format!("RTSP/1.0 401 Unauthorized\r\n{challenges}\r\n");
        let mut lines = Vec::new();
        say(&Head::parse(answer.as_bytes()).unwrap(), Field::RtspRealm, &mut |fact| lines.push(line(&fact)));
        lines
    }

    #[test]
    fn realms_are_said_with_the_serial_number_in_them() {
        let dahua = "WWW-Authenticate: Digest realm=\"Login to 9Z01234PAB56789\", nonce=\"7\"\r\n";
        let realm = "sender rtsp.realm Login to 9Z01234PAB56789";
        assert_eq!(said(dahua), [realm, "sender dahua.serial 9Z01234PAB56789"]);
        let others =
            "WWW-Authenticate: Basic realm=9Z01234PAB56789\r\nwww-authenticate: Digest nonce=\"7\"\r\n";
        assert_eq!(said(others), ["sender rtsp.realm 9Z01234PAB56789"]);
        assert_eq!(said(&dahua.repeat(9)).len(), 2 * MAX_REALMS);
    }
}
