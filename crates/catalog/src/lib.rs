//! What is known of camera vendors.

/// A vendor.
#[derive(Clone, Debug)]
pub struct Vendor {
    /// Id.
    pub id: &'static str,
    /// Name.
    pub name: &'static str,
    /// Parent.
    pub parent: &'static str,
}
