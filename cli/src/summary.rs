//! What is said at the end: counters, then what was counted by name.

use shared::ports::store::{RunCounts, RunState, RunSummary, Tally, TallyKind};
use std::fmt::Write;
use std::time::Duration;

/// Names shown of one kind; the rest is summed up.
const MOST: usize = 12;

/// What a table begins with.
pub struct Head {
    /// The run.
    pub run: String,
    /// Where it stands.
    pub state: RunState,
    /// How long it took, if it is over.
    pub took: Option<Duration>,
}

impl Head {
    /// Of this run.
    pub fn of(summary: &RunSummary) -> Self {
        let took = summary.ended_at.map(|ended| ended.since(summary.created_at));
        Head { run: summary.run.to_string(), state: summary.state, took }
    }
}

/// A table for people.
pub fn table(head: &Head, counts: &RunCounts, tallies: &[Tally]) -> String {
    let state = match head.state {
        RunState::Done => "done",
        RunState::Cancelled => "cancelled",
        RunState::Paused => "paused",
        RunState::Seeding | RunState::Running => "not finished",
    };
    let mut out = format!("run {}: {state}", head.run);
    if let Some(took) = head.took {
        let rate = counts.pages as f64 / took.as_secs_f64().max(0.001);
        let _ = write!(out, " in {:.1} s, {rate:.1} pages/s", took.as_secs_f64());
    }
    out.push('\n');
    let rows = [
        ("pages", counts.pages),
        ("records", counts.records),
        ("rejected records", counts.rejected),
        ("redirects", counts.redirected),
        ("failed", counts.failed),
        ("not asked", counts.cut),
        ("MB received", counts.bytes / 1_000_000),
    ];
    for (name, count) in rows {
        let _ = writeln!(out, "  {name:<18}{count:>10}");
    }
    for (kind, title) in TITLES {
        let mut of_kind: Vec<&Tally> = tallies.iter().filter(|tally| tally.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        of_kind.sort_by(|a, b| b.count.cmp(&a.count).then(a.key.cmp(&b.key)));
        let _ = writeln!(out, "{title}");
        for tally in of_kind.iter().take(MOST) {
            let _ = writeln!(out, "  {:<30}{:>10}", shown(&tally.key), tally.count);
        }
        if of_kind.len() > MOST {
            let rest: u64 = of_kind[MOST..].iter().map(|tally| tally.count).sum();
            let _ = writeln!(out, "  {:<30}{rest:>10}", format!("{} others", of_kind.len() - MOST));
        }
    }
    out
}

const TITLES: [(TallyKind, &str); 5] = [
    (TallyKind::Status, "by status"),
    (TallyKind::Failed, "failed, by reason"),
    (TallyKind::Cut, "not asked, by reason"),
    (TallyKind::Refused, "links not followed, by reason"),
    (TallyKind::Rejected, "rejected records, by reason"),
];

/// Without control characters: part of it may come from a page.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(60).collect()
}

/// What to do where a run ended without one page, by the most frequent reason.
pub fn no_page(tallies: &[Tally]) -> String {
    let reasons = tallies.iter().filter(|tally| matches!(tally.kind, TallyKind::Failed | TallyKind::Cut));
    let Some(most) = reasons.max_by_key(|tally| tally.count) else {
        return "no page was fetched: nothing was named that is in scope".to_owned();
    };
    let advice = match most.key.as_str() {
        "robots_unreachable" => {
            "the host's robots.txt cannot be had, -v says why; check the address and the network, wait longer \
             with --give-up, name the authority of your own certificates with --ca, or use --ignore-robots on a \
             site of your own"
        }
        "robots_denied" => "the site's robots.txt allows none of what was asked for",
        "address_refused" => "the address is not a public one; if it is yours, name it with --allow",
        "tls" => {
            "the host's certificate is not to be trusted, -v says why; if it is from an authority of your own, \
             name it with --ca"
        }
        "dns" => "the host's name is not known; check its spelling and the network",
        "host_down" | "connect" | "timeout" => {
            "the host does not answer; check the address and the network, or wait longer with --give-up"
        }
        reason if reason.starts_with("limit_") => "a limit ended the run first",
        _ => "the log says more with -v",
    };
    format!("no page could be fetched ({}): {advice}", shown(&most.key))
}

/// One JSON object for machines.
pub fn json(summary: &RunSummary, tallies: &[Tally]) -> String {
    let mut by_kind = serde_json::Map::new();
    for (kind, _) in TITLES {
        let counts: serde_json::Map<String, serde_json::Value> = tallies
            .iter()
            .filter(|tally| tally.kind == kind)
            .map(|tally| (tally.key.clone(), tally.count.into()))
            .collect();
        let name = serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned));
        by_kind.insert(name.unwrap_or_default(), counts.into());
    }
    serde_json::json!({
        "run": summary.run,
        "state": summary.state,
        "created_at": summary.created_at.to_rfc3339(),
        "ended_at": summary.ended_at.map(|at| at.to_rfc3339()),
        "counts": summary.counts,
        "by": by_kind,
    })
    .to_string()
}
