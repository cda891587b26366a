//! What people keep beside runs: one room a port of [`shared::ports::store::control`].

pub(super) mod exports;
pub(super) mod hosts;
pub(super) mod idempotency;
pub(super) mod jobs;
pub(super) mod schedules;
pub(super) mod series;
pub(super) mod tenants;
pub(super) mod webhooks;

use shared::ids::TenantId;
use shared::ports::Store;
use shared::ports::store::control::Quotas;

/// A second tenant.
async fn other(store: &impl Store) -> TenantId {
    store.control().create_tenant("other", Quotas::default(), None).await.unwrap().id
}
