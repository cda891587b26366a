//! Somebody who has access to the broker and does what a network may do: messages come twice, late, and in
//! another order. And somebody who leaves what nobody can read.

use crate::dice::Dice;
use backends::amqp::{AmqpOptions, AmqpQueue};
use bytes::Bytes;
use shared::ids::{HostId, Incarnation, LeaseId, RunId, SegmentId};
use shared::messages::{Claim, LeaseReport, Paced, SegmentRef, SegmentStored, encode};
use shared::ports::{Lane, Queue};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// All lanes of the work.
const LANES: [Lane; 4] =
    [Lane::Fetch { urgent: false }, Lane::Claim, Lane::Paced, Lane::Parse { urgent: false }];
/// Messages held back at a time.
const HELD: u64 = 6;

/// Dead letters of a littering: four kinds in four lanes.
pub const LETTERS: u64 = 16;
/// Dead letters of all litterings together: nothing is the same as nothing.
pub const EMPTY: u64 = 4;

/// What nobody can read: nothing, noise, another version, another message, a megabyte of noise. The number
/// makes it another one.
fn garbage(number: u64) -> [Bytes; 5] {
    [
        Bytes::new(),
        [&b"\xff\xfe\x00 noise"[..], &number.to_be_bytes()].concat().into(),
        format!("{{\"m\":\"segment.stored\",\"v\":99,\"b\":{{\"number\":{number}}}}}").into(),
        format!("{{\"m\":\"nobody\",\"v\":1,\"b\":{{\"number\":{number}}}}}").into(),
        format!("{number}{}", "x".repeat(1 << 20)).into(),
    ]
}

/// What can be read, and is about nothing that there is; with a field that nobody knows.
fn of_nothing() -> Vec<(Lane, Bytes)> {
    let (lease, run, host) = (LeaseId(i64::MAX), RunId(i64::MAX), HostId(7));
    let worker = Incarnation::new("nobody");
    let at =
        SegmentRef { segment: SegmentId::new(), object: "runs/0/none.warc.gz".into(), offset: 0, len: 9 };
    let report = LeaseReport {
        lease,
        host,
        run,
        worker: worker.clone(),
        segments: vec![at.clone()],
        not_begun: Vec::new(),
        next_in_ms: 0,
        delay_ms: 0,
        failures: 0,
        down: false,
        robots: None,
        jar: None,
    };
    vec![
        (Lane::Claim, wider(&encode(&Claim { lease, host, worker }))),
        (Lane::Paced, wider(&encode(&Paced::Report(Box::new(report))))),
        (Lane::Parse { urgent: false }, wider(&encode(&SegmentStored { run, at }))),
    ]
}

/// A message with a field more, as a later version may send it.
fn wider(message: &Bytes) -> Bytes {
    let mut message: serde_json::Value = serde_json::from_slice(message).expect("a message of ours");
    message["unknown"] = "a field of tomorrow".into();
    // What comes on the lane `paced` says first which of two it is.
    let body = match message["b"].get_mut("report") {
        Some(report) => report,
        None => &mut message["b"],
    };
    body["unknown"] = "a field of tomorrow".into();
    message.to_string().into()
}

fn queue(url: &str) -> AmqpQueue {
    AmqpQueue::new(AmqpOptions::new(url, "meddler")).expect("the broker's own address")
}

/// Takes messages of every lane for a while, and gives them back doubled, late and in another order.
pub async fn meddle(url: &str, spell: Duration, dice: &mut Dice) {
    let until = Instant::now() + spell;
    let all = LANES.map(|lane| lane_of(queue(url), lane, until, Dice::of(dice.below(u64::MAX), 9)));
    futures::future::join_all(all).await;
}

async fn lane_of(queue: AmqpQueue, lane: Lane, until: Instant, mut dice: Dice) {
    let mut consumer = queue.consume(&lane, 2 * HELD as u16).await.expect("a consumer");
    let mut held = Vec::new();
    while let Ok(Ok(delivery)) = timeout_at(until, consumer.next()).await {
        held.push(delivery);
        if held.len() as u64 > dice.below(HELD) {
            let delivery = held.swap_remove(dice.below(held.len() as u64) as usize);
            let times = 1 + usize::from(dice.chance(60));
            queue.publish(&lane, vec![delivery.body.clone(); times]).await.expect("published");
            delivery.ack().await.expect("settled");
        }
    }
    // The rest comes again, to others.
}

/// Leaves garbage in every lane, and what is about nothing.
pub async fn litter(url: &str, dice: &mut Dice) {
    let queue = queue(url);
    for lane in LANES {
        queue.publish(&lane, garbage(dice.below(u64::MAX)).into()).await.expect("published");
    }
    for (lane, message) in of_nothing() {
        queue.publish(&lane, vec![message]).await.expect("published");
    }
}
