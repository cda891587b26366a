//! The suite of [`shared::ports::queue`].

use super::{in_trace, once, soon};
use bytes::Bytes;
use shared::ids::Incarnation;
use shared::ports::{Consumer, DeadLetter, Delivery, Lane, Queue};
use shared::trace::TraceContext;
use std::collections::BTreeSet;
use std::sync::Arc;

const FETCH: Lane = Lane::Fetch { urgent: false };
const PARSE: Lane = Lane::Parse { urgent: false };

/// What differs between backends.
#[derive(Clone, Copy, Debug)]
pub struct Expect {
    /// Messages that fill a lane, if the suite can fill one. Publishing to a full lane must then
    /// fail within the suite's patience, some seconds at most.
    pub capacity: Option<usize>,
}

/// Runs the whole suite.
///
/// # Panics
/// Where the contract is broken.
pub async fn run(make: impl AsyncFn(&str) -> Arc<dyn Queue>, expect: Expect) {
    messages_come_in_order_and_whole(&*make("order").await).await;
    lanes_exist_from_their_first_use_and_are_apart(&*make("lanes").await).await;
    depth_counts_what_waits(&*make("depth").await).await;
    a_dropped_delivery_comes_again(&*make("dropped").await).await;
    deliveries_of_a_dropped_consumer_come_again(&*make("consumer").await).await;
    what_is_acked_does_not_come_again(&*make("acked").await).await;
    what_is_given_back_comes_again(&*make("back").await).await;
    what_is_buried_lies_in_the_dead_lane(&*make("dead").await).await;
    a_consumer_has_at_most_its_prefetch(&*make("prefetch").await).await;
    consumers_share_a_lane(&*make("share").await).await;
    waiting_can_be_cancelled(&*make("cancel").await).await;
    an_answer_lane_goes_with_its_worker(&*make("answer").await).await;
    a_message_brings_its_publishers_trace(&*make("trace").await).await;
    if let Some(capacity) = expect.capacity {
        a_full_lane_makes_publishers_wait(&*make("full").await, capacity).await;
    }
}

async fn publish(queue: &dyn Queue, lane: &Lane, messages: &[&str]) {
    let messages = messages.iter().map(|m| Bytes::copy_from_slice(m.as_bytes())).collect();
    soon("publish", queue.publish(lane, messages)).await.expect("published");
}

async fn consume(queue: &dyn Queue, lane: &Lane, prefetch: u16) -> Box<dyn Consumer> {
    soon("consume", queue.consume(lane, prefetch)).await.expect("a consumer")
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    soon("next", consumer.next()).await.expect("a delivery")
}

/// The next delivery is this message; it is settled.
async fn ack(consumer: &mut Box<dyn Consumer>, message: &str, redelivered: bool) {
    let delivery = next(consumer).await;
    assert_eq!((&delivery.body[..], delivery.redelivered), (message.as_bytes(), redelivered));
    delivery.ack().await.expect("acked");
}

/// Until as many messages wait; a broker may need a moment to see that something was settled.
async fn depth_becomes(queue: &dyn Queue, lane: &Lane, depth: u64) {
    let reached = async {
        while queue.depth(lane).await.expect("a depth") != depth {
            tokio::task::yield_now().await;
        }
    };
    soon("depth", reached).await;
}

async fn messages_come_in_order_and_whole(queue: &dyn Queue) {
    let large = "x".repeat(1 << 20);
    publish(queue, &FETCH, &["1", "2", ""]).await;
    publish(queue, &FETCH, &[&large]).await;
    publish(queue, &FETCH, &[]).await;
    publish(queue, &FETCH, &["last"]).await;
    let mut consumer = consume(queue, &FETCH, 10).await;
    for message in ["1", "2", "", &large, "last"] {
        ack(&mut consumer, message, false).await;
    }
    depth_becomes(queue, &FETCH, 0).await;
}

async fn lanes_exist_from_their_first_use_and_are_apart(queue: &dyn Queue) {
    let urgent = [false, true];
    let mut lanes: Vec<Lane> = vec![Lane::Claim, Lane::Paced, Lane::Dead];
    lanes.extend(urgent.map(|urgent| Lane::Fetch { urgent }));
    lanes.extend(urgent.map(|urgent| Lane::Render { urgent }));
    lanes.extend(urgent.map(|urgent| Lane::Parse { urgent }));
    for lane in &lanes {
        publish(queue, lane, &[&lane.to_string()]).await;
    }
    for lane in &lanes {
        let mut consumer = consume(queue, lane, 2).await;
        ack(&mut consumer, &lane.to_string(), false).await;
        publish(queue, lane, &["second"]).await;
        ack(&mut consumer, "second", false).await;
    }
}

