//! A service as a process of its own, and whoever starts it again when it dies.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// A restarted process comes up after this, as under any supervisor.
const RESTART: Duration = Duration::from_millis(200);

/// Which service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// `harvestman-dispatcher`
    Dispatcher,
    /// `harvestman-worker`
    Worker,
    /// `harvestman-parser`
    Parser,
    /// `harvestman-api`
    Api,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Dispatcher, Role::Worker, Role::Parser, Role::Api];

    /// As it stands in names of programs and settings.
    pub fn name(self) -> &'static str {
        match self {
            Role::Dispatcher => "dispatcher",
            Role::Worker => "worker",
            Role::Parser => "parser",
            Role::Api => "api",
        }
    }
}

/// Names and values.
type Environment = Vec<(String, String)>;

enum Order {
    /// SIGKILL, and start again when this is cancelled or after a moment.
    Kill(oneshot::Sender<()>),
    /// SIGKILL, and stay down until `Up`.
    Down(oneshot::Sender<()>),
    Up,
    /// Start again with these in its environment; once, or in every life from now on.
    With {
        environment: Environment,
        once: bool,
    },
    /// SIGTERM, wait for the end, and stay down.
    End(oneshot::Sender<()>),
    /// SIGTERM, wait for the end, and start this program instead.
    Become(PathBuf, oneshot::Sender<()>),
}

/// What is known of a process from outside.
#[derive(Default)]
struct State {
    pid: AtomicU32,
    /// It died though nobody meant it to.
    died: AtomicU64,
    /// It died as it was told to.
    crashed: watch::Sender<u64>,
    crash_meant: AtomicBool,
}

/// A service that is kept running.
pub struct Process {
    /// Its service.
    pub role: Role,
    /// Its number among those of its service.
    pub n: usize,
    /// What it writes.
    pub log: PathBuf,
    orders: mpsc::UnboundedSender<Order>,
    state: Arc<State>,
    _keeper: JoinHandle<()>,
}

impl Process {
    /// Starts it, and starts it again whenever it dies.
    ///
    /// # Panics
    /// If the program cannot be started at all.
    pub fn keep(role: Role, n: usize, program: &Path, environment: Environment, folder: &Path) -> Self {
        let log = folder.join(format!("{}-{n}.log", role.name()));
        let (orders, told) = mpsc::unbounded_channel();
        let state = Arc::new(State::default());
        let keeper = Keeper {
            program: program.to_owned(),
            environment,
            always: Vec::new(),
            log: log.clone(),
            state: state.clone(),
        };
        let child = keeper.start(&[]);
        Process { role, n, log, orders, state, _keeper: tokio::spawn(keeper.keep(child, told)) }
    }

    /// SIGKILL; it is started again in a moment. Returns when it is dead.
    pub async fn kill(&self) {
        self.order(Order::Kill).await;
    }

    /// SIGKILL; it stays down until [`Process::up`]. Returns when it is dead.
    pub async fn down(&self) {
        self.order(Order::Down).await;
    }

    /// Started again.
    pub fn up(&self) {
        let _keeper_is_there = self.orders.send(Order::Up);
    }

    /// SIGTERM; returns when it has ended.
    pub async fn end(&self) {
        self.order(Order::End).await;
    }

    /// SIGTERM; when it has ended, another version of the program takes its place. Returns when that is started.
    pub async fn becomes(&self, program: &Path) {
        self.order(|done| Order::Become(program.to_owned(), done)).await;
    }

    /// Started again so that it dies at a crash point. Returns a receiver that changes when it has.
    pub fn crash_at(&self, point: &str) -> watch::Receiver<u64> {
        let mut crashed = self.state.crashed.subscribe();
        crashed.mark_unchanged();
        let environment = vec![("CRASH_AT".to_owned(), point.to_owned())];
        let _keeper_is_there = self.orders.send(Order::With { environment, once: true });
        crashed
    }

