//! The outbox: what runs did becomes events, each once. Nothing of it is on a page's way: the rows of
//! the runs themselves say how far their webhooks know of them.

use super::corrupt;
use super::engine::{Engine, Row, Transaction, sql};
use serde_json::{Value, json};
use shared::ids::{TenantId, WebhookId};
use shared::ports::StoreError;
use shared::ports::store::control::{EventKind, Webhook};

/// Pages in one event.
const PAGES: i64 = 100;

/// What is announced of a run: its row, and what it is now.
struct Known {
    run: i64,
    tenant: i64,
    job: Option<i64>,
    name: Option<String>,
    state: i64,
    announced: i64,
    seq: i64,
    closed: i64,
    counts: Value,
}

fn known(row: &Row) -> Result<Known, StoreError> {
    Ok(Known {
        run: row.int(0)?,
        tenant: row.int(1)?,
        job: row.int_or_null(2)?,
        name: row.text_or_null(3)?,
        state: row.int(4)?,
        announced: row.int(5)?,
        seq: row.int(6)?,
        closed: row.int(7)?,
        counts: json!({
            "closed": row.int(7)?, "admitted": row.int(8)?, "pages": row.int(9)?, "failed": row.int(10)?,
            "cut": row.int(11)?, "bytes": row.int(12)?, "records": row.int(13)?, "rejected": row.int(14)?,
        }),
    })
}

const STATES: [&str; 5] = ["seeding", "running", "paused", "done", "cancelled"];

impl Known {
    fn is_over(&self) -> bool {
        self.state >= 3
    }

    fn about(&self) -> Value {
        let state = STATES.get(usize::try_from(self.state).unwrap_or(usize::MAX)).copied();
        json!({
            "run": self.run, "job": self.job, "name": self.name, "state": state, "counts": self.counts,
        })
    }
}

