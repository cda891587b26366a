//! The pace of one lease: when its next request may begin, and when none may any more.
//!
//! A pause is counted from the moment the host answered, so that at the host it is never shorter.
//! Where the job allows several requests at a time, `governor` spaces their beginnings.

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use shared::job::Politeness;
use shared::{pacing, random};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// A pause after a failure that is as long as this ends the lease: others may have the slot.
const LONG: Duration = Duration::from_secs(2);

/// What the host did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It answered.
    Well,
    /// It asked for a pause (429, 503), and perhaps said how long.
    Busy(Option<Duration>),
    /// It did not answer.
    Not,
    /// It was not asked after all: the request was refused on the way out.
    Unasked,
}

/// How a lease left its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The host may be asked again after this.
    pub next_in: Duration,
    /// The pause between two requests.
    pub delay: Duration,
    /// Failures in a row.
    pub failures: u32,
    /// It was asked, and never answered.
    pub down: bool,
}

/// The pace of one lease.
pub struct Pace {
    politeness: Politeness,
    until: Instant,
    stop: CancellationToken,
    /// Held by the one whose turn is next, so that turns come in the order of asking.
    gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

struct State {
    over: bool,
    not_before: Instant,
    last_start: Option<Instant>,
    last_answer: Option<Instant>,
    took: Duration,
    crawl_delay: Option<Duration>,
    before: u32,
    failures: u32,
    asked: u32,
    answered: u32,
    limiter: Option<(Duration, Limiter)>,
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<std::time::Instant>>;

impl Pace {
    /// `failures` of the host in a row came before. No request begins before `from`, nor after `until`, nor once `stop` is cancelled.
    pub fn new(
        politeness: Politeness,
        failures: u32,
        from: Instant,
        until: Instant,
        stop: CancellationToken,
    ) -> Self {
        let state = State {
            over: false,
            not_before: from,
            last_start: None,
            last_answer: None,
            took: Duration::ZERO,
            crawl_delay: None,
            before: failures,
            failures,
            asked: 0,
            answered: 0,
            limiter: None,
        };
        Pace { politeness, until, stop, gate: tokio::sync::Mutex::default(), state: Mutex::new(state) }
    }

    /// robots.txt asks for a pause.
    pub fn set_crawl_delay(&self, delay: Option<Duration>) {
        self.state.lock().crawl_delay = delay;
    }

    /// Requests under way at a time: as many as the job says, else one where there is a pause, be
    /// it the job's or robots.txt's.
    pub fn at_a_time(&self) -> usize {
        let state = self.state.lock();
        self.at_a_time_with(state.delay(&self.politeness), state.crawl_delay)
    }

    /// Beginnings that are a delay apart may still come to the host closer than that, over several
    /// connections. So what robots.txt asks for is kept by one at a time, whatever the job says.
    fn at_a_time_with(&self, delay: Duration, crawl_delay: Option<Duration>) -> usize {
        match self.politeness.concurrency {
            _ if crawl_delay.is_some_and(|theirs| !theirs.is_zero()) => 1,
            None if !delay.is_zero() => 1,
            _ => usize::from(self.politeness.concurrency()),
        }
    }

