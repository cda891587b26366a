//! Whether a service can work: its servers answer, and it is not ending.

use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a server has to answer when it is asked how it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(3);

/// Asks a server how it is; the error is for people.
pub type Probe = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// The health of a service.
pub struct Health {
    servers: Mutex<BTreeMap<&'static str, Arc<Server>>>,
    dispensable: Mutex<BTreeSet<&'static str>>,
    begun: AtomicBool,
    stop: CancellationToken,
}

struct Server {
    probe: Option<Probe>,
    last: tokio::sync::Mutex<Option<(Instant, Option<String>)>>,
}

/// What `/readyz` says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// It takes work.
    pub ready: bool,
    /// It ends what is under way.
    pub draining: bool,
    /// The servers that are missing, and why.
    pub down: BTreeMap<&'static str, String>,
}

impl Health {
    /// Of a service that has not begun.
    pub fn new(stop: CancellationToken) -> Arc<Self> {
        Arc::new(Health {
            servers: Mutex::default(),
            dispensable: Mutex::default(),
            begun: AtomicBool::new(false),
            stop,
        })
    }

    /// A server that is not there yet, and why.
    pub fn waits_for(&self, server: &'static str, why: String) {
        let last = tokio::sync::Mutex::new(Some((Instant::now(), Some(why))));
        self.servers.lock().insert(server, Arc::new(Server { probe: None, last }));
    }

    /// A server that is there; `probe` asks it from now on.
    pub fn has(&self, server: &'static str, probe: Probe) {
        let last = tokio::sync::Mutex::new(None);
        self.servers.lock().insert(server, Arc::new(Server { probe: Some(probe), last }));
    }

    /// Servers that the service is ready without, once it has begun.
    pub fn works_without(&self, servers: &[&'static str]) {
        self.dispensable.lock().extend(servers);
    }

    /// All servers are there, and the stage begins.
    pub fn begins(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// How the service is now.
    pub async fn report(&self) -> Report {
        let servers: Vec<_> = self.servers.lock().iter().map(|(name, it)| (*name, it.clone())).collect();
        let asked = servers.iter().map(|(name, server)| async { (*name, server.ask().await) });
        let answers = join_all(asked).await;
        let down: BTreeMap<_, _> =
            answers.into_iter().filter_map(|(name, problem)| Some((name, problem?))).collect();
        let draining = self.stop.is_cancelled();
        let works = down.keys().all(|name| self.dispensable.lock().contains(name));
        let ready = self.begun.load(Ordering::Relaxed) && !draining && works;
        Report { ready, draining, down }
    }
}

impl Server {
    /// What is wrong with it; None: nothing. Who asks while another does waits for that answer.
    async fn ask(&self) -> Option<String> {
        let mut last = self.last.lock().await;
        let Some(probe) = &self.probe else { return last.as_ref().and_then(|(_, problem)| problem.clone()) };
        if let Some((at, problem)) = &*last
            && at.elapsed() < BELIEVED
        {
            return problem.clone();
        }
        let problem = match tokio::time::timeout(PATIENCE, probe()).await {
            Ok(answer) => answer.err(),
            Err(_) => Some(format!("no answer within {PATIENCE:?}")),
        };
        *last = Some((Instant::now(), problem.clone()));
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[tokio::test(start_paused = true)]
    async fn a_service_is_ready_when_it_began_and_its_servers_answer() {
        let stop = CancellationToken::new();
        let health = Health::new(stop.clone());
        health.waits_for("store", "connection refused".into());
        let report = health.report().await;
        assert!(!report.ready && report.down["store"] == "connection refused");
        health.has("store", Box::new(|| Box::pin(async { Ok(()) })));
        assert!(!health.report().await.ready, "it has not begun");
        health.begins();
        assert!(health.report().await.ready);
        stop.cancel();
        let report = health.report().await;
        assert!(!report.ready && report.draining && report.down.is_empty());
    }

    /// A broker that was away took all pods of the API out of their Service, though they could answer.
    #[tokio::test(start_paused = true)]
    async fn a_service_stays_ready_without_what_only_helps_it() {
        let health = Health::new(CancellationToken::new());
        health.works_without(&["queue"]);
        health.has("queue", Box::new(|| Box::pin(async { Err("connection refused".into()) })));
        health.begins();
        let report = health.report().await;
        assert!(report.ready && report.down["queue"] == "connection refused");
        health.has("store", Box::new(|| Box::pin(async { Err("connection refused".into()) })));
        assert!(!health.report().await.ready);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_down_and_answers_are_believed_for_a_while() {
        let health = Health::new(CancellationToken::new());
        health.begins();
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        health.has(
            "queue",
            Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
                Box::pin(std::future::pending())
            }),
        );
        for _ in 0..5 {
            assert!(health.report().await.down["queue"].starts_with("no answer within"));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}
