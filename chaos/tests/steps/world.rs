//! A dispatcher, a parser and two workers that do nothing by themselves.

#[path = "../sim/broker.rs"]
mod broker;

use crate::ops::{Of, Op, Role, WORKERS};
use crate::web::Web;
use crate::worker::{Mutant, Worker};
use backends::memory::MemoryArchive;
use backends::sqlite::SqliteStore;
use broker::Broker;
use futures::FutureExt;
use shared::clock::ManualClock;
use shared::ports::{Archive, Consumer, Delivery, Lane, Queue};
use std::sync::Arc;
use std::time::Duration;
use testkit::faults::{Faults, FaultyArchive, FaultyQueue, FaultyStore};

/// URLs in a lease.
pub const LEASE_URLS: u32 = 3;

/// All that is in a history.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub store: Arc<SqliteStore>,
    pub archive: Arc<MemoryArchive>,
    pub broker: Broker,
    pub web: Web,
    dispatcher: Dispatcher,
    parser: Parser,
    mutant: Option<Mutant>,
    workers: Vec<Worker>,
    dispatching: Faults,
    parsing: Faults,
    working: Vec<Faults>,
}

struct Dispatcher {
    turns: dispatcher::Turns,
    claims: Box<dyn Consumer>,
    paced: Box<dyn Consumer>,
}

struct Parser {
    turns: parser::Turns,
    segments: Box<dyn Consumer>,
}

/// The next message, if there is one.
fn next(consumer: &mut Box<dyn Consumer>) -> Option<Delivery> {
    consumer.next().now_or_never()?.ok()
}

/// Does a turn; None: its process died in the middle of it.
async fn alive<T>(faults: &Faults, turn: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = turn => Some(done),
        () = faults.crashed() => None,
    }
}

impl World {
    pub async fn begin(
        seed: u64,
        mutant: Option<Mutant>,
        clock: Arc<ManualClock>,
        store: Arc<SqliteStore>,
    ) -> Self {
        let (broker, archive) = (Broker::new(), Arc::new(MemoryArchive::new()));
        let faults = || Faults::at_once();
        let (dispatching, parsing, working) = (faults(), faults(), vec![faults(), faults()]);
        let mut world = World {
            dispatcher: dispatcher(&broker, &store, &clock, &dispatching).await,
            parser: parser(&broker, &store, &archive, &parsing).await,
            mutant,
            workers: Vec::new(),
            web: Web::of(seed),
            clock,
            store,
            archive,
            broker,
            dispatching,
            parsing,
            working,
        };
        for n in 0..WORKERS {
            let worker = world.worker(n).await;
            world.workers.push(worker);
        }
        world
    }

    async fn worker(&self, n: usize) -> Worker {
        let faults = &self.working[n];
        let queue = Arc::new(FaultyQueue::new(Arc::new(self.broker.clone()), faults.clone()));
        let archive: Arc<dyn Archive> = Arc::new(FaultyArchive::new(self.archive.clone(), faults.clone()));
        Worker::begin(n, self.mutant, queue, archive, self.clock.clone()).await
    }

    /// Nothing goes wrong any more.
    pub fn disarm(&self) {
        self.faults().for_each(Faults::disarm);
    }

    /// Calls that went wrong.
    pub fn struck(&self) -> usize {
        self.faults().map(|faults| faults.struck().len()).sum()
    }

    fn faults(&self) -> impl Iterator<Item = &Faults> {
        [&self.dispatching, &self.parsing].into_iter().chain(&self.working)
    }

