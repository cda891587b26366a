//! I10: no dead letter without a row that explains it, and none where nothing was dead.

use crate::world::World;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A letter is filed by then.
const FILED: Duration = Duration::from_secs(20);

/// Letters that are filed.
pub async fn filed(world: &World) -> u64 {
    number(world, "SELECT count(*) FROM dead_letters")
}

fn number(world: &World, look: &str) -> u64 {
    tokio::task::block_in_place(|| world.servers.sql(look)).parse().unwrap_or(u64::MAX)
}

/// What is wrong, when so many letters were there before and so many are to be expected.
pub async fn judge(world: &World, before: u64, expected: std::ops::RangeInclusive<u64>) -> Vec<String> {
    let until = Instant::now() + FILED;
    loop {
        let (waiting, new) = (waiting(world).await, filed(world).await - before);
        let silent = number(world, "SELECT count(*) FROM dead_letters WHERE reason = ''");
        if waiting == 0 && silent == 0 && expected.contains(&new) {
            return Vec::new();
        }
        if Instant::now() > until {
            let (least, most) = (expected.start(), expected.end());
            return vec![format!(
                "I10: {waiting} dead letters are not filed, {new} are, of them {silent} without a reason; {least} to {most} expected"
            )];
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// Letters in the broker that nobody has filed yet.
async fn waiting(world: &World) -> u64 {
    let path = format!("/api/queues/{}/harvestman.dead", world.servers.vhost());
    // A queue that is not there holds nothing; the broker's figures are up to a second old.
    let Ok(answer) = world.servers.rabbit.manage("GET", &path, "").await else { return 0 };
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap_or_default();
    answer["messages"].as_u64().unwrap_or(0)
}
