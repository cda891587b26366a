//! The queue suite over a real RabbitMQ.

use backends::amqp::{AmqpOptions, AmqpQueue};
use shared::ports::{Lane, Queue};
use std::sync::Arc;
use std::time::Duration;
use testkit::servers::RabbitMq;
use testkit::suites::queue::{Expect, run};

#[tokio::test]
async fn on_rabbitmq() {
    let broker = RabbitMq::shared().await;
    let make = async |name: &str| {
        let mut options = AmqpOptions::new(broker.vhost(&format!("suite-{name}")).await, "test");
        options.capacity = 64;
        options.publish_deadline = Duration::from_secs(3);
        Arc::new(AmqpQueue::new(options).expect("a URL")) as Arc<dyn Queue>
    };
    run(make, Expect { capacity: Some(64) }).await;
}

/// Where no worker has a browser, nobody had made its lanes, and to ask for their depths closed a channel:
/// lines of error in the broker's log and in ours every ten seconds.
#[tokio::test]
async fn a_lane_that_nobody_used_is_made_by_who_asks_for_its_depth() {
    let broker = RabbitMq::shared().await;
    let queue = AmqpQueue::new(AmqpOptions::new(broker.vhost("asked").await, "test")).expect("a URL");
    assert_eq!(queue.depth(&Lane::Render { urgent: false }).await.expect("a depth"), 0);
    let listed = broker.manage("GET", "/api/queues/asked", "").await.expect("the queues");
    assert!(listed.contains("harvestman.render"), "{listed}");
}
