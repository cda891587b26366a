//! The queues, as 3.10 and 4.x both take them. Each lane but the answers is one durable quorum queue.
//! All are reached by their names through the default exchange, which nobody can delete.

use super::broken::{Broken, within};
use super::link::Live;
use lapin::Channel;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use shared::ports::Lane;
use tokio::time::Instant;

/// Deliveries after which a broker takes a message for dead by itself. Never reached: which page is
/// poison is found out in the database. It is set because 4.x has a low one by default.
const DELIVERY_LIMIT: i32 = 1_000_000;
/// Messages in the dead lane.
const DEAD_CAPACITY: u32 = 100_000;
/// The reply codes for "there is none" and "there is one, and it is different".
const NOT_FOUND: u16 = 404;
const DIFFERENT: u16 = 406;

/// The name of a lane's queue.
pub(super) fn queue(lane: &Lane) -> ShortString {
    format!("harvestman.{lane}").into()
}

/// Makes sure that what is published to a lane arrives somewhere. Answer lanes are made by those who
/// consume them.
///
/// Works on channels of its own, because a refusal closes the channel.
pub(super) async fn declare(
    live: &Live,
    lane: &Lane,
    capacity: u32,
    deadline: Instant,
) -> Result<(), Broken> {
    if matches!(lane, Lane::Answer(_)) || live.declared.lock().contains(lane) {
        return Ok(());
    }
    if *lane != Lane::Dead {
        Box::pin(declare(live, &Lane::Dead, capacity, deadline)).await?;
    }
    let channel = live.channel(deadline).await?;
    let declaring =
        channel.queue_declare(queue(lane), QueueDeclareOptions::durable(), lasting(lane, capacity));
    match within(deadline, "declaring a lane", declaring).await {
        Ok(_) => {}
        Err(broken) if broken.code() == Some(DIFFERENT) => {
            // By another version or with another capacity. It serves as well.
            tracing::info!(queue = %queue(lane), %broken, "a lane is used as it was declared before");
            depth(&live.channel(deadline).await?, lane, deadline).await?;
        }
        Err(broken) => return Err(broken),
    }
    live.declared.lock().insert(lane.clone());
    Ok(())
}

/// The arguments of a lane that lasts. No priorities (3.10 refuses them), and nothing that an
/// operator tunes: that is what policies are for.
fn lasting(lane: &Lane, capacity: u32) -> FieldTable {
    let is_dead = *lane == Lane::Dead;
    let capacity = if is_dead { DEAD_CAPACITY } else { capacity };
    let mut arguments = vec![
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", AMQPValue::LongInt(DELIVERY_LIMIT)),
        ("x-max-length", AMQPValue::LongLongInt(i64::from(capacity))),
        ("x-overflow", text("reject-publish")),
    ];
    if !is_dead {
        let dead = queue(&Lane::Dead);
        arguments.push(("x-dead-letter-exchange", text("")));
        arguments.push(("x-dead-letter-routing-key", text(dead.as_str())));
        arguments.push(("x-dead-letter-strategy", text("at-least-once")));
    }
    table(arguments)
}

/// A queue for one worker's answers, gone with its consumer. After a network that swallowed
/// everything it stays locked until the broker has missed two heartbeats.
pub(super) async fn declare_passing(channel: &Channel, lane: &Lane, deadline: Instant) -> Result<(), Broken> {
    // Not durable is allowed only because it is exclusive.
    let passing = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    let declaring = channel.queue_declare(queue(lane), passing, table([("x-queue-type", text("classic"))]));
    within(deadline, "declaring an answer lane", declaring).await.map(drop)
}

/// Deletes a lane's queue with what is in it.
pub(super) async fn delete(channel: &Channel, lane: &Lane, deadline: Instant) -> Result<(), Broken> {
    let deleting = channel.queue_delete(queue(lane), QueueDeleteOptions::default());
    within(deadline, "deleting a lane", deleting).await.map(drop)
}

/// Messages that wait in a lane; none in one that is not there.
pub(super) async fn depth(channel: &Channel, lane: &Lane, deadline: Instant) -> Result<u64, Broken> {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
    let asking = channel.queue_declare(queue(lane), passive, FieldTable::default());
    match within(deadline, "asking for a lane's depth", asking).await {
        Ok(queue) => Ok(u64::from(queue.message_count())),
        Err(broken) if broken.code() == Some(NOT_FOUND) => Ok(0),
        Err(broken) => Err(broken),
    }
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn table(arguments: impl IntoIterator<Item = (&'static str, AMQPValue)>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_is_asked_for_in_a_way_that_all_versions_take() {
        for lane in [Lane::Claim, Lane::Paced, Lane::Dead, Lane::Fetch { urgent: true }] {
            let arguments = lasting(&lane, 10);
            let keys: Vec<&str> = arguments.inner().keys().map(ShortString::as_str).collect();
            assert!(keys.contains(&"x-queue-type") && keys.contains(&"x-delivery-limit"));
            // Refused by 3.10 on quorum queues, or removed in 4.x.
            for refused in ["x-max-priority", "x-queue-mode", "x-queue-version", "x-queue-master-locator"] {
                assert!(!keys.contains(&refused), "{lane}: {refused}");
            }
            // A dead letter of the dead lane would go round for ever.
            assert_eq!(keys.contains(&"x-dead-letter-exchange"), lane != Lane::Dead);
        }
    }
}
