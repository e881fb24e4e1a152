//! The words for a vendor, as the catalogue has them.

use lenscap_flow::report::Vendor;

pub(crate) fn id(vendor: &Vendor) -> &str {
    AsRef::<str>::as_ref(&vendor.id)
}

pub(crate) fn name(vendor: &Vendor) -> &str {
    AsRef::<str>::as_ref(&vendor.name)
}

/// Who owns it, as the id of another vendor or in words; nothing where nobody says, or where it is its own.
pub(crate) fn parent(vendor: &Vendor) -> Option<&str> {
    let parent = AsRef::<str>::as_ref(&vendor.parent);
    (!parent.is_empty() && parent != id(vendor)).then_some(parent)
}
