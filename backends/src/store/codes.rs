//! The small numbers that stand for names in the tables, and the range of a database's numbers.

use shared::ports::StoreError;
use shared::ports::store::{RunState, TallyKind};
use shared::robots::Access;

/// A lease number that is none: the row waits.
pub(crate) const WAITS: i64 = 0;
/// A lease number that is none: the row is tried again when it is due.
pub(crate) const RETRIES: i64 = -1;
/// A lease number that is none: the row is never leased.
pub(crate) const PARKED: i64 = -2;

/// States of a lease.
pub(crate) const OFFERED: i64 = 0;
pub(crate) const GRANTED: i64 = 1;

pub(crate) fn run_state(code: i64) -> Result<RunState, StoreError> {
    const STATES: [RunState; 5] =
        [RunState::Seeding, RunState::Running, RunState::Paused, RunState::Done, RunState::Cancelled];
    usize::try_from(code)
        .ok()
        .and_then(|place| STATES.get(place))
        .copied()
        .ok_or_else(|| unknown("run state", code))
}

pub(crate) fn of_run_state(state: RunState) -> i64 {
    match state {
        RunState::Seeding => 0,
        RunState::Running => 1,
        RunState::Paused => 2,
        RunState::Done => 3,
        RunState::Cancelled => 4,
    }
}

pub(crate) fn tally_kind(code: i64) -> Result<TallyKind, StoreError> {
    Ok(match code {
        0 => TallyKind::Status,
        1 => TallyKind::Failed,
        2 => TallyKind::Cut,
        3 => TallyKind::Refused,
        4 => TallyKind::Rejected,
        _ => return Err(unknown("tally kind", code)),
    })
}

pub(crate) fn of_tally_kind(kind: TallyKind) -> i64 {
    match kind {
        TallyKind::Status => 0,
        TallyKind::Failed => 1,
        TallyKind::Cut => 2,
        TallyKind::Refused => 3,
        TallyKind::Rejected => 4,
    }
}

pub(crate) fn access(code: i64) -> Result<Access, StoreError> {
    Ok(match code {
        0 => Access::Rules,
        1 => Access::Allowed,
        2 => Access::Denied,
        _ => return Err(unknown("robots access", code)),
    })
}

pub(crate) fn of_access(access: Access) -> i64 {
    match access {
        Access::Rules => 0,
        Access::Allowed => 1,
        Access::Denied => 2,
    }
}

fn unknown(what: &str, code: i64) -> StoreError {
    StoreError::Corrupt(format!("{what} {code}"))
}

/// As a database keeps it; what is larger than it can keep is the largest that it can.
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A duration in whole milliseconds.
pub(crate) fn ms(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
