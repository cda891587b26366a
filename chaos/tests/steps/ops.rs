//! What happens: a list of steps that follows from a seed.

use chaos::dice::Dice;
use shared::ports::store::Command;
use testkit::faults::{Fault, How};

/// Workers, each with one lease at a time.
pub const WORKERS: usize = 2;

/// Who may die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Dispatcher,
    Worker(usize),
    Parser,
}

/// A lane of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Fetch,
    Claim,
    Paced,
    Parse,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Seeds are admitted.
    Seeds,
    /// Leases are offered.
    Offer,
    /// A claim is answered.
    Claim,
    /// A report is taken.
    Paced,
    /// The timer acts.
    Sweep,
    /// A worker does the next thing that it has to do.
    Worker(usize),
    /// A segment is parsed.
    Parse,
    /// Time passes, in milliseconds.
    Advance(u64),
    /// The next message of a lane is lost.
    Drop(Of),
    /// The next message of a lane is there twice, the second time at its end.
    Duplicate(Of),
    /// Somebody dies where he stands, and is there again.
    Crash(Role),
    /// A call of somebody's will go wrong.
    Fault(Role, Fault),
    /// The broker loses all that it holds.
    Wipe,
    /// Somebody says so.
    Command(Command),
}

/// The steps of a seed.
pub fn of(seed: u64) -> Vec<Op> {
    let mut dice = Dice::of(seed, 12);
    let count = 8 + dice.below(32);
    // Without seeds nothing can happen; they may fail to come in, and are admitted again in the end.
    let first = if dice.chance(80) {
        vec![]
    } else {
        vec![Op::Fault(Role::Dispatcher, fault(&mut dice, Role::Dispatcher))]
    };
    let mut ops: Vec<Op> =
        first.into_iter().chain([Op::Seeds]).chain((0..count).map(|_| one(&mut dice))).collect();
    if dice.chance(25) {
        let at = 1 + dice.below(ops.len() as u64) as usize;
        ops.splice(at..at, overtaken(&mut dice));
    }
    ops
}

/// Longer than the pause of any run.
const PAUSE: Op = Op::Advance(1_300);

/// A worker stands still in the middle of a lease for longer than that lives, the other one gets its host, and then both go
/// on. Single steps hardly ever fall out like this, and it is where a host could be asked by two.
fn overtaken(dice: &mut Dice) -> Vec<Op> {
    let slow = dice.below(WORKERS as u64) as usize;
    let other = (slow + 1) % WORKERS;
    let begins = |worker| [Op::Offer, Op::Worker(worker), Op::Worker(worker), Op::Claim, Op::Worker(worker)];
    // A page is harvested first, so that there are others.
    let mut ops = begins(slow).to_vec();
    ops.extend([PAUSE].into_iter().chain([Op::Worker(slow); 6]).chain([Op::Parse, Op::Paced, PAUSE]));
    ops.extend(begins(slow).into_iter().chain([PAUSE, Op::Worker(slow)]));
    ops.extend([Op::Advance(12_000 + dice.below(10_000)), Op::Sweep, PAUSE]);
    ops.extend(begins(other).into_iter().chain([Op::Advance(100 + dice.below(2_000))]));
    ops.extend([Op::Worker(other), Op::Worker(slow), Op::Worker(other)]);
    ops
}

fn one(dice: &mut Dice) -> Op {
    let worker = dice.below(WORKERS as u64) as usize;
    match dice.below(100) {
        0 => Op::Seeds,
        1..14 => Op::Offer,
        14..26 => Op::Claim,
        26..34 => Op::Paced,
        34..38 => Op::Sweep,
        38..66 => Op::Worker(worker),
        66..74 => Op::Parse,
        74..82 => Op::Advance(advance(dice)),
        82..84 => Op::Drop(lane(dice)),
        84..87 => Op::Duplicate(lane(dice)),
        87..91 => Op::Crash(role(dice, worker)),
        91..98 => {
            let role = role(dice, worker);
            Op::Fault(role, fault(dice, role))
        }
        98 => Op::Wipe,
        _ => Op::Command(dice.pick(&[Command::Pause, Command::Resume, Command::Resume, Command::Cancel])),
    }
}

fn advance(dice: &mut Dice) -> u64 {
    match dice.below(6) {
        0..3 => 100 + dice.below(1_000),
        3..5 => 1_000 + dice.below(8_000),
        // Longer than a lease lives.
        _ => 12_000 + dice.below(10_000),
    }
}

fn lane(dice: &mut Dice) -> Of {
    dice.pick(&[Of::Fetch, Of::Claim, Of::Paced, Of::Parse])
}

fn role(dice: &mut Dice, worker: usize) -> Role {
    dice.pick(&[Role::Dispatcher, Role::Worker(worker), Role::Worker(worker), Role::Parser])
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
        Role::Worker(_) => {
            &["publish.claim", "publish.parse", "publish.paced", "archive.put", "ack.fetch", "ack.answer"]
        }
        Role::Parser => &["archive.read", "store.apply", "store.run", "ack.parse", "publish.paced"],
    };
    let call = dice.pick(calls);
    let any = [How::Fail, How::Deny, How::CrashBefore, How::CrashAfter];
    let published = [How::Fail, How::Lose, How::Twice, How::Deny, How::CrashBefore, How::CrashAfter];
    Fault { call, how: dice.pick(if call.starts_with("publish.") { &published } else { &any }) }
}
