//! What happens to the database.

use super::{A_WHILE, LONGER_THAN_A_LEASE, crowd};
use crate::faults::Database;
use crate::world::World;
use shared::ids::RunId;
use std::time::Duration;
use testkit::servers::postgres::Stop;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

/// Tries to meet somebody in a deadlock.
const DEADLOCKS: u32 = 12;

pub async fn strike(world: &World, run: RunId, what: Database) -> Result<(), String> {
    let servers = &world.servers;
    let (postgres, database) = (&servers.postgres, &servers.database);
    // These are programs that are waited for; the sites are served by other threads meanwhile.
    match what {
        Database::Fast => block_in_place(|| postgres.restart(Stop::Fast)),
        Database::Immediate => block_in_place(|| postgres.restart(Stop::Immediate)),
        Database::Kill => block_in_place(|| {
            postgres.kill();
            postgres.resume();
        }),
        Database::Terminate => block_in_place(|| postgres.terminate(database)),
        Database::ReadOnly => {
            let set = |on: &str| {
                block_in_place(|| {
                    let change =
                        format!("ALTER DATABASE {database} SET default_transaction_read_only = {on}");
                    postgres.sql("postgres", &change);
                    postgres.terminate(database);
                });
            };
            set("on");
            sleep(A_WHILE).await;
            set("off");
        }
        Database::Freeze => {
            block_in_place(|| postgres.freeze());
            sleep(LONGER_THAN_A_LEASE).await;
            block_in_place(|| postgres.thaw());
        }
        Database::Crowded => crowd::keep_out(postgres.port(), database, A_WHILE).await?,
        Database::Cancel => block_in_place(|| postgres.sql("postgres", &cancel(database))).clear(),
        Database::Deadlock => deadlock(world, run).await?,
        Database::Locked => {
            // Longer than the lock time-out of ours, which is ten seconds.
            let lock = "BEGIN; LOCK TABLE queue IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(12); COMMIT";
            block_in_place(|| servers.sql(lock));
        }
    }
    Ok(())
}

/// Cancels whatever statement runs, twenty times a second for four seconds.
fn cancel(database: &str) -> String {
    format!(
        "DO $$ BEGIN FOR n IN 1..80 LOOP
           PERFORM pg_stat_clear_snapshot();
           PERFORM pg_cancel_backend(pid) FROM pg_stat_activity
             WHERE datname = '{database}' AND state <> 'idle' AND pid <> pg_backend_pid();
           PERFORM pg_sleep(0.05);
         END LOOP; END $$"
    )
}

/// Locks rows first and their run's counters after, against our order; the server takes us for the one that
/// may wait, so that it is a service that is told of the deadlock.
async fn deadlock(world: &World, run: RunId) -> Result<(), String> {
    let statement = format!(
        "SET deadlock_timeout = '1min'; BEGIN; SELECT count(*) FROM (SELECT 1 FROM queue WHERE run_id = {run} FOR UPDATE) q;
         SELECT pg_sleep(0.7); SELECT 1 FROM run_counts WHERE run_id = {run} FOR UPDATE; COMMIT"
    );
    let servers = &world.servers;
    let count = || {
        let look = format!("SELECT deadlocks FROM pg_stat_database WHERE datname = '{}'", servers.database);
        block_in_place(|| servers.sql(&look)).parse().unwrap_or(0)
    };
    let before: u64 = count();
    for _ in 0..DEADLOCKS {
        block_in_place(|| servers.postgres.try_sql(&servers.database, &statement));
        if count() > before {
            return Ok(());
        }
        sleep(Duration::from_millis(100)).await;
    }
    // Counters of the server come late.
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        if count() > before {
            return Ok(());
        }
        sleep(Duration::from_millis(200)).await;
    }
    Err("nobody was met in a deadlock".into())
}
