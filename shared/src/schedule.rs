//! When a job runs by itself: cron, in a time zone, with jitter.

use crate::clock::Timestamp;
use crate::ids::JobId;
use chrono_tz::Tz;
use croner::Cron;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::time::Duration;

/// The longest jitter.
pub const JITTER_CEILING: Duration = Duration::from_secs(24 * 3600);
/// The shortest time between two due times.
const CLOSEST: Duration = Duration::from_secs(60);

/// When a job runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Five fields (minute, hour, day, month, weekday), or `@daily` and the like.
    pub cron: String,
    /// The IANA time zone in which they are read.
    #[serde(default = "utc")]
    pub timezone: String,
    /// A run begins up to so many seconds after its time; always the same for one due time.
    #[serde(default)]
    pub jitter_seconds: u32,
    /// What becomes of times that went by while nobody was there.
    #[serde(default)]
    pub missed: Missed,
    /// Whether a run may begin while another one of the job is unfinished.
    #[serde(default)]
    pub overlap: bool,
    /// No runs for now.
    #[serde(default)]
    pub paused: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What becomes of due times that went by while nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// One run makes up for all of them.
    #[default]
    RunOnce,
    /// None does.
    Skip,
}

/// A due time, and when it is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The time that the pattern names.
    pub due: Timestamp,
    /// The same with jitter.
    pub at: Timestamp,
}

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadSchedule {
    /// The key.
    pub field: &'static str,
    /// What would be right.
    pub message: String,
}

impl Schedule {
    /// The first due time after a moment; None: the pattern names none any more.
    ///
    /// # Errors
    /// If the pattern, the zone or the jitter is none.
    pub fn next(&self, job: JobId, after: Timestamp) -> Result<Option<Planned>, BadSchedule> {
        let (cron, zone) = self.read()?;
        let after = after.utc().with_timezone(&zone);
        let Ok(due) = cron.find_next_occurrence(&after, false) else { return Ok(None) };
        let due = Timestamp(due.timestamp_millis());
        Ok(Some(Planned { due, at: due.plus(self.jitter(job, due)) }))
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, now: Timestamp) -> Result<(), BadSchedule> {
        self.read()?;
        let wrong = |message: &str| BadSchedule { field: "cron", message: message.to_owned() };
        let first = self.next(JobId(0), now)?.ok_or_else(|| wrong("the pattern names no time to come"))?;
        match self.next(JobId(0), first.due)? {
            Some(second) if second.due.since(first.due) < CLOSEST => Err(wrong("at most one run a minute")),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<(Cron, Tz), BadSchedule> {
        let wrong = |field, message: String| BadSchedule { field, message };
        if self.cron.len() > 200 {
            return Err(wrong("cron", "at most 200 characters".into()));
        }
        if Duration::from_secs(self.jitter_seconds.into()) > JITTER_CEILING {
            return Err(wrong("jitter_seconds", "at most 86400".into()));
        }
        let cron = Cron::from_str(&self.cron).map_err(|why| {
            wrong("cron", format!("{why}; five fields such as `30 4 * * 1-5`, or `@daily`"))
        })?;
        let zone = Tz::from_str(&self.timezone)
            .map_err(|_| wrong("timezone", "an IANA name such as `Europe/Berlin` or `UTC`".into()))?;
        Ok((cron, zone))
    }

    fn jitter(&self, job: JobId, due: Timestamp) -> Duration {
        let most = u64::from(self.jitter_seconds) * 1000;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&job.0.to_be_bytes());
        hasher.update(&due.0.to_be_bytes());
        let mut eight = [0; 8];
        eight.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Duration::from_millis(u64::from_be_bytes(eight) % (most + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str, timezone: &str) -> Schedule {
        let text = format!(r#"{{"cron":"{cron}","timezone":"{timezone}"}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let daily = schedule("30 4 * * *", "Europe/Berlin");
        let next = |after: &str| daily.next(JobId(1), at(after)).unwrap().unwrap().due.to_rfc3339();
        assert_eq!(next("2026-01-10T00:00:00Z"), "2026-01-10T03:30:00.000Z");
        assert_eq!(next("2026-07-10T00:00:00Z"), "2026-07-10T02:30:00.000Z");
        // The due time itself is not after itself.
        assert_eq!(next("2026-01-10T03:30:00Z"), "2026-01-11T03:30:00.000Z");
    }

    #[test]
    fn a_time_that_the_zone_leaves_out_or_has_twice_is_due_once() {
        let night = schedule("30 2 * * *", "Europe/Berlin");
        for (from, days) in [("2026-03-28T12:00:00Z", 3), ("2026-10-24T12:00:00Z", 3)] {
            let mut now = at(from);
            let mut seen = Vec::new();
            for _ in 0..days {
                now = night.next(JobId(1), now).unwrap().unwrap().due;
                seen.push(now.to_rfc3339()[..10].to_owned());
            }
            seen.dedup();
            assert_eq!(seen.len(), days, "{seen:?}");
        }
    }

    #[test]
    fn jitter_is_bounded_and_the_same_each_time() {
        let mut spread = schedule("@hourly", "UTC");
        spread.jitter_seconds = 600;
        let plan = |job| spread.next(JobId(job), at("2026-01-10T00:10:00Z")).unwrap().unwrap();
        assert_eq!(plan(1), plan(1));
        assert!((0..50).any(|job| plan(job).at != plan(1).at));
        assert!((0..50).all(|job| plan(job).at.since(plan(job).due) <= Duration::from_secs(600)));
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let field = |schedule: Schedule| schedule.check(at("2026-01-10T00:00:00Z")).unwrap_err().field;
        assert_eq!(field(schedule("61 * * * *", "UTC")), "cron");
        assert_eq!(field(schedule("0 0 30 2 *", "UTC")), "cron");
        assert_eq!(field(schedule("* * * * *", "Mars/Base")), "timezone");
        assert!(schedule("* * * * *", "UTC").check(at("2026-01-10T00:00:00Z")).is_ok());
        assert_eq!(field(schedule("* * * * * *", "UTC")), "cron");
    }
}
