//! Who the stations are: which addresses are one device, and what kind of device it is.

pub(crate) mod device;
pub(crate) mod grouped;
pub(crate) mod identity;
pub(crate) mod link;
pub(crate) mod roll;
