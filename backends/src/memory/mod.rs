//! Ports in this process's memory: the queue of the embedded mode, and an archive for tests.

mod archive;
mod lane;
mod queue;
mod upload;

pub use archive::MemoryArchive;
pub use queue::{MemoryQueue, QueueLimits};
