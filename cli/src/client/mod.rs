//! The client of the REST API: commands that ask a server and show its answers.
//!
//! - `api`: a request and its answer, or what is wrong in words. `list`: lists, page by page.
//! - `shown`, `table`: what came from elsewhere, as a terminal may see it. `details`: one thing.
//! - `events`, `watch`: a run, followed live. `download`: bytes into a file.
//! - The rest: one file a room of the API.

mod api;
mod dead_letters;
mod details;
mod download;
mod events;
mod export;
mod hosts;
mod jobs;
mod keys;
mod list;
mod pages;
mod records;
mod runs;
mod shown;
mod table;
mod watch;

use crate::args::{Command, Connection};
use api::Api;
use std::process::ExitCode;

/// Does a command that asks a server. Others do nothing.
///
/// # Errors
/// Bad use, and what the server says.
pub async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Jobs(remote) => jobs::run(&Asker::of(&remote.to)?, &remote.command).await,
        Command::Runs(remote) => runs::run(&Asker::of(&remote.to)?, &remote.command).await,
        Command::Records(remote) => records::run(&Asker::of(&remote.to)?, &remote.command).await,
        Command::Pages(remote) => pages::run(&Asker::of(&remote.to)?, &remote.command).await,
        Command::Hosts(remote) => hosts::run(&Asker::of(&remote.to)?, &remote.command).await,
        Command::Keys(remote) => keys::run(&remote.to, &remote.command).await,
        Command::DeadLetters(remote) => dead_letters::run(&remote.to, &remote.command).await,
        Command::Export(args) => export::run(&Asker::of(&args.to)?, args).await,
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// A server, and how its answers are shown.
pub struct Asker {
    pub api: Api,
    pub json: bool,
}

impl Asker {
    fn of(to: &Connection) -> anyhow::Result<Self> {
        Ok(Asker { api: Api::of(to)?, json: to.json })
    }
}
