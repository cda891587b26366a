//! The database: the one truth. Four rooms, one for each kind of caller, and [`control`] for what people
//! keep beside runs; a store is all of them.

mod audit;
pub mod control;
mod frontier;
mod reads;
mod results;
mod runs;

pub use audit::Audit;
pub use control::{Control, HasControl};
pub use frontier::{Frontier, GrantPolicy, OfferPolicy, Offered, Offers, SweepPolicy, Swept};
pub use reads::{PageFilter, PageRow, PageSelection, Reads, RecordRow, RecordSelection};
pub use results::{
    Applied, ClosedPage, Ending, NewRecord, PageEnd, ParsedPage, ParsedSegment, ParsedVisit, Results,
};
pub use runs::{
    Command, NewRun, RunCounts, RunInfo, RunSelection, RunState, RunSummary, Runs, Tally, TallyKind,
};

/// All of a store.
///
/// # Contract
/// Every method is one transaction (or several where it says so), whole or not at all; what it
/// returned `Ok` for survives the death of everything. Methods may be called from any number of
/// processes at once. Times are the store's own ([`crate::clock::Clock`] in process, the server's
/// clock on a server); callers pass durations. At every commit, and for every run:
/// - `admitted - closed` is the number of the run's open URLs, each exactly one row;
/// - a URL is admitted at most once, and closed at most once;
/// - a host has at most one open lease a lane.
pub trait Store: Runs + Frontier + Results + Reads + HasControl {}
impl<T: Runs + Frontier + Results + Reads + HasControl> Store for T {}

/// The store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not now: busy, unreachable, restarted, a conflict that could not be resolved. Worth trying
    /// again.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// No room. A person must make some; then go on.
    #[error("the database has no room: {0}; make room, then resume")]
    Full(String),
    /// Of another version, in use by another process, or not allowed. A person must act.
    #[error("{0}")]
    Refused(String),
    /// It does not go together with what is there: a name that is taken, a state that does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The tenant has used up what it may use. Worth trying again when something of it has ended.
    #[error("{0}")]
    Exhausted(String),
    /// No such run, page or lease.
    #[error("there is no {0}")]
    NotFound(String),
    /// The data are not what this program wrote.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Whether another try could succeed without a person.
    pub fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }
}
