//! Laws, lists and orders that name makers of cameras, and whose hardware a badge is reported to be, as `data/lists.toml` has
//! them: each with its date and source.
//!
//! Three facts are kept apart: the badge, the maker that somebody reports behind it, and where that maker sits. A list says
//! of a firm what its words say, and nothing of another firm. The build script reads this file too.

use crate::record::{Text, VendorId, records};
use crate::source::Source;
use crate::words::{Confidence, words};

words! {
    /// What kind of paper a list is.
    ListKind {
        /// A statute.
        Law = "law",
        /// A list that an authority keeps.
        List = "list",
        /// An order or rule of an authority.
        Order = "order",
        /// What a body decided for itself.
        Policy = "policy",
        /// A court's decision, or a settlement before one.
        Court = "court",
        /// A suit: what it says is alleged.
        Suit = "suit",
        /// A body's answer to a question.
        Answer = "answer",
        /// A report or letter: binds nobody.
        Report = "report",
    }
}

words! {
    /// Whether a list holds.
    ListStatus {
        /// It does.
        InForce = "in-force",
        /// Another took its place.
        Replaced = "replaced",
        /// A suit is open.
        Pending = "pending",
        /// It never bound anybody.
        Report = "report",
    }
}

words! {
    /// How a firm stands on a list.
    Basis {
        /// The list spells its name.
        Named = "named",
        /// Not named: reached by words such as "any subsidiary or affiliate".
        Subsidiary = "subsidiary-or-affiliate",
        /// A subsidiary of it is named.
        SubsidiaryNamed = "subsidiary-named",
        /// It was a subsidiary of a named firm, and is none now.
        FormerSubsidiary = "former-subsidiary",
        /// Nobody has decided whether it is reached.
        Open = "open-question",
        /// It is a party before the court.
        Party = "party",
        /// It is sued.
        Defendant = "defendant",
        /// It is named as a supplier, and not sued.
        Supplier = "named-supplier",
        /// It settled.
        Settling = "settling-party",
    }
}

words! {
    /// What shows that a badge's hardware, or part of it, is another maker's.
    Proof {
        /// Texts or keys in firmware or in the maker's programs.
        Firmware = "firmware",
        /// It speaks the maker's own protocol.
        Protocol = "protocol",
        /// A firm says so itself.
        CompanyStatement = "company-statement",
        /// A paper before a court: alleged.
        CourtFiling = "court-filing",
        /// The firm is the maker's own.
        Ownership = "ownership",
        /// The maker applied for the approval of its radio.
        Grantee = "fcc-grantee",
        /// The maker's registered hardware prefix.
        HardwarePrefix = "hardware-prefix",
        /// Data sheets.
        Datasheet = "datasheet",
        /// Notes of a project that works with the devices.
        Project = "project-notes",
        /// A newspaper.
        Press = "press-report",
        /// A seller's or an integrator's list.
        SellersList = "sellers-list",
        /// A published directory that was not read again.
        Directory = "directory",
    }
}

/// A list's place in the table of lists.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ListId(pub u16);

impl Source for ListId {
    fn source(&self) -> String {
        format!("{self:?}")
    }
}

records! {
    /// A law, list, order or report. Its sentences say what it says, in other words.
    pub struct List {
        /// The word for programs, such as `us-ndaa-889`.
        pub id: Text,
        /// Its title.
        pub title: Text,
        /// What people call it; empty where its id does.
        pub short: Text,
        /// Who issued it.
        pub issuer: Text,
        /// Where it holds, as ISO 3166, or `EU`.
        pub country: Text,
        /// Its day, month or year; empty where that is not known.
        pub date: Text,
        /// What kind of paper it is.
        pub kind: ListKind,
        /// Whether it holds.
        pub status: ListStatus,
        /// Whether it names no firm, but a class of makers by the seat of the firm.
        pub by_seat: bool,
        /// What it says or forbids.
        pub says: Text,
        /// Where it was read.
        pub source: Text,
        /// The address of that page.
        pub url: Text,
        /// How sure this entry is.
        pub confidence: Confidence,
        /// Remark.
        pub note: Text,
    }

    /// A firm on a list.
    pub struct Listed {
        /// The firm.
        pub vendor: VendorId,
        /// The list.
        pub list: ListId,
        /// How it stands there.
        pub basis: Basis,
        /// The name that the list has; empty where it has none.
        pub name: Text,
        /// Since when; empty where that is not known.
        pub date: Text,
        /// How sure this entry is.
        pub confidence: Confidence,
        /// Remark.
        pub note: Text,
    }

    /// A report that hardware under one badge is another maker's. Never proof for a given unit.
    pub struct OemFact {
        /// The badge.
        pub badge: VendorId,
        /// The maker.
        pub maker: VendorId,
        /// Day, month or year of the report; empty where that is not known.
        pub date: Text,
        /// Which products, or which years, where the report says so.
        pub scope: Text,
        /// What shows it.
        pub proof: Proof,
        /// How sure it is.
        pub confidence: Confidence,
        /// Who reports it.
        pub source: Text,
    }
}
