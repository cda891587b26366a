//! Many rows in one statement. A statement costs sqlx more than a row does, so rows go in lists of a
//! few fixed lengths, whose texts SQLite prepares once; places that stay empty are NULL and left out.

use super::error::Result;
use super::writer::{Query, Tx};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqliteConnection};
use std::sync::{Arc, OnceLock};

/// Parameters in the longest list, more or less: what one prepared statement may weigh.
const PARAMETERS: usize = 1024;

/// A statement over a list of rows: `{}` in its text stands for the list. Parameters before the list
/// are allowed, parameters after it are not.
pub(super) struct Bulk {
    text: &'static str,
    columns: usize,
    texts: [OnceLock<Arc<str>>; 3],
}

impl Bulk {
    /// One column makes a list of values (`?,?`) for IN; more make a list of rows (`(?,?),(?,?)`),
    /// where a row whose first column is NULL must be left out by the text.
    pub(super) const fn new(text: &'static str, columns: usize) -> Self {
        Bulk { text, columns, texts: [const { OnceLock::new() }; 3] }
    }

    fn longest(&self) -> usize {
        (PARAMETERS / self.columns / 16 * 16).clamp(16, 256)
    }

    /// The list to use for so many rows: its length, and the statement's text.
    fn list(&self, rows: usize) -> (usize, Arc<str>) {
        let longest = self.longest();
        let (place, size) = match rows {
            _ if rows > longest / 4 => (0, longest),
            _ if rows > longest / 16 => (1, longest / 4),
            _ => (2, longest / 16),
        };
        let text = self.texts[place].get_or_init(|| {
            let row = vec!["?"; self.columns].join(",");
            let row = if self.columns == 1 { row } else { format!("({row})") };
            self.text.replace("{}", &vec![row; size].join(",")).into()
        });
        (size, text.clone())
    }

    /// Runs it over all rows, in lists; `first` binds what stands before the list, `bind` one row.
    /// Returns how many rows the statements changed.
    pub(super) async fn run<T>(
        &self,
        tx: &mut Tx<'_>,
        rows: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        first: impl Fn(Query) -> Query,
        bind: impl Fn(Query, T) -> Query,
    ) -> Result<u64> {
        let mut rows = rows.into_iter();
        let mut changed = 0;
        while rows.len() > 0 {
            changed += tx.execute(self.next(&mut rows, &first, &bind)).await?;
        }
        Ok(changed)
    }

    /// As [`Bulk::run`], on any connection; returns the rows that the statements returned.
    pub(super) async fn read<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        first: impl Fn(Query) -> Query,
        bind: impl Fn(Query, T) -> Query,
    ) -> Result<Vec<SqliteRow>> {
        let mut rows = rows.into_iter();
        let mut returned = Vec::new();
        while rows.len() > 0 {
            returned.append(&mut self.next(&mut rows, &first, &bind).fetch_all(&mut *connection).await?);
        }
        Ok(returned)
    }

    /// The statement over the next rows.
    fn next<T>(
        &self,
        rows: &mut impl ExactSizeIterator<Item = T>,
        first: &impl Fn(Query) -> Query,
        bind: &impl Fn(Query, T) -> Query,
    ) -> Query {
        let (size, text) = self.list(rows.len());
        rows.take(size).fold(first(sqlx::query(AssertSqlSafe(text))), bind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_as_long_as_needed_and_of_few_lengths() {
        let bulk = Bulk::new("INSERT INTO t SELECT * FROM (VALUES {})", 4);
        let sizes: Vec<usize> = [1, 16, 17, 64, 65, 1000].map(|rows| bulk.list(rows).0).into();
        assert_eq!(sizes, [16, 16, 64, 64, 256, 256]);
        let text = Bulk::new("a IN ({})", 1).list(1).1;
        assert_eq!(&*text, "a IN (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
        assert!(bulk.list(1).1.contains("(?,?,?,?),(?,?,?,?)"));
    }
}
