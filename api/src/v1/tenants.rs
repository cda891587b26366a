//! Tenants: what one may use and uses; and, for the operator, all of them.

use super::time::shown;
use crate::app::App;
use crate::auth::Caller;
use crate::frame::Once;
use crate::frame::extract::{Body, Path, Query};
use crate::frame::listing::{Listing, Paging};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use shared::ids::TenantId;
use shared::ports::store::control::{Quotas, Tenant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(own)).routes(routes!(create, list)).routes(routes!(set_quotas))
}

/// What a tenant may use; null is as much as it likes.
#[derive(Clone, Copy, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = Quotas)]
#[serde(deny_unknown_fields, default)]
struct QuotasBody {
    /// Requests to this API a minute.
    requests_per_minute: Option<u32>,
    /// Unfinished runs at a time.
    concurrent_runs: Option<u32>,
    /// Pages fetched in 24 hours.
    #[schema(maximum = 9223372036854775807i64)]
    #[serde(default, deserialize_with = "kept")]
    pages_per_day: Option<u64>,
    /// Bytes received in all.
    #[schema(maximum = 9223372036854775807i64)]
    #[serde(default, deserialize_with = "kept")]
    storage_bytes: Option<u64>,
}

/// A number that the store can keep.
fn kept<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<u64>::deserialize(from)?;
    let wrong = || serde::de::Error::custom(format!("at most {}", i64::MAX));
    number.map(|n| if i64::try_from(n).is_ok() { Ok(n) } else { Err(wrong()) }).transpose()
}

impl From<Quotas> for QuotasBody {
    fn from(quotas: Quotas) -> Self {
        QuotasBody {
            requests_per_minute: quotas.requests_per_minute,
            concurrent_runs: quotas.concurrent_runs,
            pages_per_day: quotas.pages_per_day,
            storage_bytes: quotas.storage_bytes,
        }
    }
}

impl From<QuotasBody> for Quotas {
    fn from(quotas: QuotasBody) -> Self {
        Quotas {
            requests_per_minute: quotas.requests_per_minute,
            concurrent_runs: quotas.concurrent_runs,
            pages_per_day: quotas.pages_per_day,
            storage_bytes: quotas.storage_bytes,
        }
    }
}

/// A tenant.
#[derive(Serialize, ToSchema)]
struct TenantView {
    /// Its id.
    id: i64,
    /// Its name.
    name: String,
    /// When it was made.
    created_at: String,
    /// What it may use.
    quotas: QuotasBody,
}

/// A tenant and what it uses.
#[derive(Serialize, ToSchema)]
struct OwnTenant {
    #[serde(flatten)]
    tenant: TenantView,
    /// What it uses.
    usage: UsageView,
}

/// What a tenant uses.
#[derive(Serialize, ToSchema)]
struct UsageView {
    /// Unfinished runs.
    concurrent_runs: u64,
    /// Pages of the runs that were begun in the last 24 hours.
    pages_per_day: u64,
    /// Bytes received by all its runs.
    storage_bytes: u64,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        TenantView {
            id: tenant.id.0,
            name: tenant.name,
            created_at: shown(tenant.created_at),
            quotas: tenant.quotas.into(),
        }
    }
}

/// A tenant to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TenantBody {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may use.
    #[serde(default)]
    quotas: QuotasBody,
}

/// A name for people: visible characters, 1 to 100.
///
/// # Errors
/// 422 for another.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(Problem::field("/name", "1 to 100 characters without control characters")) }
}

/// Read the tenant of the key, with what it may use and uses.
#[utoipa::path(get, path = "/v1/tenant", tag = "tenants",
    responses((status = 200, description = "The tenant.", body = OwnTenant)))]
async fn own(State(app): State<App>, caller: Caller) -> Result<Json<OwnTenant>, Problem> {
    let tenant = app.control().tenant(caller.tenant).await?.into();
    let usage = app.control().usage(caller.tenant).await?;
    let usage = UsageView {
        concurrent_runs: usage.concurrent_runs,
        pages_per_day: usage.pages_per_day,
        storage_bytes: usage.storage_bytes,
    };
    Ok(Json(OwnTenant { tenant, usage }))
}

/// Make a tenant. For administrators of the first one.
#[utoipa::path(post, path = "/v1/tenants", tag = "tenants", request_body = TenantBody,
    responses((status = 201, description = "Made.", body = TenantView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    once: Once,
    Body(body): Body<TenantBody>,
) -> Result<Response, Problem> {
    caller.require_operator()?;
    check_name(&body.name)?;
    let tenant = app.control().create_tenant(&body.name, body.quotas.into(), once.0.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(TenantView::from(tenant))).into_response())
}

/// List tenants. For administrators of the first one.
#[utoipa::path(get, path = "/v1/tenants", tag = "tenants", params(Paging),
    responses((status = 200, description = "A page.", body = Listing<TenantView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    Query(paging): Query<Paging>,
) -> Result<Response, Problem> {
    caller.require_operator()?;
    let asked = paging.of(&app, "tenants".to_owned(), &uri)?;
    let rows = app.control().tenants(asked.place, asked.limit).await?;
    Ok(asked.answer(rows, |tenant| tenant.id, TenantView::from))
}

/// Set what a tenant may use. For administrators of the first one.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/quotas", tag = "tenants", params(("tenant" = i64, Path)),
    request_body = QuotasBody, responses((status = 200, description = "The tenant.", body = TenantView)))]
async fn set_quotas(
    State(app): State<App>,
    caller: Caller,
    Path(tenant): Path<TenantId>,
    Body(quotas): Body<QuotasBody>,
) -> Result<Json<TenantView>, Problem> {
    caller.require_operator()?;
    let tenant = app.control().set_quotas(tenant, quotas.into()).await?;
    app.keys.forget();
    Ok(Json(tenant.into()))
}
