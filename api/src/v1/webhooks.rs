//! Webhooks (Standard Webhooks): endpoints, what was delivered to them, and how.

use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::{Body, Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use shared::ids::{JobId, WebhookId};
use shared::ports::store::control::{DeliveryRow, DeliveryState, EventKind, NewWebhook, Webhook};
use std::collections::BTreeMap;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Secrets that sign at the same time.
const SECRETS: usize = 2;
/// The longest URL, and the most headers of an endpoint.
const URL: usize = 2_083;
const HEADERS: usize = 20;

/// Headers that are ours, or the connection's.
const REFUSED: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "user-agent",
];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(read, replace, delete))
        .routes(routes!(rotate))
        .routes(routes!(ping))
        .routes(routes!(deliveries))
        .routes(routes!(redeliver))
}

/// An endpoint to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WebhookBody {
    /// Where events are sent, by POST. Not to private addresses.
    #[schema(max_length = 2083, example = "https://example.com/hook")]
    url: String,
    /// What is told.
    #[schema(min_items = 1)]
    events: Vec<EventName>,
    /// Only about runs of this job.
    job_id: Option<i64>,
    /// Headers that go along.
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// What there is to tell.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
enum EventName {
    /// A run began.
    #[serde(rename = "run.started")]
    Started,
    /// Pages of a run were closed, up to 100 an event.
    #[serde(rename = "run.pages")]
    Pages,
    /// A run ended.
    #[serde(rename = "run.ended")]
    Ended,
}

/// An endpoint.
#[derive(Serialize, ToSchema)]
struct WebhookView {
    /// Its id.
    id: i64,
    /// Where events are sent.
    url: String,
    /// What is told.
    events: Vec<EventName>,
    /// Only about runs of this job.
    job_id: Option<i64>,
    /// Only about this run: it is the webhook of a crawl or a batch of `/v2`, told in the form of Firecrawl.
    run: Option<i64>,
    /// The names of the headers that go along.
    headers: Vec<String>,
    /// When it was made.
    created_at: String,
    /// Why nothing is sent to it any more; `PUT` enables it again.
    disabled: Option<String>,
}

/// An endpoint with the secret that signs what is sent to it. It is shown this once.
#[derive(Serialize, ToSchema)]
struct NewWebhookView {
    #[serde(flatten)]
    webhook: WebhookView,
    /// `whsec_` and base64, as the libraries of Standard Webhooks take it.
    secret: String,
}

/// A delivery of an event.
#[derive(Serialize, ToSchema)]
struct DeliveryView {
    /// The event's id: `webhook-id` of all tries.
    event: String,
    /// What it tells.
    kind: String,
    /// The run that it is about.
    run: Option<i64>,
    /// How it stands.
    state: DeliveryStanding,
    /// Tries.
    tries: u32,
    /// The last try.
    last_at: Option<String>,
    /// The class of its status: `2xx`, `5xx`.
    last_status: Option<String>,
    /// What went wrong.
    last_error: Option<String>,
    /// The next try.
    next_at: Option<String>,
    /// When the event happened.
    created_at: String,
}

/// How a delivery stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DeliveryStanding {
    /// It is tried, now or later.
    Pending,
    /// It arrived.
    Delivered,
    /// It is not tried any more.
    Failed,
}

/// The event that was made.
#[derive(Serialize, ToSchema)]
struct EventId {
    /// Its id.
    event: String,
}

impl From<Webhook> for WebhookView {
    fn from(webhook: Webhook) -> Self {
        let name = |kind| match kind {
            EventKind::RunStarted => Some(EventName::Started),
            EventKind::RunPages => Some(EventName::Pages),
            EventKind::RunEnded => Some(EventName::Ended),
            EventKind::Ping => None,
        };
        WebhookView {
            id: webhook.id.0,
            url: webhook.url,
            events: webhook.events.into_iter().filter_map(name).collect(),
            job_id: webhook.job.map(|job| job.0),
            run: webhook.hook.map(|(run, _)| run.0),
            headers: webhook.headers.into_keys().collect(),
            created_at: shown(webhook.created_at),
            disabled: webhook.disabled,
        }
    }
}

