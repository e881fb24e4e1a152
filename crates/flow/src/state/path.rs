//! Paths: the VLANs and tunnels around a flow, interned.
//!
//! Two flows with the same addresses and ports in VLAN 10 and VLAN 20 have different paths, and so are two flows.

use arrayvec::ArrayVec;
use hashbrown::DefaultHashBuilder;
use lenscap_wire::{Address, Layer, LayerKind};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::state::seed::seeded;

/// A path by its place in [`Paths`]. Ids are local to one summary; a merge compares content.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) struct PathId(pub(crate) u16);

impl PathId {
    /// No VLAN, no tunnel.
    pub(crate) const NONE: Self = Self(0);
    /// Any path past [`Paths::CAP`].
    pub(crate) const OTHER: Self = Self(u16::MAX);
}

pub(crate) type Layers = ArrayVec<Layer, 8>;

/// Every path seen, in order of appearance. Past [`Paths::CAP`] further ones share the path [`PathId::OTHER`], which
/// is reported as a limit.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    all: Vec<Layers>,
    hashes: Vec<u64>,
    ids: HashMap<Layers, PathId>,
    last: PathId,
    /// [`seeded`], at hand: the key of each packet is hashed.
    seed: DefaultHashBuilder,
}

impl Default for Paths {
    fn default() -> Self {
        let none = Layers::new();
        Self {
            all: vec![none.clone()],
            hashes: vec![0],
            ids: HashMap::from([(none, PathId::NONE)]),
            last: PathId::NONE,
            seed: seeded().clone(),
        }
    }
}

impl Paths {
    /// How many paths are told apart.
    pub(crate) const CAP: usize = PathId::OTHER.0 as usize;

    /// The id of a path; `None` once [`Paths::CAP`] are taken.
    #[inline]
    pub(crate) fn intern(&mut self, layers: &Layers) -> Option<PathId> {
        if layers.is_empty() {
            return Some(PathId::NONE);
        }
        if self.layers(self.last) == layers.as_slice() {
            return Some(self.last);
        }
        self.intern_new(layers)
    }

    #[cold]
    fn intern_new(&mut self, layers: &Layers) -> Option<PathId> {
        let id = match self.ids.get(layers) {
            Some(&id) => id,
            None if self.all.len() >= Self::CAP => return None,
            None => {
                let id = PathId(self.all.len() as u16);
                self.all.push(layers.clone());
                self.hashes.push(seeded().hash_one(layers));
                self.ids.insert(layers.clone(), id);
                id
            }
        };
        self.last = id;
        Some(id)
    }

    /// Whether any packet came in a VLAN or a tunnel.
    pub(crate) fn has_any(&self) -> bool {
        self.all.len() > 1
    }

    /// What a path is made of, outermost first.
    pub(crate) fn layers(&self, id: PathId) -> &[Layer] {
        self.all.get(id.0 as usize).map_or(&[], ArrayVec::as_slice)
    }

    /// A hasher with the seed of this process.
    #[inline]
    pub(crate) fn hasher(&self) -> impl Hasher {
        self.seed.build_hasher()
    }

    /// A hash of what a path is made of, the same in every summary of this process.
    #[inline]
    pub(crate) fn hash(&self, id: PathId) -> u64 {
        if id == PathId::NONE {
            return 0;
        }
        self.hashes.get(id.0 as usize).copied().unwrap_or(0)
    }

    /// Takes in another's paths; the result maps its ids to ours. `None` where that would pass the cap.
    pub(crate) fn adopt(&mut self, other: &Self) -> Option<Vec<PathId>> {
        other.all.iter().map(|layers| self.intern(layers)).collect()
    }

    /// The same, whatever the cap: past it, theirs share [`PathId::OTHER`].
    pub(crate) fn adopt_most(&mut self, other: &Self) -> Vec<PathId> {
        other.all.iter().map(|layers| self.intern(layers).unwrap_or(PathId::OTHER)).collect()
    }

    /// The portable form.
    pub(crate) fn portable(&self) -> Vec<Vec<PortableLayer>> {
        let layer = |l: &Layer| (l.kind as u8, l.id, l.ends[0].0, l.ends[1].0);
        self.all.iter().map(|layers| layers.iter().map(layer).collect()).collect()
    }

    /// The opposite of [`Paths::portable`]; `None` where a kind is unknown.
    pub(crate) fn from_portable(all: &[Vec<PortableLayer>]) -> Option<Self> {
        let mut paths = Self::default();
        for layers in all {
            let mut path = Layers::new();
            for &(kind, id, low, high) in layers {
                let kind = *KINDS.get(usize::from(kind))?;
                path.try_push(Layer { kind, id, ends: [Address(low), Address(high)] }).ok()?;
            }
            paths.intern(&path)?;
        }
        Some(paths)
    }
}

/// Kind, id and both ends of a layer, for saving.
pub(crate) type PortableLayer = (u8, u32, [u8; 16], [u8; 16]);

/// Kinds in the order of their declaration, which is the order of saved numbers.
const KINDS: [LayerKind; 16] = [
    LayerKind::Vlan,
    LayerKind::Mpls,
    LayerKind::Pppoe,
    LayerKind::Gre,
    LayerKind::Erspan,
    LayerKind::Vxlan,
    LayerKind::VxlanGpe,
    LayerKind::Geneve,
    LayerKind::Gtpu,
    LayerKind::IpIp,
    LayerKind::Teredo,
    LayerKind::Nsh,
    LayerKind::Backbone,
    LayerKind::GreBridge,
    LayerKind::GeneveIp,
    LayerKind::VxlanGpeIp,
];

/// The word for a tunnel in reports; `None` for a VLAN, which has a field of its own.
pub(crate) fn tunnel_name(kind: LayerKind) -> Option<&'static str> {
    Some(match kind {
        LayerKind::Vlan => return None,
        LayerKind::Mpls => "mpls",
        LayerKind::Pppoe => "pppoe",
        LayerKind::Gre | LayerKind::GreBridge => "gre",
        LayerKind::Erspan => "erspan",
        LayerKind::Vxlan => "vxlan",
        LayerKind::VxlanGpe | LayerKind::VxlanGpeIp => "vxlan-gpe",
        LayerKind::Geneve | LayerKind::GeneveIp => "geneve",
        LayerKind::Gtpu => "gtp-u",
        LayerKind::IpIp => "ip-in-ip",
        LayerKind::Teredo => "teredo",
        LayerKind::Nsh => "nsh",
        LayerKind::Backbone => "802.1ah",
        _ => "tunnel",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vlan(id: u32) -> Layers {
        let mut layers = Layers::new();
        layers.push(Layer { kind: LayerKind::Vlan, id, ends: [Address::default(); 2] });
        layers
    }

    #[test]
    fn equal_paths_share_an_id_and_survive_saving() {
        let mut paths = Paths::default();
        let (one, two) = (paths.intern(&vlan(1)), paths.intern(&vlan(2)));
        assert_ne!(one, two);
        assert_eq!(one, paths.intern(&vlan(1)));
        let again = Paths::from_portable(&paths.portable()).unwrap();
        assert_eq!(again.layers(two.unwrap()), paths.layers(two.unwrap()));
    }

    #[test]
    fn adopting_maps_ids_by_content() {
        let (mut ours, mut theirs) = (Paths::default(), Paths::default());
        ours.intern(&vlan(1));
        theirs.intern(&vlan(2));
        theirs.intern(&vlan(1));
        let map = ours.adopt(&theirs).unwrap();
        assert_eq!(map.iter().map(|id| id.0).collect::<Vec<_>>(), [0, 2, 1]);
    }
}
