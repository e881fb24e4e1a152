//! URLs of RTSP (RFC 2326, 3.2).

/// What stands behind host and port of a URL.
pub(super) fn path(url: &[u8]) -> &[u8] {
    let scheme = [&b"rtsp://"[..], b"rtsps://", b"rtspu://"]
        .into_iter()
        .find(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let Some(rest) = scheme.and_then(|scheme| url.get(scheme.len()..)) else { return url };
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    rest.get(slash..).filter(|path| !path.is_empty()).unwrap_or(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_behind_host_and_port() {
        for (url, path_of) in [
            ("rtsp://192.0.2.1:554/Streaming/Channels/101", "/Streaming/Channels/101"),
            ("rtsp://user:word@192.0.2.1/a?b=c", "/a?b=c"),
            ("RTSP://192.0.2.1", "/"),
            ("rtsp://[2001:db8::1]:554?x", "?x"),
            ("/live", "/live"),
        ] {
            assert_eq!(path(url.as_bytes()), path_of.as_bytes());
        }
    }
}
