//! Values as the Rust source of a constant that equals them, for the tables that the build script writes.

use std::borrow::Cow;

use ipnet::IpNet;

use crate::field::Field;
use crate::record::VendorId;
use crate::roles::Roles;

/// A value that can be written as Rust source.
pub(crate) trait Source {
    /// An expression that is constant where the names of `builtin.rs` are known.
    fn source(&self) -> String;
}

macro_rules! by_debug {
    ($($type:ty)+) => {$(
        impl Source for $type {
            fn source(&self) -> String {
                format!("{self:?}")
            }
        }
    )+};
}

by_debug! { bool u8 u16 VendorId }

impl Source for Field {
    fn source(&self) -> String {
        format!("Field::{self:?}")
    }
}

impl Source for u64 {
    fn source(&self) -> String {
        format!("{self:#014x}")
    }
}

impl Source for Cow<'static, str> {
    fn source(&self) -> String {
        format!("t({self:?})")
    }
}

impl<T: Source + Clone> Source for Cow<'static, [T]> {
    fn source(&self) -> String {
        let items: Vec<String> = self.iter().map(Source::source).collect();
        format!("Cow::Borrowed(&[{}])", items.join(", "))
    }
}

impl<T: Source> Source for Option<T> {
    fn source(&self) -> String {
        self.as_ref().map_or("None".into(), |value| format!("Some({})", value.source()))
    }
}

impl Source for Roles {
    fn source(&self) -> String {
        format!("Roles::from_bits({})", self.bits())
    }
}

impl Source for IpNet {
    fn source(&self) -> String {
        let (version, bits) = match self {
            Self::V4(net) => ("4", net.addr().to_bits().to_string()),
            Self::V6(net) => ("6", net.addr().to_bits().to_string()),
        };
        format!(
            "IpNet::V{version}(Ipv{version}Net::new_assert(std::net::Ipv{version}Addr::from_bits({bits}), {}))",
            self.prefix_len()
        )
    }
}
