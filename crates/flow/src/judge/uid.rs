//! The identifier of one flow record: the same in every run over the same packets, whatever their files are called.
//!
//! A Community ID names a five-tuple, which is used again within a minute; this names one connection of it.

use lenscap_wire::Layer;
use sha1::{Digest, Sha1};

use crate::state::key::Key;

/// The first 64 bits of SHA-1 over the stamp of the first packet, the five-tuple, and VLANs and tunnels around it, in
/// hexadecimal.
pub(crate) fn uid(first: i64, key: &Key, layers: &[Layer]) -> String {
    let mut hash = Sha1::new();
    hash.update(first.to_be_bytes());
    hash.update([key.protocol, key.version]);
    for (address, port) in key.addresses.iter().zip(key.ports) {
        hash.update(address);
        hash.update(port.to_be_bytes());
    }
    for layer in layers {
        hash.update([layer.kind as u8]);
        hash.update(layer.id.to_be_bytes());
        layer.ends.iter().for_each(|end| hash.update(end.0));
    }
    identifier(hash)
}

/// The first 64 bits of what was hashed, in hexadecimal.
pub(crate) fn identifier(hash: Sha1) -> String {
    let [a, b, c, d, e, f, g, h, ..]: [u8; 20] = hash.finalize().into();
    format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lenscap_wire::LayerKind;

    #[test]
    fn another_moment_port_or_tunnel_is_another_flow() {
        let key = Key::default();
        let layer = |id| Layer { kind: LayerKind::Vxlan, id, ends: Default::default() };
        let plain = uid(1, &key, &[]);
        let others = [
            uid(2, &key, &[]),
            uid(1, &Key { ports: [0, 1], ..key }, &[]),
            uid(1, &key, &[layer(0)]),
            uid(1, &key, &[layer(1)]),
        ];
        assert_eq!((plain.len(), uid(1, &key, &[])), (16, plain.clone()));
        assert!(others.iter().all(|other| *other != plain) && others[2] != others[3]);
    }
}
