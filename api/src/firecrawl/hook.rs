//! `webhook` of a crawl or a batch: a URL, or an object with headers, metadata and events.

use super::error::Refusal;
use super::fields::Fields;
use crate::app::App;
use crate::auth::Caller;
use crate::v1::webhook_secret;
use crate::v1::webhooks::{check_headers, check_url};
use serde_json::{Map, Value};
use shared::firecrawl::{Event, Hook};
use shared::ids::RunId;
use shared::ports::store::control::{EventKind, NewWebhook};
use std::collections::BTreeMap;

/// The largest metadata, in bytes.
const METADATA: usize = 16 << 10;

/// What a job tells, and whom; None: nobody asked.
///
/// # Errors
/// 400 for what does not fit, and for addresses that are not of the internet.
pub async fn read(
    app: &App,
    caller: &Caller,
    fields: &Fields,
    is_crawl: bool,
    part_of: Option<RunId>,
) -> Result<Option<(NewWebhook, Hook)>, Refusal> {
    let asked = match fields.get("webhook") {
        None => return Ok(None),
        Some(Value::String(url)) => Fields(Map::from_iter([("url".to_owned(), url.clone().into())])),
        Some(_) => fields.inside("webhook")?,
    };
    let url = asked.text("url")?.ok_or_else(|| Refusal::bad("webhook: a `url` is needed"))?;
    let url =
        check_url(app, url).map_err(|problem| Refusal::bad(format!("webhook: {}", problem.in_words())))?;
    let mut headers = BTreeMap::new();
    for (name, value) in asked.inside("headers")?.0 {
        let value = value.as_str().ok_or_else(|| Refusal::bad("webhook.headers: use texts"))?;
        headers.insert(name, value.to_owned());
    }
    check_headers(&headers).map_err(|problem| Refusal::bad(format!("webhook: {}", problem.in_words())))?;
    let metadata = asked.inside("metadata")?.0;
    if Value::from(metadata.clone()).to_string().len() > METADATA {
        return Err(Refusal::bad(format!("webhook.metadata: at most {METADATA} bytes")));
    }
    let events = events(&asked)?;
    let webhook = NewWebhook {
        tenant: caller.tenant,
        job: None,
        url: url.into(),
        events: kinds(&events),
        secrets: vec![webhook_secret::of(app, caller.tenant).await?],
        headers,
        once: None,
    };
    Ok(Some((webhook, Hook { part_of, is_crawl, events, metadata })))
}

fn events(asked: &Fields) -> Result<Vec<Event>, Refusal> {
    let names = asked.texts("events")?;
    if names.is_empty() {
        return Ok(Event::ALL.to_vec());
    }
    let wrong = || Refusal::bad("webhook.events: use started, page, completed, failed, cancelled");
    let mut events = Vec::new();
    for name in names {
        let event = Event::named(&name).ok_or_else(wrong)?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(events)
}

/// What has to be looked at for them.
fn kinds(events: &[Event]) -> Vec<EventKind> {
    let mut kinds: Vec<EventKind> = events
        .iter()
        .map(|event| match event {
            Event::Started => EventKind::RunStarted,
            Event::Page => EventKind::RunPages,
            Event::Completed | Event::Failed | Event::Cancelled => EventKind::RunEnded,
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}
