//! The queue suite over a real RabbitMQ.

use backends::amqp::{AmqpOptions, AmqpQueue};
use shared::ports::Queue;
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
