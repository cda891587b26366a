//! What is prepared before a run begins: processes that will die at a point, or over a page, and a receiver
//! of webhooks where that is where they die.

use crate::dice::Dice;
use crate::faults::{Fault, What};
use crate::process::Role;
use crate::receiver::Receiver;
use crate::world::World;

/// Processes that will die.
pub struct Armed {
    role: Option<Role>,
    crashed: u64,
    /// The page that kills.
    pub poison: Option<Poison>,
    /// Who is told of the run.
    pub receiver: Option<Receiver>,
}

/// A page that kills whoever works on it.
pub struct Poison {
    /// Its address.
    pub url: String,
    /// Why it is closed in the end.
    pub reason: &'static str,
}

impl Armed {
    /// Prepares it.
    pub async fn for_fault(world: &World, fault: &Fault, dice: &mut Dice) -> Self {
        let mut armed = Armed { role: None, crashed: 0, poison: None, receiver: None };
        match fault.what {
            What::Crash(role, point) => {
                armed.role = Some(role);
                if point == "dispatcher.in_webhook" {
                    armed.receiver = Some(Receiver::of(world).await);
                }
                for member in world.fleet.of(role) {
                    let nth = match point {
                        // Comes by all the time, also when there is nothing to do.
                        "dispatcher.in_sweep" => 3 + dice.below(12),
                        _ => 1 + dice.below(3),
                    };
                    let _looked_at_later = member.process.crash_at(&format!("{point}:{nth}"));
                }
            }
            What::Poison(role) => {
                armed.role = Some(role);
                let (url, text) = deadly(world);
                let (point, reason) = match role {
                    Role::Parser => ("parser.in_page", "poison_parse"),
                    _ => ("worker.in_page", "poison_fetch"),
                };
                for member in world.fleet.of(role) {
                    member.process.always(&[("CRASH_AT", point), ("CRASH_ON_TEXT", &text)]);
                }
                armed.poison = Some(Poison { url, reason });
            }
            _ => {}
        }
        armed.crashed = armed.count(world);
        armed
    }

    fn count(&self, world: &World) -> u64 {
        let members = world.fleet.members.iter().filter(|member| Some(member.process.role) == self.role);
        members.map(|member| member.process.crashed()).sum()
    }

    /// How many died as they were told to.
    pub fn died(&self, world: &World) -> u64 {
        self.count(world) - self.crashed
    }

    /// Nobody dies any more.
    pub async fn disarm(&self, world: &World) {
        for member in world.fleet.members.iter().filter(|member| Some(member.process.role) == self.role) {
            match self.poison {
                Some(_) => member.process.always(&[]),
                None => member.process.kill().await,
            }
        }
        if let Some(receiver) = &self.receiver {
            receiver.forget(world).await;
        }
    }
}

/// The last page of the last site, which nobody needs for its links, and a text that stands on no other.
fn deadly(world: &World) -> (String, String) {
    let site = world.sites.0.last().expect("a site");
    let truth = site.truth();
    let page = truth.page(truth.len() as u32 - 1);
    let sku = page.texts.and_then(|texts| Some(texts.get("sku")?.as_str()?.to_owned()));
    (page.url, sku.expect("a product's number"))
}
