//! API keys: make, list, rotate, revoke. For administrators.

use super::time::{maybe, shown};
use crate::app::App;
use crate::auth::{Caller, key};
use crate::frame::extract::{Body, OptionalBody, Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::frame::{NotKept, Once};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::ids::TenantId;
use shared::ports::store::control::{ApiKey, Control, NewKey, RequestKey, Scope};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest that a key is to live, in seconds: ten years.
const LONGEST: u64 = 10 * 365 * 24 * 3600;
/// How long a rotated key goes on, where nobody says so.
const OVERLAP: u64 = 24 * 3600;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(create, list)).routes(routes!(revoke)).routes(routes!(rotate))
}

/// A key to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do.
    #[serde(default)]
    scope: KeyScope,
    /// Seconds until it ends; without it, it does not end by itself.
    #[schema(minimum = 1, maximum = 315360000)]
    expires_in_seconds: Option<u64>,
    /// For another tenant; for administrators of the first one.
    tenant: Option<i64>,
}

/// What a key may do; each includes those before it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Look.
    #[default]
    Read,
    /// Begin, change and end.
    Write,
    /// Keys, and tenants.
    Admin,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    /// Its id, which its text begins with: `hm_ID_...`.
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    scope: KeyScope,
    /// Whose it is.
    tenant: i64,
    /// When it was made.
    created_at: String,
    /// When it ends or ended.
    expires_at: Option<String>,
    /// When it was last used, to the minute or so.
    last_used_at: Option<String>,
}

/// A new key. Its text is shown this once.
#[derive(Serialize, ToSchema)]
pub struct NewKeyView {
    #[serde(flatten)]
    key: KeyView,
    /// The key itself; it is not kept here.
    token: String,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        KeyView {
            id: key.id,
            name: key.name,
            scope: match key.scope {
                Scope::Read => KeyScope::Read,
                Scope::Write => KeyScope::Write,
                Scope::Admin => KeyScope::Admin,
            },
            tenant: key.tenant.0,
            created_at: shown(key.created_at),
            expires_at: maybe(key.expires_at),
            last_used_at: maybe(key.last_used_at),
        }
    }
}

/// Makes a key.
///
/// # Errors
/// A problem that names the field, and what the store says.
pub async fn make(
    control: &dyn Control,
    tenant: TenantId,
    name: String,
    scope: Scope,
    lives: Option<Duration>,
    once: Option<RequestKey>,
) -> Result<NewKeyView, Problem> {
    super::tenants::check_name(&name)?;
    if lives.is_some_and(|lives| !(1..=LONGEST).contains(&lives.as_secs())) {
        return Err(Problem::field("/expires_in_seconds", format!("1 to {LONGEST}")));
    }
    let fresh = key::fresh();
    let new = NewKey { id: fresh.id, tenant, name, hash: fresh.hash, scope, lives, once };
    let kept = control.create_key(new).await?;
    tracing::info!(key = kept.id, %tenant, "a key was made");
    Ok(NewKeyView { key: kept.into(), token: fresh.text })
}

/// The answer with a key's text: it is not kept for a repeated request, as nothing here keeps that text.
fn shown_once(made: NewKeyView) -> Response {
    (StatusCode::CREATED, Extension(NotKept), Json(made)).into_response()
}

/// Make a key. A request that is repeated under its `Idempotency-Key` makes no second one, but is not told
/// the text again: 409, with the key's id.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyBody,
    responses((status = 201, description = "Made; keep `token`.", body = NewKeyView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(body): Body<KeyBody>,
) -> Result<Response, Problem> {
    let tenant = body.tenant.map_or(caller.tenant, TenantId);
    if tenant != caller.tenant && !caller.is_operator() {
        return Err(Problem::missing(format!("tenant {tenant}")));
    }
    let scope = match body.scope {
        KeyScope::Read => Scope::Read,
        KeyScope::Write => Scope::Write,
        KeyScope::Admin => Scope::Admin,
    };
    let lives = body.expires_in_seconds.map(Duration::from_secs);
    let made = make(app.control(), tenant, body.name, scope, lives, once.0).await?;
    Ok(shown_once(made))
}

/// List keys, newest first.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(Paging),
    responses((status = 200, description = "A page.", body = Listing<KeyView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    let asked = paging.of(&app, format!("keys of {}", caller.tenant), &uri)?;
    let rows = app.control().keys(caller.tenant, asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |key| key.place, KeyView::from))
}

/// End a key. All processes know within half a minute.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys", params(("key" = String, Path)),
    responses((status = 200, description = "The key, ended.", body = KeyView)))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(key): Path<String>,
) -> Result<Json<KeyView>, Problem> {
    let ended = app.control().end_key(caller.tenant, &key, Duration::ZERO).await?;
    app.keys.forget();
    Ok(Json(ended.into()))
}

/// How long the old key goes on.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateBody {
    /// Seconds; without it, a day.
    #[schema(maximum = 315360000)]
    overlap_seconds: Option<u64>,
}

/// Make a key with the same name and scope in the place of one, which goes on for a while.
#[utoipa::path(post, path = "/v1/keys/{key}/rotate", tag = "keys", params(("key" = String, Path)),
    request_body = Option<RotateBody>,
    responses((status = 201, description = "Made; keep `token`.", body = NewKeyView)))]
async fn rotate(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Path(key): Path<String>,
    OptionalBody(body): OptionalBody<RotateBody>,
) -> Result<Response, Problem> {
    let overlap = body.overlap_seconds.unwrap_or(OVERLAP);
    if overlap > LONGEST {
        return Err(Problem::field("/overlap_seconds", format!("at most {LONGEST}")));
    }
    let old = app.control().end_key(caller.tenant, &key, Duration::from_secs(overlap)).await?;
    app.keys.forget();
    let made = make(app.control(), caller.tenant, old.name, old.scope, None, once.0).await?;
    Ok(shown_once(made))
}
