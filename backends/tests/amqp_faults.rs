//! What a broker can do to those who use it, on one of our own: numbers are published and consumed all
//! the while, and in the end none that was confirmed is missing.

use backends::amqp::{AmqpOptions, AmqpQueue};
use bytes::Bytes;
use parking_lot::Mutex;
use shared::ids::Incarnation;
use shared::ports::{Lane, Queue};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use testkit::servers::RabbitMq;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

const FETCH: Lane = Lane::Fetch { urgent: false };
/// Longer than any recovery.
const PATIENCE: Duration = Duration::from_secs(90);

async fn queue(broker: &RabbitMq, vhost: &str) -> Arc<AmqpQueue> {
    let url = format!("{}?heartbeat=2", broker.vhost(vhost).await);
    let mut options = AmqpOptions::new(url, "faults");
    options.publish_deadline = Duration::from_secs(4);
    options.deadline = Duration::from_secs(4);
    Arc::new(AmqpQueue::new(options).expect("a URL"))
}

/// Queues that are older than this survive a kill.
const SETTLED: Duration = Duration::from_secs(10);

/// Numbers on their way.
struct Traffic {
    confirmed: Arc<Mutex<BTreeSet<u64>>>,
    seen: Arc<Mutex<BTreeSet<u64>>>,
    publisher: AbortOnDropHandle<()>,
    _consumer: AbortOnDropHandle<()>,
}

impl Traffic {
    fn start(queue: &Arc<AmqpQueue>) -> Self {
        let (confirmed, seen) =
            (Arc::<Mutex<BTreeSet<u64>>>::default(), Arc::<Mutex<BTreeSet<u64>>>::default());
        let publisher = {
            let (queue, confirmed) = (queue.clone(), confirmed.clone());
            tokio::spawn(async move {
                for number in 0_u64.. {
                    let message = Bytes::copy_from_slice(&number.to_be_bytes());
                    match queue.publish(&FETCH, vec![message]).await {
                        Ok(()) => drop(confirmed.lock().insert(number)),
                        Err(error) => assert!(error.is_retryable()),
                    }
                    sleep(Duration::from_millis(2)).await;
                }
            })
        };
        let consumer = {
            let (queue, seen) = (queue.clone(), seen.clone());
            tokio::spawn(async move {
                let mut consumer = loop {
                    if let Ok(consumer) = queue.consume(&FETCH, 10).await {
                        break consumer;
                    }
                };
                loop {
                    let delivery = consumer.next().await.expect("it reconnects by itself");
                    let number = u64::from_be_bytes(delivery.body[..].try_into().expect("a number"));
                    seen.lock().insert(number);
                    let _comes_again = delivery.ack().await;
                }
            })
        };
        Traffic {
            confirmed,
            seen,
            publisher: AbortOnDropHandle::new(publisher),
            _consumer: AbortOnDropHandle::new(consumer),
        }
    }

