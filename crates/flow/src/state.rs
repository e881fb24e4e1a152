//! What is kept of packets, and nothing of what it means.
//!
//! All of it hangs on one [`Summary`](summary::Summary): spells in the shards of a [`table`], what readers said of their
//! halves, names and sightings of stations, fragments that wait, and the sums of the ledger.

pub(crate) mod answer;
pub(crate) mod captures;
pub(crate) mod cost;
pub(crate) mod entry;
pub(crate) mod eviction;
pub(crate) mod field_word;
pub(crate) mod flows;
pub(crate) mod fragment;
pub(crate) mod half;
pub(crate) mod heir;
pub(crate) mod key;
pub(crate) mod lane;
pub(crate) mod learned;
pub(crate) mod leaving;
pub(crate) mod measure;
pub(crate) mod names;
pub(crate) mod packet_ref;
pub(crate) mod path;
pub(crate) mod residual;
pub(crate) mod seed;
pub(crate) mod settled;
pub(crate) mod share;
pub(crate) mod sighting;
pub(crate) mod site;
pub(crate) mod spell;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod tally;
pub(crate) mod text;
pub(crate) mod transcript;
