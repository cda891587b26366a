//! `harvestman jobs`.

use super::Asker;
use super::table::{number, text};
use crate::args::{JobFlags, JobsCommand, ScheduleFlags};
use crate::job::{self, BadUse};
use crate::say;
use anyhow::anyhow;
use serde_json::{Value, json};
use std::process::ExitCode;

pub async fn run(asker: &Asker, command: &JobsCommand) -> anyhow::Result<ExitCode> {
    let api = &asker.api;
    match command {
        JobsCommand::Create { job, schedule } => {
            let body = json!({ "job": document(job)?, "schedule": schedule.body() });
            let made = api.post(&["jobs"], &[], Some(&body)).await?;
            asker.tell(&made, &format!("job {} is kept; `harvestman jobs run {0}` runs it", made["id"]))?;
        }
        JobsCommand::List { paging } => {
            let columns = [
                number("ID", "/id"),
                text("NAME", "/name"),
                number("VERSION", "/version"),
                text("SCHEDULE", "/schedule/cron"),
                text("PAUSED", "/schedule/paused"),
                text("NEXT", "/schedule/next_at"),
                number("LAST RUN", "/last_run"),
                text("UPDATED", "/updated_at"),
            ];
            asker.list(&["jobs"], &[], paging, &columns).await?;
        }
        JobsCommand::Show { id } => asker.show(&api.get(&["jobs", &id.to_string()], &[]).await?, &["job"])?,
        JobsCommand::Replace { id, job, schedule, no_schedule } => {
            let path = ["jobs", &id.to_string()];
            let old = api.get(&path, &[]).await?;
            let schedule = match schedule.body() {
                Value::Null if !no_schedule => kept(&old["schedule"]),
                new => new,
            };
            let body = json!({ "job": document(job)?, "schedule": schedule });
            let new = api.put(&path, &body, &old["version"].to_string()).await?;
            asker.tell(&new, &format!("job {id} has version {} now", new["version"]))?;
        }
        JobsCommand::Delete { id } => {
            let gone = api.delete(&["jobs", &id.to_string()]).await?;
            asker.tell(&gone, &format!("job {id} is gone"))?;
        }
        JobsCommand::Run { id, watch } => {
            let begun = api.post(&["jobs", &id.to_string(), "runs"], &[], None).await?;
            return super::runs::begun(asker, &begun, *watch).await;
        }
        JobsCommand::Pause { id } => schedule(asker, *id, "pause", "is paused").await?,
        JobsCommand::Resume { id } => schedule(asker, *id, "resume", "goes on").await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn schedule(asker: &Asker, id: i64, command: &str, becomes: &str) -> anyhow::Result<()> {
    let answer = asker.api.post(&["jobs", &id.to_string(), "schedule", command], &[], None).await?;
    asker.tell(&answer, &format!("the schedule of job {id} {becomes}"))
}

/// The job of these flags, as a server takes it: without outputs, which are files of this machine.
pub fn document(flags: &JobFlags) -> anyhow::Result<Value> {
    if !flags.out.is_empty() {
        let why = anyhow!("--out is for `crawl`: leave it out, and use `harvestman export RUN --out FILE`");
        return Err(BadUse(why).into());
    }
    let mut job = job::from_flags(flags)?;
    let files = job.outputs.drain(..).filter(|output| output.path.as_os_str() != "-");
    if files.count() > 0 {
        say::err("the outputs of the job are left out; `harvestman export RUN --out FILE` writes them");
    }
    Ok(serde_json::to_value(job)?)
}

/// A schedule that was read, as it is written.
fn kept(schedule: &Value) -> Value {
    let mut schedule = schedule.clone();
    if let Some(fields) = schedule.as_object_mut() {
        fields.retain(|name, _| {
            matches!(name.as_str(), "cron" | "timezone" | "jitter_seconds" | "missed" | "overlap" | "paused")
        });
    }
    schedule
}

impl ScheduleFlags {
    /// As the API takes it; null: none.
    fn body(&self) -> Value {
        let Some(cron) = &self.cron else { return Value::Null };
        json!({
            "cron": cron,
            "timezone": self.timezone,
            "jitter_seconds": self.jitter.0.as_secs(),
            "missed": if self.skip_missed { "skip" } else { "run_once" },
            "overlap": self.overlap,
        })
    }
}
