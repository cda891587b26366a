//! Group commit: what the leases of one run finish goes into one open segment, and one commit
//! after the other makes segments durable. A page that ends during a commit is in the next one.
//!
//! - [`Committers`]: one committer for each run that has a lease here.
//! - [`Member`]: a lease's hand in its run's committer.
//! - `open`: the segment that is being filled. `commit`: storing it and telling the parsers.

mod commit;
mod committer;
mod open;

pub use committer::{Committers, Lost, Member};
