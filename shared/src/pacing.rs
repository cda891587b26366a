//! The arithmetic of patience: how long a host is left alone. Pure functions, no clock.

use crate::job::{Delay, Politeness};
use std::time::Duration;

/// The longest that an `auto` delay gets.
pub const AUTO_CEILING: Duration = Duration::from_secs(30);
/// The longest that a failing host is left alone.
pub const BACK_OFF_CEILING: Duration = Duration::from_secs(15 * 60);
/// The longest `Retry-After` that is heeded.
pub const RETRY_AFTER_CEILING: Duration = Duration::from_secs(3600);
/// A failing host's first pause.
pub const BACK_OFF_BASE: Duration = Duration::from_secs(1);

/// The pause between two requests: the job's, or the robots.txt's if that is longer.
/// `answer_took` is how long the host's last answer took.
pub fn delay(policy: &Politeness, crawl_delay: Option<Duration>, answer_took: Duration) -> Duration {
    let own = match policy.delay {
        Delay::Fixed(delay) => delay,
        Delay::Auto => answer_took.min(AUTO_CEILING),
    };
    let theirs = crawl_delay.unwrap_or_default().min(policy.max_crawl_delay.0);
    own.max(theirs)
}

/// The pause after `failures` failures in a row, without jitter: 1 s, 2 s, 4 s... up to the ceiling.
pub fn back_off(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        n => BACK_OFF_BASE.saturating_mul(1u32.checked_shl(n - 1).unwrap_or(u32::MAX)).min(BACK_OFF_CEILING),
    }
}

/// Equal jitter: between half of `pause` and all of it. `random` is from 0 to 1.
pub fn jitter(pause: Duration, random: f64) -> Duration {
    pause.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

/// When a URL that failed is tried again, from the visit: the server's own word if it gave one,
/// else a back-off by tries, with jitter.
pub fn retry_after(tries: u16, server_says_ms: Option<u64>, random: f64) -> Duration {
    let own = jitter(back_off(u32::from(tries) + 1), random);
    match server_says_ms {
        Some(ms) => Duration::from_millis(ms).min(RETRY_AFTER_CEILING).max(own),
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_delay_wins_and_a_crawl_delay_is_capped() {
        let mut policy = Politeness { delay: Delay::Fixed(Duration::from_secs(2)), ..Politeness::default() };
        let took = Duration::from_millis(80);
        assert_eq!(delay(&policy, None, took), Duration::from_secs(2));
        assert_eq!(delay(&policy, Some(Duration::from_secs(5)), took), Duration::from_secs(5));
        assert_eq!(delay(&policy, Some(Duration::from_secs(9999)), took), policy.max_crawl_delay.0);
        policy.delay = Delay::Auto;
        assert_eq!(delay(&policy, None, took), took);
    }

    #[test]
    fn back_off_doubles_to_its_ceiling() {
        let seconds: Vec<u64> = (0..5).map(|n| back_off(n).as_secs()).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8]);
        assert_eq!(back_off(500), BACK_OFF_CEILING);
    }

    #[test]
    fn the_servers_word_is_a_floor_with_a_ceiling() {
        assert_eq!(retry_after(0, Some(5_000), 1.0), Duration::from_secs(5));
        assert_eq!(retry_after(0, Some(0), 1.0), Duration::from_secs(1));
        assert_eq!(retry_after(0, Some(u64::MAX), 0.0), RETRY_AFTER_CEILING);
    }
}
