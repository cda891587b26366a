//! What is told of a run in the form of Firecrawl. Each page is an event of its own, as its receivers expect it; the
//! rows of up to 100 pages are written by two statements.

use super::super::corrupt;
use super::super::engine::{Statement, Transaction, sql};
use super::{Known, Told, event_id};
use serde_json::Value;
use shared::firecrawl::{Event, Hook, Standing, refused};
use shared::ids::{RunId, WebhookId};
use shared::ports::StoreError;
use shared::ports::store::control::Webhook;
use shared::ports::store::{RunState, Tally, TallyKind};

/// An event for one endpoint.
struct New {
    id: String,
    kind: String,
    body: Value,
}

/// Those endpoints that hear of the run in this form.
fn hooks(all: &[Webhook]) -> impl Iterator<Item = (WebhookId, &Hook)> {
    all.iter().filter_map(|webhook| Some((webhook.id, &webhook.hook.as_ref()?.1)))
}

fn new(known: &Known, hook: &Hook, event: Event) -> New {
    let id = event_id();
    let body = hook.body(RunId(known.run), &id, event, Vec::new());
    New { id, kind: hook.kind(event), body }
}

/// The run began.
pub(super) async fn started(
    tx: &mut dyn Transaction,
    known: &Known,
    all: &[Webhook],
) -> Result<(), StoreError> {
    for (webhook, hook) in hooks(all).filter(|(_, hook)| hook.wants(Event::Started)) {
        keep(tx, known, webhook, vec![new(known, hook, Event::Started)], false).await?;
    }
    Ok(())
}

/// Pages were closed: those that are documents, and those that could not be had.
pub(super) async fn pages(
    tx: &mut dyn Transaction,
    known: &Known,
    all: &[Webhook],
    pages: &[Told],
) -> Result<(), StoreError> {
    for (webhook, hook) in hooks(all).filter(|(_, hook)| hook.wants(Event::Page)) {
        let events = pages.iter().filter_map(|page| of_page(known, hook, page)).collect();
        keep(tx, known, webhook, events, false).await?;
    }
    Ok(())
}

/// A page; its document is put in when it is sent. None: there is nothing to tell of it.
fn of_page(known: &Known, hook: &Hook, page: &Told) -> Option<New> {
    let reason = page.reason.as_deref().unwrap_or_default();
    let answered = page.outcome == "fetched" || page.outcome == "failed" && reason.starts_with("http_");
    if !page.is_page || !answered && page.outcome != "failed" {
        return None;
    }
    let mut event = new(known, hook, Event::Page);
    if answered {
        event.body["page"] = page.seq.into();
    } else {
        event.body = hook.body_of_failed(RunId(known.run), &event.id, &page.url, reason);
    }
    Some(event)
}

/// The run ended; told after all pages.
pub(super) async fn ended(
    tx: &mut dyn Transaction,
    known: &Known,
    all: &[Webhook],
) -> Result<(), StoreError> {
    for (webhook, hook) in hooks(all) {
        let tallies = sql("SELECT key, n FROM tallies WHERE run_id = $1 AND kind = 0").int(known.run);
        let tallies: Vec<Tally> = tx
            .run(tallies)
            .await?
            .iter()
            .map(|row| Ok(Tally { kind: TallyKind::Status, key: row.text(0)?, count: row.number(1)? }))
            .collect::<Result<_, StoreError>>()?;
        let state = if known.state == 3 { RunState::Done } else { RunState::Cancelled };
        let documents = known.counts["pages"].as_u64().unwrap_or(0) + refused(&tallies);
        let Some(event) = Event::of_end(Standing::of(state, hook.is_crawl, documents)) else { continue };
        if hook.wants(event) {
            keep(tx, known, webhook, vec![new(known, hook, event)], true).await?;
        }
    }
    Ok(())
}

/// Writes events, and their deliveries to one endpoint.
async fn keep(
    tx: &mut dyn Transaction,
    known: &Known,
    webhook: WebhookId,
    events: Vec<New>,
    waits: bool,
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let now = tx.now().0;
    let mut insert =
        rows("INSERT INTO events (event_id, tenant_id, kind, run_id, at, body) VALUES", events.len(), 6);
    for event in &events {
        let body = serde_json::to_string(&event.body).map_err(corrupt)?;
        insert =
            insert.text(&*event.id).int(known.tenant).text(&*event.kind).int(known.run).int(now).text(body);
    }
    tx.run(insert).await?;
    let text = "INSERT INTO deliveries (event_id, webhook_id, state, tries, since, next_at, waits) VALUES";
    let mut insert = rows(text, events.len(), 7);
    for event in &events {
        let delivery = insert.text(&*event.id).int(webhook.0).int(0).int(0);
        insert = delivery.int(now).int(now).int(i64::from(waits));
    }
    tx.run(insert).await.map(drop)
}

/// A statement that inserts so many rows of so many columns.
fn rows(text: &str, rows: usize, columns: usize) -> Statement {
    let row = |row: usize| {
        let marks: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", marks.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    sql(format!("{text} {}", rows.join(", ")))
}
