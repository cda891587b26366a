//! The schema and its versions. A service looks at the version and never changes it; `harvestman migrate`
//! does, so that a rollout decides when.

use super::error::{Failure, Result, corrupt};
use super::{codes, open, tx};
use shared::ports::StoreError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

/// The schema, version by version; see the rules in `migrations/postgres/README.md`.
const MIGRATIONS: [(i64, &str, &str); 9] = [
    (1, "store", include_str!("../../migrations/postgres/0001_store.sql")),
    (2, "control", include_str!("../../migrations/postgres/0002_control.sql")),
    (3, "content", include_str!("../../migrations/postgres/0003_content.sql")),
    (4, "poison", include_str!("../../migrations/postgres/0004_poison.sql")),
    (5, "reparse", include_str!("../../migrations/postgres/0005_reparse.sql")),
    (6, "trace", include_str!("../../migrations/postgres/0006_trace.sql")),
    (7, "made", include_str!("../../migrations/postgres/0007_made.sql")),
    (8, "exports", include_str!("../../migrations/postgres/0008_exports.sql")),
    (9, "jobs of v2", include_str!("../../migrations/postgres/0009_jobs_of_v2.sql")),
];

/// The version that this program needs. A newer schema is fine: migrations only add.
const NEEDED: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Brings the database to this program's version, under an advisory lock: a second one at the same time
/// waits, and finds the work done. Returns the version before and after.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Refused`]: as for connecting; or the tables are not those that their version says.
pub async fn migrate(url: &str) -> Result<(i64, i64), StoreError> {
    Ok(run(url).await?)
}

async fn run(url: &str) -> Result<(i64, i64)> {
    let mut connection = open::connect_options(url, "harvestman migrate")?.connect().await?;
    let migrations = MIGRATIONS.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let before: Option<i64> = match sqlx::query_scalar(VERSION).fetch_one(&mut connection).await {
        Ok(version) => version,
        Err(error) if is_missing_table(&error) => None,
        Err(error) => return Err(error.into()),
    };
    let mut migrator = Migrator::with_migrations(migrations.to_vec());
    // A newer program was here already.
    migrator.set_ignore_missing(true);
    migrator.run_direct(None, &mut connection, false).await.map_err(of_migration)?;
    let after: Option<i64> = sqlx::query_scalar(VERSION).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok((before.unwrap_or(0), after.unwrap_or(0)))
}

const VERSION: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|cause| cause.code()).is_some_and(|code| code == "42P01")
}

/// What helps where the schema is older than this program.
const REMEDY: &str = "run `harvestman migrate`";

/// Whether an error says that the schema is older than this program.
pub(super) fn is_older(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(why) if why.contains(REMEDY))
}

/// Refuses a schema that is older than this program.
pub(super) async fn check(pool: &PgPool) -> Result<()> {
    // Where there is no such table, there is no schema.
    let query = sqlx::query("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
    let row = tx::one(pool, query).await?.ok_or_else(|| corrupt("a query without an answer"))?;
    let mut version = 0;
    if codes::get(&row, 0)? {
        let row = tx::one(pool, sqlx::query(VERSION)).await?;
        version = row.map_or(Ok(None), |row| codes::optional(&row, 0))?.unwrap_or(0);
    }
    if version < NEEDED {
        let found = match version {
            0 => "has no tables of harvestman".to_owned(),
            version => format!("is of version {version}, and this program needs version {NEEDED}"),
        };
        return Err(StoreError::Refused(format!("the database {found}; {REMEDY}")).into());
    }
    Ok(())
}

fn of_migration(error: MigrateError) -> Failure {
    match error {
        MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => {
            StoreError::Refused(format!(
                "the database says version {version}, but its tables are not those of this program's version \
                 {version}; use the harvestman that made them"
            ))
            .into()
        }
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => corrupt(other),
    }
}