impl From<Webhook> for NewWebhookView {
    fn from(webhook: Webhook) -> Self {
        // The newest one, which a repeated request is told as well.
        let secret = webhook.secrets.first().cloned().unwrap_or_default();
        NewWebhookView { webhook: webhook.into(), secret }
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        DeliveryView {
            event: row.event,
            kind: row.kind,
            run: row.run.map(|run| run.0),
            state: match row.state {
                DeliveryState::Pending => DeliveryStanding::Pending,
                DeliveryState::Delivered => DeliveryStanding::Delivered,
                DeliveryState::Failed => DeliveryStanding::Failed,
            },
            tries: row.tries,
            last_at: maybe(row.last_at),
            last_status: row.last_status.map(|status| format!("{}xx", status / 100)),
            last_error: row.last_error,
            next_at: maybe(row.next_at),
            created_at: shown(row.created_at),
        }
    }
}

fn secret() -> String {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    shown_secret(bytes)
}

/// A secret as it is shown, and as the libraries of Standard Webhooks take it.
pub fn shown_secret(bytes: [u8; 32]) -> String {
    format!("whsec_{}", BASE64.encode(&bytes))
}

impl WebhookBody {
    /// The endpoint, checked; `secrets` are those that it has.
    fn checked(
        self,
        app: &App,
        caller: &Caller,
        secrets: Vec<String>,
        once: Once,
    ) -> Result<NewWebhook, Problem> {
        let url = check_url(app, &self.url)?;
        if self.events.is_empty() {
            return Err(Problem::field("/events", "at least one"));
        }
        check_headers(&self.headers)?;
        let kind = |name: &EventName| match name {
            EventName::Started => EventKind::RunStarted,
            EventName::Pages => EventKind::RunPages,
            EventName::Ended => EventKind::RunEnded,
        };
        let mut events: Vec<EventKind> = self.events.iter().map(kind).collect();
        events.sort();
        events.dedup();
        Ok(NewWebhook {
            tenant: caller.tenant,
            job: self.job_id.map(JobId),
            url: url.into(),
            events,
            secrets,
            headers: self.headers,
            once: once.0,
        })
    }
}

/// The address of an endpoint, if events may be sent there.
///
/// # Errors
/// A problem that names the field.
pub fn check_url(app: &App, text: &str) -> Result<Url, Problem> {
    let refused = || Problem::field("/url", "an http or https URL of the internet, without a password");
    let url = Url::parse(text).map_err(|_| refused())?;
    if text.len() > URL || app.deps.egress.refuses(&url) { Err(refused()) } else { Ok(url) }
}

/// Whether these headers can go along.
///
/// # Errors
/// A problem that names the header.
pub fn check_headers(headers: &BTreeMap<String, String>) -> Result<(), Problem> {
    if headers.len() > HEADERS {
        return Err(Problem::field("/headers", format!("at most {HEADERS}")));
    }
    for (name, value) in headers {
        let pointer = format!("/headers/{}", name.replace('~', "~0").replace('/', "~1"));
        let lower = name.to_ascii_lowercase();
        let is_ours = REFUSED.contains(&lower.as_str())
            || lower.starts_with("webhook-")
            || lower == "x-firecrawl-signature";
        if is_ours || HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(Problem::field(pointer, "no header that can be set here"));
        }
        if value.len() > 4_096 || HeaderValue::from_str(value).is_err() || !value.is_ascii() {
            return Err(Problem::field(pointer, "visible ASCII characters only"));
        }
    }
    Ok(())
}

async fn check_job(app: &App, caller: &Caller, body: &WebhookBody) -> Result<(), Problem> {
    let Some(job) = body.job_id else { return Ok(()) };
    let found = app.control().job(caller.tenant, JobId(job)).await;
    found.map(drop).map_err(|_| Problem::field("/job_id", "there is no such job"))
}

/// Keep an endpoint. Its secret is in the answer, and nowhere else.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = WebhookBody,
    responses((status = 201, description = "Kept; keep `secret`.", body = NewWebhookView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(body): Body<WebhookBody>,
) -> Result<Response, Problem> {
    check_job(&app, &caller, &body).await?;
    let kept = app.control().create_webhook(body.checked(&app, &caller, vec![secret()], once)?).await?;
    let place = format!("/v1/webhooks/{}", kept.id);
    let view = NewWebhookView::from(kept);
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(view)).into_response())
}

