//! Consuming: a channel of its own for each consumer, made anew in the background when it is lost.

use super::broken::{Broken, within};
use super::link::Live;
use super::settle::Unsettled;
use super::{Broker, topology, trace};
use async_trait::async_trait;
use futures::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel};
use shared::ports::{Consumer, DeadLetter, Delivery, Lane, QueueError};
use shared::{pacing, random};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::task::AbortOnDropHandle;

/// The most that a quorum queue gives to one consumer.
const MOST_PREFETCH: u16 = 2_000;
/// What a queue must answer.
const CONSUMING: &str = "beginning to consume";
/// Deadlines in a row after which a queue that does not is made anew.
const SILENCES: u32 = 3;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// See the module.
pub(super) struct AmqpConsumer {
    broker: Arc<Broker>,
    lane: Lane,
    prefetch: u16,
    attached: Option<Attached>,
    /// In the background, so that whoever stops waiting in the middle does not begin again.
    attaching: Option<AbortOnDropHandle<Attached>>,
}

/// A consumer that the broker knows. Dropped, what it has not settled comes again.
struct Attached {
    channel: Channel,
    deliveries: lapin::Consumer,
    /// Kept up while there is a consumer.
    _live: Arc<Live>,
}

impl AmqpConsumer {
    pub(super) fn new(broker: Arc<Broker>, lane: Lane, prefetch: u16) -> Self {
        let prefetch = prefetch.clamp(1, MOST_PREFETCH);
        AmqpConsumer { broker, lane, prefetch, attached: None, attaching: None }
    }

    /// Waits until the broker knows this consumer.
    pub(super) async fn attached(&mut self, deadline: Instant) -> Result<(), Broken> {
        let attaching = timeout_at(deadline, self.attach()).await;
        attaching.map(|_| ()).map_err(|_| Broken::late(CONSUMING))
    }

    async fn attach(&mut self) -> &mut Attached {
        while self.attached.is_none() {
            let attaching = self.attaching.get_or_insert_with(|| {
                let trying = keep_trying(self.broker.clone(), self.lane.clone(), self.prefetch);
                AbortOnDropHandle::new(tokio::spawn(trying))
            });
            let tried = attaching.await;
            self.attaching = None;
            self.attached = tried
                .inspect_err(|error| tracing::error!(%error, lane = %self.lane, "attaching broke off"))
                .ok();
        }
        self.attached.as_mut().unwrap()
    }

    fn delivery(&self, channel: Channel, delivery: lapin::message::Delivery) -> Delivery {
        let trace = trace::of(&delivery.properties);
        let body = match &self.lane {
            Lane::Dead => as_letter(&delivery.properties, delivery.data),
            _ => delivery.data.into(),
        };
        let settle = Unsettled::new(
            self.broker.clone(),
            channel,
            delivery.delivery_tag,
            returns(&delivery.properties),
            (self.lane.clone(), body.clone()),
        );
        Delivery::new(body, delivery.redelivered, Box::new(settle)).in_trace(trace)
    }
}

#[async_trait]
impl Consumer for AmqpConsumer {
    async fn next(&mut self) -> Result<Delivery, QueueError> {
        loop {
            let attached = self.attach().await;
            match attached.deliveries.next().await {
                Some(Ok(delivery)) => {
                    let channel = attached.channel.clone();
                    return Ok(self.delivery(channel, delivery));
                }
                Some(Err(error)) => tracing::warn!(lane = %self.lane, %error, "a consumer is lost"),
                None => tracing::warn!(lane = %self.lane, "a consumer was cancelled by the broker"),
            }
            self.attached = None;
        }
    }
}

