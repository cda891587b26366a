//! A fleet: so many processes of each service, each with its own ways to the servers.

use crate::process::{Process, Role};
use crate::servers::{Server, Servers, Ways};
use std::path::{Path, PathBuf};
use testkit::proxy::Through;

/// How a fleet is set up.
#[derive(Clone, Debug)]
pub struct Size {
    /// Processes of each service.
    pub dispatchers: usize,
    /// Likewise.
    pub workers: usize,
    /// Likewise.
    pub parsers: usize,
}

/// The processes.
pub struct Fleet {
    /// All of them.
    pub members: Vec<Member>,
}

/// A process and its ways.
pub struct Member {
    /// The process.
    pub process: Process,
    /// Its proxies.
    pub ways: Ways,
}

/// Where the programs are: `HARVESTMAN_TEST_PROGRAMS`, or beside this one.
pub fn programs() -> PathBuf {
    std::env::var_os("HARVESTMAN_TEST_PROGRAMS").map_or_else(built_along, PathBuf::from)
}

/// Where the programs are that were built along with this one.
pub fn built_along() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let folder = own.parent().unwrap_or(Path::new("."));
    // A test is one folder further down.
    if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
}

/// What a process is told besides its servers.
pub type Settings = [(&'static str, &'static str)];

/// Short times, so that what is left behind is found soon.
pub const HASTY: &Settings = &[
    ("HARVESTMAN_DISPATCHER_LEASE_URLS", "15"),
    ("HARVESTMAN_DISPATCHER_SLICE_MS", "2000"),
    ("HARVESTMAN_DISPATCHER_OFFER_TTL_MS", "3000"),
    ("HARVESTMAN_DISPATCHER_MARGIN_MS", "1000"),
    ("HARVESTMAN_DISPATCHER_ANNOUNCE_AFTER_MS", "4000"),
    ("HARVESTMAN_DISPATCHER_SWEEP_EVERY_MS", "500"),
    ("HARVESTMAN_DISPATCHER_POLL_MS", "500"),
    ("HARVESTMAN_WORKER_LEASES", "8"),
    ("HARVESTMAN_WORKER_SEGMENT_PAGES", "10"),
    ("HARVESTMAN_WORKER_COMMIT_INTERVAL_MS", "300"),
    ("HARVESTMAN_WORKER_ANSWER_TIMEOUT_MS", "2000"),
    ("HARVESTMAN_DRAIN_SECONDS", "5"),
];

impl Fleet {
    /// Starts it. `allow`: what may be called though it is not public.
    pub async fn start(
        servers: &Servers,
        size: &Size,
        settings: &[(&str, &str)],
        allow: &str,
        folder: &Path,
    ) -> Self {
        let mut fleet = Fleet { members: Vec::new() };
        for (role, count) in
            [(Role::Dispatcher, size.dispatchers), (Role::Worker, size.workers), (Role::Parser, size.parsers)]
        {
            for n in 0..count {
                fleet.add(role, n, servers, settings, allow, folder).await;
            }
        }
        fleet
    }

    /// Starts one process more.
    pub async fn add(
        &mut self,
        role: Role,
        n: usize,
        servers: &Servers,
        settings: &[(&str, &str)],
        allow: &str,
        folder: &Path,
    ) {
        let program = programs().join(format!("harvestman-{}", role.name()));
        let ways = servers.ways().await;
        let mut environment = servers.settings(&ways);
        environment.extend(settings.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        environment.push(("HARVESTMAN_ALLOW".into(), allow.into()));
        environment.push(("HARVESTMAN_ADMIN_LISTEN".into(), "127.0.0.1:0".into()));
        let process = Process::keep(role, n, &program, environment, folder);
        self.members.push(Member { process, ways });
    }

    /// The processes of a service.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.process.role == role)
    }

    /// One of them.
    ///
    /// # Panics
    /// If there is none.
    pub fn one(&self, role: Role, n: usize) -> &Member {
        let all: Vec<&Member> = self.of(role).collect();
        all[n % all.len()]
    }

    /// All is let through again, and everybody goes on.
    pub async fn heal(&self) {
        for member in &self.members {
            for server in [Server::Database, Server::Broker, Server::Archive] {
                member.ways.to(server).let_through(Through::Both);
            }
            member.process.signal("-CONT").await;
            member.process.up();
        }
    }

    /// How often a process died though nobody meant it to.
    pub fn died(&self) -> u64 {
        self.members.iter().map(|member| member.process.died()).sum()
    }

    /// Stops all in order.
    pub async fn end(&self) {
        for member in &self.members {
            member.process.end().await;
        }
    }
}