async fn depth_counts_what_waits(queue: &dyn Queue) {
    assert_eq!(queue.depth(&FETCH).await.expect("a depth"), 0);
    publish(queue, &FETCH, &["1", "2", "3"]).await;
    depth_becomes(queue, &FETCH, 3).await;
    let mut consumer = consume(queue, &FETCH, 2).await;
    let held = [next(&mut consumer).await, next(&mut consumer).await];
    depth_becomes(queue, &FETCH, 1).await;
    drop(held);
}

async fn a_dropped_delivery_comes_again(queue: &dyn Queue) {
    publish(queue, &FETCH, &["1"]).await;
    let mut consumer = consume(queue, &FETCH, 1).await;
    let delivery = next(&mut consumer).await;
    assert!(!delivery.redelivered);
    drop(delivery);
    ack(&mut consumer, "1", true).await;
}

async fn deliveries_of_a_dropped_consumer_come_again(queue: &dyn Queue) {
    publish(queue, &FETCH, &["1", "2"]).await;
    let mut first = consume(queue, &FETCH, 5).await;
    let held = [next(&mut first).await, next(&mut first).await];
    drop(first);
    let mut second = consume(queue, &FETCH, 5).await;
    let again = [next(&mut second).await, next(&mut second).await];
    assert!(again.iter().all(|delivery| delivery.redelivered));
    // The late word of the first consumer's holder may fail; it settles nothing of the second's.
    for late in held {
        let _ = soon("a late ack", late.ack()).await;
    }
    drop(second);
    let mut third = consume(queue, &FETCH, 5).await;
    let mut seen = BTreeSet::new();
    for _ in 0..2 {
        let delivery = next(&mut third).await;
        assert!(delivery.redelivered);
        seen.insert(delivery.body.clone());
        delivery.ack().await.expect("acked");
    }
    assert_eq!(seen, BTreeSet::from([Bytes::from("1"), Bytes::from("2")]));
    drop(again);
    depth_becomes(queue, &FETCH, 0).await;
}

async fn what_is_acked_does_not_come_again(queue: &dyn Queue) {
    publish(queue, &FETCH, &["1", "2"]).await;
    let mut consumer = consume(queue, &FETCH, 1).await;
    ack(&mut consumer, "1", false).await;
    drop(consumer);
    let mut consumer = consume(queue, &FETCH, 1).await;
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.body, "2");
    delivery.ack().await.expect("acked");
    depth_becomes(queue, &FETCH, 0).await;
}

async fn what_is_given_back_comes_again(queue: &dyn Queue) {
    publish(queue, &PARSE, &["1"]).await;
    let mut consumer = consume(queue, &PARSE, 1).await;
    next(&mut consumer).await.give_back().await.expect("given back");
    ack(&mut consumer, "1", true).await;
    publish(queue, &PARSE, &["2"]).await;
    next(&mut consumer).await.give_back().await.expect("given back");
    drop(consumer);
    let mut anybody = consume(queue, &PARSE, 1).await;
    ack(&mut anybody, "2", true).await;
}

async fn what_is_buried_lies_in_the_dead_lane(queue: &dyn Queue) {
    let bytes = Bytes::from_static(b"\x00\xffnot text");
    soon("publish", queue.publish(&PARSE, vec![bytes.clone()])).await.expect("published");
    publish(queue, &PARSE, &["next"]).await;
    let mut consumer = consume(queue, &PARSE, 1).await;
    next(&mut consumer).await.bury("not \"JSON\"").await.expect("buried");
    ack(&mut consumer, "next", false).await;
    depth_becomes(queue, &PARSE, 0).await;
    let mut dead = consume(queue, &Lane::Dead, 1).await;
    let delivery = next(&mut dead).await;
    let letter = DeadLetter { lane: PARSE.to_string(), reason: "not \"JSON\"".into(), body: bytes };
    assert_eq!(DeadLetter::from_bytes(&delivery.body), Some(letter));
    delivery.ack().await.expect("acked");
}

async fn a_consumer_has_at_most_its_prefetch(queue: &dyn Queue) {
    publish(queue, &FETCH, &["1", "2", "3", "4"]).await;
    let mut first = consume(queue, &FETCH, 2).await;
    let held = [next(&mut first).await, next(&mut first).await];
    let mut second = consume(queue, &FETCH, 2).await;
    let others = [next(&mut second).await, next(&mut second).await];
    assert!(once(first.next()).await.is_none() && once(second.next()).await.is_none());
    // Both have what they may; who settles one gets the next.
    publish(queue, &FETCH, &["5"]).await;
    let [one, _two] = held;
    one.ack().await.expect("acked");
    ack(&mut first, "5", false).await;
    drop(others);
}

