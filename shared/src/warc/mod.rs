//! WARC 1.1 (ISO 28500:2017), one gzip member a record: the form of the raw store.
//!
//! A segment is a `warcinfo` record, a `request` and a `response` for each exchange, and a
//! `metadata` record with the [manifest](crate::manifest). Segments may lie one after the other in
//! an object. Each member tells its own length in its header, so that walking needs no inflating.

mod fields;
mod http_head;
mod http_read;
mod pack;
mod read;
mod tail;
mod walk;
mod write;

pub use read::{Record, Response, WarcError, manifest, record, response};
pub use tail::segments;
pub use walk::{Members, members, whole_prefix};
pub use write::{Exchange, SegmentWriter};
