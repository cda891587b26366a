//! What is written for operators is what the program has: every setting, every metric.
#![cfg(all(feature = "daemon", feature = "postgres"))]

use service::settings::is_sample;
use shared::metric::Metric;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

#[test]
fn the_sample_holds_every_setting_with_its_default() {
    let text = fs::read_to_string(docs("harvestman.toml")).unwrap();
    is_sample("dispatcher", &dispatcher::Config::default(), &text).unwrap();
    is_sample("worker", &worker::Config::service(), &text).unwrap();
    is_sample("parser", &parser::Config::default(), &text).unwrap();
    is_sample("api", &api::Settings::default(), &text).unwrap();
}

const ROOMS: [(&str, &str, &[Metric]); 6] = [
    ("Dispatcher", "A dispatcher's admin port.", dispatcher::METRICS),
    ("Worker", "A worker's admin port.", worker::METRICS),
    ("Parser", "A parser's admin port.", parser::METRICS),
    ("API", "An API's admin port.", api::METRICS),
    ("Database", "The admin port of who has it, where it is Postgres.", backends::postgres::METRICS),
    ("Servers", "Every service's admin port, as far as it calls them.", service::metered::METRICS),
];

/// The page that should be there.
fn page() -> String {
    let mut page = String::from(
        "# Metrics\n\nWhat the services say at `/metrics` of their admin ports. This page is made from the program: \
         `UPDATE_METRICS=1 cargo test -p harvestman-service --all-features --test docs`.\n\nHistograms of seconds have \
         `_bucket`, `_sum` and `_count`. Every service also says `process_resident_memory_bytes`, \
         `process_cpu_seconds_total`, `process_open_fds` and `harvestman_build_info{service,version}`.\n",
    );
    for (room, which, metrics) in ROOMS {
        page.push_str(&format!(
            "\n## {room}\n\n{which}\n\n| name | kind | labels | meaning |\n| --- | --- | --- | --- |\n"
        ));
        for metric in metrics {
            page.push_str(&metric.row());
            page.push('\n');
        }
    }
    page
}

#[test]
fn the_page_of_metrics_is_current() {
    let path = docs("METRICS.md");
    if std::env::var_os("UPDATE_METRICS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap_or_default(), page(), "run with UPDATE_METRICS=1");
}

#[test]
fn every_metric_has_one_name_that_says_its_unit() {
    let mut names = BTreeSet::new();
    for metric in ROOMS.iter().flat_map(|(_, _, metrics)| metrics.iter()) {
        assert!(names.insert(metric.name), "{} is there twice", metric.name);
        assert!(metric.name.starts_with("harvestman_"), "{}", metric.name);
        let total = metric.name.ends_with("_total");
        assert_eq!(total, metric.kind == shared::metric::Kind::Counter, "{}", metric.name);
        if metric.kind == shared::metric::Kind::Seconds {
            assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
        }
    }
}
