//! Who a request is from.

use crate::problem::{Problem, broken};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use shared::ids::TenantId;
use shared::ports::store::control::{Quotas, Scope};

/// Who a request is from. Routes take it as an argument; where it is missing, the route stands
/// outside of what [`super::require`] guards, and fails.
#[derive(Clone, Debug)]
pub struct Caller {
    /// For whom.
    pub tenant: TenantId,
    /// What the caller may do.
    pub scope: Scope,
    /// The id of the key; None where none is asked for.
    pub key: Option<String>,
    /// What the tenant may use.
    pub quotas: Quotas,
}

impl Caller {
    /// Whether it is the operator: an administrator of the first tenant.
    pub fn is_operator(&self) -> bool {
        self.tenant == TenantId::FIRST && self.scope == Scope::Admin
    }

    /// Lets only the operator pass.
    ///
    /// # Errors
    /// 403 for others.
    pub fn require_operator(&self) -> Result<(), Problem> {
        if self.is_operator() {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "this is for administrators of the first tenant"))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "a route without a guard");
            broken()
        })
    }
}
