//! What happens to the broker.

use super::LONGER_THAN_A_LEASE;
use crate::faults::Broker;
use crate::process::Role;
use crate::world::World;
use std::time::Duration;
use tokio::time::sleep;

/// Twice as long as a publisher waits.
const ALARM: Duration = Duration::from_secs(60);
/// The lanes that are deleted.
const LANES: [&str; 6] = ["fetch", "fetch.urgent", "claim", "paced", "parse", "parse.urgent"];

pub async fn strike(world: &World, what: Broker) -> Result<(), String> {
    let rabbit = &world.servers.rabbit;
    match what {
        Broker::Restart => {
            tokio::task::block_in_place(|| rabbit.shut_down());
            rabbit.restart().await;
        }
        Broker::Kill => rabbit.restart().await,
        Broker::KillFresh => {
            rabbit.kill9();
            rabbit.wipe();
            rabbit.restart().await;
            sleep(Duration::from_millis(700)).await;
            rabbit.restart().await;
        }
        Broker::Wipe => {
            rabbit.kill9();
            rabbit.wipe();
            rabbit.restart().await;
        }
        Broker::Freeze => {
            rabbit.stop();
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.r#continue();
        }
        Broker::Alarm => {
            rabbit.alarm(true);
            sleep(ALARM / 2).await;
            let answers = api_answers(world).await;
            sleep(ALARM / 2).await;
            rabbit.alarm(false);
            answers.map_err(|why| format!("the API during the alarm: {why}"))?;
        }
        Broker::DeleteQueues => {
            for lane in LANES {
                let path = format!("/api/queues/{}/harvestman.{lane}", world.servers.vhost());
                // One that is not there is deleted as well.
                let _deleted = rabbit.manage("DELETE", &path, "").await;
            }
        }
        Broker::Policy => {
            let path = format!("/api/policies/{}/few", world.servers.vhost());
            let few = r#"{"pattern":"^harvestman\\.","definition":{"max-length":2},"apply-to":"queues"}"#;
            rabbit.manage("PUT", &path, few).await.map_err(|why| why.to_string())?;
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.manage("DELETE", &path, "").await.map_err(|why| why.to_string())?;
        }
        Broker::ConsumerTimeout => {
            rabbit.consumer_timeout(Some(Duration::from_secs(1)));
            sleep(LONGER_THAN_A_LEASE).await;
            rabbit.consumer_timeout(None);
        }
    }
    Ok(())
}

/// Whether the API reads what does not need the broker.
async fn api_answers(world: &World) -> Result<(), String> {
    if world.fleet.of(Role::Api).next().is_none() {
        return Ok(());
    }
    let answer = crate::http::get(&world.api, "/v1/runs").await.map_err(|why| why.to_string())?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(answer.chars().take(200).collect()) }
}
