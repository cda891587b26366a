//! The matrix, round by round, as a table.

use crate::dice::Dice;
use crate::faults::{ALL, Fault, find};
use crate::fleet::{HASTY, Size};
use crate::idle::Idle;
use crate::judge::appetite;
use crate::round::{self, Played};
use crate::sites::Sites;
use crate::table::{self, Line};
use crate::world::World;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pages of each of the three sites; in short.
const PAGES: (u32, u32) = (60, 30);
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
    /// The file whose table gets the lines that hold.
    pub table: Option<PathBuf>,
    /// In short: smaller sites, and each fault strikes once.
    pub short: bool,
}

impl Plan {
    fn faults(&self) -> Result<Vec<&'static Fault>, String> {
        if self.only.is_empty() {
            return Ok(ALL.iter().collect());
        }
        self.only
            .iter()
            .map(|id| find(id).ok_or_else(|| format!("ONLY={id}: there is no such line")))
            .collect()
    }
}

/// Plays them, and prints a line each. Returns whether all were good.
///
/// # Errors
/// The plan names a line that there is not.
pub async fn play(plan: &Plan, folder: &Path) -> Result<bool, String> {
    let faults = plan.faults()?;
    let began = Instant::now();
    let world = world(plan.seed, if plan.short { PAGES.1 } else { PAGES.0 }, folder).await;
    println!("seed {}, logs in {}", plan.seed, folder.display());
    // Once undisturbed: afterwards everybody has what an idle process has.
    let first = round::play(&world, &ALL[0], 0, 0, &mut Dice::of(plan.seed, 0)).await;
    let idle = Idle::now(&world);
    let mut good = first.judgement.is_good();
    for fault in faults {
        let begun = Instant::now();
        let played = play_line(&world, fault, plan, &idle).await;
        good &= show(&world, fault, &played, plan);
        println!("  {} s with all that is looked at", begun.elapsed().as_secs());
    }
    let (memory, files) = appetite(&world.fleet);
    println!(
        "at the end: {} MiB and {files} files at most in one process; {} s in all",
        memory >> 20,
        began.elapsed().as_secs()
    );
    world.fleet.end().await;
    Ok(good && memory < MEMORY)
}

/// The fleet of the matrix: two of each, and an API.
pub async fn world(seed: u64, pages: u32, folder: &Path) -> World {
    let sites = Sites::serve(seed, 2, pages).await;
    let size = Size { dispatchers: 2, workers: 2, parsers: 2 };
    World::start(sites, &size, HASTY, folder).await.with_api(folder).await
}

async fn play_line(world: &World, fault: &Fault, plan: &Plan, idle: &Idle) -> Vec<Played> {
    let mut played = Vec::new();
    for round in 0..plan.rounds * fault.rounds() {
        let mut dice = Dice::of(plan.seed + round / fault.rounds(), purpose(fault, round));
        let strikes = if plan.short { fault.strikes().min(1) } else { fault.strikes() };
        played.push(round::play(world, fault, round, strikes, &mut dice).await);
    }
    if let Some(last) = played.last_mut() {
        last.judgement.broken.extend(idle.judge(world).await);
    }
    played
}

/// What is random in a round hangs on its line, not on which others are played.
fn purpose(fault: &Fault, round: u64) -> u64 {
    let place = ALL.iter().position(|line| line.id == fault.id).unwrap_or(0) as u64;
    1_000 + 100 * place + round % fault.rounds()
}

fn show(world: &World, fault: &Fault, played: &[Played], plan: &Plan) -> bool {
    let sum = |of: fn(&Played) -> usize| played.iter().map(of).sum::<usize>();
    let line = Line {
        fault,
        strikes: played.iter().map(|played| played.struck).sum(),
        pages: world.sites.pages() * played.len(),
        counters: [
            sum(|played| played.judgement.lost),
            sum(|played| played.judgement.duplicated),
            sum(|played| played.judgement.unexpected),
            sum(|played| played.judgement.recovered),
        ],
        hold: played.iter().all(|played| played.judgement.is_good()),
        took: played.iter().map(|played| played.took).max().unwrap_or(Duration::ZERO).as_secs_f64(),
        seed: plan.seed,
    };
    let [lost, duplicated, unexpected, recovered] = line.counters;
    println!(
        "{}: {fault}: lost {lost}, duplicated {duplicated}, unexpected {unexpected}, recovered {recovered}; \
         {} strikes, {} pages, {:.1} s, invariants {}",
        fault.id,
        line.strikes,
        line.pages,
        line.took,
        if line.hold { "hold" } else { "BROKEN" }
    );
    for played in played {
        for broken in played.judgement.broken.iter().take(10) {
            println!("  {broken}");
        }
        if played.died > 0 {
            println!("  {} processes ended by themselves and were started again", played.died);
        }
    }
    if let Some(file) = plan.table.as_deref().filter(|_| line.hold)
        && let Err(why) = table::put(file, &line)
    {
        println!("  {}: {why}", file.display());
        return false;
    }
    line.hold
}