/// List endpoints.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", params(Paging),
    responses((status = 200, description = "A page.", body = Listing<WebhookView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let asked = paging.of(&app, format!("webhooks of {}", caller.tenant), &uri)?;
    let rows = app.control().webhooks(caller.tenant, asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |hook| hook.id, WebhookView::from))
}

/// Read an endpoint.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = i64, Path)),
    responses((status = 200, description = "The endpoint.", body = WebhookView)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(webhook): Path<WebhookId>,
) -> Result<Json<WebhookView>, Problem> {
    Ok(Json(app.control().webhook(caller.tenant, webhook).await?.into()))
}

/// Put another endpoint in its place, with the same secrets. Enables it again.
#[utoipa::path(put, path = "/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = i64, Path)),
    request_body = WebhookBody, responses((status = 200, description = "The endpoint.", body = WebhookView)))]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    Path(webhook): Path<WebhookId>,
    Body(body): Body<WebhookBody>,
) -> Result<Json<WebhookView>, Problem> {
    let old = app.control().webhook(caller.tenant, webhook).await?;
    if old.hook.is_some() {
        let detail = "this endpoint belongs to one run of /v2, and stays as that was begun";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    check_job(&app, &caller, &body).await?;
    let new = body.checked(&app, &caller, old.secrets, Once::default())?;
    Ok(Json(app.control().replace_webhook(webhook, new).await?.into()))
}

/// Delete an endpoint.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks", params(("webhook" = i64, Path)),
    responses((status = 204, description = "Deleted.")))]
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(webhook): Path<WebhookId>,
) -> Result<StatusCode, Problem> {
    app.control().delete_webhook(caller.tenant, webhook).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new secret. The last one signs as well, until the next rotation.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate", tag = "webhooks", params(("webhook" = i64, Path)),
    responses((status = 200, description = "Rotated; keep `secret`.", body = NewWebhookView)))]
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(webhook): Path<WebhookId>,
) -> Result<Json<NewWebhookView>, Problem> {
    let old = app.control().webhook(caller.tenant, webhook).await?;
    let mut secrets = vec![secret()];
    secrets.extend(old.secrets.into_iter().take(SECRETS - 1));
    let new = NewWebhook {
        tenant: caller.tenant,
        job: old.job,
        url: old.url,
        events: old.events,
        secrets,
        headers: old.headers,
        once: once.0,
    };
    Ok(Json(app.control().replace_webhook(webhook, new).await?.into()))
}

/// Send an event `webhook.ping` to an endpoint, to see whether it arrives.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/ping", tag = "webhooks", params(("webhook" = i64, Path)),
    responses((status = 202, description = "It will be sent.", body = EventId)))]
async fn ping(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(webhook): Path<WebhookId>,
) -> Result<Response, Problem> {
    let event = app.control().ping_webhook(caller.tenant, webhook, once.0.as_ref()).await?;
    Ok((StatusCode::ACCEPTED, Json(EventId { event })).into_response())
}

/// List what was delivered to an endpoint, newest first.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = i64, Path), Paging),
    responses((status = 200, description = "A page.", body = Listing<DeliveryView>)))]
async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(webhook): Path<WebhookId>,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let asked = paging.of(&app, format!("deliveries of {}/{webhook}", caller.tenant), &uri)?;
    let rows = app.control().deliveries(caller.tenant, webhook, asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |row| row.place, DeliveryView::from))
}

/// Deliver an event again, under the same id.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/deliveries/{event}/redeliver", tag = "webhooks",
    params(("webhook" = i64, Path), ("event" = String, Path)),
    responses((status = 202, description = "It will be sent.", body = EventId)))]
async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    Path((webhook, event)): Path<(WebhookId, String)>,
) -> Result<Response, Problem> {
    app.control().redeliver(caller.tenant, webhook, &event).await?;
    Ok((StatusCode::ACCEPTED, Json(EventId { event })).into_response())
}
