//! A run, followed to its end: a line that moves for people, one JSON object an event for machines.

use super::Asker;
use super::events::Events;
use super::shown::json;
use crate::args::ProgressMode;
use crate::progress::Progress;
use crate::say;
use anyhow::Context;
use serde_json::Value;
use shared::ports::store::RunCounts;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a connection that broke is made anew, one after the other.
const TRIES: u32 = 8;
/// How long it waits before the first of them; then twice as long each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How following a run ended.
enum Followed {
    /// It is over.
    Over,
    /// Somebody does not want to see more of it.
    Interrupted,
}

impl Asker {
    /// Follows a run to its end, and shows what became of it.
    ///
    /// # Errors
    /// If the server is gone for longer than a restart of it takes.
    pub async fn watch(&self, run: i64) -> anyhow::Result<ExitCode> {
        let stop = service::signals::stop_on_signal();
        let id = run.to_string();
        let limit = self.api.get(&["runs", &id], &[]).await?["job"]["limits"]["pages"].as_u64();
        let mode = if self.json { ProgressMode::None } else { ProgressMode::Auto };
        let mut progress = Progress::new(mode, limit);
        let followed = self.follow(&id, &mut progress, &stop).await;
        progress.end();
        match followed? {
            Followed::Over => super::runs::ended(self, run).await,
            Followed::Interrupted => {
                say::err(format_args!(
                    "run {run} goes on; `harvestman runs show {run} --watch` follows it again"
                ));
                Ok(ExitCode::from(130))
            }
        }
    }

    async fn follow(
        &self,
        run: &str,
        progress: &mut Progress,
        stop: &CancellationToken,
    ) -> anyhow::Result<Followed> {
        let (mut seen, mut failures) = (None, 0);
        loop {
            let error = tokio::select! {
                () = stop.cancelled() => return Ok(Followed::Interrupted),
                heard = self.hear(run, progress, &mut seen, &mut failures) => match heard {
                    Ok(()) => return Ok(Followed::Over),
                    Err(error) => error,
                },
            };
            failures += 1;
            if failures > TRIES || seen.is_none() {
                return Err(error);
            }
            tracing::debug!(%error, "the connection is made anew");
            tokio::select! {
                () = stop.cancelled() => return Ok(Followed::Interrupted),
                () = tokio::time::sleep(FIRST_WAIT * 2_u32.pow(failures - 1)) => {}
            }
        }
    }

    /// Hears events until the run is over.
    async fn hear(
        &self,
        run: &str,
        progress: &mut Progress,
        seen: &mut Option<String>,
        failures: &mut u32,
    ) -> anyhow::Result<()> {
        let known = seen.clone();
        let headers: Vec<(&'static str, &str)> =
            known.iter().map(|id| ("last-event-id", id.as_str())).collect();
        let mut events = Events::of(self.api.open(&["runs", run, "events"], &[], &headers).await?);
        while let Some(event) = events.next().await? {
            *failures = 0;
            let value: Value = serde_json::from_str(&event.data).context("an event is not JSON")?;
            let counts: RunCounts = serde_json::from_value(value["counts"].clone())?;
            *seen = event.id.or(seen.take());
            if self.json {
                say::out(json(&value, false) + "\n")?;
            } else {
                progress.show(&counts);
            }
            if matches!(value["state"].as_str(), Some("done" | "cancelled")) {
                return Ok(());
            }
        }
        // A server that stops ends its streams; the run may still have ended while nobody listened.
        let state = self.api.get(&["runs", run], &[]).await?["state"].clone();
        match state.as_str() {
            Some("done" | "cancelled") => Ok(()),
            _ => anyhow::bail!("the server ended the stream of events"),
        }
    }
}
