//! The webhook of a single job: what is told, and in which form.

use super::{NOTHING, Standing, ids};
use crate::ids::RunId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What there is to tell of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It began.
    Started,
    /// A page was closed, with success or not.
    Page,
    /// It is over.
    Completed,
    /// It is over, and has no document.
    Failed,
    /// It is over: a person said so.
    Cancelled,
}

impl Event {
    /// All.
    pub const ALL: [Event; 5] =
        [Event::Started, Event::Page, Event::Completed, Event::Failed, Event::Cancelled];

    /// The one that a name stands for.
    pub fn named(name: &str) -> Option<Self> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Event::Started => "started",
            Event::Page => "page",
            Event::Completed => "completed",
            Event::Failed => "failed",
            Event::Cancelled => "cancelled",
        }
    }

    /// What tells the end of a job that stands like this; None: it is not over.
    pub fn of_end(standing: Standing) -> Option<Self> {
        match standing {
            Standing::Scraping => None,
            Standing::Completed => Some(Event::Completed),
            Standing::Failed => Some(Event::Failed),
            Standing::Cancelled => Some(Event::Cancelled),
        }
    }
}

/// Who is told of a job, besides the endpoint's address, headers and secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hook {
    /// The job that the run belongs to; None: the run is the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<RunId>,
    /// It is a crawl, or a batch.
    pub is_crawl: bool,
    /// What is told.
    pub events: Vec<Event>,
    /// Goes along with all that is told.
    pub metadata: Map<String, Value>,
}

impl Hook {
    /// Whether this is to be told.
    pub fn wants(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// The name of an event of this job: `crawl.page`.
    pub fn kind(&self, event: Event) -> String {
        let prefix = if self.is_crawl { "crawl" } else { "batch_scrape" };
        format!("{prefix}.{}", event.name())
    }

    /// What is sent of a run under the event's id; `data` are documents.
    pub fn body(&self, run: RunId, id: &str, event: Event, data: Vec<Value>) -> Value {
        let mut body = json!({
            "success": !matches!(event, Event::Failed | Event::Cancelled),
            "type": self.kind(event),
            "id": ids::of_run(self.part_of.unwrap_or(run)),
            "webhookId": id,
            "data": data,
            "metadata": self.metadata,
        });
        match event {
            Event::Failed => body["error"] = NOTHING.into(),
            Event::Cancelled => body["error"] = "the job was cancelled".into(),
            Event::Started | Event::Page | Event::Completed => {}
        }
        body
    }

    /// What is sent of a page that could not be had.
    pub fn body_of_failed(&self, run: RunId, id: &str, url: &str, reason: &str) -> Value {
        let mut body = self.body(run, id, Event::Page, vec![json!({ "metadata": { "sourceURL": url } })]);
        body["success"] = false.into();
        body["error"] = reason.into();
        body
    }
}
