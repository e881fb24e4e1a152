//! The command of the testkit.
fn main() {}
