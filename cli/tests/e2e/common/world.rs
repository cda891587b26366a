//! A site, a folder for data, and the job that harvests the one into the other.

use super::records;
use super::{Call, store};
use shared::job::Job;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use testkit::site::{Compare, Flavour, Running, Site, SiteSpec, Verdict, check};
use tokio::net::TcpListener;

/// A test's own world.
pub struct World {
    pub site: Running,
    folder: TempDir,
}

/// A clean site of small pages, so that a debug build is quick with it.
pub fn clean(pages: u32) -> SiteSpec {
    SiteSpec { pages, links_per_page: 15, page_bytes: 3_000, ..SiteSpec::default() }
}

/// A messy site of small pages with every oddity.
pub fn messy() -> SiteSpec {
    SiteSpec { flavour: Flavour::Messy, ..clean(400) }
}

impl World {
    /// Serves a site, and makes an empty folder.
    pub async fn of(spec: SiteSpec) -> Self {
        let listener = TcpListener::bind(("127.0.0.2", 0)).await.unwrap();
        let site = Site::new(spec).serve(listener).await.unwrap();
        World { site, folder: tempfile::tempdir().unwrap() }
    }

    /// A path in this test's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// The job that takes every product.
    pub fn job(&self) -> Job {
        testkit::site::job(self.site.origin())
    }

    /// Writes a job to a file of this name.
    pub fn write(&self, name: &str, job: &Job) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, serde_json::to_vec_pretty(job).unwrap()).unwrap();
        path
    }

    /// `harvestman crawl` of every product, with a summary for machines.
    pub fn crawl(&self) -> Call {
        self.crawl_job(&self.job()).with(["--out".as_ref(), self.path("records.jsonl").as_os_str()])
    }

    /// `harvestman crawl` of a job, with a summary for machines.
    pub fn crawl_job(&self, job: &Job) -> Call {
        let job = self.write("job.json", job);
        let args = ["crawl".as_ref(), "--json".as_ref(), "--job".as_ref(), job.as_os_str()];
        Call::of(args).with(["--data".as_ref(), self.data().as_os_str()])
    }

    /// The JSON Lines that `crawl` wrote.
    pub fn records(&self) -> Vec<records::Record> {
        records::jsonl(&self.path("records.jsonl"))
    }

    /// What the judge says of the requests and the records so far.
    pub fn verdict(&self) -> Verdict {
        let records = BufReader::new(File::open(self.path("records.jsonl")).unwrap());
        check(&self.site.truth(), Some(records), &self.site.log().hits(), Compare::Typed).unwrap()
    }

    /// What the store says about itself, after the process is gone.
    pub async fn store(&self) -> store::Books {
        store::Books::open(&self.data()).await
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
