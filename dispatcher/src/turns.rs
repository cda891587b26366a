//! The dispatcher one turn at a time, for simulations that say themselves when each of them comes. What
//! [`crate::run`] adds is when to do what, and patience with errors.

use crate::{Config, Deps, DispatcherError, Room, claims, offers, paced, seeds, sweep};
use shared::ports::Delivery;
use shared::ports::store::Offers;
use tokio_util::sync::CancellationToken;

/// A dispatcher that does nothing by itself.
pub struct Turns(Room);

impl Turns {
    /// Over these edges.
    pub fn new(config: Config, deps: Deps) -> Self {
        Turns(Room::new(config, deps, CancellationToken::new()))
    }

    /// Admits the seeds of new runs.
    ///
    /// # Errors
    /// The store's.
    pub async fn seeds(&self) -> Result<(), DispatcherError> {
        seeds::admit_all(&self.0).await
    }

    /// Makes leases of hosts that are ready, and offers them.
    ///
    /// # Errors
    /// The store's, or the queue's: then the offers are lost, and lapse.
    pub async fn offer(&self) -> Result<Offers, DispatcherError> {
        offers::offer(&self.0).await
    }

    /// Answers a claim.
    ///
    /// # Errors
    /// The store's or the queue's: the claim comes again.
    pub async fn claim(&self, delivery: Delivery) -> Result<(), DispatcherError> {
        claims::answer(&self.0, delivery).await
    }

    /// Takes a report or a hint.
    ///
    /// # Errors
    /// The store's or the queue's: it comes again.
    pub async fn paced(&self, delivery: Delivery) -> Result<(), DispatcherError> {
        paced::take(&self.0, delivery).await
    }

    /// The timer acts once; true: there is more to do at once.
    ///
    /// # Errors
    /// The store's or the queue's.
    pub async fn sweep(&self) -> Result<bool, DispatcherError> {
        sweep::sweep(&self.0).await
    }
}
