//! `carve IN OUT NUMBER…`: copies packets of a capture, by the numbers that Wireshark shows, into a pcapng file.

use lenscap_capture::{Capture, ChunkId, Writer};
use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, numbers @ ..] = arguments.as_slice() else {
        return Err("usage: carve IN OUT NUMBER…".into());
    };
    let numbers = numbers.iter().map(|number| number.parse()).collect::<Result<BTreeSet<u32>, _>>()?;
    let mut reader = Capture::open(Path::new(from))?.reader(ChunkId::default())?;
    let mut writer = Writer::new(BufWriter::new(File::create(to)?));
    while reader.advance() {
        let wanted = |n: u32| numbers.contains(&(n + 1));
        let records: Vec<_> =
            reader.batch().records().iter().filter(|record| wanted(record.at.record)).copied().collect();
        for record in records {
            writer.copy(&reader, &record)?;
        }
    }
    writer.finish()?;
    Ok(())
}
