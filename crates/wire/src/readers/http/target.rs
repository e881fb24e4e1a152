//! The target of a request (RFC 9112, 3.2): a path, or a URL with host and port before it.

/// Authority, where the target is absolute, and path of a request's target (RFC 9112, 3.2).
fn split(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let schemes = [&b"http://"[..], b"https://", b"ws://", b"wss://"];
    let scheme = schemes
        .into_iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(rest) = scheme.and_then(|scheme| target.get(scheme.len()..)) else { return (None, target) };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit(|&byte| byte == b'@').next().unwrap_or(authority);
    (Some(host), if path.is_empty() { b"/" } else { path })
}

/// The authority of a target that is absolute, without what stands before `@`.
pub(super) fn authority(target: &[u8]) -> Option<&[u8]> {
    split(target).0
}

/// The path of a target, with its query.
pub(super) fn path(target: &[u8]) -> &[u8] {
    split(target).1
}

/// The host of an authority.
pub(super) fn without_port(authority: &[u8]) -> &[u8] {
    if let Some(rest) = authority.strip_prefix(b"[") {
        return rest.split(|&byte| byte == b']').next().unwrap_or(rest);
    }
    let mut colons = memchr::memchr_iter(b':', authority);
    match (colons.next(), colons.next()) {
        // Several colons without brackets are a bare IPv6 address, not a port.
        (Some(colon), None) => authority.get(..colon).unwrap_or(authority),
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::http::READER;
    use crate::readers::tests::stream;

    #[test]
    fn hosts_of_absolute_targets_and_tunnels() {
        for (start, host, asked) in [
            ("GET http://user@cam.example:81/a HTTP/1.1", "cam.example", None),
            ("GET HTTP://Cam.Example.?q HTTP/1.1", "cam.example", None),
            ("GET wss://cam.example HTTP/1.1", "cam.example", None),
            ("GET http://[2001:db8::1]:81/ HTTP/1.0", "2001:db8::1", None),
            ("CONNECT cam.example:443 HTTP/1.1", "cam.example", None),
            ("GET /a b HTTP/1.1", "other.example", Some("/a b")),
        ] {
            let half = format!("{start}\r\nHost: other.example\r\n\r\n");
            let (_, said) = stream(&READER, half.as_bytes(), false);
            assert!(said.contains(&format!("receiver http.host {host}")), "{said:?}");
            let found = said.iter().find_map(|line| line.strip_prefix("receiver http.path "));
            assert_eq!(found, asked, "a path behind a host is asked of a proxy");
        }
        assert_eq!(
            (path(b"http://cam.example/a?b"), path(b"http://cam.example?q")),
            (&b"/a?b"[..], &b"?q"[..])
        );
        assert_eq!((path(b"wss://cam.example"), path(b"/a")), (&b"/"[..], &b"/a"[..]));
    }
}
