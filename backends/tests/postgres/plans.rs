//! How the server runs the store's statements when tables are large. It says so itself: `auto_explain` writes the
//! plan of every statement into its log. `HARVESTMAN_TEST_ROWS=3000000` says how many rows the frontier has.

use crate::common::{Database, server};
use crate::work::{page, parsed, report};
use backends::postgres::{Options, PostgresStore};
use shared::frontier::AdmitRules;
use shared::ids::{HostId, Incarnation, RunId};
use shared::job::{Delay, Job, RobotsMode};
use shared::messages::Claim;
use shared::ports::store::{
    Command, Frontier, GrantPolicy, NewRun, OfferPolicy, PageSelection, Reads, RecordSelection, Results,
    Runs, SweepPolicy,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Rows of the frontier, and as many closed pages.
const ROWS: u64 = 300_000;
/// Hosts of the large run.
const HOSTS: u64 = 2_000;
/// Runs that are small.
const SMALL: u64 = 20;
/// Each statement is run so often that the server has a plan for all parameters (after five).
const TURNS: u64 = 12;
/// Tables that grow with a run. None of them is ever read as a whole.
const LARGE: [&str; 7] = ["queue", "seen", "pages", "parsed", "records", "run_hosts", "segments"];
const RULES: AdmitRules = AdmitRules { urls: u64::MAX, urls_per_host: u64::MAX, robots: false };
const SLICE: Duration = Duration::from_secs(30);

fn host(n: u64) -> String {
    format!("https://h{n}.example")
}

async fn begin(store: &PostgresStore, hosts: u64) -> RunId {
    let mut job = Job::of_seeds(["https://h0.example"]);
    job.politeness.delay = Delay::Fixed(Duration::ZERO);
    job.politeness.robots = RobotsMode::Ignore;
    let run = store.create_run(NewRun::of(Arc::new(job))).await.unwrap();
    let pages = (0..hosts).map(|n| page(run, &host(n), n)).collect();
    store.admit(run, RULES, pages).await.unwrap();
    store.seeded(run).await.unwrap();
    run
}

/// Writes rows as the store would have written them, without its statements.
fn fill(database: &Database, run: RunId, rows: u64) {
    let hosts: Vec<String> = (0..HOSTS).map(|n| HostId::of(&host(n)).0.to_string()).collect();
    let of_host = format!("(ARRAY[{}])[1 + n % {HOSTS}]", hosts.join(","));
    let first = 1_000_000;
    server().sql(
        &database.name,
        &format!(
            "INSERT INTO seen SELECT {run}, md5(n::text)::uuid, {first} + n FROM generate_series(0, 2 * {rows} - 1) n;
             INSERT INTO queue (run_id, ord, url_id, host_id, prio, kind, depth, hops, url)
               SELECT {run}, {first} + n, md5(n::text)::uuid, {of_host}, 5, 3, 1, 0, 'https://large.example/' || n
               FROM generate_series(0, {rows} - 1) n;
             INSERT INTO pages (run_id, seq, url_id, fetched_at, bytes, depth, status, kind, outcome, url)
               SELECT {run}, n, md5(n::text)::uuid, n, 100, 1, 200, 3, 0, 'https://large.example/' || n
               FROM generate_series({rows}, 2 * {rows} - 1) n;
             INSERT INTO parsed (run_id, seq, meta) SELECT {run}, n, '{{}}' FROM generate_series({rows}, 2 * {rows} - 1) n;
             INSERT INTO records (run_id, seq, ord, data)
               SELECT {run}, n, 0, '{{}}' FROM generate_series({rows}, 2 * {rows} - 1) n;
             INSERT INTO segments (run_id, segment_id, object, \"offset\", len, state, announced_at)
               SELECT {run}, md5(n::text)::uuid, 'o', 0, 9, 1, n FROM generate_series(1, {rows} / 100) n;
             INSERT INTO run_hosts (run_id, host_id, queued, admitted) SELECT {run} + 1000, n, 0, 1
               FROM generate_series(1, {rows} / 10) n;
             UPDATE run_hosts r SET queued = q.n, admitted = q.n
               FROM (SELECT host_id, count(*) AS n FROM queue WHERE run_id = {run} AND lease_id = 0 GROUP BY 1) q
               WHERE r.run_id = {run} AND r.host_id = q.host_id;
             UPDATE run_counts SET admitted = admitted + 4 * {rows}, closed = closed + 3 * {rows},
               pages = pages + {rows}, next_ord = {first} + 2 * {rows} WHERE run_id = {run};
             ANALYZE"
        ),
    );
}

/// All that a dispatcher, a parser and a reader ask for, once.
async fn turn(store: &PostgresStore, large: RunId, turn: u64) {
    let offer = OfferPolicy {
        max_offered: 16,
        max_handed: 500,
        urls: 200,
        slice: SLICE,
        offer_ttl: SLICE,
        rendered: 0,
    };
    let worker = Incarnation("w".into());
    for (place, made) in store.offer(offer).await.unwrap().offers.into_iter().enumerate() {
        let claim = Claim { lease: made.offer.lease, host: made.offer.host, worker: worker.clone() };
        let policy = GrantPolicy { slice: SLICE, margin: SLICE };
        let grant = store.grant(&claim, policy).await.unwrap().expect("nobody else claims it");
        // Some links are new, some are known.
        let links = |n: u64| {
            let new =
                (0..3).map(|link| page(grant.run, &host(n % HOSTS), 10_000_000 + 1_000 * turn + n + link));
            new.chain([page(grant.run, &host(n % HOSTS), n)]).collect()
        };
        let segment = parsed(&grant, RULES, links);
        let mut report = report(&grant, &worker, segment.at.clone());
        if place % 2 == 0 {
            store.apply(segment).await.unwrap();
        } else {
            report.not_begun = grant.tasks.iter().map(|task| task.url_id).collect();
            report.segments.clear();
        }
        assert!(store.report(&report).await.unwrap());
    }
    let sweep = SweepPolicy { announce_after: SLICE, give_up_after: SLICE, chunk: 100 };
    store.sweep(sweep).await.unwrap();
    store.seeding().await.unwrap();
    let ids: Vec<_> = (0..100).map(|n| page(large, &host(n), n).url_id).collect();
    store.known(large, &ids).await.unwrap();
    store.summary(large).await.unwrap();
    store.tallies(large).await.unwrap();
    let after = Some(ROWS + turn * 1_000);
    let pages = store.pages(PageSelection { after, ..PageSelection::of(large) }).await.unwrap();
    assert_eq!(pages.len(), 100);
    let after = after.map(|seq| (seq, 0));
    let records = store.records(RecordSelection { after, ..RecordSelection::of(large) }).await.unwrap();
    assert_eq!(records.len(), 100);
    let seqs: Vec<u64> = pages.iter().map(|page| page.seq).collect();
    store.contents(large, &seqs).await.unwrap();
}

/// One statement as the server ran it.
struct Run {
    millis: f64,
    text: String,
    plan: String,
}

/// What the server's log says of the statements of all that were connected to a database.
fn runs() -> Vec<Run> {
    let log = std::fs::read_to_string(server().folder().join("log")).unwrap();
    let mut runs = Vec::new();
    for entry in log.split("LOG:  duration: ").skip(1) {
        let Some((millis, rest)) = entry.split_once(" ms  plan:") else { continue };
        // Lines of one entry begin with a tab.
        let lines: Vec<&str> = rest.lines().skip(1).take_while(|line| line.starts_with('\t')).collect();
        let first = lines.iter().position(|line| line.contains("(cost=")).unwrap_or(lines.len());
        let text = lines[..first].join(" ").replace("Query Text:", "");
        runs.push(Run {
            millis: millis.parse().unwrap(),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            plan: lines[first..].join("\n"),
        });
    }
    runs
}

fn table(runs: &[Run]) {
    let mut statements: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for run in runs {
        statements.entry(&run.text).or_default().push(run.millis);
    }
    eprintln!("| statement | times | ms, mean | ms, longest |\n|---|---|---|---|");
    for (text, millis) in statements {
        let mean = millis.iter().sum::<f64>() / millis.len() as f64;
        let longest = millis.iter().copied().fold(0.0, f64::max);
        let text: String = text.chars().take(90).collect();
        eprintln!("| {text} | {} | {mean:.2} | {longest:.2} |", millis.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_large_table_is_read_as_a_whole() {
    let rows = std::env::var("HARVESTMAN_TEST_ROWS").map_or(ROWS, |rows| rows.parse().expect("a number"));
    let database = Database::new().await;
    let store = PostgresStore::connect(&database.url, Options::default()).await.unwrap();
    let large = begin(&store, HOSTS).await;
    for _ in 0..SMALL {
        begin(&store, 5).await;
    }
    tokio::task::block_in_place(|| fill(&database, large, rows));
    store.close().await;
    for setting in [
        "session_preload_libraries = auto_explain",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_analyze = on",
    ] {
        server().sql("postgres", &format!("ALTER DATABASE {} SET {setting}", database.name));
    }
    // One connection, so that its plans are those for all parameters in the end.
    let options = Options { connections: 1, ..Options::default() };
    let store = PostgresStore::connect(&database.url, options).await.unwrap();
    for n in 0..TURNS {
        turn(&store, large, n).await;
    }
    store.command(large, Command::Cancel).await.unwrap();
    let sweep = SweepPolicy { announce_after: SLICE, give_up_after: SLICE, chunk: 5_000 };
    for _ in 0..TURNS {
        store.sweep(sweep).await.unwrap();
    }
    store.close().await;
    let runs = runs();
    table(&runs);
    assert!(runs.len() > 500, "the log has {} plans", runs.len());
    for run in &runs {
        for large in LARGE {
            let whole = format!("Seq Scan on {large} ");
            assert!(!run.plan.contains(&whole), "{}\n{}", run.text, run.plan);
        }
    }
}
