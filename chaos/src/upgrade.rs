//! `make upgrade-test`: a fleet of an older version is rolled to this one in the middle of a run, and back again in the middle of
//! another. First the schema, then one process after another, so that old and new ones work on the same run.

use crate::client::Client;
use crate::fleet::{HASTY, Size, built_along, programs};
use crate::judge::judge;
use crate::process::Role;
use crate::round::{DELAY, until_hits, until_over};
use crate::servers::Servers;
use crate::sites::Sites;
use crate::world::World;
use shared::ids::RunId;
use std::path::Path;
use std::time::Instant;

/// Pages of each of the three sites.
const PAGES: u32 = 120;
/// Requests that a process which ends may leave to be made again: none, if it hands back what it has not begun.
const AGAIN: usize = 0;

/// Plays both. The older version's programs are those that `HARVESTMAN_TEST_PROGRAMS` names. Returns whether nothing was lost.
///
/// # Errors
/// The programs are not there, or do not start.
pub async fn play(folder: &Path) -> Result<bool, String> {
    let (old, new) = (programs(), built_along());
    if old == new {
        return Err("HARVESTMAN_TEST_PROGRAMS has to name the folder of the older programs".into());
    }
    let servers = Servers::bare().await;
    migrate(&old, &servers).await?;
    let sites = Sites::serve(1, 2, PAGES).await;
    let size = Size { dispatchers: 2, workers: 2, parsers: 2 };
    let world = World::over(servers, sites, &size, HASTY, folder).await.with_api(folder).await;
    let there = roll(&world, "to this version", &new, true).await?;
    let back = roll(&world, "and back", &old, false).await?;
    world.fleet.end().await;
    Ok(there && back)
}

/// One run, in which every process becomes one of the version in `to`.
async fn roll(world: &World, what: &str, to: &Path, schema: bool) -> Result<bool, String> {
    world.sites.reset();
    let began = Instant::now();
    let run = begin(world, what).await?;
    let members: Vec<_> = world.fleet.members.iter().collect();
    let share = world.sites.pages() / (members.len() + 2);
    until_hits(world, share).await;
    if schema {
        migrate(to, &world.servers).await?;
    }
    for (nth, member) in members.iter().enumerate() {
        until_hits(world, share * (nth + 1)).await;
        member.process.becomes(&to.join(program(member.process.role))).await;
    }
    let mixed = world.sites.hits() < world.sites.pages();
    let over = until_over(world, run).await;
    let judgement = judge(world, run, DELAY, AGAIN).await;
    println!(
        "{what}: lost {}, duplicated {}, unexpected {}, recovered {}; {} pages, {:.1} s{}",
        judgement.lost,
        judgement.duplicated,
        judgement.unexpected,
        judgement.recovered,
        world.sites.pages(),
        began.elapsed().as_secs_f64(),
        if mixed { "" } else { "; the run was over before the last one was replaced" }
    );
    judgement.broken.iter().for_each(|broken| println!("  {broken}"));
    let died = world.fleet.died();
    println!("  processes that died by themselves: {died}");
    Ok(over && mixed && judgement.is_good() && died == 0)
}

/// A run of the sites, by the API, as whoever has only that begins one.
async fn begin(world: &World, what: &str) -> Result<RunId, String> {
    let job = serde_json::to_value(world.sites.job(DELAY)).map_err(|why| why.to_string())?;
    let run = Client::of(&world.api).post("/v1/runs", &what.replace(' ', "-"), Some(&job)).await?;
    run["id"].as_i64().map(RunId).ok_or_else(|| format!("no run: {run}"))
}

async fn migrate(version: &Path, servers: &Servers) -> Result<(), String> {
    let program = version.join("harvestman");
    let done = tokio::process::Command::new(&program)
        .arg("migrate")
        .env("HARVESTMAN_STORE", servers.database_url())
        .output()
        .await
        .map_err(|why| format!("{}: {why}", program.display()))?;
    let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    println!("{}: {said}", program.display());
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).into_owned()) }
}

fn program(role: Role) -> String {
    format!("harvestman-{}", role.name())
}