    /// Waits until a request may begin; false if none may any more.
    pub async fn turn(&self) -> bool {
        let _turn = self.gate.lock().await;
        loop {
            let wait_until = match self.look() {
                Look::Go => return true,
                Look::Over => return false,
                Look::Wait(until) => until,
            };
            tokio::select! {
                biased;
                () = sleep_until(wait_until) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Looks at the clock, last thing before a request begins.
    fn look(&self) -> Look {
        let mut state = self.state.lock();
        let now = Instant::now();
        if state.over || self.stop.is_cancelled() || now >= self.until {
            return Look::Over;
        }
        let delay = state.delay(&self.politeness);
        // Alone, the pause counts from the last answer; with others, from the last beginning.
        let alone = self.at_a_time_with(delay, state.crawl_delay) == 1;
        let last = if alone { state.last_answer } else { state.last_start };
        let mut ready = state.not_before.max(last.map_or(now, |at| at + delay));
        if ready <= now {
            match state.limiter(delay).and_then(|limiter| limiter.check().err()) {
                None => {
                    state.asked += 1;
                    state.last_start = Some(now);
                    return Look::Go;
                }
                Some(not_until) => ready = now + not_until.wait_time_from(TokioClock.now()),
            }
        }
        if ready >= self.until {
            state.over = true;
            return Look::Over;
        }
        Look::Wait(ready)
    }

    /// A request ended: the headers came at `at`, or the failure did, `took` after its beginning.
    pub fn ended(&self, at: Instant, took: Duration, how: Answered) {
        let mut state = self.state.lock();
        if how == Answered::Unasked {
            state.asked -= 1;
            return;
        }
        state.last_answer = Some(state.last_answer.map_or(at, |last| last.max(at)));
        state.took = took;
        let asked_for = match how {
            Answered::Well => {
                state.answered += 1;
                state.failures = 0;
                return;
            }
            Answered::Busy(asked_for) => {
                state.answered += 1;
                asked_for
            }
            Answered::Not | Answered::Unasked => None,
        };
        state.failures = state.failures.saturating_add(1);
        let own = pacing::jitter(pacing::back_off(state.failures), random::fraction());
        let asked_for = asked_for.unwrap_or_default().min(pacing::RETRY_AFTER_CEILING);
        let pause = own.max(asked_for).max(state.delay(&self.politeness));
        state.not_before = state.not_before.max(at + pause);
        state.over |= own.max(asked_for) >= LONG;
    }

    /// A request that took no turn, as those of a page's scripts take none, ended at `at`. What it cost the host counts:
    /// the next turn comes no sooner for it.
    pub fn ended_aside(&self, at: Instant, how: Answered) {
        let took = {
            let mut state = self.state.lock();
            state.asked += 1;
            state.took
        };
        self.ended(at, took, how);
    }

    /// The whole host failed in a way that [`Pace::ended`] does not see: how long it is left alone,
    /// at most `ceiling`.
    pub fn shut(&self, ceiling: Duration) -> Duration {
        let mut state = self.state.lock();
        state.failures = state.failures.max(state.before.saturating_add(1));
        pacing::jitter(pacing::back_off(state.failures), random::fraction()).min(ceiling)
    }

    /// How the host was left, as of now.
    pub fn left(&self) -> Left {
        let state = self.state.lock();
        let delay = state.delay(&self.politeness);
        let ready = state.last_answer.map_or(state.not_before, |at| state.not_before.max(at + delay));
        Left {
            next_in: ready.saturating_duration_since(Instant::now()),
            delay,
            failures: state.failures,
            down: state.asked > 0 && state.answered == 0,
        }
    }
}

enum Look {
    Go,
    Wait(Instant),
    Over,
}

impl State {
    fn delay(&self, politeness: &Politeness) -> Duration {
        pacing::delay(politeness, self.crawl_delay, self.took)
    }

    /// The limiter of beginnings; another one when the delay is another. None without a delay.
    fn limiter(&mut self, delay: Duration) -> Option<&Limiter> {
        if self.limiter.as_ref().is_none_or(|(own, _)| *own != delay) {
            let quota = Quota::with_period(delay);
            self.limiter = quota.map(|quota| (delay, RateLimiter::direct_with_clock(quota, TokioClock)));
        }
        self.limiter.as_ref().map(|(_, limiter)| limiter)
    }
}

/// The runtime's clock, which a test can stop, for the limiter.
#[derive(Clone, Copy, Debug)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = std::time::Instant;

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

/// Proof that the standard library's clock serves the limiter.
const _: fn() = || {
    fn serves<T: Reference>() {}
    serves::<std::time::Instant>();
};

#[cfg(test)]
mod tests {
    use super::*;
    use shared::job::Delay;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(delay: Delay, concurrency: u16) -> Pace {
        let politeness = Politeness { delay, concurrency: Some(concurrency), ..Politeness::default() };
        let now = Instant::now();
        Pace::new(politeness, 0, now, now + 30 * SECOND, CancellationToken::new())
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_counts_from_the_answer() {
        let pace = pace(Delay::Fixed(SECOND), 1);
        let began = Instant::now();
        assert!(pace.turn().await);
        tokio::time::advance(SECOND / 2).await;
        pace.ended(Instant::now(), SECOND / 2, Answered::Well);
        assert!(pace.turn().await);
        assert!(began.elapsed() >= SECOND * 3 / 2);
        pace.ended(Instant::now(), SECOND / 2, Answered::Well);
        assert_eq!(pace.left().next_in, SECOND);
        tokio::time::advance(SECOND / 4).await;
        assert_eq!(pace.left().next_in, SECOND * 3 / 4);
    }

    #[tokio::test(start_paused = true)]
    async fn several_at_a_time_begin_a_delay_apart() {
        let pace = pace(Delay::Fixed(SECOND), 4);
        let began = Instant::now();
        for n in 0..4 {
            assert!(pace.turn().await);
            assert!(began.elapsed() >= n * SECOND, "{n}");
        }
        assert!(began.elapsed() < 4 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawl_delay_is_kept_by_one_at_a_time() {
        let pace = pace(Delay::Fixed(Duration::ZERO), 4);
        assert_eq!(pace.at_a_time(), 4);
        pace.set_crawl_delay(Some(SECOND));
        assert_eq!(pace.at_a_time(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn auto_waits_as_long_as_the_host_took_and_a_crawl_delay_is_heeded() {
        let pace = pace(Delay::Auto, 1);
        assert!(pace.turn().await);
        pace.ended(Instant::now(), 3 * SECOND, Answered::Well);
        assert_eq!(pace.left().delay, 3 * SECOND);
        pace.set_crawl_delay(Some(7 * SECOND));
        let before = Instant::now();
        assert!(pace.turn().await);
        assert!(before.elapsed() >= 7 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_begins_before_the_wait_nor_after_the_end() {
        let now = Instant::now();
        let politeness = Politeness { delay: Delay::Fixed(3 * SECOND), ..Politeness::default() };
        let pace = Pace::new(politeness, 0, now + 2 * SECOND, now + 4 * SECOND, CancellationToken::new());
        assert_eq!(pace.left().next_in, 2 * SECOND);
        assert!(pace.turn().await);
        assert!(now.elapsed() >= 2 * SECOND);
        pace.ended(Instant::now(), SECOND, Answered::Well);
        let asked = Instant::now();
        assert!(!pace.turn().await, "the pause does not fit");
        assert_eq!(asked.elapsed(), Duration::ZERO, "nobody waits for nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_long_pause_ends_the_lease() {
        let pace = pace(Delay::Fixed(Duration::ZERO), 1);
        assert!(pace.turn().await);
        pace.ended(Instant::now(), SECOND, Answered::Busy(Some(20 * SECOND)));
        assert!(!pace.turn().await);
        let left = pace.left();
        assert_eq!((left.next_in, left.failures, left.down), (20 * SECOND, 1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn short_back_offs_are_waited_for_and_failures_in_a_row_end_the_lease() {
        let pace = pace(Delay::Fixed(Duration::ZERO), 1);
        let mut turns = 0;
        while pace.turn().await {
            turns += 1;
            pace.ended(Instant::now(), SECOND, Answered::Not);
        }
        assert!((2..=3).contains(&turns), "{turns}");
        assert!(pace.left().down && pace.left().next_in >= SECOND / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_wakes_those_who_wait() {
        let pace = pace(Delay::Fixed(20 * SECOND), 1);
        assert!(pace.turn().await);
        pace.ended(Instant::now(), SECOND, Answered::Well);
        let began = Instant::now();
        let (turn, ()) = tokio::join!(pace.turn(), async { pace.stop.cancel() });
        assert!(!turn);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
