//! `lenscap catalog`, and the catalogue that the other commands judge by.

use crate::args::{Catalog as Args, CatalogQuery};
use crate::failure::{Failure, Outcome, look, say};
use crate::output::to_stdout;
use lenscap_catalog::Catalog;
use lenscap_report::escape::escape;
use std::io::{self, Write};
use std::path::PathBuf;

/// The built-in catalogue with `files` laid over it.
pub(crate) fn open(files: &[PathBuf]) -> Result<Catalog, Failure> {
    Catalog::with(files).map_err(|error| {
        let failure = Failure::new(error.to_string());
        match files.iter().find(|file| !file.is_file()) {
            Some(missing) => failure.next(look(missing)),
            None => failure,
        }
    })
}

/// Prints what is asked for.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    let catalog = open(&args.catalog)?;
    match &args.query {
        CatalogQuery::Lookup { query } => {
            let found = catalog.lookup(query);
            to_stdout(|out| writeln!(out, "{}", found.to_string().trim_end()))?;
            // As grep says it: 0 where something is known, 1 where nothing is.
            Ok(if found.is_known() { Outcome::Nothing } else { Outcome::Found })
        }
        CatalogQuery::Show { vendor } => {
            let Some(id) = catalog.vendor_called(vendor) else {
                // As a look-up says it: 1 where nothing is known.
                let vendor = escape(vendor.as_bytes());
                say(&format!("lenscap: no vendor {vendor} is known\n  See all: lenscap catalog list"));
                return Ok(Outcome::Found);
            };
            to_stdout(|out| write!(out, "{}", catalog.show(id)))?;
            Ok(Outcome::Nothing)
        }
        CatalogQuery::List => {
            to_stdout(|out| list(&catalog, out))?;
            Ok(Outcome::Nothing)
        }
    }
}

fn list(catalog: &Catalog, out: &mut impl Write) -> io::Result<()> {
    let width = catalog.vendors().map(|(_, vendor)| vendor.id.len()).max().unwrap_or_default();
    for (_, vendor) in catalog.vendors() {
        let parent =
            if vendor.parent.is_empty() { String::new() } else { format!(" (parent {})", vendor.parent) };
        writeln!(out, "{:width$}  {}{parent}", vendor.id, vendor.name)?;
    }
    Ok(())
}
