use serde::{Deserialize, Serialize};
use shared::ports::store::{GrantPolicy, OfferPolicy, SweepPolicy};
use std::time::Duration;

/// The dispatcher's settings. Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Leases that may be offered and not claimed yet. About as many as the workers can take up.
    pub max_offered: u32,
    /// Leases whose pages are fetched and not parsed yet. Beyond them none are offered, until the parsers
    /// come after.
    pub max_handed: u32,
    /// URLs in a lease.
    pub lease_urls: u32,
    /// How long a worker may begin requests of a lease.
    pub slice_ms: u64,
    /// How long an offer waits for a worker.
    pub offer_ttl_ms: u64,
    /// Added to slice and total time-out until a lease expires.
    pub margin_ms: u64,
    /// How long the parser has for a lease's segments until they are announced again.
    pub announce_after_ms: u64,
    /// How long a host may be down until the run's URLs of it are given up.
    pub give_up_after_ms: u64,
    /// How often the timer acts.
    pub sweep_every_ms: u64,
    /// How often due jobs are looked for.
    pub schedules_every_ms: u64,
    /// How often webhooks are looked after.
    pub webhooks_every_ms: u64,
    /// The longest time between two looks for hosts that are ready.
    pub poll_ms: u64,
    /// The shortest time between two such looks: what happens meanwhile is seen by the next one.
    pub look_gap_ms: u64,
    /// How often the gauges of backlog and queues are set. 0: never.
    pub gauge_every_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_offered: 32,
            max_handed: 500,
            lease_urls: 200,
            slice_ms: 30_000,
            offer_ttl_ms: 60_000,
            margin_ms: 15_000,
            announce_after_ms: 120_000,
            give_up_after_ms: 15 * 60_000,
            sweep_every_ms: 1_000,
            schedules_every_ms: 1_000,
            webhooks_every_ms: 1_000,
            poll_ms: 1_000,
            look_gap_ms: 100,
            gauge_every_ms: 10_000,
        }
    }
}

impl Config {
    pub(crate) fn offer(&self, rendered: u32) -> OfferPolicy {
        OfferPolicy {
            max_offered: self.max_offered,
            max_handed: self.max_handed,
            urls: self.lease_urls,
            slice: Duration::from_millis(self.slice_ms),
            offer_ttl: Duration::from_millis(self.offer_ttl_ms),
            rendered,
        }
    }

    /// Of the offers that may wait, those that wait for a worker with a browser.
    pub(crate) fn max_renders(&self) -> u32 {
        (self.max_offered / 4).max(1)
    }

    pub(crate) fn grant(&self) -> GrantPolicy {
        GrantPolicy {
            slice: Duration::from_millis(self.slice_ms),
            margin: Duration::from_millis(self.margin_ms),
        }
    }

    pub(crate) fn sweep(&self) -> SweepPolicy {
        SweepPolicy {
            announce_after: Duration::from_millis(self.announce_after_ms),
            give_up_after: Duration::from_millis(self.give_up_after_ms),
            chunk: 5_000,
        }
    }
}
