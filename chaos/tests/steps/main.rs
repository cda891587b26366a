//! The fast level of the simulation: lists of single steps, straight against the ports, over the backends of one
//! process and a clock that is turned by hand. A step of the dispatcher or the parser is the real one
//! ([`dispatcher::Turns`], [`parser::Turns`]); a worker is one of our own that may be anywhere between two steps when
//! something happens (`worker`). Nothing waits and nothing runs at the same time, so that thousands of seeds
//! take seconds. What the loops of the stages add is for `tests/sim`.
//!
//! `SEEDS=n` plays so many seeds, `FROM=n` from that one on, `SEED=n` only that one, with its steps. One that fails is cut down
//! to the steps that it takes, and printed.

mod check;
mod history;
mod ops;
mod web;
mod worker;
mod world;

use ops::Op;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seeds that are played unless somebody says how many.
const SEEDS: u64 = 2_000;
/// They are played no longer than this, where a machine is slow.
const BUDGET: Duration = Duration::from_secs(40);
/// Seeds that share a database, one after another: opening one costs more than playing in it.
const BATCH: u64 = 50;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

#[test]
fn whatever_happens_between_two_steps_every_page_is_harvested_once() {
    if let Some(seed) = number("SEED") {
        println!("seed {seed}: {:#?}", ops::of(seed));
        if let Some((seed, ops, wrong)) = batch(seed - seed % BATCH, seed + 1, true) {
            panic!("SEED={seed} fails: {wrong:#?}\nwith {ops:#?}");
        }
        return;
    }
    let (from, seeds) = (number("FROM").unwrap_or(0), number("SEEDS"));
    let until = from + seeds.unwrap_or(SEEDS);
    let (next, played, began) = (AtomicU64::new(from / BATCH), AtomicU64::new(0), Instant::now());
    let failed = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads())
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let first = next.fetch_add(1, Ordering::Relaxed) * BATCH;
                        if first >= until || seeds.is_none() && began.elapsed() > BUDGET {
                            return None;
                        }
                        let until = until.min(first + BATCH);
                        if let Some(failed) = batch(first, until, false) {
                            next.store(u64::MAX / BATCH, Ordering::Relaxed);
                            return Some(failed);
                        }
                        played.fetch_add(until - first, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        // The first by its number, so that it is the same one each time.
        threads
            .into_iter()
            .filter_map(|thread| thread.join().expect("no panic"))
            .min_by_key(|failed| failed.0)
    });
    if let Some((seed, ops, wrong)) = failed {
        panic!("SEED={seed} fails: {wrong:#?}\nwith {ops:#?}");
    }
    println!("{} seeds in {:?}", played.load(Ordering::Relaxed), began.elapsed());
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(8))
}

/// Plays seeds in one database; the first that fails, with the steps that it takes and what is wrong then.
/// `log`: says what happens at the last one.
fn batch(from: u64, until: u64, log: bool) -> Option<(u64, Vec<Op>, Vec<String>)> {
    let stage = history::Stage::new();
    for seed in from..until {
        let ops = ops::of(seed);
        if !stage.play(seed, &ops, log && seed + 1 == until).is_empty() {
            let (ops, wrong) = shrunk(from, seed, ops);
            return Some((seed, ops, wrong));
        }
    }
    None
}

/// What is wrong with a seed after those before it in its batch, with these steps.
fn again(from: u64, seed: u64, ops: &[Op]) -> Vec<String> {
    let stage = history::Stage::new();
    for before in from..seed {
        stage.play(before, &ops::of(before), false);
    }
    stage.play(seed, ops, false)
}

fn shrunk(from: u64, seed: u64, mut ops: Vec<Op>) -> (Vec<Op>, Vec<String>) {
    // Most need none of those before them, and are cut down much faster alone.
    let from = if again(seed, seed, &ops).is_empty() { from } else { seed };
    let mut wrong = again(from, seed, &ops);
    let mut at = 0;
    while at < ops.len() {
        let mut fewer = ops.clone();
        fewer.remove(at);
        let still = again(from, seed, &fewer);
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
    let once = |seed| {
        let stage = history::Stage::new();
        (stage.play(seed, &ops::of(seed), false), stage.steps())
    };
    assert_eq!(once(7), once(7));
}

/// Seeds within which a worker's fault must be found.
const FOUND: u64 = 100;

#[test]
fn a_worker_that_asks_a_host_too_soon_is_found() {
    for mutant in [worker::Mutant::Overstays, worker::Mutant::ForgetsThePause] {
        let stage = history::Stage::of(Some(mutant));
        let is_found = |seed: &u64| {
            let wrong = stage.play(*seed, &ops::of(*seed), false);
            wrong.iter().any(|wrong| wrong.starts_with("I5"))
        };
        let found = (0..FOUND).find(is_found);
        println!("{mutant:?}: {found:?}");
        assert!(found.is_some(), "{mutant:?} was not found");
    }
}