async fn consumers_share_a_lane(queue: &dyn Queue) {
    let all: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    publish(queue, &FETCH, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut consumers = [consume(queue, &FETCH, 1).await, consume(queue, &FETCH, 1).await];
    let mut seen = Vec::new();
    for _ in 0..25 {
        // Each holds one while the other takes one: no message is with both.
        let [first, second] = &mut consumers;
        let (one, two) = (next(first).await, next(second).await);
        for delivery in [one, two] {
            assert!(!delivery.redelivered);
            seen.push(String::from_utf8_lossy(&delivery.body).into_owned());
            delivery.ack().await.expect("acked");
        }
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>(), all.iter().collect::<BTreeSet<_>>());
    assert_eq!(seen.len(), all.len());
}

async fn waiting_can_be_cancelled(queue: &dyn Queue) {
    const COUNT: u32 = 60;
    let mut consumer = consume(queue, &FETCH, 1).await;
    let publisher = async {
        for n in 0..COUNT {
            publish(queue, &FETCH, &[&n.to_string()]).await;
            tokio::task::yield_now().await;
        }
    };
    let reader = async {
        let mut seen = Vec::new();
        while seen.len() < COUNT as usize {
            match once(consumer.next()).await {
                Some(delivery) => {
                    let delivery = delivery.expect("a delivery");
                    seen.push(String::from_utf8_lossy(&delivery.body).into_owned());
                    delivery.ack().await.expect("acked");
                }
                None => tokio::task::yield_now().await,
            }
        }
        seen
    };
    let ((), seen) = soon("all messages", async { tokio::join!(publisher, reader) }).await;
    assert_eq!(seen, (0..COUNT).map(|n| n.to_string()).collect::<Vec<_>>());
    depth_becomes(queue, &FETCH, 0).await;
}

async fn an_answer_lane_goes_with_its_worker(queue: &dyn Queue) {
    let [mine, other] = ["w1", "w2"].map(|name| Lane::Answer(Incarnation::new(name)));
    let mut consumer = consume(queue, &mine, 5).await;
    publish(queue, &mine, &["answer"]).await;
    ack(&mut consumer, "answer", false).await;
    drop(consumer);
    // Nobody is there: it may be lost or refused, but it neither hangs nor reaches another.
    for lane in [&mine, &other] {
        let _ = soon("publish to nobody", queue.publish(lane, vec![Bytes::from("lost")])).await;
    }
    let mut consumer = consume(queue, &Lane::Answer(Incarnation::new("w1")), 5).await;
    assert!(once(consumer.next()).await.is_none());
}

async fn a_message_brings_its_publishers_trace(queue: &dyn Queue) {
    let context =
        TraceContext::of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Some("vendor=1"));
    in_trace(context.clone(), publish(queue, &FETCH, &["in a trace"])).await;
    publish(queue, &FETCH, &["outside"]).await;
    let mut consumer = consume(queue, &FETCH, 1).await;
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.trace.as_ref(), Some(&context));
    delivery.give_back().await.expect("given back");
    for trace in [Some(context), None] {
        let delivery = next(&mut consumer).await;
        assert_eq!(delivery.trace, trace);
        delivery.ack().await.expect("acked");
    }
}

async fn a_full_lane_makes_publishers_wait(queue: &dyn Queue, capacity: usize) {
    let all: Vec<String> = (0..capacity).map(|n| n.to_string()).collect();
    publish(queue, &PARSE, &all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut expected: BTreeSet<String> = all.into_iter().collect();
    // A broker may take a few more than it was told, before it says no.
    let refused = loop {
        let late = format!("late {}", expected.len());
        let bytes = Bytes::copy_from_slice(late.as_bytes());
        match soon("a full lane", queue.publish(&PARSE, vec![bytes])).await {
            Ok(()) => expected.insert(late),
            Err(refused) => break refused,
        };
        assert!(expected.len() <= 2 * capacity, "it has no bound");
    };
    assert!(refused.is_retryable());
    let mut consumer = consume(queue, &PARSE, 1).await;
    let mut seen = BTreeSet::new();
    expected.insert("more".into());
    let read = async {
        // What was refused may have arrived all the same; the rest must.
        while !seen.is_superset(&expected) {
            let delivery = next(&mut consumer).await;
            seen.insert(String::from_utf8_lossy(&delivery.body).into_owned());
            delivery.ack().await.expect("acked");
        }
    };
    let more = soon("room", queue.publish(&PARSE, vec![Bytes::from("more")]));
    let (published, ()) = tokio::join!(more, read);
    published.expect("published when there was room");
}
