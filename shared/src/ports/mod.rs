//! The traits behind which the servers stand. Each trait's comment is its contract; `testkit` has
//! one suite per port that every implementation passes.

pub mod archive;
pub mod queue;
pub mod store;

pub use archive::{Archive, ArchiveError, Stored, Upload};
pub use queue::{Consumer, DeadLetter, Delivery, Lane, Queue, QueueError, Settle, Settlement};
pub use store::{Frontier, Reads, Results, Runs, Store, StoreError};
