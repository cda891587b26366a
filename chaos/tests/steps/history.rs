//! One history: steps of a seed, then everybody does what there is to do until the run ends.

use crate::check;
use crate::ops::{Op, Role, WORKERS};
use crate::worker::Mutant;
use crate::world::World;
use backends::sqlite::SqliteStore;
use chaos::dice::Dice;
use shared::clock::{Clock, ManualClock, Timestamp};
use shared::ids::RunId;
use shared::job::{Delay, Extract, Field, Job, RobotsMode, Span};
use shared::ports::store::{Audit, Command, NewRun, Runs};
use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use testkit::faults::at_once;

/// A run ends within so many rounds in which everybody does what there is to do (I7).
const ROUNDS: u32 = 300;
/// Milliseconds that pass when there is nothing to do; the more, the longer there is nothing.
const PAUSE: u64 = 1_000;
/// Every so manieth step is followed by an audit.
const AUDITED: usize = 25;

/// The run of a history.
pub struct Run {
    pub id: RunId,
    pub delay: Duration,
}

/// A database, a clock and a thread, for one history after another.
pub struct Stage {
    runtime: tokio::runtime::Runtime,
    clock: Arc<ManualClock>,
    store: Arc<SqliteStore>,
    /// The workers have this fault.
    mutant: Option<Mutant>,
    steps: Cell<u64>,
    _folder: tempfile::TempDir,
}

/// On a disk in memory where there is one: what is simulated here is no loss of power.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

/// A database without a run.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("empty.db");
        at_once(async {
            SqliteStore::open(&path, Arc::new(ManualClock::default())).await.expect("a store").close().await;
        });
        std::fs::read(&path).expect("a file")
    })
}

impl Stage {
    pub fn new() -> Self {
        Stage::of(None)
    }

    /// One whose workers have a fault.
    pub fn of(mutant: Option<Mutant>) -> Self {
        let folder = folder();
        let path = folder.path().join("store.db");
        std::fs::write(&path, template()).expect("written");
        let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000_000)));
        let store = Arc::new(at_once(SqliteStore::open(&path, clock.clone())).expect("a store"));
        // Its clock turns by itself when somebody waits before another try.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        Stage { runtime, clock, store, mutant, steps: Cell::new(0), _folder: folder }
    }

    /// Steps that were taken.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Plays a history; returns what is wrong.
    pub fn play(&self, seed: u64, ops: &[Op], log: bool) -> Vec<String> {
        shared::random::seed(seed);
        // What an earlier history left is long over.
        self.clock.advance(Duration::from_secs(24 * 3_600));
        self.runtime.block_on(self.history(seed, ops, log))
    }

    async fn history(&self, seed: u64, ops: &[Op], log: bool) -> Vec<String> {
        let mut world = World::begin(seed, self.mutant, self.clock.clone(), self.store.clone()).await;
        let run = begin(seed, &world);
        let mut wrong = Vec::new();
        for (at, op) in ops.iter().enumerate() {
            let done = world.step(*op).await;
            if let Op::Command(command) = op {
                at_once(self.store.command(run.id, *command)).expect("a run");
            }
            self.steps.set(self.steps.get() + 1);
            if log {
                println!("{at:3} {} {op:?}: {done}", world.clock.now().0 % 100_000_000);
            }
            if at % AUDITED == AUDITED - 1 {
                audit(&world, &run, &format!("after step {at}, {op:?}"), &mut wrong);
            }
        }
        world.disarm();
        at_once(self.store.command(run.id, Command::Resume)).expect("a run");
        let over = self.until_over(&mut world, &run, log).await;
        audit(&world, &run, "at the end", &mut wrong);
        if over {
            wrong.extend(check::all(&world, &run, ops).await);
        } else {
            wrong.push("I7: the run does not end".into());
        }
        wrong
    }

    /// Everybody does what there is to do, and time passes when there is nothing.
    async fn until_over(&self, world: &mut World, run: &Run, log: bool) -> bool {
        world.step(Op::Seeds).await;
        let mut pause = PAUSE;
        for _ in 0..ROUNDS {
            let done = self.round(world).await;
            pause = if done { PAUSE } else { (pause * 3).min(60_000) };
            if !done {
                if at_once(world.store.summary(run.id)).expect("a run").state.is_over() {
                    return true;
                }
                world.step(Op::Advance(pause)).await;
                world.step(Op::Sweep).await;
            }
            if log {
                println!("    {} round: {done}", world.clock.now().0 % 100_000_000);
            }
        }
        false
    }

    async fn round(&self, world: &mut World) -> bool {
        let mut done = world.step(Op::Offer).await;
        let workers = (0..WORKERS).map(Op::Worker);
        for op in [Op::Claim].into_iter().chain(workers).chain([Op::Parse, Op::Paced]) {
            while world.step(op).await {
                self.steps.set(self.steps.get() + 1);
                done = true;
            }
        }
        done
    }
}

fn begin(seed: u64, world: &World) -> Run {
    let mut dice = Dice::of(seed, 13);
    let delay = Duration::from_millis(dice.pick(&[0, 400, 400, 1_200]));
    let mut job = Job::of_seeds((0..world.web.hosts).map(|host| world.web.url((host, 0))));
    job.politeness.delay = Delay::Fixed(delay);
    job.politeness.robots = RobotsMode::Ignore;
    job.request.timeouts.total = Span(Duration::from_secs(3));
    let name = Field { required: true, ..Field::short("h1") };
    job.extract = Some(Extract { fields: [("name".to_owned(), name)].into(), ..Extract::default() });
    let id = at_once(world.store.create_run(NewRun::of(Arc::new(job)))).expect("a run");
    Run { id, delay }
}

/// The books are right, whatever is under way (I6).
fn audit(world: &World, run: &Run, when: &str, wrong: &mut Vec<String>) {
    let found = at_once(world.store.audit(run.id)).expect("an audit");
    wrong.extend(found.iter().map(|found| format!("I6: {when}: {found}")));
}

/// How often work was disturbed so that pages may have been fetched again, or given up.
pub fn disturbances(world: &World, ops: &[Op]) -> usize {
    let lost = ops.iter().filter(|op| match op {
        Op::Crash(Role::Worker(_)) | Op::Wipe | Op::Drop(_) => true,
        // A worker may be overtaken by its lease's end.
        Op::Advance(ms) => *ms > 5_000,
        _ => false,
    });
    lost.count() + world.struck()
}
