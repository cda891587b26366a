//! What goes wrong: the failure matrix, by its numbers in docs/RELIABILITY.md.

mod all;
mod words;

pub use all::ALL;

use crate::process::Role;
use crate::servers::Server;
use testkit::proxy::Through;

/// One line of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its number.
    pub id: &'static str,
    /// What happens.
    pub what: What,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Nothing: what the others are compared with.
    Nothing,
    /// Each process of a service dies at a named point.
    Crash(Role, &'static str),
    /// The API dies while a client asks it for something, and asks again.
    Api(Api),
    /// A page kills each process of a service that works on it.
    Poison(Role),
    /// A process is killed at any moment.
    Kill(Role),
    /// All are killed at once, and started in every order of the services, one after another.
    KillAll,
    /// A process stands still for longer than a lease.
    Freeze(Role),
    /// Something happens to the broker.
    Broker(Broker),
    /// Something happens to the database.
    Database(Database),
    /// The archive misbehaves.
    Archive(testkit::servers::s3::Fault),
    /// A server refuses all connections.
    Refused(Server),
    /// The way of all processes of a service to a server is a black hole.
    Hole(Role, Server, Through),
    /// Each process has lost one of its servers, another one each, for two minutes.
    LongHoles,
    /// A site accepts connections and says nothing.
    SilentSite,
    /// Somebody doubles, delays and reorders messages of all lanes.
    Meddler,
    /// Messages that nobody can read lie in every lane.
    Garbage,
}

/// What a client asks for while the API dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Jobs, runs, versions, tenants; it dies at this point of each.
    Made(&'static str),
    /// Webhooks; it dies before the commit, before the answer is kept, and before it is sent.
    Webhooks,
    /// Files and lists of records.
    Exports,
    /// Files of records in the archive.
    Files,
    /// All that is made; it is killed at any moment.
    Kill,
}

/// What happens to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    /// It is stopped in order, and started.
    Restart,
    /// SIGKILL and restart.
    Kill,
    /// SIGKILL as soon as its queues are made anew.
    KillFresh,
    /// Its data are deleted while it is down.
    Wipe,
    /// It stands still.
    Freeze,
    /// Its memory alarm blocks publishers for longer than they wait.
    Alarm,
    /// Its queues are deleted while it runs.
    DeleteQueues,
    /// An operator's policy allows two messages a queue, and is removed.
    Policy,
    /// Consumers that hold a message for long lose their channel.
    ConsumerTimeout,
}

/// What happens to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// `pg_ctl restart -m fast`.
    Fast,
    /// `pg_ctl restart -m immediate`.
    Immediate,
    /// SIGKILL of all its processes.
    Kill,
    /// `pg_terminate_backend` of every session.
    Terminate,
    /// Sessions are read-only (25006).
    ReadOnly,
    /// It stands still.
    Freeze,
    /// Others have all its connections (53300).
    Crowded,
    /// Statements are cancelled, as by their time-out (57014).
    Cancel,
    /// Somebody locks in another order than we do (40P01).
    Deadlock,
    /// Somebody has a table locked for longer than anybody waits (55P03).
    Locked,
}

impl Fault {
    /// How often it strikes in a round.
    pub fn strikes(&self) -> u64 {
        match self.what {
            What::Nothing => 0,
            What::Poison(_)
            | What::Api(_)
            | What::LongHoles
            | What::Broker(Broker::Alarm)
            | What::Database(Database::Locked) => 1,
            What::KillAll => 3,
            _ => 2,
        }
    }

    /// Rounds that it takes to see all of it.
    pub fn rounds(&self) -> u64 {
        // All orders of four services.
        if self.what == What::KillAll { 8 } else { 1 }
    }
}

/// The line of a number.
pub fn find(id: &str) -> Option<&'static Fault> {
    ALL.iter().find(|fault| fault.id == id)
}
