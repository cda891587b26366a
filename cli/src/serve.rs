//! `harvestman serve`: the API and the three stages in one process, for one machine.

use crate::args::Serve;
use crate::embedded::{Embedded, Folder, Settings};
use crate::{job::BadUse, say};
use anyhow::{Context, anyhow};
use api::Access;
use shared::ports::StoreError;
use shared::ports::store::{Command, RunSelection, RunState, Store};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long answers under way may take after the stop.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Runs the command until a signal comes.
///
/// # Errors
/// What a person must mend: an address that is taken or not of this machine, a folder in use.
pub async fn run(args: &Serve) -> anyhow::Result<ExitCode> {
    service::open_files::raise();
    let stop = service::signals::stop_on_signal();
    let settings = Settings::of(&args.machine, args.give_up)?;
    let listener = bind(args).await?;
    let address = listener.local_addr()?;
    let folder = Folder::open(&args.machine.data).await?;
    let access = access(args, address, folder.store.as_ref()).await?;
    rest_crawls(folder.store.as_ref()).await?;
    let stages = Embedded::start(folder, settings).await?;
    let config = api::Config { access, ..api::Config::default() };
    let closing = CancellationToken::new();
    let mut api = stages.with("api", api::run(config, stages.api_deps(), listener, closing.clone()));
    say::err(format_args!(
        "listening on http://{address}, data in {}; Ctrl-C ends it, nothing is lost by it",
        args.machine.data.display()
    ));

    let ended = tokio::select! {
        () = stop.cancelled() => Ok(ExitCode::SUCCESS),
        error = stages.failed() => Err(error),
    };
    if ended.is_ok() {
        say::err("stopping after the requests under way; Ctrl-C again stops at once");
    }
    closing.cancel();
    if tokio::time::timeout(LAST_ANSWERS, &mut api).await.is_err() {
        api.abort();
    }
    stages.stop().await;
    ended
}

/// Who is let in. Where nobody is asked for a key, only this machine is.
async fn access(args: &Serve, address: SocketAddr, store: &dyn Store) -> anyhow::Result<Access> {
    match Access::of(args.api_key.as_deref(), false, address, store).await {
        Err(StoreError::Refused(why)) => Err(BadUse(anyhow!("--listen: {why}")).into()),
        other => Ok(other?),
    }
}

/// Listens. A folder that is not there yet holds no keys, and is not begun for an address that needs one.
async fn bind(args: &Serve) -> anyhow::Result<TcpListener> {
    let address: SocketAddr = args.listen;
    if !address.ip().is_loopback() && args.api_key.is_none() && !args.machine.data.exists() {
        let why = anyhow!(
            "--listen: {address} can be reached from other machines; use 127.0.0.1 or [::1], or set HARVESTMAN_API_KEY"
        );
        return Err(BadUse(why).into());
    }
    TcpListener::bind(address)
        .await
        .with_context(|| format!("--listen: cannot listen on {address}; --listen names another port"))
}

/// Pauses what `crawl` left unfinished: its hosts are not allowed here, nor its outputs known.
async fn rest_crawls(store: &dyn Store) -> anyhow::Result<()> {
    for run in store.runs(RunSelection { unfinished: true, ..RunSelection::newest(1_000) }).await? {
        if !run.fingerprint.is_empty() && run.state != RunState::Paused {
            store.command(run.run, Command::Pause).await?;
            say::err(format_args!("run {} was begun by `crawl`: paused; `crawl --resume` goes on", run.run));
        }
    }
    Ok(())
}
