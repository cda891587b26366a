//! The lines in words.

use super::{Api, Broker, Database, Fault, What};
use std::fmt;
use testkit::proxy::Through;
use testkit::servers::s3::Fault as S3;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Nothing => f.write_str("nothing goes wrong"),
            What::Crash(role, point) => write!(f, "each {} dies at `{point}`", role.name()),
            What::Api(Api::Made(point)) => {
                write!(f, "api dies at `{point}`; jobs, runs, versions, tenants are asked for again by key")
            }
            What::Api(Api::Webhooks) => {
                f.write_str("api dies at each of these while webhooks are made, turned, tested")
            }
            What::Api(Api::Exports) => {
                f.write_str("api dies in the middle of exports, and of a list of records")
            }
            What::Api(Api::Files) => f.write_str(
                "api dies while it writes files into the archive, and when they are there but nobody knows",
            ),
            What::Api(Api::Kill) => f.write_str("api killed at any moment of all that is made by key"),
            What::Poison(role) => write!(f, "a page kills every {} that works on it", role.name()),
            What::Kill(role) => write!(f, "{} killed at any moment", role.name()),
            What::KillAll => f.write_str("all services killed at once, started in all 24 orders"),
            What::Freeze(role) => {
                write!(f, "{} stopped for longer than a lease, then continued", role.name())
            }
            What::Broker(what) => write!(f, "broker: {}", broker(what)),
            What::Database(what) => write!(f, "database: {}", database(what)),
            What::Archive(what) => write!(f, "archive: {}", archive(what)),
            What::Refused(server) => write!(f, "{} refuses connections", server.name()),
            What::Hole(role, server, through) => {
                write!(f, "black hole between {} and {}: {}", role.name(), server.name(), lets(through))
            }
            What::LongHoles => f.write_str("each process has lost one of its servers for 120 s"),
            What::SilentSite => f.write_str("sites accept and say nothing"),
            What::Meddler => f.write_str("messages doubled, delayed, reordered"),
            What::Garbage => f.write_str("messages unreadable, of nobody, of the unknown in every lane"),
        }
    }
}

fn broker(what: Broker) -> &'static str {
    match what {
        Broker::Restart => "stopped in order and started",
        Broker::Kill => "kill -9 and restart",
        Broker::KillFresh => "wiped, and killed again as soon as its queues are there",
        Broker::Wipe => "its data deleted",
        Broker::Freeze => "stopped, then continued",
        Broker::Alarm => "memory alarm for 60 s",
        Broker::DeleteQueues => "queues deleted while it runs",
        Broker::Policy => "a policy allows two messages a queue, then it is removed",
        Broker::ConsumerTimeout => "consumer timeout of a second",
    }
}

fn database(what: Database) -> &'static str {
    match what {
        Database::Fast => "fast restart",
        Database::Immediate => "immediate restart",
        Database::Kill => "kill -9",
        Database::Terminate => "every session terminated",
        Database::ReadOnly => "read-only for a while",
        Database::Freeze => "stopped, then continued",
        Database::Crowded => "others have all its connections",
        Database::Cancel => "every statement cancelled for a while",
        Database::Deadlock => "deadlocks with a session that locks in another order",
        Database::Locked => "a table locked for longer than anybody waits",
    }
}

fn archive(what: S3) -> &'static str {
    match what {
        S3::Unavailable => "503",
        S3::LostAnswer => "500 after all was done",
        S3::CutOff => "answers break off",
        S3::WrongBytes => "wrong bytes",
        S3::Late => "no answer for a while",
        S3::Forbidden => "403",
        S3::Conflict => "409",
        S3::NoBucket => "no bucket",
        S3::Expired => "key expired",
        S3::Full => "disk full",
    }
}

fn lets(through: Through) -> &'static str {
    match through {
        Through::Nothing | Through::Both | Through::Refused => "neither way",
        Through::ToServer => "no answers",
        Through::ToClient => "no requests",
    }
}
