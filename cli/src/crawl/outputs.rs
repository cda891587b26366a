//! Writes the records of a run to its outputs while it goes on, in the order of commits.

use crate::output;
use anyhow::Context;
use export::{Shape, Sink};
use shared::ids::RunId;
use shared::job::Job;
use shared::ports::store::{RecordSelection, Store};
use std::sync::Arc;

/// Records read at a time.
const BATCH: u32 = 1_000;

pub struct Outputs {
    store: Arc<dyn Store>,
    run: RunId,
    after: Option<(u64, u32)>,
    sinks: Vec<(String, Box<dyn Sink>)>,
}

impl Outputs {
    /// Opens all outputs of the job anew.
    pub fn open(store: Arc<dyn Store>, run: RunId, job: &Job) -> anyhow::Result<Self> {
        let shape = Shape::of(run, job.extract.as_ref());
        let open = |output| {
            let sink = output::open(output, &shape);
            let path = output.path.display().to_string();
            sink.with_context(|| format!("--out: cannot write {path}")).map(|sink| (path.clone(), sink))
        };
        let sinks = job.outputs.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Outputs { store, run, after: None, sinks })
    }

    /// Writes what has come since.
    pub async fn follow(&mut self) -> anyhow::Result<()> {
        if self.sinks.is_empty() {
            return Ok(());
        }
        loop {
            let selection =
                RecordSelection { after: self.after, limit: BATCH, ..RecordSelection::of(self.run) };
            let rows = self.store.records(selection).await?;
            for (path, sink) in &mut self.sinks {
                sink.write(&rows).with_context(|| format!("--out: cannot write {path}"))?;
            }
            self.after = rows.last().map(|row| (row.seq, row.ord)).or(self.after);
            if rows.len() < BATCH as usize {
                break;
            }
        }
        for (path, sink) in &mut self.sinks {
            sink.flush().with_context(|| format!("--out: cannot write {path}"))?;
        }
        Ok(())
    }

    /// Writes the rest, and ends the files.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.follow().await?;
        for (path, sink) in self.sinks {
            sink.finish().with_context(|| format!("--out: cannot write {path}"))?;
        }
        Ok(())
    }
}
