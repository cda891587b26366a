//! The matrix itself.

use super::{Api, Broker, Database, Fault, What};
use crate::process::Role;
use crate::servers::Server;
use testkit::proxy::Through;

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
        fault("F1", What::Api(Api::Made("store.in_create"))),
        fault("F2", What::Api(Api::Made("api.after_commit"))),
        fault("F2b", What::Api(Api::Made("api.before_answer"))),
        fault("F2c", What::Api(Api::Kill)),
        fault("F3", What::Api(Api::Exports)),
        fault("F3b", What::Api(Api::Files)),
        fault("F4", What::Api(Api::Webhooks)),
        crash("F5", Dispatcher, "dispatcher.after_offer"),
        crash("F6", Dispatcher, "queue.before_confirm"),
        crash("F6b", Dispatcher, "dispatcher.after_grant"),
        crash("F7", Dispatcher, "dispatcher.after_publish"),
        crash("F8", Dispatcher, "dispatcher.in_sweep"),
        crash("F9", Dispatcher, "store.in_report"),
        crash("F9b", Dispatcher, "dispatcher.after_report"),
        fault("F9c", What::Kill(Dispatcher)),
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
        crash("F23", Dispatcher, "dispatcher.in_webhook"),
        fault("F24", What::KillAll),
        fault("F25", What::Poison(Parser)),
        fault("F25b", What::Poison(Worker)),
        fault("F26", What::Freeze(Worker)),
        fault("F26b", What::Freeze(Dispatcher)),
        fault("F26c", What::Freeze(Parser)),
        fault("F27", What::Broker(Broker::Kill)),
        fault("F27b", What::Broker(Broker::KillFresh)),
        fault("F27c", What::Broker(Broker::Restart)),
        fault("F28", What::Broker(Broker::Wipe)),
        fault("F29", What::Broker(Broker::Alarm)),
        fault("F29b", What::Broker(Broker::Freeze)),
        fault("F30", What::Broker(Broker::DeleteQueues)),
        fault("F30b", What::Broker(Broker::Policy)),
        fault("F31", What::Broker(Broker::ConsumerTimeout)),
        fault("F32", What::Database(Database::Fast)),
        fault("F32b", What::Database(Database::Immediate)),
        fault("F32c", What::Database(Database::Kill)),
        fault("F33", What::Database(Database::Terminate)),
        fault("F33b", What::Database(Database::ReadOnly)),
        fault("F33c", What::Database(Database::Freeze)),
        fault("F33d", What::Database(Database::Crowded)),
        fault("F33e", What::Database(Database::Cancel)),
        fault("F33f", What::Database(Database::Deadlock)),
        fault("F33g", What::Database(Database::Locked)),
        fault("F36", What::Archive(S3::Unavailable)),
        fault("F36b", What::Archive(S3::LostAnswer)),
        fault("F36c", What::Archive(S3::CutOff)),
        fault("F36d", What::Archive(S3::WrongBytes)),
        fault("F36e", What::Archive(S3::Late)),
        fault("F36f", What::Archive(S3::Forbidden)),
        fault("F36g", What::Refused(Server::Archive)),
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
        fault("F38j", What::LongHoles),
        fault("F39", What::Meddler),
        fault("F41", What::Garbage),
    ]
};

#[cfg(test)]
mod tests {
    use super::ALL;

    /// What the issues ask for: F1-F24, F26-F33, F36, F38, F39, F41; and what we took besides.
    #[test]
    fn no_line_is_missing_and_none_is_there_twice() {
        let wanted = (1..=33).chain([36, 37, 38, 39, 41]);
        for number in wanted {
            let id = format!("F{number}");
            assert_eq!(ALL.iter().filter(|fault| fault.id == id).count(), 1, "{id}");
        }
        let mut ids: Vec<&str> = ALL.iter().map(|fault| fault.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
    }
}
