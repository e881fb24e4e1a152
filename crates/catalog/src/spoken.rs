//! Whose protocols are whose: by the reader that knows one, and by the field in which who speaks it says what part he plays.
//!
//! A flow that the reader of PPPP knew speaks the protocol of CS2 Network, and who says `client` in `pppp.role` views. It is asked
//! of every flow that is judged and hangs on the catalogue alone, so it is worked out with that and not with each report.

use lenscap_wire::{Meaning, ReaderId};

use crate::catalog::Catalog;
use crate::field::Field;
use crate::record::{Protocol, Vendor, VendorId};

/// A vendor, and which of the protocols that it speaks.
type Place = (VendorId, u16);

/// Where the protocols of readers and of fields stand.
#[derive(Debug, Default)]
pub(crate) struct SpokenTable {
    all: Vec<Place>,
    by_reader: Vec<Option<Place>>,
    by_field: Vec<Option<Place>>,
}

impl SpokenTable {
    pub(crate) fn new(vendors: &[Vendor]) -> Self {
        let of = |(at, vendor): (u16, &Vendor)| {
            (0..vendor.speaks.len() as u16).map(move |place| (VendorId(at), place))
        };
        let mut table = Self { all: (0..).zip(vendors).flat_map(of).collect(), ..Self::default() };
        let of_reader = |id| table.called(vendors, ReaderId(id).reader()?.app);
        table.by_reader = (0..=ReaderId::MAX).map(of_reader).collect();
        let of_field = |field: &Field| {
            let (app, _) =
                (field.meaning() == Some(Meaning::Role)).then(|| field.word().rsplit_once('.'))??;
            table.called(vendors, app)
        };
        table.by_field = Field::ALL.iter().map(of_field).collect();
        table
    }

    /// Where the protocol that is called `app` stands. Of several vendors the last: a user's file stands behind the built-in ones.
    fn called(&self, vendors: &[Vendor], app: &str) -> Option<Place> {
        let is_called = |place: &&Place| protocol(vendors, **place).is_some_and(|known| known.app == app);
        self.all.iter().rev().find(is_called).copied()
    }
}

fn protocol(vendors: &[Vendor], (VendorId(vendor), place): Place) -> Option<&Protocol> {
    vendors.get(usize::from(vendor))?.speaks.get(usize::from(place))
}

impl Catalog {
    /// The protocol that a reader reads and whose it is, where it is a vendor's own.
    ///
    /// ```
    /// use lenscap_catalog::Catalog;
    /// use lenscap_wire::{Field, ReaderId};
    ///
    /// let catalog = Catalog::builtin();
    /// let pppp = (0..ReaderId::MAX).map(ReaderId).find(|id| id.app() == "pppp").unwrap();
    /// let (vendor, protocol) = catalog.spoken(pppp).unwrap();
    /// assert_eq!(protocol.app, "pppp");
    /// assert_eq!(catalog.spoken_in(Field::PpppRole).map(|(vendor, _)| vendor), Some(vendor));
    /// ```
    #[inline]
    pub fn spoken(&self, reader: ReaderId) -> Option<(VendorId, &Protocol)> {
        self.spoken_at(self.spoken.by_reader.get(usize::from(reader.0)).copied()?)
    }

    /// The protocol of which a field holds the part that its sender plays, and whose it is.
    #[inline]
    pub fn spoken_in(&self, field: Field) -> Option<(VendorId, &Protocol)> {
        self.spoken_at(self.spoken.by_field.get(field as usize).copied()?)
    }

    /// The protocol that is called `app`, and whose it is.
    pub fn spoken_as(&self, app: &str) -> Option<(VendorId, &Protocol)> {
        self.spoken_at(self.spoken.called(&self.vendors, app))
    }

    #[inline]
    fn spoken_at(&self, place: Option<Place>) -> Option<(VendorId, &Protocol)> {
        Some((place?.0, protocol(&self.vendors, place?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(app: &str) -> ReaderId {
        (0..ReaderId::MAX).map(ReaderId).find(|id| id.app() == app).unwrap()
    }

    #[test]
    fn every_protocol_of_a_vendor_is_found_by_its_reader() {
        let catalog = Catalog::builtin();
        for (_, vendor) in catalog.vendors() {
            for protocol in vendor.speaks.iter() {
                let found = [catalog.spoken(reader(&protocol.app)), catalog.spoken_as(&protocol.app)];
                assert!(found.iter().all(|found| found.is_some_and(|(_, known)| known.app == protocol.app)));
            }
        }
    }

    #[test]
    fn what_everybody_speaks_is_nobodys() {
        let catalog = Catalog::builtin();
        assert!(catalog.spoken(reader("dns")).is_none() && catalog.spoken_as("").is_none());
        assert!(catalog.spoken_in(Field::TlsSni).is_none());
    }
}
