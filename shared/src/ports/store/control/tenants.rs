use super::RequestKey;
use crate::clock::Timestamp;
use crate::ids::TenantId;
use crate::ports::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Tenants, what they may use, and the keys that speak for them.
///
/// # Contract
/// - There is a first tenant, [`TenantId::FIRST`], from the beginning.
/// - A key's secret is never kept, only its hash. Rotation is a second key, and an end for the first.
/// - `end_key` only ever brings a key's end nearer.
#[async_trait]
pub trait Tenants: Send + Sync + 'static {
    /// Makes a tenant; its name is not taken, or [`StoreError::Conflict`].
    async fn create_tenant(
        &self,
        name: &str,
        quotas: Quotas,
        once: Option<&RequestKey>,
    ) -> Result<Tenant, StoreError>;

    /// A tenant.
    async fn tenant(&self, tenant: TenantId) -> Result<Tenant, StoreError>;

    /// Tenants in order of their numbers, after one.
    async fn tenants(&self, after: Option<TenantId>, limit: u32) -> Result<Vec<Tenant>, StoreError>;

    /// Sets what a tenant may use.
    async fn set_quotas(&self, tenant: TenantId, quotas: Quotas) -> Result<Tenant, StoreError>;

    /// What a tenant uses.
    async fn usage(&self, tenant: TenantId) -> Result<Usage, StoreError>;

    /// Keeps a new key. One that the same request made before is not made again, nor is its secret known any more:
    /// [`StoreError::Conflict`].
    async fn create_key(&self, key: NewKey) -> Result<ApiKey, StoreError>;

    /// The key of this id, of any tenant, ended or not.
    async fn key(&self, id: &str) -> Result<Option<ApiKey>, StoreError>;

    /// A tenant's keys, newest first, older than one (by its place).
    async fn keys(
        &self,
        tenant: TenantId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError>;

    /// Ends a key after a while, if it does not end before.
    async fn end_key(&self, tenant: TenantId, id: &str, after: Duration) -> Result<ApiKey, StoreError>;

    /// Remembers when keys were last used.
    async fn used_keys(&self, used: &[(String, Timestamp)]) -> Result<(), StoreError>;

    /// Whether any key is live.
    async fn has_live_keys(&self) -> Result<bool, StoreError>;

    /// 32 random bytes under a name: the same for all processes, from the first call on.
    async fn secret(&self, name: &str) -> Result<[u8; 32], StoreError>;

    /// Puts other random bytes in their place, for what comes later; returns them.
    async fn renew_secret(&self, name: &str) -> Result<[u8; 32], StoreError>;
}

/// Whose runs, jobs and keys these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its number.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it may use.
    pub quotas: Quotas,
}

/// What a tenant may use; None: as much as it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Requests to the API a minute.
    pub requests_per_minute: Option<u32>,
    /// Unfinished runs at a time.
    pub concurrent_runs: Option<u32>,
    /// Pages fetched in 24 hours.
    pub pages_per_day: Option<u64>,
    /// Bytes archived in all.
    pub storage_bytes: Option<u64>,
}

/// What a tenant uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Unfinished runs.
    pub concurrent_runs: u64,
    /// Pages of the runs that were begun in the last 24 hours.
    pub pages_per_day: u64,
    /// Bytes received by all its runs.
    pub storage_bytes: u64,
}

/// What a key may do. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look.
    Read,
    /// Begin, change and end.
    Write,
    /// Keys, and for the first tenant other tenants.
    Admin,
}

/// A key to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id: what is shown of it.
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is for, in a person's words.
    pub name: String,
    /// The SHA-256 of its secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scope: Scope,
    /// When it ends.
    pub lives: Option<Duration>,
    /// The request that it is made in.
    pub once: Option<RequestKey>,
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its place in the order of creation.
    pub place: i64,
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is for.
    pub name: String,
    /// The SHA-256 of its secret.
    pub hash: [u8; 32],
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends or ended.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
}
