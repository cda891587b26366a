//! A stage as a task of this process, and what is heard of its end.

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where stages tell why they ended before their time; the first one counts.
#[derive(Clone)]
pub struct Failures(watch::Sender<Option<String>>);

impl Failures {
    pub fn new() -> Self {
        Failures(watch::Sender::new(None))
    }

    /// Runs a stage; what ends it before its time is told to whoever watches.
    pub fn watch<E: std::fmt::Display + Send + 'static>(
        &self,
        name: &'static str,
        stage: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> JoinHandle<()> {
        let failures = self.0.clone();
        tokio::spawn(async move {
            if let Err(error) = stage.await {
                tracing::debug!(stage = name, %error, "stopped");
                failures.send_if_modified(|first| {
                    let new = first.is_none();
                    if new {
                        *first = Some(error.to_string());
                    }
                    new
                });
            }
        })
    }

    /// Whether a stage has given up.
    pub fn any(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until a stage gives up, and says why.
    pub async fn first(&self) -> anyhow::Error {
        let mut failed = self.0.subscribe();
        match failed.wait_for(Option::is_some).await {
            Ok(why) => anyhow::anyhow!("{}", why.as_deref().unwrap_or("a stage stopped")),
            Err(_all_ended) => std::future::pending().await,
        }
    }
}

/// Waits for a stage's end.
pub async fn join(stage: JoinHandle<()>) {
    if let Err(error) = stage.await {
        tracing::error!(%error, "a stage broke off");
    }
}
