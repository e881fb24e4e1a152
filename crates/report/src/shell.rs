//! Paths in commands that a reader may copy into a shell.

use crate::escape::is_unseen;
use std::fmt::Write as _;

/// A path as a shell takes it. Names that cannot be shown are written as `$'\x1b'`, which bash, zsh and ksh read.
pub fn word(path: &str) -> String {
    let path = if path.starts_with('-') && path != "-" { format!("./{path}") } else { path.to_owned() };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path;
    }
    if !path.chars().any(is_unseen) {
        return format!("'{}'", path.replace('\'', "'\\''"));
    }
    let mut word = String::from("$'");
    for c in path.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            c if is_unseen(c) => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| _ = write!(word, "\\x{byte:02x}"));
            }
            c => word.push(c),
        }
    }
    word + "'"
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_survive_a_shell() {
        for (path, word) in [
            ("captures/office.pcapng", "captures/office.pcapng"),
            ("my file.pcap", "'my file.pcap'"),
            ("it's.pcap", "'it'\\''s.pcap'"),
            ("-r.pcap", "./-r.pcap"),
            ("$(reboot).pcap", "'$(reboot).pcap'"),
            ("a\u{1b}[2J'.pcap", "$'a\\x1b[2J\\'.pcap'"),
            ("\u{202e}x", "$'\\xe2\\x80\\xaex'"),
            ("", "''"),
        ] {
            assert_eq!(super::word(path), word);
        }
    }
}
