//! A fleet in one thread: two of each stage, the real ones, over one store, one broker and one archive.
//! Each process has ports of its own, which fail as they are told, and is started again when it dies.

use crate::broker::Broker;
use crate::ops::{EACH, Role};
use crate::web::Web;
use backends::memory::MemoryArchive;
use backends::sqlite::SqliteStore;
use egress::{Allow, Egress, EgressConfig};
use parking_lot::Mutex;
use shared::clock::{Clock, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use testkit::faults::{Faults, FaultyArchive, FaultyQueue, FaultyStore};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// URLs in a lease, and leases of a worker.
pub const LEASE_URLS: u32 = 5;
pub const LEASES: usize = 3;
/// A request's total time-out.
pub const TOTAL: Duration = Duration::from_secs(3);
/// A process that is stopped has ended by then.
const DRAIN: Duration = Duration::from_secs(5);
const LATE: Duration = Duration::from_secs(60);

/// A clock that is turned by the runtime alone: it stands while anybody works.
pub struct VirtualClock {
    began: Instant,
    runtime: Handle,
}

impl VirtualClock {
    /// Begins now, in this runtime.
    pub fn begin() -> Self {
        VirtualClock { began: Instant::now(), runtime: Handle::current() }
    }
}

impl VirtualClock {
    /// Time since its beginning.
    pub fn elapsed(&self) -> Duration {
        // Whoever asks: a store may be at work in another runtime.
        let _here = self.runtime.enter();
        self.began.elapsed()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000).plus(self.elapsed())
    }
}

/// What the processes share.
pub struct World {
    pub web: Arc<Web>,
    pub store: Arc<SqliteStore>,
    pub archive: Arc<MemoryArchive>,
    pub broker: Broker,
    pub clock: Arc<VirtualClock>,
    /// What went wrong that should not.
    pub problems: Mutex<Vec<String>>,
}

/// What a process is told by its operator.
enum Order {
    Kill(Duration),
    Stop(Duration),
}

/// One process, in all its lives.
pub struct Process {
    pub role: Role,
    pub n: usize,
    pub faults: Faults,
    orders: mpsc::UnboundedSender<Order>,
    lives: JoinHandle<()>,
}

/// All processes.
pub struct Fleet {
    pub processes: Vec<Process>,
    end: CancellationToken,
}

impl Fleet {
    pub fn start(world: &Arc<World>) -> Self {
        let end = CancellationToken::new();
        let mut processes = Vec::new();
        for role in [Role::Dispatcher, Role::Worker, Role::Parser] {
            for n in 0..EACH {
                let faults = Faults::at_once();
                faults.latency(Duration::from_millis(20));
                let (orders, told) = mpsc::unbounded_channel();
                let life = Life { world: world.clone(), role, n, faults: faults.clone(), end: end.clone() };
                processes.push(Process { role, n, faults, orders, lives: tokio::spawn(life.all(told)) });
            }
        }
        Fleet { processes, end }
    }

    pub fn process(&self, role: Role, n: usize) -> &Process {
        // Every role has so many.
        self.processes.iter().find(|process| process.role == role && process.n == n).unwrap()
    }

    /// Stops all in order.
    pub async fn stop(self) {
        self.end.cancel();
        for process in self.processes {
            // A panic in it is a panic here.
            process.lives.await.unwrap();
        }
    }
}

impl Process {
    pub fn kill(&self, down: u64) {
        // Its receiver lives as long as the fleet.
        let _ = self.orders.send(Order::Kill(Duration::from_millis(down)));
    }

    pub fn stop(&self, down: u64) {
        let _ = self.orders.send(Order::Stop(Duration::from_millis(down)));
    }
}

struct Life {
    world: Arc<World>,
    role: Role,
    n: usize,
    faults: Faults,
    end: CancellationToken,
}

