//! I9: when a run is over, memory and open files are those of an idle process again.

use crate::process::Role;
use crate::world::World;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Files more than before: connections that are kept for a while.
const FILES: usize = 12;
/// Memory more than before, in bytes: what an allocator keeps.
const MEMORY: u64 = 24 << 20;
/// An idle process is as it was by then.
const SETTLED: Duration = Duration::from_secs(45);

/// What an idle process of each service has.
#[derive(Clone, Copy, Debug)]
pub struct Idle([(u64, usize); Role::ALL.len()]);

impl Idle {
    /// Of each service the most that one of its processes has now.
    pub fn now(world: &World) -> Self {
        Idle(Role::ALL.map(|role| {
            let of = world.fleet.of(role);
            of.map(|member| (member.process.memory(), member.process.files()))
                .fold((0, 0), |most, one| (most.0.max(one.0), most.1.max(one.1)))
        }))
    }

    /// What is wrong.
    pub async fn judge(&self, world: &World) -> Vec<String> {
        let until = Instant::now() + SETTLED;
        loop {
            let wrong = self.greedy(world);
            if wrong.is_empty() || Instant::now() > until {
                return wrong;
            }
            sleep(Duration::from_millis(500)).await;
        }
    }

    fn greedy(&self, world: &World) -> Vec<String> {
        let mut wrong = Vec::new();
        for (role, (memory, files)) in Role::ALL.into_iter().zip(self.0) {
            for member in world.fleet.of(role) {
                let now = (member.process.memory(), member.process.files());
                if now.0 > memory + MEMORY || now.1 > files + FILES {
                    let (name, n) = (role.name(), member.process.n);
                    wrong.push(format!(
                        "I9: {name} {n} has {} MiB and {} files, idle ones {} MiB and {files} files",
                        now.0 >> 20,
                        now.1,
                        memory >> 20
                    ));
                }
            }
        }
        wrong
    }
}
