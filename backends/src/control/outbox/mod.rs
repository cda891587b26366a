//! The outbox: what runs did becomes events, each once. Nothing of it is on a page's way: the rows of
//! the runs themselves say how far their webhooks know of them.

mod firecrawl;

use super::corrupt;
use super::engine::{Engine, Row, Transaction, sql};
use super::webhooks::{self, webhook};
use serde_json::{Value, json};
use shared::ids::{TenantId, WebhookId};
use shared::outcome::Kind;
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
    /// Up to this page its webhooks know of it.
    seq: i64,
    /// URLs that are closed; the `seq` of the last page, if that has one.
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
         WHERE r.announced < 2 AND (r.announced = 0 OR r.state >= 3 OR c.closed > r.announced_seq)
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
        firecrawl::started(&mut *tx, &known, &hooks).await?;
    }
    let told = pages(&mut *tx, &known, &hooks).await?;
    let is_all = told >= known.closed;
    let announced = if known.is_over() && is_all { 2 } else { 1 };
    if announced == 2 {
        tell(&mut *tx, &known, &hooks, EventKind::RunEnded, known.about()).await?;
        firecrawl::ended(&mut *tx, &known, &hooks).await?;
    }
    let note = sql("UPDATE runs SET announced = $2, announced_seq = $3 WHERE run_id = $1");
    tx.run(note.int(run).int(announced).int(told)).await?;
    tx.commit().await
}

/// The endpoints that hear of a run.
async fn hooks(tx: &mut dyn Transaction, known: &Known) -> Result<Vec<Webhook>, StoreError> {
    let query = sql(concat!(
        webhook!(
            "WHERE w.tenant_id = $1 AND w.run_id IS NULL AND w.disabled IS NULL
               AND (w.job_id IS NULL OR w.job_id = $2)"
        ),
        " UNION ALL ",
        webhook!("WHERE w.run_id = $3 AND w.disabled IS NULL")
    ));
    let query = query.int(known.tenant).int(known.job).int(known.run);
    tx.run(query).await?.iter().map(webhooks::read).collect()
}

/// A closed URL, as it is told.
struct Told {
    seq: i64,
    url: String,
    status: Option<i64>,
    outcome: &'static str,
    reason: Option<String>,
    is_page: bool,
}

fn told(row: &Row) -> Result<Told, StoreError> {
    let outcomes = ["fetched", "redirected", "failed", "cut"];
    Ok(Told {
        seq: row.int(0)?,
        url: row.text(1)?,
        status: row.int_or_null(2)?,
        outcome: outcomes.get(usize::try_from(row.int(3)?).unwrap_or(3)).copied().unwrap_or("cut"),
        reason: row.text_or_null(4)?,
        is_page: row.int(5)? == i64::from(Kind::Page.code()),
    })
}

/// Tells of pages, if anybody wants to know; returns up to which one they are told.
async fn pages(tx: &mut dyn Transaction, known: &Known, hooks: &[Webhook]) -> Result<i64, StoreError> {
    let wanted = hooks.iter().any(|hook| hook.events.contains(&EventKind::RunPages));
    if !wanted {
        return Ok(known.closed);
    }
    let query =
        sql("SELECT seq, url, CAST(status AS BIGINT), CAST(outcome AS BIGINT), reason, CAST(kind AS BIGINT)
         FROM pages WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    let rows = tx.run(query.int(known.run).int(known.seq).int(PAGES)).await?;
    let pages: Vec<Told> = rows.iter().map(told).collect::<Result<_, StoreError>>()?;
    let Some(last) = pages.last() else { return Ok(known.closed) };
    let up_to = if (pages.len() as i64) < PAGES { known.closed } else { last.seq };
    let list = pages.iter().map(|page| {
        json!({
            "seq": page.seq, "url": page.url, "status": page.status, "outcome": page.outcome,
            "reason": page.reason,
        })
    });
    let mut about = known.about();
    about["pages"] = list.collect();
    tell(tx, known, hooks, EventKind::RunPages, about).await?;
    firecrawl::pages(tx, known, hooks, &pages).await?;
    Ok(up_to)
}

/// One event, and a delivery for each endpoint that wants it.
async fn tell(
    tx: &mut dyn Transaction,
    known: &Known,
    hooks: &[Webhook],
    kind: EventKind,
    data: Value,
) -> Result<(), StoreError> {
    let wanting = hooks.iter().filter(|hook| hook.hook.is_none() && hook.events.contains(&kind));
    let wanting: Vec<WebhookId> = wanting.map(|hook| hook.id).collect();
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

fn event_id() -> String {
    format!("evt_{}", uuid::Uuid::now_v7().simple())
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
    let id = event_id();
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