/// Looks at runs of which something is not announced.
pub(super) async fn emit<E: Engine>(engine: &E, limit: u32) -> Result<u64, StoreError> {
    // Without anything new there is nothing to lock.
    let news = sql("SELECT r.run_id FROM runs r JOIN run_counts c ON c.run_id = r.run_id
         WHERE r.announced < 2 AND (r.announced = 0 OR r.state >= 3 OR c.closed - 1 > r.announced_seq)
         LIMIT $1");
    let mut looked_at = 0;
    for row in engine.read(news.int(i64::from(limit))).await? {
        emit_run(engine, row.int(0)?).await?;
        looked_at += 1;
    }
    Ok(looked_at)
}

async fn emit_run<E: Engine>(engine: &E, run: i64) -> Result<(), StoreError> {
    let mut tx = engine.begin().await?;
    // Writing first locks the row, so that two dispatchers do not announce the same.
    tx.run(sql("UPDATE runs SET announced = announced WHERE run_id = $1").int(run)).await?;
    let read = sql("SELECT r.run_id, r.tenant_id, r.job_id, r.name, CAST(r.state AS BIGINT), r.announced,
                r.announced_seq, c.closed, c.admitted, c.pages, c.failed, c.cut, c.bytes, c.records, c.rejected
         FROM runs r JOIN run_counts c ON c.run_id = r.run_id WHERE r.run_id = $1 AND r.announced < 2");
    let rows = tx.run(read.int(run)).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let known = known(row)?;
    let hooks = hooks(&mut *tx, &known).await?;
    if known.announced == 0 {
        tell(&mut *tx, &known, &hooks, EventKind::RunStarted, known.about()).await?;
    }
    let told = pages(&mut *tx, &known, &hooks).await?;
    let is_all = told >= known.closed - 1;
    let announced = if known.is_over() && is_all { 2 } else { 1 };
    if announced == 2 {
        tell(&mut *tx, &known, &hooks, EventKind::RunEnded, known.about()).await?;
    }
    let note = sql("UPDATE runs SET announced = $2, announced_seq = $3 WHERE run_id = $1");
    tx.run(note.int(run).int(announced).int(told)).await?;
    tx.commit().await
}

/// The endpoints that hear of a run.
async fn hooks(tx: &mut dyn Transaction, known: &Known) -> Result<Vec<Webhook>, StoreError> {
    let query = sql("SELECT w.webhook_id, w.tenant_id, w.job_id, w.url, w.events, w.secrets, w.headers,
                w.created_at, w.disabled
         FROM webhooks w WHERE w.tenant_id = $1 AND w.disabled IS NULL AND (w.job_id IS NULL OR w.job_id = $2)");
    tx.run(query.int(known.tenant).int(known.job)).await?.iter().map(super::webhooks::webhook).collect()
}

/// Tells of pages, if anybody wants to know; returns up to which one they are told.
async fn pages(tx: &mut dyn Transaction, known: &Known, hooks: &[Webhook]) -> Result<i64, StoreError> {
    let wanted = hooks.iter().any(|hook| hook.events.contains(&EventKind::RunPages));
    if !wanted {
        return Ok(known.closed - 1);
    }
    let query = sql("SELECT seq, url, CAST(status AS BIGINT), CAST(outcome AS BIGINT), reason FROM pages
         WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    let rows = tx.run(query.int(known.run).int(known.seq).int(PAGES)).await?;
    let Some(last) = rows.last() else { return Ok(known.closed - 1) };
    let told = if (rows.len() as i64) < PAGES { known.closed - 1 } else { last.int(0)? };
    let mut list = Vec::with_capacity(rows.len());
    for row in &rows {
        let outcome = ["fetched", "redirected", "failed", "cut"]
            .get(usize::try_from(row.int(3)?).unwrap_or(3))
            .copied()
            .unwrap_or("cut");
        list.push(json!({
            "seq": row.int(0)?, "url": row.text(1)?, "status": row.int_or_null(2)?, "outcome": outcome,
            "reason": row.text_or_null(4)?,
        }));
    }
    let mut about = known.about();
    about["pages"] = list.into();
    tell(tx, known, hooks, EventKind::RunPages, about).await?;
    Ok(told)
}

/// One event, and a delivery for each endpoint that wants it.
async fn tell(
    tx: &mut dyn Transaction,
    known: &Known,
    hooks: &[Webhook],
    kind: EventKind,
    data: Value,
) -> Result<(), StoreError> {
    let wanting = hooks.iter().filter(|hook| hook.events.contains(&kind)).map(|hook| hook.id);
    let wanting: Vec<WebhookId> = wanting.collect();
    if !wanting.is_empty() {
        event(tx, TenantId(known.tenant), kind, Some(known.run), data, &wanting).await?;
    }
    Ok(())
}

/// An event of which one endpoint only is told.
pub(super) async fn ping(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    id: WebhookId,
) -> Result<String, StoreError> {
    event(tx, tenant, EventKind::Ping, None, json!({ "webhook": id }), &[id]).await
}

async fn event(
    tx: &mut dyn Transaction,
    tenant: TenantId,
    kind: EventKind,
    run: Option<i64>,
    data: Value,
    to: &[WebhookId],
) -> Result<String, StoreError> {
    let now = tx.now();
    let id = format!("evt_{}", uuid::Uuid::now_v7().simple());
    let body = json!({ "type": kind.name(), "timestamp": now.to_rfc3339(), "data": data });
    let body = serde_json::to_string(&body).map_err(corrupt)?;
    let insert = sql("INSERT INTO events (event_id, tenant_id, kind, run_id, at, body)
         VALUES ($1, $2, $3, $4, $5, $6)");
    tx.run(insert.text(&*id).int(tenant.0).text(kind.name()).int(run).int(now.0).text(body)).await?;
    for webhook in to {
        let insert = sql("INSERT INTO deliveries (event_id, webhook_id, state, tries, since, next_at)
             VALUES ($1, $2, 0, 0, $3, $3)");
        tx.run(insert.text(&*id).int(webhook.0).int(now.0)).await?;
    }
    Ok(id)
}
