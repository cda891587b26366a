use crate::clock::Timestamp;
use crate::ids::{HostId, RunId, TenantId};
use crate::ports::StoreError;
use async_trait::async_trait;

/// The hosts of a tenant's unfinished runs, and whether they are asked.
///
/// # Contract
/// A held host of a run is offered to nobody for that run; its URLs wait. Other runs are not touched.
/// A lease that is under way ends by itself.
#[async_trait]
pub trait Hosts: Send + Sync + 'static {
    /// Hosts in order of their numbers.
    async fn hosts(&self, selection: HostSelection) -> Result<Vec<HostRow>, StoreError>;

    /// One host, with the text of its robots.txt.
    async fn host(&self, tenant: TenantId, host: HostId) -> Result<HostRow, StoreError>;

    /// Holds or releases a host for one unfinished run of the tenant, or for all; how many runs that is.
    async fn hold_host(
        &self,
        tenant: TenantId,
        host: HostId,
        run: Option<RunId>,
        held: bool,
    ) -> Result<u64, StoreError>;
}

/// Which hosts.
#[derive(Clone, Copy, Debug)]
pub struct HostSelection {
    /// Of this tenant's runs.
    pub tenant: TenantId,
    /// Of this run, over or not. None: of all unfinished ones.
    pub run: Option<RunId>,
    /// After this one.
    pub after: Option<HostId>,
    /// At most so many.
    pub limit: u32,
}

/// A host, as the tenant's runs see it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostRow {
    /// The host.
    pub id: HostId,
    /// `https://example.com`.
    pub origin: String,
    /// When it may be asked next.
    pub next_at: Timestamp,
    /// The pause between two requests, in milliseconds.
    pub delay_ms: u64,
    /// Failures in a row.
    pub failures: u32,
    /// Since when it does not answer.
    pub down_since: Option<Timestamp>,
    /// Runs that have it.
    pub runs: u64,
    /// Of them, those for which it is held.
    pub held: u64,
    /// URLs that wait.
    pub queued: u64,
    /// URLs admitted.
    pub admitted: u64,
    /// Its robots.txt.
    pub robots: Option<HostRobots>,
}

/// The last robots.txt answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HostRobots {
    /// `rules`, `allowed` or `denied`.
    pub access: &'static str,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// Until when it is believed.
    pub valid_until: Timestamp,
    /// The text, where one host is asked for.
    pub text: Option<String>,
}
