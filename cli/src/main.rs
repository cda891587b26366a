//! `harvestman`: all of Harvestman in one binary.

mod arenas;
mod args;
mod client;
mod crawl;
mod dead_letters;
mod embedded;
mod inspect;
mod job;
mod output;
mod progress;
mod say;
mod serve;
mod summary;

use args::{Cli, Command, JobCommand};
use clap::{CommandFactory, Parser};
use shared::job::JobError;
use std::process::ExitCode;

/// Threads for files and for parsing.
const BLOCKING_THREADS: usize = 4;
/// Bad use: wrong flags, or a job that cannot be run.
const BAD_USE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            say::err(format_args!("harvestman: {error:#}"));
            if error.is::<job::BadUse>() || error.is::<JobError>() {
                ExitCode::from(BAD_USE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Crawl(args) => {
            arenas::few();
            log(["error", "info", "debug"][usize::from(args.verbose).min(2)]);
            return runtime()?.block_on(crawl::run(args));
        }
        Command::Serve(args) => {
            arenas::few();
            log(["info", "debug"][usize::from(args.verbose).min(1)]);
            return runtime()?.block_on(serve::run(args));
        }
        Command::Schema => say::out(shared::job::SCHEMA)?,
        Command::Job(JobCommand::Check { file }) => {
            job::check(&shared::job::load(file)?)?;
            say::out(format_args!("{}: fine\n", file.display()))?;
        }
        Command::Job(JobCommand::New(flags)) => {
            let job = job::from_flags(flags)?;
            say::out(shared::job::to_yaml(&job)?)?;
        }
        Command::Inspect(what) => inspect::run(what)?,
        #[cfg(feature = "cluster")]
        Command::Migrate { store, store_file } => {
            let store = match store_file {
                Some(file) => std::fs::read_to_string(file)
                    .map_err(|cause| anyhow::anyhow!("cannot read {}: {cause}", file.display()))?,
                None => store.clone().unwrap_or_default(),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (before, after) = runtime.block_on(service::connect::migrate_store(store.trim()))?;
            say::out(format_args!("the database was of version {before}, and is of version {after}\n"))?;
        }
        #[cfg(feature = "cluster")]
        Command::Storage(args::StorageCommand::Init { archive }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(service::connect::make_archive(archive))?;
            say::out("the archive is there\n")?;
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "harvestman", &mut script);
            say::out(String::from_utf8_lossy(&script))?;
        }
        asks_a_server => return runtime()?.block_on(client::run(asks_a_server)),
    }
    Ok(ExitCode::SUCCESS)
}

fn log(level: &str) {
    service::telemetry::start(service::telemetry::LogFormat::Text, level);
}

/// Few threads: each has its own share of the allocator, and this is to stay small.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().max_blocking_threads(BLOCKING_THREADS).enable_all().build()
}
