//! Reading columns.

use super::error::{Result, corrupt};
use serde::de::DeserializeOwned;
use shared::ids::UrlId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

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
