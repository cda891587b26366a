//! The archive as WARC files on a local disk.
