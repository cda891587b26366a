//! The end of leases: what is known of one, and how often a row may die.

use shared::ids::{HostId, LeaseId, RunId};

/// Deaths after which a row is leased alone; one less, and it is leased with a few.
pub(crate) const ALONE: i64 = 2;
/// Deaths at which a row is closed: one in company, one among few, two alone.
pub(crate) const POISON: i64 = 4;

/// A lease as its end needs it.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) lease: LeaseId,
    pub(crate) run: RunId,
    pub(crate) host: HostId,
}
