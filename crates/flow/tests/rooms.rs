//! The rooms of this crate: a room uses only rooms below it, and `ARCHITECTURE.md` shows them as they are.
//!
//! A room is a file of `src` with the folder of its name. Rooms stand in one order, so no two of them can need one
//! another: `state::key` cannot ask what `judge::boundary` thinks of an address, by whatever way round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the top floor down.
const ROOMS: [&str; 7] = ["engine", "save", "judge", "join", "fold", "report", "state"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a room: its own, then those in its folder.
fn files(room: &str) -> Vec<PathBuf> {
    let mut files = vec![root().join(format!("src/{room}.rs"))];
    let mut folders = vec![root().join("src").join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// The rooms that a line of code names, comments left out.
fn named(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or("");
    assert!(!code.contains("crate::{") && !code.contains("super::super::"), "name the room whole: {line}");
    let after = code.split("crate::").skip(1);
    after.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()).collect()
}

/// Which room uses which others, and one file that shows it.
fn uses() -> BTreeMap<(usize, usize), PathBuf> {
    let mut uses = BTreeMap::new();
    for (at, room) in ROOMS.into_iter().enumerate() {
        for file in files(room) {
            let text = fs::read_to_string(&file).expect("the file can be read");
            for other in text.lines().flat_map(named) {
                let of = ROOMS.into_iter().position(|room| room == other);
                let of = of.unwrap_or_else(|| panic!("{} uses {other}, which is no room", file.display()));
                if of != at {
                    uses.entry((at, of)).or_insert_with(|| file.clone());
                }
            }
        }
    }
    uses
}

/// The table of `ARCHITECTURE.md`: what a room is stands in the first line of its file.
fn table(uses: &BTreeMap<(usize, usize), PathBuf>) -> String {
    let row = |(at, room): (usize, &str)| {
        let text = fs::read_to_string(root().join(format!("src/{room}.rs"))).expect("the file can be read");
        let is = text.lines().next().and_then(|line| line.strip_prefix("//! ")).expect("a module comment");
        let below = uses.keys().filter(|(user, _)| *user == at).map(|(_, used)| ROOMS[*used]);
        let below = below.collect::<Vec<_>>().join(", ");
        format!("| `{room}` | {is} | {} |\n", if below.is_empty() { "–" } else { &below })
    };
    "| room | is | uses |\n|---|---|---|\n".to_string()
        + &ROOMS.into_iter().enumerate().map(row).collect::<String>()
}

#[test]
fn every_file_is_in_a_room() {
    let entries = fs::read_dir(root().join("src")).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("it can be read").path()).filter(|path| path.is_file());
    let found: BTreeSet<_> = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_string())).collect();
    let wanted = ROOMS.into_iter().chain(["lib"]).map(String::from).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    for ((user, used), file) in uses() {
        assert!(user < used, "{} uses {}, which stands above {}", file.display(), ROOMS[used], ROOMS[user]);
    }
}

#[test]
fn the_architecture_shows_the_rooms() {
    let table = table(&uses());
    let text = fs::read_to_string(root().join("../../ARCHITECTURE.md")).expect("the file can be read");
    assert!(text.contains(&table), "the table of ARCHITECTURE.md has to be\n\n{table}");
}

#[test]
fn imports_are_found_and_comments_are_not() {
    assert_eq!(named("use crate::state::key::Key; // not crate::judge"), ["state"]);
    assert_eq!(named("#[serde(with = \"crate::state::packet_ref\")]"), ["state"]);
    assert!(named("//! [`judge`](crate::judge)").is_empty());
}
