//! `lenscap-testkit fixtures [--check] [DIR]`: writes the generated fixtures, or says where they differ.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use lenscap_testkit::scenarios::ALL;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["fixtures"] => write(Path::new("fixtures")),
        ["fixtures", "--check"] => check(Path::new("fixtures")),
        ["fixtures", "--check", directory] => check(Path::new(directory)),
        ["fixtures", directory] if !directory.starts_with('-') => write(Path::new(directory)),
        _ => Err(io::Error::other("usage: lenscap-testkit fixtures [--check] [DIR]")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lenscap-testkit: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(root: &Path) -> io::Result<()> {
    for case in ALL {
        let directory = root.join(case.name);
        fs::create_dir_all(&directory)?;
        for file in case.files() {
            fs::write(directory.join(file.name), file.bytes)?;
        }
    }
    println!("wrote {} cases to {}", ALL.len(), root.display());
    Ok(())
}

fn check(root: &Path) -> io::Result<()> {
    let mut differing = Vec::new();
    for case in ALL {
        for file in case.files() {
            let path = root.join(case.name).join(file.name);
            if fs::read(&path).ok().as_ref() != Some(&file.bytes) {
                differing.push(path.display().to_string());
            }
        }
    }
    if differing.is_empty() {
        println!("{} cases are as the code makes them", ALL.len());
        return Ok(());
    }
    let list = differing.join(", ");
    Err(io::Error::other(format!("differ: {list}; run `cargo run -p lenscap-testkit -- fixtures`")))
}
