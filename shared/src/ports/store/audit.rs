use super::StoreError;
use crate::ids::RunId;
use async_trait::async_trait;

/// Proving that a store's books are right. For reconcilers and tests; not part of
/// [`super::Store`], because no stage needs it.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// Counts a run's rows again, within one transaction, and says of each counter that is wrong
    /// what it says and what is true. Empty: all is well.
    async fn audit(&self, run: RunId) -> Result<Vec<String>, StoreError>;
}
