//! Somebody who has access to the broker and does what a network may do: messages come twice, late, and in
//! another order. And somebody who leaves what nobody can read.

use crate::dice::Dice;
use backends::amqp::{AmqpOptions, AmqpQueue};
use bytes::Bytes;
use shared::ports::{Lane, Queue};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// All lanes of the work.
const LANES: [Lane; 4] =
    [Lane::Fetch { urgent: false }, Lane::Claim, Lane::Paced, Lane::Parse { urgent: false }];
/// Messages held back at a time.
const HELD: u64 = 6;

/// What lies in a lane that nobody can read: nothing, noise, another version, another message.
pub const GARBAGE: [&[u8]; 4] = [
    b"",
    b"\xff\xfe\x00 noise",
    b"{\"m\":\"segment.stored\",\"v\":99,\"b\":{}}",
    b"{\"m\":\"nobody\",\"v\":1,\"b\":{}}",
];

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

/// Leaves garbage in every lane.
pub async fn litter(url: &str) {
    let queue = queue(url);
    let mut garbage: Vec<Bytes> = GARBAGE.iter().map(|bytes| Bytes::from_static(bytes)).collect();
    garbage.push(Bytes::from(vec![b'x'; 1 << 20]));
    for lane in LANES {
        queue.publish(&lane, garbage.clone()).await.expect("published");
    }
}
