//! `harvestman jobs`.

use super::{JobFlags, Paging};
use clap::{Args, Subcommand};
use shared::job::Span;

/// Work with the job definitions of a server.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Keep a job: a job file, flags, or flags on top of a file.
    Create {
        #[command(flatten)]
        job: Box<JobFlags>,
        #[command(flatten)]
        schedule: ScheduleFlags,
    },
    /// List jobs, newest first.
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a job.
    Show {
        /// Its id.
        id: i64,
    },
    /// Put another job in the place of one, unless somebody changed it meanwhile. The schedule stays as it is where
    /// no flag says otherwise.
    Replace {
        /// Its id.
        id: i64,
        #[command(flatten)]
        job: Box<JobFlags>,
        #[command(flatten)]
        schedule: ScheduleFlags,
        /// It does not run by itself any more.
        #[arg(long, conflicts_with = "cron", help_heading = "Schedule")]
        no_schedule: bool,
    },
    /// Delete a job and its schedule. Its runs stay.
    Delete {
        /// Its id.
        id: i64,
    },
    /// Run a job now.
    Run {
        /// Its id.
        id: i64,
        /// Follow the run to its end.
        #[arg(long)]
        watch: bool,
    },
    /// Pause the schedule of a job.
    Pause {
        /// Its id.
        id: i64,
    },
    /// Resume the schedule of a job.
    Resume {
        /// Its id.
        id: i64,
    },
}

/// When a job runs by itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Schedule")]
pub struct ScheduleFlags {
    /// Minute, hour, day, month and weekday: `30 4 * * 1-5`; or `@daily` and the like.
    #[arg(long, value_name = "CRON")]
    pub cron: Option<String>,
    /// The IANA time zone of these times.
    #[arg(long, value_name = "ZONE", requires = "cron", default_value = "UTC")]
    pub timezone: String,
    /// A run begins up to so much later.
    #[arg(long, value_name = "TIME", requires = "cron", default_value = "0s")]
    pub jitter: Span,
    /// Times that went by while nobody was there are left out; else one run makes up for all of them.
    #[arg(long, requires = "cron")]
    pub skip_missed: bool,
    /// A run may begin while another one of the job is unfinished.
    #[arg(long, requires = "cron")]
    pub overlap: bool,
}
