//! What happens to a fleet: a list of operations that follows from a seed.

use chaos::dice::Dice;
use shared::ports::store::Command;
use std::time::Duration;
use testkit::faults::{Fault, How};

/// A process of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Dispatcher,
    Worker,
    Parser,
}

/// Processes of each role.
pub const EACH: usize = 2;

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Time passes, in milliseconds.
    Wait(u64),
    /// A process dies, and is started again after so many milliseconds.
    Kill(Role, usize, u64),
    /// A process is stopped in order, and is started again after so many milliseconds.
    Stop(Role, usize, u64),
    /// A process stands still for so many milliseconds.
    Freeze(Role, usize, u64),
    /// A call of a process will go wrong.
    Fault(Role, usize, Fault),
    /// All of a process's calls of a kind fail a few times.
    Outage(Role, usize, &'static str, u32),
    /// The broker loses all that it holds.
    Wipe,
    /// Somebody says so.
    Command(usize, Command),
    /// Something that nobody can read lies in a lane: fetch, claim, paced or parse.
    Garbage(u8),
}

/// The operations of a seed.
pub fn of(seed: u64) -> Vec<Op> {
    let mut dice = Dice::of(seed, 2);
    let count = 4 + dice.below(24);
    let mut ops = Vec::new();
    for _ in 0..count {
        ops.push(Op::Wait(wait(&mut dice)));
        ops.push(one(&mut dice));
    }
    ops
}

fn wait(dice: &mut Dice) -> u64 {
    match dice.below(10) {
        0..5 => dice.below(200),
        5..8 => dice.below(2_000),
        8 => dice.below(8_000),
        // Longer than a lease lives.
        _ => 10_000 + dice.below(20_000),
    }
}

fn one(dice: &mut Dice) -> Op {
    let role = dice.pick(&[Role::Dispatcher, Role::Worker, Role::Parser]);
    let n = dice.below(EACH as u64) as usize;
    match dice.below(20) {
        0..2 => Op::Kill(role, n, dice.below(3_000)),
        2 => Op::Stop(role, n, dice.below(3_000)),
        3 => Op::Freeze(Role::Worker, n, 1_000 + dice.below(25_000)),
        4..6 => Op::Outage(role, n, dice.pick(ports(role)), 1 + dice.below(6) as u32),
        6 => Op::Wipe,
        7 => Op::Garbage(dice.below(4) as u8),
        8 => Op::Command(
            dice.below(2) as usize,
            dice.pick(&[Command::Pause, Command::Resume, Command::Resume, Command::Cancel]),
        ),
        _ => Op::Fault(role, n, fault(dice, role)),
    }
}

fn ports(role: Role) -> &'static [&'static str] {
    match role {
        Role::Dispatcher => &["store.", "publish.", "next.", "ack."],
        Role::Worker => &["archive.", "publish.", "next.", "ack."],
        Role::Parser => &["store.", "archive.", "next.", "ack.", "publish."],
    }
}

fn fault(dice: &mut Dice, role: Role) -> Fault {
    let calls: &[&str] = match role {
        Role::Dispatcher => &[
            "store.offer",
            "store.grant",
            "store.report",
            "store.sweep",
            "store.admit",
            "store.seeded",
            "publish.fetch",
            "publish.answer",
            "publish.parse",
            "ack.claim",
            "ack.paced",
        ],
        Role::Worker => {
            &["publish.claim", "publish.parse", "publish.paced", "archive.put", "ack.fetch", "ack.answer"]
        }
        Role::Parser => &["archive.read", "store.apply", "store.run", "ack.parse", "publish.paced"],
    };
    let call = dice.pick(calls);
    let by = Duration::from_millis(dice.below(15_000));
    let any = [How::Fail, How::Deny, How::CrashBefore, How::CrashAfter, How::Late(by)];
    let published = [How::Lose, How::Twice, How::Behind(by), How::Deny, How::CrashBefore, How::CrashAfter];
    Fault { call, how: dice.pick(if call.starts_with("publish.") { &published } else { &any }) }
}