    /// Started again, now and ever after with these in its environment; with none: as at first.
    pub fn always(&self, environment: &[(&str, &str)]) {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let _keeper_is_there = self.orders.send(Order::With { environment, once: false });
    }

    /// How often it died as it was told to.
    pub fn crashed(&self) -> u64 {
        *self.state.crashed.borrow()
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, wait) = oneshot::channel();
        let _keeper_is_there = self.orders.send(order(done));
        let _done = wait.await;
    }

    /// SIGSTOP or SIGCONT.
    pub async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let _it_may_be_dead = Command::new("kill").args([name, &pid]).stderr(Stdio::null()).status().await;
    }

    /// Its number in the system, in its present life.
    pub fn pid(&self) -> u32 {
        self.state.pid.load(Ordering::SeqCst)
    }

    /// How often it died though nobody meant it to.
    pub fn died(&self) -> u64 {
        self.state.died.load(Ordering::SeqCst)
    }

    /// Resident memory in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
    }

    /// Open files.
    pub fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).map_or(0, Iterator::count)
    }

    /// CPU time in its present life.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        // User and system time, 100 ticks a second on every Linux that we know.
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }
}

struct Keeper {
    program: PathBuf,
    environment: Environment,
    /// What every life gets besides.
    always: Environment,
    log: PathBuf,
    state: Arc<State>,
}

impl Keeper {
    fn start(&self, once: &[(String, String)]) -> Child {
        let log = File::options().create(true).append(true).open(&self.log).expect("a log file");
        let mut command = Command::new(&self.program);
        command
            .envs(self.environment.iter().chain(&self.always).chain(once).map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; `make chaos` builds it", self.program.display()));
        self.state.pid.store(child.id().unwrap_or_default(), Ordering::SeqCst);
        self.state.crash_meant.store(!(once.is_empty() && self.always.is_empty()), Ordering::SeqCst);
        child
    }

    async fn keep(mut self, child: Child, mut orders: mpsc::UnboundedReceiver<Order>) {
        let mut child = Some(child);
        loop {
            let ended = async {
                match &mut child {
                    Some(child) => child.wait().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                order = orders.recv() => match order {
                    None => return,
                    Some(Order::Kill(done)) => {
                        kill(&mut child).await;
                        let _nobody_waits = done.send(());
                        tokio::time::sleep(RESTART).await;
                        child = Some(self.start(&[]));
                    }
                    Some(Order::Down(done)) => {
                        kill(&mut child).await;
                        let _nobody_waits = done.send(());
                    }
                    Some(Order::Up) => if child.is_none() { child = Some(self.start(&[])) },
                    Some(Order::With { environment, once }) => {
                        kill(&mut child).await;
                        child = Some(if once { self.start(&environment) } else {
                            self.always = environment;
                            self.start(&[])
                        });
                    }
                    Some(Order::End(done)) => {
                        self.end(&mut child).await;
                        let _nobody_waits = done.send(());
                    }
                    Some(Order::Become(program, done)) => {
                        self.end(&mut child).await;
                        self.program = program;
                        child = Some(self.start(&[]));
                        let _nobody_waits = done.send(());
                    }
                },
                _ = ended => {
                    if self.state.crash_meant.swap(false, Ordering::SeqCst) {
                        self.state.crashed.send_modify(|times| *times += 1);
                    } else {
                        self.state.died.fetch_add(1, Ordering::SeqCst);
                    }
                    tokio::time::sleep(RESTART).await;
                    child = Some(self.start(&[]));
                }
            }
        }
    }

    async fn end(&self, child: &mut Option<Child>) {
        let pid = self.state.pid.load(Ordering::SeqCst).to_string();
        let _it_may_be_dead = Command::new("kill").args(["-TERM", &pid]).stderr(Stdio::null()).status().await;
        if let Some(mut child) = child.take() {
            let _ended = child.wait().await;
        }
    }
}

async fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _it_may_be_dead = child.kill().await;
    }
}
