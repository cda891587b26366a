//! The servers, with their calls counted and timed.

mod archive;
mod queue;

pub use archive::MeteredArchive;
pub use queue::MeteredQueue;

use shared::metric::Metric;

const PUBLISHED: Metric =
    Metric::counter("harvestman_queue_published_total", &["lane"], "Messages published and confirmed");
const PUBLISH: Metric = Metric::seconds(
    "harvestman_queue_publish_seconds",
    &[],
    "How long publishing a batch took, confirmation included",
);
const PUBLISH_FAILED: Metric = Metric::counter(
    "harvestman_queue_publish_failures_total",
    &["lane"],
    "Batches that were not confirmed; they are published again, or made again from the store",
);
const DELIVERED: Metric = Metric::counter(
    "harvestman_queue_delivered_total",
    &["lane", "redelivered"],
    "Messages taken from a lane",
);
const SETTLED: Metric =
    Metric::counter("harvestman_queue_settled_total", &["how"], "Deliveries settled: ack, give_back or bury");
const SETTLE_FAILED: Metric = Metric::counter(
    "harvestman_queue_settle_failures_total",
    &["how"],
    "Deliveries that could not be settled; they come again and change nothing",
);
const PUT: Metric = Metric::seconds("harvestman_archive_put_seconds", &[], "How long storing a segment took");
const PUT_BYTES: Metric = Metric::counter("harvestman_archive_put_bytes_total", &[], "Bytes stored");
const READ: Metric =
    Metric::seconds("harvestman_archive_read_seconds", &[], "How long reading a range of an object took");
const READ_BYTES: Metric = Metric::counter("harvestman_archive_read_bytes_total", &[], "Bytes read");
const ARCHIVE_FAILED: Metric = Metric::counter(
    "harvestman_archive_failures_total",
    &["call", "error"],
    "Calls of the archive that failed: unavailable and full are tried again, refused needs a person",
);

/// All metrics of the servers.
pub const METRICS: &[Metric] = &[
    PUBLISHED,
    PUBLISH,
    PUBLISH_FAILED,
    DELIVERED,
    SETTLED,
    SETTLE_FAILED,
    PUT,
    PUT_BYTES,
    READ,
    READ_BYTES,
    ARCHIVE_FAILED,
];