impl Life {
    /// One life after another, until the end.
    async fn all(self, mut orders: mpsc::UnboundedReceiver<Order>) {
        while !self.end.is_cancelled() {
            let stop = CancellationToken::new();
            let mut task =
                tokio::spawn(stage(self.world.clone(), self.role, self.faults.clone(), stop.clone()));
            let down = tokio::select! {
                biased;
                () = self.end.cancelled() => {
                    stop.cancel();
                    return self.ended(timeout(LATE, &mut task).await.map_err(|_| "it does not stop"));
                }
                () = self.faults.crashed() => {
                    die(&mut task).await;
                    Duration::from_secs(1)
                }
                order = orders.recv() => match order {
                    Some(Order::Kill(down)) => {
                        die(&mut task).await;
                        down
                    }
                    Some(Order::Stop(down)) => {
                        stop.cancel();
                        tokio::select! {
                            biased;
                            () = self.faults.crashed() => die(&mut task).await,
                            ended = timeout(LATE, &mut task) => self.ended(ended.map_err(|_| "it does not stop")),
                        }
                        down
                    }
                    None => return,
                },
                ended = &mut task => {
                    self.ended(Ok(ended));
                    self.problem("it ended by itself");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                biased;
                () = self.end.cancelled() => {}
                () = sleep(down) => {}
            }
        }
    }

    fn ended(&self, how: Result<Result<Result<(), String>, tokio::task::JoinError>, &str>) {
        match how {
            Err(why) => self.problem(why),
            Ok(Err(error)) if error.is_panic() => self.problem(&error.to_string()),
            Ok(Ok(Err(error))) => self.problem(&error),
            Ok(_) => {}
        }
    }

    fn problem(&self, what: &str) {
        self.world.problems.lock().push(format!("{:?} {}: {what}", self.role, self.n));
    }
}

/// Nothing of a dead process goes on behind our back.
async fn die<T>(task: &mut JoinHandle<T>) {
    task.abort();
    // It was cancelled, or ended just before.
    let _ = task.await;
}

/// One life of a process: the real stage.
async fn stage(world: Arc<World>, role: Role, faults: Faults, stop: CancellationToken) -> Result<(), String> {
    let queue = Arc::new(FaultyQueue::new(Arc::new(world.broker.clone()), faults.clone()));
    let archive = Arc::new(FaultyArchive::new(world.archive.clone(), faults.clone()));
    let store = Arc::new(FaultyStore::new(world.store.clone(), faults));
    let clock = world.clock.clone();
    match role {
        Role::Dispatcher => {
            let deps = dispatcher::Deps { store, queue, clock, egress: None };
            dispatcher::run(dispatcher_config(), deps, stop).await.map_err(|error| error.to_string())
        }
        Role::Worker => {
            let allow =
                (0..world.web.hosts).map(|host| Allow::host(&format!("h{host}.example.com"), None).unwrap());
            let config = EgressConfig { allow: allow.collect(), ..EgressConfig::default() };
            let egress = Arc::new(Egress::with_answers(config, world.web.answers()));
            let deps = worker::Deps { queue, archive, clock, egress, browser: None };
            worker::run(worker_config(), deps, stop).await.map_err(|error| error.to_string())
        }
        Role::Parser => {
            let deps = parser::Deps { queue, archive, store };
            parser::run(parser::Config { parallel: 2 }, deps, stop).await.map_err(|error| error.to_string())
        }
    }
}

fn dispatcher_config() -> dispatcher::Config {
    dispatcher::Config {
        max_offered: 4,
        lease_urls: LEASE_URLS,
        slice_ms: 5_000,
        offer_ttl_ms: 8_000,
        margin_ms: 3_000,
        announce_after_ms: 10_000,
        sweep_every_ms: 5_000,
        poll_ms: 3_000,
        ..dispatcher::Config::default()
    }
}

fn worker_config() -> worker::Config {
    worker::Config {
        leases: LEASES,
        urgent_leases: 1,
        segment_pages: 4,
        commit_interval: Duration::from_millis(500),
        answer_timeout: Duration::from_secs(2),
        drain: DRAIN,
        ..worker::Config::default()
    }
}
