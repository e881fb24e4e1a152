//! The generated fixtures on disk are what the code makes.

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
