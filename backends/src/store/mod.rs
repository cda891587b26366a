//! What the stores on databases share: all that is decided in this program and not in a statement.
//! Each backend has files of the same names with the statements.

pub(crate) mod admit;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod codes;
pub(crate) mod grant;
pub(crate) mod jobs;
pub(crate) mod lease;
pub(crate) mod ledger;
pub(crate) mod offer;
pub(crate) mod page;
pub(crate) mod turn;

use shared::ids::RunId;
use shared::ports::StoreError;

/// There is no such run.
pub(crate) fn no_such(run: RunId) -> StoreError {
    StoreError::NotFound(format!("run {run}"))
}
