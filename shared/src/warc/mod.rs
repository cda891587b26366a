//! WARC 1.1 (ISO 28500:2017), one gzip member a record: the form of the raw store. Stub.

mod read;
mod write;

pub use read::{Record, Response, WarcError, manifest, record, response};
pub use write::{Exchange, SegmentWriter};
