//! The secret that signs what the webhooks of `/v2` send: a crawl or a batch names its endpoint when it begins, and its
//! answer has no place for a secret. For administrators.

use super::webhooks::shown_secret;
use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::ids::TenantId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read)).routes(routes!(rotate))
}

/// A secret.
#[derive(Serialize, ToSchema)]
struct SecretView {
    /// `whsec_` and base64. `X-Firecrawl-Signature` is keyed with this text, all of it; `webhook-signature` as the
    /// libraries of Standard Webhooks do it.
    secret: String,
}

fn name(tenant: TenantId) -> String {
    format!("webhooks of v2 {tenant}")
}

/// The tenant's secret, as it is shown.
///
/// # Errors
/// What the store says.
pub async fn of(app: &App, tenant: TenantId) -> Result<String, Problem> {
    Ok(shown_secret(app.control().secret(&name(tenant)).await?))
}

/// Read the secret that signs what webhooks of crawls and batches of `/v2` send.
#[utoipa::path(get, path = "/v1/webhook-secret", tag = "webhooks", operation_id = "secret",
    responses((status = 200, description = "The secret.", body = SecretView)))]
async fn read(State(app): State<App>, caller: Caller) -> Result<Json<SecretView>, Problem> {
    Ok(Json(SecretView { secret: of(&app, caller.tenant).await? }))
}

/// Make a new secret, for crawls and batches that begin from now on.
#[utoipa::path(post, path = "/v1/webhook-secret/rotate", tag = "webhooks", operation_id = "rotate_secret",
    responses((status = 200, description = "The new secret.", body = SecretView)))]
async fn rotate(State(app): State<App>, caller: Caller) -> Result<Json<SecretView>, Problem> {
    let fresh = app.control().renew_secret(&name(caller.tenant)).await?;
    Ok(Json(SecretView { secret: shown_secret(fresh) }))
}