    /// Waits until what is published from now on arrives.
    async fn flows(&self, after: &str) {
        let from = self.confirmed.lock().last().copied().unwrap_or(0);
        let arrives = async {
            while self.seen.lock().range(from + 1..).count() < 20 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let arrived = timeout(PATIENCE, arrives).await;
        let (confirmed, seen) = (self.confirmed.lock().last().copied(), self.seen.lock().last().copied());
        assert!(arrived.is_ok(), "nothing flows after {after}: from {from}, {confirmed:?} {seen:?}");
    }

    /// Ends publishing; what was confirmed and is not there even after a while.
    async fn lost(self) -> Vec<u64> {
        self.publisher.abort();
        let missing =
            || -> Vec<u64> { self.confirmed.lock().difference(&self.seen.lock()).copied().collect() };
        let _late = timeout(PATIENCE, async {
            while !missing().is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        missing()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_fails_loses_nothing_and_is_used_again() {
    let broker = RabbitMq::start_with("consumer_timeout = 2000").await;
    killed(&broker).await;
    killed_as_its_queues_are_made(&broker).await;
    out_of_memory(&broker).await;
    silent(&broker).await;
    queue_deleted(&broker).await;
    connections_closed(&broker).await;
    held_too_long(&broker).await;
    wiped(&broker).await;
}

/// F27. What was confirmed is not lost, once the broker has written down what it has.
async fn killed(broker: &RabbitMq) {
    let queue = queue(broker, "killed").await;
    let traffic = Traffic::start(&queue);
    sleep(SETTLED).await;
    for round in 0..2 {
        traffic.flows(&format!("{round} kills")).await;
        broker.kill9();
        broker.restart().await;
    }
    traffic.flows("kill -9").await;
    assert_eq!(traffic.lost().await, [0_u64; 0]);
}

/// F27: within a second of the making of its queues. What was in them may be lost with them; they are
/// made anew, and nobody has to do anything.
async fn killed_as_its_queues_are_made(broker: &RabbitMq) {
    for round in 0..3 {
        let queue = queue(broker, &format!("young-{round}")).await;
        let traffic = Traffic::start(&queue);
        sleep(Duration::from_millis(200 * round)).await;
        broker.kill9();
        broker.restart().await;
        traffic.flows("kill -9 of young queues").await;
    }
}

/// F28.
async fn wiped(broker: &RabbitMq) {
    let queue = queue(broker, "wiped").await;
    let traffic = Traffic::start(&queue);
    traffic.flows("a start").await;
    broker.kill9();
    broker.wipe();
    broker.restart().await;
    traffic.flows("a wipe").await;
}

/// F29: publishers are told in time, consumers go on.
async fn out_of_memory(broker: &RabbitMq) {
    let queue = queue(broker, "memory").await;
    let waiting: Vec<Bytes> = (0..50_u64).map(|n| Bytes::copy_from_slice(&n.to_be_bytes())).collect();
    queue.publish(&Lane::Paced, waiting).await.expect("published");
    let traffic = Traffic::start(&queue);
    traffic.flows("a start").await;
    broker.alarm(true);
    let refused =
        timeout(PATIENCE, async { while queue.publish(&Lane::Claim, vec![Bytes::new()]).await.is_ok() {} });
    assert!(refused.await.is_ok(), "a publisher is not told of an alarm");
    let mut consumer = queue.consume(&Lane::Paced, 10).await.expect("a consumer");
    for _ in 0..50 {
        let delivery = timeout(PATIENCE, consumer.next()).await.expect("consumers go on");
        delivery.expect("a delivery").ack().await.expect("acked");
    }
    broker.alarm(false);
    traffic.flows("an alarm").await;
    assert_eq!(traffic.lost().await, [0_u64; 0]);
}

/// F38: the broker says nothing, and its sockets stay open.
async fn silent(broker: &RabbitMq) {
    let queue = queue(broker, "silent").await;
    let traffic = Traffic::start(&queue);
    traffic.flows("a start").await;
    broker.stop();
    let refused =
        timeout(PATIENCE, async { while queue.publish(&Lane::Claim, vec![Bytes::new()]).await.is_ok() {} });
    assert!(refused.await.is_ok(), "a publisher is not told of a silent broker");
    // Longer than two heartbeats, so that consumers have noticed as well.
    sleep(Duration::from_secs(6)).await;
    broker.r#continue();
    traffic.flows("silence").await;
    assert_eq!(traffic.lost().await, [0_u64; 0]);
}

/// F30.
async fn queue_deleted(broker: &RabbitMq) {
    let queue = queue(broker, "deleted").await;
    let traffic = Traffic::start(&queue);
    traffic.flows("a start").await;
    broker.manage("DELETE", "/api/queues/deleted/harvestman.fetch", "").await.expect("deleted");
    broker.manage("DELETE", "/api/queues/deleted/harvestman.dead", "").await.expect("deleted");
    traffic.flows("a queue's end").await;
    queue.publish(&Lane::Dead, vec![Bytes::new()]).await.expect("declared again");
}

/// An operator closes all connections; an answer lane, which went with its own, is made anew.
async fn connections_closed(broker: &RabbitMq) {
    let queue = queue(broker, "answers").await;
    let lane = Lane::Answer(Incarnation::new("w1"));
    let mut consumer = queue.consume(&lane, 1).await.expect("a consumer");
    let is_ours = |connection: &serde_json::Value| {
        let name = connection["client_properties"]["connection_name"].as_str();
        connection["vhost"] == "answers" && name == Some("faults consuming")
    };
    // The broker lists a connection when it next counts.
    let found = async {
        loop {
            let all = broker.manage("GET", "/api/connections", "").await.expect("connections");
            let all: Vec<serde_json::Value> = serde_json::from_str(&all).expect("JSON");
            if let Some(name) = all.iter().find(|one| is_ours(one)).and_then(|one| one["name"].as_str()) {
                return name.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let name = timeout(PATIENCE, found).await.expect("our connection is listed");
    broker.manage("DELETE", &format!("/api/connections/{name}"), "").await.expect("closed");
    let publisher = async {
        loop {
            queue.publish(&lane, vec![Bytes::from("answer")]).await.expect("published");
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        never = publisher => never,
        next = timeout(PATIENCE, consumer.next()) => {
            next.expect("the lane is made again").expect("a delivery").ack().await.expect("acked");
        }
    }
}

/// F31: the broker closes the channel of a consumer that holds a delivery for too long.
async fn held_too_long(broker: &RabbitMq) {
    let queue = queue(broker, "held").await;
    queue.publish(&FETCH, vec![Bytes::from("slow")]).await.expect("published");
    let mut consumer = queue.consume(&FETCH, 1).await.expect("a consumer");
    let held = consumer.next().await.expect("a delivery");
    let again = timeout(PATIENCE, consumer.next()).await.expect("it comes again").expect("a delivery");
    assert!(again.redelivered && again.body == held.body);
    assert!(held.ack().await.expect_err("not its own any more").is_retryable());
    again.ack().await.expect("acked");
    assert_eq!(queue.depth(&FETCH).await.expect("a depth"), 0);
}
