//! What the tests of whole reports share.

use lenscap_catalog::Catalog;
use lenscap_flow::{Policy, Summary, judge};
use lenscap_report::{Select, json};
use std::num::NonZeroUsize;
use std::sync::LazyLock;

pub(crate) static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// The whole report in JSON lines, of all types.
pub(crate) fn rendered(summary: &Summary) -> String {
    let closed = summary.close();
    let report = judge(&closed, &CATALOG, &Policy::default());
    let mut out = Vec::new();
    json::write(&report, Select::default(), NonZeroUsize::MIN, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("JSON is text")
}
