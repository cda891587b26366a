//! A simulation in the style of Janus: histories of a fleet that follow from a seed. The stages are the
//! real ones; the web, the broker and the archive are in memory, the store is SQLite; time is that of
//! a clock that stands while anybody works, so that hours pass in milliseconds and a seed repeats itself.
//!
//! `SEEDS=n` plays so many histories (`FROM=n`: from that seed on), `SEED=n` only that one, with its log. One that fails is cut down to
//! the operations that it takes, and printed.

mod broker;
mod check;
mod fleet;
mod history;
mod ops;
mod web;

use ops::Op;
use std::time::{Duration, Instant};
use tracing::Level;

/// As long as histories are played unless somebody says how many, and at least so many.
const BUDGET: Duration = Duration::from_secs(15);
const SEEDS: u64 = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn whatever_happens_every_page_is_harvested_once() {
    if let Some(seed) = number("SEED") {
        let level = if number("TRACE").is_some() { Level::TRACE } else { Level::DEBUG };
        let log = tracing_subscriber::fmt().with_test_writer().with_max_level(level);
        log.without_time().init();
        let ops = ops::of(seed);
        println!("seed {seed}: {ops:#?}");
        let wrong = history::play(seed, &ops);
        assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
        return;
    }
    let seeds = number("SEEDS");
    let began = Instant::now();
    let mut seed = number("FROM").unwrap_or(0);
    let first = seed;
    while seeds.map_or(seed < SEEDS || began.elapsed() < BUDGET, |seeds| seed < first + seeds) {
        let ops = ops::of(seed);
        if !history::play(seed, &ops).is_empty() {
            let (ops, wrong) = shrunk(seed, ops);
            panic!("SEED={seed} fails: {wrong:#?}\nwith {ops:#?}");
        }
        seed += 1;
    }
    println!("{} histories in {:?}", seed - first, began.elapsed());
}

/// The same seed with as few operations as make it fail, and what is wrong then.
fn shrunk(seed: u64, mut ops: Vec<Op>) -> (Vec<Op>, Vec<String>) {
    let mut wrong = history::play(seed, &ops);
    let mut at = 0;
    while at < ops.len() {
        let mut fewer = ops.clone();
        fewer.remove(at);
        let still = history::play(seed, &fewer);
        if still.is_empty() {
            at += 1;
        } else {
            (ops, wrong) = (fewer, still);
        }
    }
    (ops, wrong)
}

#[test]
fn a_seed_repeats_itself() {
    let once = |seed| history::play(seed, &ops::of(seed));
    assert_eq!(once(1), once(1));
}
