//! Reading columns, and text that Postgres takes.

use super::error::{Result, corrupt};
use shared::ids::UrlId;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgRow, PgTypeInfo, PgValueRef, Postgres};
use sqlx::{Decode, Row, Type};
use uuid::Uuid;

/// A column of a row.
pub(super) fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(row: &'r PgRow, column: usize) -> Result<T> {
    Ok(row.try_get(column)?)
}

/// An integer of any width.
struct Int(i64);

impl Type<Postgres> for Int {
    fn type_info() -> PgTypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }

    fn compatible(ty: &PgTypeInfo) -> bool {
        <i16 as Type<Postgres>>::compatible(ty)
            || <i32 as Type<Postgres>>::compatible(ty)
            || <i64 as Type<Postgres>>::compatible(ty)
    }
}

impl<'r> Decode<'r, Postgres> for Int {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let bytes = value.as_bytes()?;
        let wide = match bytes.len() {
            2 => i64::from(i16::from_be_bytes(bytes.try_into()?)),
            4 => i64::from(i32::from_be_bytes(bytes.try_into()?)),
            _ => i64::from_be_bytes(bytes.try_into()?),
        };
        Ok(Int(wide))
    }
}

/// A column that holds an integer.
pub(super) fn number(row: &PgRow, column: usize) -> Result<i64> {
    Ok(get::<Int>(row, column)?.0)
}

/// A column that may hold an integer.
pub(super) fn optional(row: &PgRow, column: usize) -> Result<Option<i64>> {
    Ok(get::<Option<Int>>(row, column)?.map(|int| int.0))
}

/// A column that holds a count or a size.
pub(super) fn count(row: &PgRow, column: usize) -> Result<u64> {
    u64::try_from(number(row, column)?).map_err(corrupt)
}

/// A column that holds a small number.
pub(super) fn small<T: TryFrom<i64, Error: std::fmt::Display>>(row: &PgRow, column: usize) -> Result<T> {
    T::try_from(number(row, column)?).map_err(corrupt)
}

pub(super) fn url_id(row: &PgRow, column: usize) -> Result<UrlId> {
    Ok(UrlId(get::<Uuid>(row, column)?.into_bytes()))
}

/// A URL's id as Postgres keeps it.
pub(super) fn of_url_id(id: UrlId) -> Uuid {
    Uuid::from_bytes(id.0)
}

/// Text without NUL, which Postgres does not take; the replacement character stands for each.
pub(super) fn text(mut text: String) -> String {
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}");
    }
    text
}
