//! The queue suite over the queue in memory.

use backends::memory::{MemoryQueue, QueueLimits};
use shared::ports::Queue;
use std::sync::Arc;
use std::time::Duration;
use testkit::suites::queue::{Expect, run};

#[tokio::test]
async fn in_memory() {
    let limits = QueueLimits { capacity: 64, publish_deadline: Duration::from_millis(20) };
    let make = async |_: &str| Arc::new(MemoryQueue::with(limits)) as Arc<dyn Queue>;
    run(make, Expect { capacity: Some(limits.capacity) }).await;
}
