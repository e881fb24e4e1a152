//! The words for a vendor, as the catalogue has them.

use lenscap_flow::report::{Listed, Vendor};

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

/// The rules in force that name a vendor or reach it, those that name it first, then laws before others, and the oldest first. Each
/// list once: it may name several subsidiaries.
pub(crate) fn rules(vendor: &Vendor) -> Vec<&'static Listed> {
    let mut rules: Vec<_> = vendor.rules().collect();
    rules.sort_by_key(|rule| {
        let list = rule.list();
        (rule.basis, list.kind, &list.date, &list.id)
    });
    let mut seen = Vec::new();
    rules.retain(|rule| {
        !seen.contains(&rule.list) && {
            seen.push(rule.list);
            true
        }
    });
    rules
}
