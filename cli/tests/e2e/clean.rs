//! A site without oddities: all of it, right, and once.

use crate::common::world::{clean, files};
use crate::common::{World, records, warc};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_and_record_once_in_every_format() {
    let world = World::of(clean(300)).await;
    let (csv, parquet) = (world.path("records.csv"), world.path("out/deeper/records.parquet"));
    let ended = world.crawl().with(["--out".as_ref(), csv.as_os_str()]);
    let ended = ended.with(["--out".as_ref(), parquet.as_os_str()]).end().await.done();

    let verdict = world.verdict();
    assert!(verdict.is_perfect(), "{verdict}");

    let summary = ended.summary();
    assert_eq!(summary["state"], "done");
    let counts = &summary["counts"];
    assert_eq!((&counts["pages"], &counts["records"]), (&300.into(), &299.into()), "{summary}");
    for none in ["failed", "redirected", "cut", "rejected"] {
        assert_eq!(counts[none], 0, "{none}: {summary}");
    }
    assert_eq!(counts["admitted"], counts["closed"], "{summary}");
    assert_eq!(summary["by"]["status"]["200"], 300, "{summary}");

    let lines = world.records();
    let mut from_csv = records::csv(&csv);
    let mut from_parquet = records::parquet(&parquet);
    for record in from_csv.iter_mut().chain(&mut from_parquet) {
        // Parquet has a time of its own type; the text of the others is compared.
        record.remove("_page.fetched_at").unwrap();
    }
    let without_time = |mut record: records::Record| {
        assert!(record.remove("_page.fetched_at").unwrap().as_str().unwrap().ends_with('Z'));
        record
    };
    let lines: Vec<_> = lines.into_iter().map(without_time).collect();
    assert_eq!(lines.len(), 299);
    assert_eq!(from_csv, lines);
    assert_eq!(from_parquet, lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_and_the_archive_are_right_afterwards() {
    let world = World::of(clean(120)).await;
    world.crawl().end().await.done();

    let books = world.store().await;
    let run = books.runs().await[0].run;
    books.are_right(run).await;
    let pages = books.pages(run).await;
    assert_eq!(pages.iter().filter(|page| page.outcome == "fetched").count(), 121);
    let archive = warc::every_file_is_right(&world.data()).await;
    assert!(archive.iter().all(|file| file.to_str().unwrap().ends_with(".warc.gz")), "{archive:?}");
    for page in pages.iter().filter(|page| page.status.is_some()) {
        let object = page.object.as_ref().unwrap();
        assert!(archive.iter().any(|file| file.ends_with(object)), "{object} in {:?}", files(&world.data()));
    }
}