/// Until it is attached, with growing pauses.
async fn keep_trying(broker: Arc<Broker>, lane: Lane, prefetch: u16) -> Attached {
    let mut failures = 0;
    let mut silent_since = None;
    loop {
        let began = Instant::now();
        let deadline = began + broker.options.deadline;
        match attach(&broker, &lane, prefetch, deadline).await {
            Ok(attached) => return attached,
            Err(broken) => {
                failures += 1;
                tracing::warn!(%lane, error = %broken, failures, "consuming does not begin");
                if !broken.is_silence_at(CONSUMING) {
                    silent_since = None;
                } else if silent_since.get_or_insert(began).elapsed() >= broker.options.deadline * SILENCES {
                    replace(&broker, &lane).await;
                    silent_since = None;
                }
                let pause = pacing::jitter(pacing::back_off(failures), random::fraction());
                sleep(pause.min(LONGEST_PAUSE)).await;
            }
        }
    }
}

/// Deletes a lane's queue that answers nobody, so that it is declared anew. A broker that was killed a
/// moment after it had made a quorum queue comes back with one that takes nothing and gives nothing.
/// What was in it is announced again by the database.
async fn replace(broker: &Broker, lane: &Lane) {
    let deadline = Instant::now() + broker.options.deadline;
    let replaced = async {
        let live = broker.consuming.live(deadline).await?;
        live.declared.lock().clear();
        topology::delete(&live.channel(deadline).await?, lane, deadline).await
    };
    match replaced.await {
        Ok(()) => tracing::error!(%lane, "a queue that answered nobody was deleted; it is made anew"),
        Err(broken) => tracing::error!(%lane, error = %broken, "a queue answers nobody, and is not deleted"),
    }
}

async fn attach(broker: &Broker, lane: &Lane, prefetch: u16, deadline: Instant) -> Result<Attached, Broken> {
    let live = broker.consuming.live(deadline).await?;
    let attached = attach_to(&live, broker, lane, prefetch, deadline).await;
    if let Err(broken) = &attached {
        broker.consuming.heard(&live, broken).await;
    }
    attached
}

async fn attach_to(
    live: &Arc<Live>,
    broker: &Broker,
    lane: &Lane,
    prefetch: u16,
    deadline: Instant,
) -> Result<Attached, Broken> {
    topology::declare(live, lane, broker.options.capacity, deadline).await?;
    let channel = live.channel(deadline).await?;
    // For this consumer alone: limits for a whole channel are gone in 4.3.
    let qos = channel.basic_qos(prefetch, BasicQosOptions { global: false });
    within(deadline, "setting the prefetch", qos).await?;
    if matches!(lane, Lane::Answer(_)) {
        topology::declare_passing(&channel, lane, deadline).await?;
    }
    let (queue, options) = (topology::queue(lane), BasicConsumeOptions::default());
    let consuming = channel.basic_consume(queue, "".into(), options, FieldTable::default());
    let deliveries = within(deadline, CONSUMING, consuming).await?;
    Ok(Attached { channel, deliveries, _live: live.clone() })
}

impl Drop for Attached {
    fn drop(&mut self) {
        // Deliveries that are out hold the channel as well, so it is closed by name.
        let channel = self.channel.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { channel.close(200, "done".into()).await });
        }
    }
}

/// How often a message came back so far, as far as the broker says: 3.10 and 4.x count returns, 4.3
/// only those that it takes for failures, and all of them under another name.
fn returns(properties: &BasicProperties) -> u32 {
    let Some(headers) = properties.headers() else { return 0 };
    let counts = ["x-delivery-count", "x-acquired-count"];
    let counts = counts.iter().filter_map(|name| headers.inner().get(*name)?.as_long_long_int());
    counts.max().and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}

/// What the broker itself took for dead lies in the dead lane as it was. It becomes a letter here.
fn as_letter(properties: &BasicProperties, data: Vec<u8>) -> bytes::Bytes {
    let header = |name: &str| {
        let value = properties.headers().as_ref()?.inner().get(name)?;
        let text = value.as_long_string().map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned());
        text.or_else(|| value.as_short_string().map(|text| text.as_str().to_owned()))
    };
    let Some(queue) = header("x-first-death-queue") else { return data.into() };
    let reason = header("x-first-death-reason").unwrap_or_default();
    DeadLetter {
        lane: queue.strip_prefix("harvestman.").unwrap_or(&queue).to_owned(),
        reason: format!("the broker gave it up: {reason}"),
        body: data.into(),
    }
    .to_bytes()
}
