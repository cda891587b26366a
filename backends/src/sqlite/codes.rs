//! The small numbers that stand for names in the tables, and reading columns.

use super::error::{Result, corrupt};
use serde::de::DeserializeOwned;
use shared::ids::UrlId;
use shared::ports::store::{RunState, TallyKind};
use shared::robots::Access;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

/// A lease number that is none: the row waits.
pub(super) const WAITS: i64 = 0;
/// A lease number that is none: the row is tried again when it is due.
pub(super) const RETRIES: i64 = -1;
/// A lease number that is none: the row is never leased.
pub(super) const PARKED: i64 = -2;

/// States of a lease.
pub(super) const OFFERED: i64 = 0;
pub(super) const GRANTED: i64 = 1;

pub(super) fn run_state(code: i64) -> Result<RunState> {
    const STATES: [RunState; 5] =
        [RunState::Seeding, RunState::Running, RunState::Paused, RunState::Done, RunState::Cancelled];
    usize::try_from(code)
        .ok()
        .and_then(|place| STATES.get(place))
        .copied()
        .ok_or_else(|| corrupt(format!("run state {code}")))
}

pub(super) fn of_run_state(state: RunState) -> i64 {
    match state {
        RunState::Seeding => 0,
        RunState::Running => 1,
        RunState::Paused => 2,
        RunState::Done => 3,
        RunState::Cancelled => 4,
    }
}

pub(super) fn tally_kind(code: i64) -> Result<TallyKind> {
    Ok(match code {
        0 => TallyKind::Status,
        1 => TallyKind::Failed,
        2 => TallyKind::Cut,
        3 => TallyKind::Refused,
        4 => TallyKind::Rejected,
        _ => return Err(corrupt(format!("tally kind {code}"))),
    })
}

pub(super) fn of_tally_kind(kind: TallyKind) -> i64 {
    match kind {
        TallyKind::Status => 0,
        TallyKind::Failed => 1,
        TallyKind::Cut => 2,
        TallyKind::Refused => 3,
        TallyKind::Rejected => 4,
    }
}

pub(super) fn access(code: i64) -> Result<Access> {
    Ok(match code {
        0 => Access::Rules,
        1 => Access::Allowed,
        2 => Access::Denied,
        _ => return Err(corrupt(format!("robots access {code}"))),
    })
}

pub(super) fn of_access(access: Access) -> i64 {
    match access {
        Access::Rules => 0,
        Access::Allowed => 1,
        Access::Denied => 2,
    }
}

/// A column of a row.
pub(super) fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, column: usize) -> Result<T> {
    Ok(row.try_get(column)?)
}

/// A column that holds a count or a size.
pub(super) fn count(row: &SqliteRow, column: usize) -> Result<u64> {
    u64::try_from(get::<i64>(row, column)?).map_err(corrupt)
}

/// A column that holds a small number.
pub(super) fn small<T: TryFrom<i64, Error: std::fmt::Display>>(row: &SqliteRow, column: usize) -> Result<T> {
    T::try_from(get::<i64>(row, column)?).map_err(corrupt)
}

pub(super) fn url_id(row: &SqliteRow, column: usize) -> Result<UrlId> {
    get::<&[u8]>(row, column)?.try_into().map(UrlId).map_err(corrupt)
}

/// What `json_group_array` made of many rows. Where they are many, one row with all of them costs less
/// than they would: each row wakes the thread that waits for it.
pub(super) fn array<T: DeserializeOwned>(rows: &[SqliteRow]) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for row in rows {
        all.append(&mut serde_json::from_str(get(row, 0)?).map_err(corrupt)?);
    }
    Ok(all)
}

/// As SQLite keeps it; what is larger than it can keep is the largest that it can.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A duration in whole milliseconds.
pub(super) fn ms(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
