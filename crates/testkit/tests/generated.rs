//! The fixtures on disk are what the code makes, or what their case says was copied.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

#[test]
fn generated_fixtures_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for case in lenscap_testkit::scenarios::ALL {
        for file in case.files() {
            let path = root.join(case.name).join(file.name);
            let found = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(
                found == file.bytes,
                "{} differs; run `cargo run -p lenscap-testkit -- fixtures`",
                path.display()
            );
        }
    }
}

#[test]
fn recorded_fixtures_are_what_was_copied() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let licences = std::fs::read_to_string(root.join("LICENSES.md")).unwrap();
    let mut recorded = 0;
    for entry in std::fs::read_dir(&root).unwrap().map(Result::unwrap) {
        let Ok(text) = std::fs::read_to_string(entry.path().join("case.toml")) else { continue };
        let case: toml::Table = text.parse().unwrap();
        if case["made-by"].as_str() != Some("recorded") {
            continue;
        }
        recorded += 1;
        let name = case["name"].as_str().unwrap();
        assert_eq!(entry.file_name(), name);
        assert!(licences.contains(&format!("`{name}/")), "{name} is not in LICENSES.md");
        let capture =
            ["capture.pcap", "capture.pcapng"].map(|file| std::fs::read(entry.path().join(file)).ok());
        let bytes = capture.into_iter().flatten().next().unwrap();
        let mut digest = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(digest, "{byte:02x}").unwrap();
        }
        assert_eq!(case["sha256"].as_str(), Some(digest.as_str()), "{name}");
    }
    assert!(recorded > 0);
}
