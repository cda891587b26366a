//! Pages that were scraped lately by this process: for `maxAge`, and to tell what has changed. Pointers
//! only; the pages are in the store. After a restart nothing is recent.

use parking_lot::Mutex;
use shared::clock::Timestamp;
use shared::ids::{RunId, TenantId};
use std::collections::HashMap;

/// Pages remembered; then all are forgotten.
const MOST: usize = 20_000;

/// See the module. By tenant, URL, and what was asked of the page.
#[derive(Default)]
pub struct Recent(Mutex<HashMap<Asked, (RunId, Timestamp)>>);

type Asked = (TenantId, String, String);

impl Recent {
    /// The last run that scraped this, and when.
    pub fn last(&self, tenant: TenantId, url: &str, asked: &str) -> Option<(RunId, Timestamp)> {
        self.0.lock().get(&(tenant, url.to_owned(), asked.to_owned())).copied()
    }

    /// Remembers a scrape.
    pub fn keep(&self, tenant: TenantId, url: &str, asked: &str, run: RunId, at: Timestamp) {
        let mut all = self.0.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert((tenant, url.to_owned(), asked.to_owned()), (run, at));
    }
}
