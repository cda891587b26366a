//! The acts, one after another, each with a death of the API in the middle.

use super::acts::{Act, Prepared};
use super::{Client, exports, files};
use crate::dice::Dice;
use crate::faults::Api;
use crate::judge::Judgement;
use crate::process::{Process, Role};
use crate::receiver::Receiver;
use crate::world::World;
use std::time::Duration;
use tokio::time::sleep;

/// What came of it.
#[derive(Default)]
pub struct Asked {
    /// What is lost, doubled or wrong; recovered are requests that were made again.
    pub judgement: Judgement,
    /// How often the API died.
    pub struck: u64,
}

/// Lets the client ask, and the API die.
pub async fn play(world: &World, what: Api, dice: &mut Dice) -> Asked {
    let mut client = Client::of(&world.api);
    let mut asked = Asked::default();
    let receiver = Receiver::of(world).await;
    let api = &world.fleet.one(Role::Api, 0).process;
    match what {
        Api::Made(point) => {
            for act in Act::MADE {
                one(world, act, Death::At(api, point), &receiver, &mut client, &mut asked).await;
            }
        }
        Api::Webhooks => {
            for point in ["store.in_create", "api.after_commit", "api.before_answer"] {
                for act in Act::WEBHOOKS {
                    one(world, act, Death::At(api, point), &receiver, &mut client, &mut asked).await;
                }
            }
        }
        Api::Exports => exports::play(world, api, &mut client, dice, &mut asked).await,
        Api::Files => files::play(world, api, &mut client, dice, &mut asked).await,
        Api::Kill => {
            for act in Act::MADE.into_iter().chain(Act::WEBHOOKS) {
                let death = Death::In(api, Duration::from_millis(dice.below(60)));
                one(world, act, death, &receiver, &mut client, &mut asked).await;
            }
        }
    }
    asked.judgement.recovered += client.repeated;
    receiver.forget(world).await;
    asked
}

/// When the API dies.
#[derive(Clone, Copy)]
enum Death<'a> {
    /// At a crash point.
    At(&'a Process, &'static str),
    /// So long after it was asked.
    In(&'a Process, Duration),
}

async fn one(
    world: &World,
    act: Act,
    death: Death<'_>,
    receiver: &Receiver,
    client: &mut Client,
    asked: &mut Asked,
) {
    let done = async {
        let ready = Prepared::of(act, world, receiver, client).await?;
        let told = match death {
            Death::At(api, point) => {
                let crashed = api.crash_at(&format!("{point}:1"));
                let told = ready.ask(client).await?;
                if !crashed.has_changed().unwrap_or(false) {
                    return Err(format!("the API did not come by {point}"));
                }
                told
            }
            Death::In(api, after) => {
                let kill = async {
                    sleep(after).await;
                    api.kill().await;
                };
                tokio::join!(ready.ask(client), kill).0?
            }
        };
        asked.struck += 1;
        ready.judge(world, &told, receiver, &mut asked.judgement).await;
        Ok(())
    };
    let done: Result<(), String> = done.await;
    if let Err(why) = done {
        asked.judgement.broken.push(format!("{act:?}: {why}"));
    }
}
