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
mod field {
    //! The build script finds the same file here by its path.
    pub(crate) use lenscap_wire::Field;
}
mod form;
mod lookup;
mod mistake;
mod names;
mod overlay;
mod record;
mod words;

pub use banners::{BannerHit, VALUE_LIMIT};
pub use catalog::{Catalog, Oui};
pub use lookup::{Lookup, Subject};
pub use mistake::Mistake;
pub use overlay::CatalogError;
pub use record::{Banner, Block, Endpoint, Port, Prefix, SharedName, Text, Vendor, VendorId};
pub use words::{
    Capture, Confidence, DeviceClass, Match, Reach, Role, Roles, SharedGroup, Side, Transport, VendorKind,
};
