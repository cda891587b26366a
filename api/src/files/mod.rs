//! A run's records as files.
//!
//! - `encode`: a file, batch by batch; what is held in memory is one batch, whatever there is.
//! - `writer`: files that are asked for are written into the archive, by one process at a time.

mod encode;
mod writer;

pub use encode::{File, ending, media_type};
pub use writer::write_files;
