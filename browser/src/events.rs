//! What is heard of a page.

use crate::paused::Paused;
use serde_json::Value;

/// An event of a session. Others are not listened to.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request waits to be answered.
    Paused(Box<Paused>),
    /// The document is there, though not all that belongs to it.
    Ready,
    /// All that belongs to the document is there.
    Loaded,
    /// The page shows a dialog, and waits for a person.
    Dialog,
    /// The page's process is gone.
    Crashed,
}

impl Event {
    pub(crate) fn read(method: &str, params: Value) -> Option<Event> {
        Some(match method {
            "Fetch.requestPaused" => Event::Paused(Box::new(Paused::read(params)?)),
            "Page.domContentEventFired" => Event::Ready,
            "Page.loadEventFired" => Event::Loaded,
            "Page.javascriptDialogOpening" => Event::Dialog,
            "Inspector.targetCrashed" => Event::Crashed,
            _ => return None,
        })
    }
}
