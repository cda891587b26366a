//! The matrix, round by round, as a table.

use crate::dice::Dice;
use crate::faults::{ALL, Fault};
use crate::fleet::{HASTY, Size};
use crate::judge::appetite;
use crate::round::{self, Played};
use crate::sites::Sites;
use crate::world::World;
use std::path::Path;
use std::time::Instant;

/// Pages of each of the three sites.
const PAGES: u32 = 60;
/// The most that a process may have resident, in bytes.
const MEMORY: u64 = 200 << 20;

/// Which rounds.
pub struct Plan {
    /// All that is random comes from it.
    pub seed: u64,
    /// How often each fault is played.
    pub rounds: u64,
    /// Only these numbers; empty: all.
    pub only: Vec<String>,
}

impl Plan {
    fn faults(&self) -> Vec<&'static Fault> {
        let wanted = |fault: &&Fault| self.only.is_empty() || self.only.iter().any(|id| id == fault.id);
        ALL.iter().filter(wanted).collect()
    }
}

/// Plays them, and prints a line each. Returns whether all were good.
pub async fn play(plan: &Plan, folder: &Path) -> bool {
    let sites = Sites::serve(plan.seed, 2, PAGES).await;
    let size = Size { dispatchers: 2, workers: 2, parsers: 2 };
    let world = World::start(sites, &size, HASTY, folder).await;
    println!("seed {}, logs in {}\n", plan.seed, folder.display());
    println!(
        "| | fault | rounds | pages | lost | duplicated | unexpected | recovered | invariants | longest |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let began = Instant::now();
    let mut good = true;
    for (place, fault) in plan.faults().into_iter().enumerate() {
        let mut played = Vec::new();
        for round in 0..plan.rounds {
            let mut dice = Dice::of(plan.seed + round, 100 + place as u64);
            played.push(round::play(&world, fault, &mut dice).await);
        }
        good &= print(&world, fault, &played);
    }
    let (memory, files) = appetite(&world.fleet);
    println!(
        "\nat the end: {} MiB and {files} files at most in one process; {} s in all",
        memory >> 20,
        began.elapsed().as_secs()
    );
    world.fleet.end().await;
    good && memory < MEMORY
}

fn print(world: &World, fault: &Fault, played: &[Played]) -> bool {
    let sum = |of: fn(&Played) -> usize| played.iter().map(of).sum::<usize>();
    let good = played.iter().all(|played| played.judgement.is_good());
    let longest = played.iter().map(|played| played.took).max().unwrap_or_default();
    println!(
        "| {} | {fault} | {} | {} | {} | {} | {} | {} | {} | {:.1} s |",
        fault.id,
        played.len(),
        world.sites.pages() * played.len(),
        sum(|played| played.judgement.lost),
        sum(|played| played.judgement.duplicated),
        sum(|played| played.judgement.unexpected),
        sum(|played| played.judgement.recovered),
        if good { "hold" } else { "BROKEN" },
        longest.as_secs_f64()
    );
    for played in played {
        for broken in played.judgement.broken.iter().take(10) {
            println!("  {broken}");
        }
        if played.died > 0 {
            println!("  {} processes ended by themselves and were started again", played.died);
        }
    }
    good
}
