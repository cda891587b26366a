//! Following runs from within the API: one task looks at all runs that somebody waits for, ten times a
//! second or oftener, and sleeps where there are none.

use crate::app::App;
use parking_lot::Mutex;
use shared::ids::RunId;
use shared::ports::store::RunSummary;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;

/// How often runs are looked at while somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Runs that may be waited for at once.
const MOST: usize = 1_000;

type Told = Option<RunSummary>;

/// Who waits for which run.
#[derive(Default)]
pub struct Followed(Mutex<HashMap<RunId, watch::Sender<Told>>>);

impl Followed {
    /// Follows a run; None: too many are followed already.
    pub fn follow(&self, app: &App, run: RunId) -> Option<watch::Receiver<Told>> {
        let mut all = self.0.lock();
        if let Some(sender) = all.get(&run) {
            return Some(sender.subscribe());
        }
        if all.len() >= MOST {
            return None;
        }
        let (sender, receiver) = watch::channel(None);
        let is_first = all.is_empty();
        all.insert(run, sender);
        if is_first {
            tokio::spawn(look(app.clone()));
        }
        Some(receiver)
    }

    /// The runs that are still waited for.
    fn wanted(&self) -> Vec<RunId> {
        let mut all = self.0.lock();
        all.retain(|_, sender| sender.receiver_count() > 0);
        all.keys().copied().collect()
    }

    fn tell(&self, run: RunId, summary: RunSummary) {
        let mut all = self.0.lock();
        let is_over = summary.state.is_over();
        if let Some(sender) = all.get(&run) {
            sender.send_if_modified(|told| {
                let new = told.as_ref() != Some(&summary);
                if new {
                    *told = Some(summary);
                }
                new
            });
        }
        if is_over {
            all.remove(&run);
        }
    }
}

async fn look(app: App) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let wanted = app.followed.wanted();
        if wanted.is_empty() {
            return;
        }
        for run in wanted {
            match app.deps.store.summary(run).await {
                Ok(summary) => app.followed.tell(run, summary),
                Err(error) => tracing::debug!(%error, %run, "a run that is waited for cannot be read"),
            }
        }
    }
}

/// Waits until a run is over; None: the connection to whoever looks broke.
pub async fn end(receiver: &mut watch::Receiver<Told>) -> Option<RunSummary> {
    let over = |told: &Told| told.as_ref().is_some_and(|summary| summary.state.is_over());
    receiver.wait_for(over).await.ok()?.clone()
}
