//! Reads the first bytes of one half of a TCP flow, as from a file, and prints what its protocol says: of a TLS hello
//! the server's name, ALPN and JA4.
//!
//!     cargo run -p lenscap-wire --example hello -- FILE
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use lenscap_wire::readers::{Reading, read_stream};
use lenscap_wire::{Fact, Stream};
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: hello FILE");
        return ExitCode::FAILURE;
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(why) => {
            eprintln!("{}: {why}", path.display());
            return ExitCode::FAILURE;
        }
    };
    // All that there is of the stream is given at once; a live program would ask again while it is undecided.
    let stream = Stream { bytes: &bytes, ended: true };
    let reading = read_stream(&stream, &mut |fact| {
        if let Fact::Says { field, value, .. } = fact {
            println!("{field}\t{}", value.escape_ascii());
        }
    });
    match reading {
        Reading::Done(reader) => println!("protocol\t{}", reader.app()),
        _ => println!("protocol\tunknown"),
    }
    ExitCode::SUCCESS
}
