//! What is known of camera vendors: endpoints, hardware prefixes, ports, address ranges and banners, each with its source
//! and how sure it is.
//!
//! The data are TOML files under `data/`, checked and compiled to static tables when the crate is built; a user's files of
//! the same form may be laid over them.
//!
//! ```
//! use lenscap_catalog::Catalog;
//!
//! let catalog = Catalog::builtin();
//! let endpoint = catalog.name("dev.hik-connect.com").unwrap();
//! assert_eq!(catalog.vendor(endpoint.vendor).id, "hikvision");
//! assert!(catalog.name("mindspring.com").is_none());
//! ```
#![forbid(unsafe_code)]

mod banners;
mod builtin;
mod catalog;
mod digest;
mod entry;
mod field {
    //! The build script finds the same file here by its path.
    pub(crate) use lenscap_wire::Field;
}
mod diagnostic;
mod endpoint;
mod labels;
#[cfg(test)]
#[allow(dead_code, reason = "the build script uses it")]
mod list_entries;
mod listed;
mod lists;
mod lookup;
mod names;
mod overlay;
mod protocol;
mod record;
#[allow(dead_code, reason = "the build script uses it")]
mod registrants;
mod roles;
#[allow(dead_code, reason = "the build script uses it")]
mod rule;
mod schema;
mod show;
mod sites;
#[allow(dead_code, reason = "the build script uses it")]
mod source;
mod spoken;
#[allow(dead_code, reason = "the build script uses it")]
mod standing;
mod vocabulary;
mod words;

pub use banners::{BannerHit, VALUE_LIMIT};
pub use catalog::{Catalog, Oui};
pub use diagnostic::Diagnostic;
pub use lists::{Basis, List, ListId, ListKind, ListStatus, Listed, OemFact, Proof};
pub use lookup::{Lookup, Subject};
pub use overlay::CatalogError;
pub use record::{
    Banner, ContactRule, ContentRule, Endpoint, Label, OuiBlock, Port, Prefix, Protocol, SharedName,
    StandingLimits, StandingRow, Text, Vendor, VendorId,
};
pub use roles::Roles;
pub use show::Show;
pub use words::{
    Called, Caller, Confidence, ContactKind, DeviceClass, Evidence, Extract, Level, Match, Measure, Reach,
    Role, Serves, SharedGroup, Side, Transport, VendorKind,
};
