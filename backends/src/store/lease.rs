//! The end of leases: what is known of one, and how often a row may die.

use shared::ids::{HostId, LeaseId, RunId};

/// Deaths after which a row is leased alone; one less, and it is leased with a few.
pub(crate) const ALONE: i64 = 2;
/// Deaths at which a row is closed: one in company, one among few, two alone.
pub(crate) const POISON: i64 = 4;

/// The leases that somebody holds. Last, whether robots.txt is among what the holder has begun to ask for.
pub(crate) const HELD: &str = "SELECT lease_id, run_id, host_id, state = 1 AND EXISTS (\
     SELECT 1 FROM queue WHERE queue.run_id = leases.run_id AND queue.host_id = leases.host_id \
     AND queue.lease_id = leases.lease_id AND queue.kind = 1) FROM leases WHERE state < 2";

/// A lease as its end needs it.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) lease: LeaseId,
    pub(crate) run: RunId,
    pub(crate) host: HostId,
}
