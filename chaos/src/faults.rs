//! What goes wrong: the failure matrix, by its numbers in docs/RELIABILITY.md.

use crate::process::Role;
use crate::servers::Server;
use std::fmt;
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
    /// A process dies at a named point, one life after another.
    Crash(Role, &'static str),
    /// A process is killed at any moment.
    Kill(Role),
    /// All are killed at once, and started in some order.
    KillAll,
    /// A process stands still for longer than a lease.
    Freeze(Role),
    /// Something happens to the broker.
    Broker(Broker),
    /// Something happens to the database.
    Database(Database),
    /// The archive misbehaves.
    Archive(testkit::servers::s3::Fault),
    /// The way of all processes of a service to a server is a black hole.
    Hole(Role, Server, Through),
    /// A site accepts connections and says nothing.
    SilentSite,
    /// Somebody doubles, delays and reorders messages of all lanes.
    Meddler,
    /// Messages that nobody can read lie in every lane.
    Garbage,
}

/// What happens to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    /// SIGKILL and restart.
    Kill,
    /// SIGKILL as soon as its queues are made anew.
    KillFresh,
    /// Its data are deleted while it is down.
    Wipe,
    /// It stands still.
    Freeze,
    /// Its memory alarm blocks publishers.
    Alarm,
    /// Its queues are deleted while it runs.
    DeleteQueues,
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
}

const fn crash(id: &'static str, role: Role, point: &'static str) -> Fault {
    Fault { id, what: What::Crash(role, point) }
}

const fn fault(id: &'static str, what: What) -> Fault {
    Fault { id, what }
}

/// The matrix.
pub const ALL: &[Fault] = {
    use Role::{Dispatcher, Parser, Worker};
    use testkit::servers::s3::Fault as S3;
    &[
        fault("F0", What::Nothing),
        crash("F5", Dispatcher, "dispatcher.after_offer"),
        crash("F6", Dispatcher, "dispatcher.after_grant"),
        crash("F7", Dispatcher, "dispatcher.after_publish"),
        crash("F8", Dispatcher, "dispatcher.in_sweep"),
        crash("F9", Dispatcher, "dispatcher.after_report"),
        fault("F9b", What::Kill(Dispatcher)),
        crash("F10", Worker, "worker.after_delivery"),
        crash("F11", Worker, "worker.before_request"),
        crash("F11b", Worker, "worker.after_request"),
        crash("F12", Worker, "worker.in_body"),
        crash("F13", Worker, "worker.after_store"),
        crash("F14", Worker, "worker.after_announce"),
        crash("F15", Worker, "worker.before_report"),
        crash("F16", Worker, "worker.after_report"),
        crash("F17", Worker, "worker.after_ack"),
        fault("F17b", What::Kill(Worker)),
        crash("F18", Parser, "parser.after_delivery"),
        crash("F19", Parser, "parser.after_read"),
        crash("F20", Parser, "parser.in_page"),
        crash("F21", Parser, "store.in_apply"),
        crash("F22", Parser, "parser.after_commit"),
        fault("F22b", What::Kill(Parser)),
        fault("F24", What::KillAll),
        fault("F26", What::Freeze(Worker)),
        fault("F26b", What::Freeze(Dispatcher)),
        fault("F26c", What::Freeze(Parser)),
        fault("F27", What::Broker(Broker::Kill)),
        fault("F27b", What::Broker(Broker::KillFresh)),
        fault("F28", What::Broker(Broker::Wipe)),
        fault("F29", What::Broker(Broker::Alarm)),
        fault("F29b", What::Broker(Broker::Freeze)),
        fault("F30", What::Broker(Broker::DeleteQueues)),
        fault("F31", What::Broker(Broker::ConsumerTimeout)),
        fault("F32", What::Database(Database::Fast)),
        fault("F32b", What::Database(Database::Immediate)),
        fault("F32c", What::Database(Database::Kill)),
        fault("F33", What::Database(Database::Terminate)),
        fault("F33b", What::Database(Database::ReadOnly)),
        fault("F33c", What::Database(Database::Freeze)),
        fault("F36", What::Archive(S3::Unavailable)),
        fault("F36b", What::Archive(S3::LostAnswer)),
        fault("F36c", What::Archive(S3::CutOff)),
        fault("F36d", What::Archive(S3::WrongBytes)),
        fault("F36e", What::Archive(S3::Late)),
        fault("F37", What::Archive(S3::Conflict)),
        fault("F38", What::Hole(Worker, Server::Broker, Through::Nothing)),
        fault("F38b", What::Hole(Worker, Server::Archive, Through::Nothing)),
        fault("F38c", What::Hole(Dispatcher, Server::Database, Through::Nothing)),
        fault("F38d", What::Hole(Dispatcher, Server::Broker, Through::ToServer)),
        fault("F38e", What::Hole(Parser, Server::Database, Through::ToServer)),
        fault("F38f", What::Hole(Parser, Server::Broker, Through::ToClient)),
        fault("F38g", What::Hole(Worker, Server::Broker, Through::ToServer)),
        fault("F38h", What::Hole(Parser, Server::Archive, Through::ToClient)),
        fault("F38i", What::SilentSite),
        fault("F39", What::Meddler),
        fault("F41", What::Garbage),
    ]
};

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Nothing => f.write_str("nothing goes wrong"),
            What::Crash(role, point) => write!(f, "{} dies at `{point}`", role.name()),
            What::Kill(role) => write!(f, "{} killed at any moment", role.name()),
            What::KillAll => f.write_str("all services killed at once, started in another order"),
            What::Freeze(role) => {
                write!(f, "{} stopped for longer than a lease, then continued", role.name())
            }
            What::Broker(what) => f.write_str(match what {
                Broker::Kill => "broker: kill -9 and restart",
                Broker::KillFresh => "broker: wiped, and killed again as soon as its queues are there",
                Broker::Wipe => "broker: its data deleted",
                Broker::Freeze => "broker stopped, then continued",
                Broker::Alarm => "broker: memory alarm",
                Broker::DeleteQueues => "broker: queues deleted while it runs",
                Broker::ConsumerTimeout => "broker: consumer timeout of a second",
            }),
            What::Database(what) => f.write_str(match what {
                Database::Fast => "database: fast restart",
                Database::Immediate => "database: immediate restart",
                Database::Kill => "database: kill -9",
                Database::Terminate => "database: every session terminated",
                Database::ReadOnly => "database: read-only for a while",
                Database::Freeze => "database stopped, then continued",
            }),
            What::Archive(what) => write!(f, "archive: {what:?}"),
            What::Hole(role, server, through) => {
                let through = match through {
                    Through::Nothing | Through::Both => "neither way",
                    Through::ToServer => "no answers",
                    Through::ToClient => "no requests",
                };
                write!(f, "black hole between {} and {server:?}: {through}", role.name())
            }
            What::SilentSite => f.write_str("sites accept and say nothing"),
            What::Meddler => f.write_str("messages doubled, delayed, reordered"),
            What::Garbage => f.write_str("unreadable messages in every lane"),
        }
    }
}
