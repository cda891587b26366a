//! Requests at a rate that does not hang on how fast they are answered. What one waits because of others counts as its
//! own time: it begins when it was due, and not when it could be sent.

use super::reads::Reads;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often requests that are due are sent.
const TICK: Duration = Duration::from_millis(1);

/// How long requests took, from when they were due to the last byte of the answer.
pub struct Took {
    sorted: Vec<Duration>,
    /// Those that were not answered as they should be.
    pub failed: usize,
}

impl Took {
    /// What so many of a thousand did not exceed.
    pub fn per_mille(&self, n: usize) -> Duration {
        let place = (self.sorted.len() * n).div_ceil(1_000).saturating_sub(1);
        self.sorted.get(place).copied().unwrap_or_default()
    }

    /// The longest.
    pub fn most(&self) -> Duration {
        self.sorted.last().copied().unwrap_or_default()
    }

    /// How many there were.
    pub fn all(&self) -> usize {
        self.sorted.len()
    }
}

/// Asks for so long, so often a second.
pub async fn run(reads: &Arc<Reads>, rate: u32, span: Duration) -> Took {
    let all = (span.as_secs_f64() * f64::from(rate)) as u64;
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = Instant::now();
    let mut sent = 0;
    while sent < all {
        tick.tick().await;
        let due = (begun.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        while sent < due.min(all) {
            let was_due = begun + Duration::from_secs_f64(sent as f64 / f64::from(rate));
            let (reads, tell, number) = (reads.clone(), tell.clone(), sent);
            tokio::spawn(async move {
                let good = reads.ask(number).await;
                let _ended = tell.send((was_due.elapsed(), good));
            });
            sent += 1;
        }
    }
    drop(tell);
    let mut took = Took { sorted: Vec::new(), failed: 0 };
    while let Some((one, good)) = told.recv().await {
        took.failed += usize::from(!good);
        took.sorted.push(one);
    }
    took.sorted.sort_unstable();
    took
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_thousand_is_the_time_that_it_did_not_exceed() {
        let sorted: Vec<_> = (1..=1_000).map(Duration::from_millis).collect();
        let took = Took { sorted, failed: 0 };
        assert_eq!(took.per_mille(500), Duration::from_millis(500));
        assert_eq!(took.per_mille(999), Duration::from_millis(999));
        assert_eq!((took.most(), took.all()), (Duration::from_millis(1_000), 1_000));
    }
}
