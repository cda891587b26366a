//! What the routes share.

use crate::auth::Keys;
use crate::cursor::Cursors;
use crate::firecrawl::Recent;
use crate::quota::Limiter;
use crate::scrape::Followed;
use crate::v1::events::Watchers;
use crate::v1::runs::Owners;
use crate::{Config, Deps};
use shared::ports::StoreError;
use shared::ports::store::Control;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::Notify;

/// The API's state; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// See [`App`].
pub struct Inner {
    /// The settings.
    pub config: Config,
    /// Every edge.
    pub deps: Deps,
    /// Who calls.
    pub keys: Keys,
    /// How much each tenant asks.
    pub limiter: Limiter,
    /// Places in lists.
    pub cursors: Cursors,
    /// Who follows which run.
    pub watchers: Watchers,
    /// Who waits for which run.
    pub followed: Followed,
    /// Whose runs are.
    pub owners: Owners,
    /// Wakes whoever writes files into the archive.
    pub asked_for_file: Notify,
    /// What was scraped lately.
    pub recent: Recent,
}

impl App {
    /// The state over these edges.
    ///
    /// # Errors
    /// What the store says.
    pub async fn new(config: Config, deps: Deps) -> Result<Self, StoreError> {
        let cursors = Cursors::new(deps.store.control().secret("cursors").await?);
        let keys = Keys::new(&config);
        Ok(App(Arc::new(Inner {
            config,
            deps,
            keys,
            limiter: Limiter::default(),
            cursors,
            watchers: Watchers::default(),
            followed: Followed::default(),
            owners: Owners::default(),
            asked_for_file: Notify::new(),
            recent: Recent::default(),
        })))
    }

    /// What people keep beside runs.
    pub fn control(&self) -> &dyn Control {
        self.0.deps.store.control()
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
