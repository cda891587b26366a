//! Opening a database: connections, their settings, its version.

use super::error::{Failure, Result};
use shared::ports::StoreError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr, SqliteConnection};
use std::path::Path;
use std::time::Duration;

/// Connections that read at the same time.
const READERS: u32 = 2;
/// KiB of page cache of the writer, and of each reader. The operating system caches the rest.
const WRITER_CACHE: &str = "-8192";
const READER_CACHE: &str = "-1024";
/// Pages of WAL after which it is copied into the database (32 MiB): the more, the fewer pages twice.
const CHECKPOINT_PAGES: &str = "8000";
/// What the WAL file is cut back to after a peak, in bytes.
const WAL_LIMIT: &str = "67108864";

/// The schema, version by version. A version is never changed once released.
const MIGRATIONS: [(i64, &str, &str); 9] = [
    (1, "store", include_str!("../../migrations/sqlite/0001_store.sql")),
    (2, "control", include_str!("../../migrations/sqlite/0002_control.sql")),
    (3, "content", include_str!("../../migrations/sqlite/0003_content.sql")),
    (4, "poison", include_str!("../../migrations/sqlite/0004_poison.sql")),
    (5, "reparse", include_str!("../../migrations/sqlite/0005_reparse.sql")),
    (6, "trace", include_str!("../../migrations/sqlite/0006_trace.sql")),
    (7, "made", include_str!("../../migrations/sqlite/0007_made.sql")),
    (8, "exports", include_str!("../../migrations/sqlite/0008_exports.sql")),
    (9, "jobs of v2", include_str!("../../migrations/sqlite/0009_jobs_of_v2.sql")),
];

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit survives the loss of power, not only of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .busy_timeout(Duration::from_secs(5))
        .pragma("temp_store", "memory")
        .pragma("mmap_size", "0")
        .row_buffer_size(256)
        .disable_statement_logging()
}

/// The connection that writes; makes the file and its schema, or brings it to this version.
///
/// # Errors
/// [`StoreError::Refused`]: the file is of a newer version, or not of this program.
pub(super) async fn writer(path: &Path) -> Result<SqliteConnection> {
    let mut connection = options(path)
        .create_if_missing(true)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", WAL_LIMIT)
        .connect()
        .await?;
    refuse_strangers(&mut connection, path).await?;
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let outcome =
        Migrator::with_migrations(migrations.to_vec()).run_direct(None, &mut connection, false).await;
    outcome.map_err(|error| of_migration(error, path))?;
    Ok(connection)
}

/// The schema's version; 0: there is none.
pub(super) async fn version(path: &Path) -> Result<i64> {
    if !path.exists() {
        return Ok(0);
    }
    let mut connection = options(path).connect().await?;
    refuse_strangers(&mut connection, path).await?;
    let is_new = "SELECT count(*) = 0 FROM sqlite_master WHERE name = '_sqlx_migrations'";
    if sqlx::query_scalar(is_new).fetch_one(&mut connection).await? {
        return Ok(0);
    }
    let version = "SELECT coalesce(max(version), 0) FROM _sqlx_migrations";
    Ok(sqlx::query_scalar(version).fetch_one(&mut connection).await?)
}

/// The connections that read.
pub(super) fn readers(path: &Path) -> SqlitePool {
    let options = options(path).read_only(true).pragma("cache_size", READER_CACHE);
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options)
}

/// A database with tables, but without our list of versions, is somebody else's.
async fn refuse_strangers(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    let tables: (i64, i64) = sqlx::query_as(
        "SELECT count(*), coalesce(sum(name = '_sqlx_migrations'), 0) FROM sqlite_master WHERE type = 'table'",
    )
    .fetch_one(connection)
    .await?;
    if tables.0 > 0 && tables.1 == 0 {
        return Err(refused(path, "is not a database of harvestman; use another data folder"));
    }
    Ok(())
}

fn refused(path: &Path, what: &str) -> Failure {
    StoreError::Refused(format!("{} {what}", path.display())).into()
}

fn of_migration(error: MigrateError, path: &Path) -> Failure {
    let ours = MIGRATIONS[MIGRATIONS.len() - 1].0;
    match error {
        MigrateError::VersionMissing(theirs) => refused(
            path,
            &format!(
                "is of version {theirs}, and this harvestman knows versions up to {ours}; use the harvestman \
                 that wrote it or a newer one, or another data folder"
            ),
        ),
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => refused(
            path,
            &format!(
                "says version {version}, but its tables are not those of this harvestman's version {version}; \
                 use the harvestman that wrote it, or another data folder"
            ),
        ),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => super::error::corrupt(other),
    }
}
