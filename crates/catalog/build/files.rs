//! The files of `data/`, as the build script finds and reads them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::schema::{SourceFile, VendorEntry};

/// One file of `data/`.
pub(crate) struct DataFile {
    origin: String,
    pub(crate) stem: String,
    pub(crate) text: String,
}

impl DataFile {
    pub(crate) fn file(&self) -> SourceFile<'_> {
        SourceFile { origin: &self.origin, text: &self.text }
    }
}

pub(crate) fn vendor_files(home: &Path) -> Vec<DataFile> {
    let folder = fs::read_dir(home.join("data/vendors")).expect("data/vendors is there");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut data_files: Vec<DataFile> = paths.iter().map(|path| data_file(home, path)).collect();
    data_files.sort_by(|a, b| a.stem.cmp(&b.stem));
    data_files
}

pub(crate) fn data_file(home: &Path, path: &Path) -> DataFile {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let origin = path.strip_prefix(home).unwrap_or(path).display().to_string();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    DataFile { origin, stem, text }
}

pub(crate) fn read_vendor(data_file: &DataFile) -> Result<VendorEntry, Diagnostic> {
    let file = data_file.file();
    let entry: VendorEntry = file.read()?;
    file.check(&entry)?;
    file.check_complete(&entry)?;
    if entry.id.get_ref() != &data_file.stem {
        return Err(file.diagnostic(&entry.id, format!("the file of this id is {}.toml", entry.id.get_ref())));
    }
    if entry.date.is_none() {
        return Err(file.diagnostic(&entry.id, "built-in entries need `date`, the day they were looked at"));
    }
    Ok(entry)
}