    /// A step; whether anything came of it.
    pub async fn step(&mut self, op: Op) -> bool {
        match op {
            Op::Seeds => {
                if alive(&self.dispatching, self.dispatcher.turns.seeds()).await.is_none() {
                    self.crash(Role::Dispatcher).await;
                }
                true
            }
            Op::Offer => self.offer().await,
            Op::Claim | Op::Paced => {
                let Dispatcher { turns, claims, paced } = &mut self.dispatcher;
                let delivery = if op == Op::Claim { next(claims) } else { next(paced) };
                let Some(delivery) = delivery else { return false };
                let turn = async {
                    if op == Op::Claim { turns.claim(delivery).await } else { turns.paced(delivery).await }
                };
                if alive(&self.dispatching, turn).await.is_none() {
                    self.crash(Role::Dispatcher).await;
                }
                true
            }
            Op::Sweep => {
                let swept = alive(&self.dispatching, self.dispatcher.turns.sweep()).await;
                if swept.is_none() {
                    self.crash(Role::Dispatcher).await;
                }
                swept.and_then(Result::ok).unwrap_or(false)
            }
            Op::Worker(n) => {
                let done = alive(&self.working[n], self.workers[n].step(&mut self.web)).await;
                if done.is_none() {
                    self.crash(Role::Worker(n)).await;
                }
                done.unwrap_or(true)
            }
            Op::Parse => {
                let Some(delivery) = next(&mut self.parser.segments) else { return false };
                if alive(&self.parsing, self.parser.turns.segment(delivery)).await.is_none() {
                    self.crash(Role::Parser).await;
                }
                true
            }
            Op::Advance(ms) => {
                self.clock.advance(Duration::from_millis(ms));
                true
            }
            Op::Drop(of) => self.lose(of).await.is_some(),
            Op::Duplicate(of) => {
                let Some(body) = self.lose(of).await else { return false };
                self.broker.publish(&lane(of), vec![body.clone(), body]).await.expect("room");
                true
            }
            Op::Crash(role) => {
                self.crash(role).await;
                true
            }
            Op::Fault(role, fault) => {
                let faults = match role {
                    Role::Dispatcher => &self.dispatching,
                    Role::Worker(n) => &self.working[n],
                    Role::Parser => &self.parsing,
                };
                faults.arm(fault);
                true
            }
            Op::Wipe => {
                self.broker.wipe();
                true
            }
            // What is said to the run is said in the history.
            Op::Command(_) => true,
        }
    }

    async fn offer(&mut self) -> bool {
        match alive(&self.dispatching, self.dispatcher.turns.offer()).await {
            None => {
                self.crash(Role::Dispatcher).await;
                true
            }
            Some(Ok(made)) => !made.offers.is_empty(),
            Some(Err(_)) => false,
        }
    }

    /// Takes the next message of a lane away.
    async fn lose(&self, of: Of) -> Option<bytes::Bytes> {
        let mut consumer = self.broker.consume(&lane(of), 1).await.expect("a lane");
        let delivery = next(&mut consumer)?;
        let body = delivery.body.clone();
        delivery.ack().await.expect("it is there");
        Some(body)
    }

    /// Dies, and is there again: what was not settled comes again.
    async fn crash(&mut self, role: Role) {
        match role {
            Role::Dispatcher => {
                self.dispatcher = dispatcher(&self.broker, &self.store, &self.clock, &self.dispatching).await;
            }
            Role::Worker(n) => self.workers[n] = self.worker(n).await,
            Role::Parser => {
                self.parser = parser(&self.broker, &self.store, &self.archive, &self.parsing).await;
            }
        }
    }
}

fn lane(of: Of) -> Lane {
    match of {
        Of::Fetch => Lane::Fetch { urgent: false },
        Of::Claim => Lane::Claim,
        Of::Paced => Lane::Paced,
        Of::Parse => Lane::Parse { urgent: false },
    }
}

async fn dispatcher(
    broker: &Broker,
    store: &Arc<SqliteStore>,
    clock: &Arc<ManualClock>,
    faults: &Faults,
) -> Dispatcher {
    let queue: Arc<dyn Queue> = Arc::new(FaultyQueue::new(Arc::new(broker.clone()), faults.clone()));
    let config = dispatcher::Config {
        max_offered: 3,
        lease_urls: LEASE_URLS,
        slice_ms: 5_000,
        offer_ttl_ms: 8_000,
        margin_ms: 3_000,
        announce_after_ms: 10_000,
        ..dispatcher::Config::default()
    };
    let claims = queue.consume(&Lane::Claim, 32).await.expect("a lane");
    let paced = queue.consume(&Lane::Paced, 32).await.expect("a lane");
    let store = Arc::new(FaultyStore::new(store.clone(), faults.clone()));
    let deps = dispatcher::Deps { store, queue, clock: clock.clone(), egress: None };
    Dispatcher { turns: dispatcher::Turns::new(config, deps), claims, paced }
}

async fn parser(
    broker: &Broker,
    store: &Arc<SqliteStore>,
    archive: &Arc<MemoryArchive>,
    faults: &Faults,
) -> Parser {
    let queue: Arc<dyn Queue> = Arc::new(FaultyQueue::new(Arc::new(broker.clone()), faults.clone()));
    let segments = queue.consume(&lane(Of::Parse), 2).await.expect("a lane");
    let store = Arc::new(FaultyStore::new(store.clone(), faults.clone()));
    let archive = Arc::new(FaultyArchive::new(archive.clone(), faults.clone()));
    Parser { turns: parser::Turns::new(parser::Deps { queue, archive, store }), segments }
}
