//! `harvestman runs`.

use super::{JobFlags, Paging};
use clap::{Subcommand, ValueEnum};

/// Begin, watch and end runs on a server.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Begin a run of a job that is not kept: a job file, flags, or flags on top of a file.
    Start {
        #[command(flatten)]
        job: Box<JobFlags>,
        /// Follow it to its end.
        #[arg(long)]
        watch: bool,
    },
    /// List runs, newest first.
    List {
        /// Of this job.
        #[arg(long, value_name = "ID")]
        job_id: Option<i64>,
        /// Only those that are not over.
        #[arg(long)]
        unfinished: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a run, with all that was counted.
    Show {
        /// Its id.
        id: i64,
        /// Follow it to its end.
        #[arg(long)]
        watch: bool,
    },
    /// Fetch nothing of a run until it is resumed.
    Pause {
        /// Its id.
        id: i64,
    },
    /// Resume a paused run.
    Resume {
        /// Its id.
        id: i64,
    },
    /// End a run at once. What it has stays.
    Cancel {
        /// Its id.
        id: i64,
    },
    /// Compare a run with an older one: how many pages are new, changed, the same or gone; or which.
    Compare {
        /// Its id.
        id: i64,
        /// The older run; without it, the last one of the same job.
        #[arg(long, value_name = "RUN")]
        base: Option<i64>,
        /// List these pages.
        #[arg(long, value_enum)]
        list: Option<Change>,
        #[command(flatten)]
        paging: Paging,
    },
}

/// What became of a page since an older run.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Change {
    /// It was not there.
    New,
    /// It has another body.
    Changed,
    /// It has the same body.
    Same,
    /// It is not there any more.
    Gone,
}
