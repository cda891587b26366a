//! What the stages count, for Prometheus.

use crate::process;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// The borders of histograms of seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// How often what was recorded is put into its buckets; between scrapes memory would grow otherwise.
const UPKEEP: Duration = Duration::from_secs(5);

/// Renders what was counted. Cheap to clone.
#[derive(Clone)]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Begins to count, for the whole process. Whoever counts before counts for nothing.
    ///
    /// # Errors
    /// If the process counts already.
    pub fn install(service: &str) -> anyhow::Result<Self> {
        let recorder = Self::builder()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder)
            .map_err(|_| anyhow::anyhow!("metrics are recorded already"))?;
        process::describe(service);
        Ok(Recorder(handle))
    }

    fn builder() -> Result<PrometheusBuilder, BuildError> {
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
    }

    /// Keeps the buckets, for ever.
    pub async fn upkeep(self) {
        let mut turns = tokio::time::interval(UPKEEP);
        loop {
            turns.tick().await;
            self.0.run_upkeep();
        }
    }

    /// All that was counted, in Prometheus' text format.
    pub fn render(&self) -> String {
        process::measure();
        self.0.render()
    }
}
