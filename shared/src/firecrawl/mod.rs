//! What the API (`/v2`) and the dispatcher (its webhooks) agree on about the API of Firecrawl: ids, documents,
//! how a job stands, and what is told of it.

pub mod document;
mod hook;
pub mod ids;

pub use document::{document, is_document};
pub use hook::{Event, Hook};

use crate::ports::store::{RunState, Tally, TallyKind};

/// The name of the runs of crawls.
pub const CRAWL: &str = "firecrawl-crawl";
/// The name of the runs of batches.
pub const BATCH: &str = "firecrawl-batch";
/// What is said of a crawl without any document.
pub const NOTHING: &str = "no page could be had; the job's errors say why";

/// How a job stands, in the only words that the clients know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Under way, or paused.
    Scraping,
    /// Over, with documents.
    Completed,
    /// Over, without any.
    Failed,
    /// Over: a person said so.
    Cancelled,
}

impl Standing {
    /// Of a run with this state and so many documents.
    pub fn of(state: RunState, is_crawl: bool, documents: u64) -> Self {
        match state {
            RunState::Done if is_crawl && documents == 0 => Standing::Failed,
            RunState::Done => Standing::Completed,
            RunState::Cancelled => Standing::Cancelled,
            RunState::Seeding | RunState::Running | RunState::Paused => Standing::Scraping,
        }
    }

    /// The word.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Scraping => "scraping",
            Standing::Completed => "completed",
            Standing::Failed => "failed",
            Standing::Cancelled => "cancelled",
        }
    }
}

/// Pages for which a server answered without success; they are documents as well.
pub fn refused(tallies: &[Tally]) -> u64 {
    let statuses = tallies.iter().filter(|tally| tally.kind == TallyKind::Status);
    statuses
        .filter(|tally| tally.key.parse::<u16>().is_ok_and(|status| status >= 400))
        .map(|tally| tally.count)
        .sum()
}
