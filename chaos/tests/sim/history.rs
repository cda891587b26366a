//! One history: a fleet begins, operations happen to it, then everybody behaves until the runs end.

use crate::broker::Broker;
use crate::check;
use crate::fleet::{Fleet, TOTAL, VirtualClock, World};
use crate::ops::Op;
use crate::web::Web;
use backends::memory::MemoryArchive;
use backends::sqlite::SqliteStore;
use bytes::Bytes;
use chaos::dice::Dice;
use shared::ids::RunId;
use shared::job::{Delay, Extract, Field, Job, Span};
use shared::ports::store::{Audit, Command, NewRun, RunState, Runs};
use shared::ports::{Lane, Queue};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use testkit::faults::at_once;
use tokio::time::{Instant, sleep};

/// A run ends by then, when nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Every so manieth operation is followed by an audit.
const AUDITED: usize = 5;
/// What is left to settle when the runs are over.
const AFTERWARDS: Duration = Duration::from_secs(40);

/// A run of the history.
pub struct Run {
    pub id: RunId,
    pub hosts: Vec<u64>,
    pub urgent: bool,
    pub delay: Delay,
}

/// Plays a history; returns what is wrong with its end.
pub fn play(seed: u64, ops: &[Op]) -> Vec<String> {
    shared::random::seed(seed);
    let folder = folder();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let wrong = runtime.block_on(history(seed, ops, folder.path()));
    drop(runtime);
    wrong
}

/// On a disk in memory where there is one: what is simulated here is no loss of power.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A database without a run, copied for every history.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("empty.db");
        let clock = Arc::new(shared::clock::ManualClock::default());
        at_once(async { SqliteStore::open(&path, clock).await.unwrap().close().await });
        std::fs::read(&path).unwrap()
    })
}

async fn history(seed: u64, ops: &[Op], folder: &Path) -> Vec<String> {
    let path = folder.join("store.db");
    std::fs::write(&path, template()).unwrap();
    let clock = Arc::new(VirtualClock::begin());
    let store = Arc::new(at_once(SqliteStore::open(&path, clock.clone())).unwrap());
    let world = Arc::new(World {
        web: Web::of(seed),
        store,
        archive: Arc::new(MemoryArchive::new()),
        broker: Broker::new(),
        clock,
        problems: Default::default(),
    });
    let runs = begin(seed, &world);
    let fleet = Fleet::start(&world);
    for (at, op) in ops.iter().enumerate() {
        happen(&world, &fleet, &runs, *op).await;
        if at % AUDITED == 0 {
            audit(&world, &runs, &format!("after operation {at}, {op:?}"));
        }
    }
    for process in &fleet.processes {
        process.faults.disarm();
    }
    for run in &runs {
        at_once(world.store.command(run.id, Command::Resume)).unwrap();
    }
    let over = until_over(&world, &runs).await;
    sleep(AFTERWARDS).await;
    audit(&world, &runs, "at the end");
    world.problems.lock().extend(check::haste(&world, &fleet));
    let disturbed = check::disturbances(ops, &fleet);
    fleet.stop().await;
    let mut wrong = std::mem::take(&mut *world.problems.lock());
    if over {
        wrong.extend(check::all(&world, &runs, ops, disturbed).await);
    } else {
        wrong.push("I7: a run does not end".into());
    }
    wrong
}

fn begin(seed: u64, world: &World) -> Vec<Run> {
    let mut dice = Dice::of(seed, 3);
    let delay = dice.pick(&[
        Delay::Fixed(Duration::ZERO),
        Delay::Fixed(Duration::from_millis(300)),
        Delay::Fixed(Duration::from_millis(1_500)),
        Delay::Auto,
    ]);
    let all = world.web.hosts;
    [all, 1 + dice.below(all)]
        .map(|hosts| {
            let urgent = dice.chance(25);
            let mut job = Job::of_seeds((0..hosts).map(|host| format!("{}/0", Web::origin(host))));
            job.politeness.delay = delay;
            job.politeness.concurrency = delay.is_zero().then_some(2);
            job.request.timeouts.total = Span(TOTAL);
            job.request.timeouts.first_byte = Span(TOTAL);
            let name = Field { required: true, ..Field::short("h1") };
            job.extract = Some(Extract { fields: [("name".to_owned(), name)].into(), ..Extract::default() });
            let new = NewRun { urgent, ..NewRun::of(Arc::new(job)) };
            let id = at_once(world.store.create_run(new)).unwrap();
            Run { id, hosts: (0..hosts).collect(), urgent, delay }
        })
        .into()
}

async fn happen(world: &World, fleet: &Fleet, runs: &[Run], op: Op) {
    match op {
        Op::Wait(ms) => sleep(Duration::from_millis(ms)).await,
        Op::Kill(role, n, down) => fleet.process(role, n).kill(down),
        Op::Stop(role, n, down) => fleet.process(role, n).stop(down),
        Op::Freeze(role, n, ms) => {
            fleet.process(role, n).faults.freeze(Instant::now() + Duration::from_millis(ms));
        }
        Op::Fault(role, n, fault) => fleet.process(role, n).faults.arm(fault),
        Op::Outage(role, n, call, times) => {
            for _ in 0..times {
                let how = testkit::faults::How::Fail;
                fleet.process(role, n).faults.arm(testkit::faults::Fault { call, how });
            }
        }
        Op::Wipe => world.broker.wipe(),
        Op::Command(run, command) => {
            at_once(world.store.command(runs[run].id, command)).unwrap();
        }
        Op::Garbage(lane) => {
            let lane = match lane {
                0 => Lane::Fetch { urgent: false },
                1 => Lane::Claim,
                2 => Lane::Paced,
                _ => Lane::Parse { urgent: false },
            };
            let garbage = Bytes::from_static(b"{\"m\":\"nobody\",\"v\":9}");
            world.broker.publish(&lane, vec![garbage]).await.unwrap();
        }
    }
}

/// The books are right, whatever is under way.
fn audit(world: &World, runs: &[Run], when: &str) {
    for run in runs {
        let wrong = at_once(world.store.audit(run.id)).unwrap();
        let wrong = wrong.iter().map(|wrong| format!("I6: run {} {when}: {wrong}", run.id));
        world.problems.lock().extend(wrong);
    }
}

async fn until_over(world: &World, runs: &[Run]) -> bool {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let state = |run: &Run| at_once(world.store.summary(run.id)).unwrap().state;
        if runs.iter().all(|run| matches!(state(run), RunState::Done | RunState::Cancelled)) {
            return true;
        }
        sleep(Duration::from_secs(5)).await;
    }
    false
}
