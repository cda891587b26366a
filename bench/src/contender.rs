//! Who takes part: how each one is made ready and started.

use anyhow::{Context, Result};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::site::Compare;
use url::Url;

/// A contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contender {
    /// A bare loop with `scraper`, which keeps nothing.
    Bare,
    /// This project, everything durable.
    Harvestman,
    /// Scrapy from PyPI.
    Scrapy,
    /// spider from crates.io.
    Spider,
}

/// A contender that can be started.
pub struct Ready {
    pub contender: Contender,
    program: Vec<String>,
}

/// Where contenders are kept between runs.
const CACHE: &str = "target/bench";

impl Contender {
    /// As it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Bare => "bare",
            Contender::Harvestman => "harvestman",
            Contender::Scrapy => "scrapy",
            Contender::Spider => "spider",
        }
    }

    /// How its records are compared. Peers give texts, ours must be typed.
    pub fn compare(self) -> Compare {
        if self == Contender::Harvestman { Compare::Typed } else { Compare::Texts }
    }

    /// Installs or builds it where needed.
    ///
    /// # Errors
    /// It cannot be had; the message says what was tried.
    pub fn prepare(self, harvestman: &Path) -> Result<Ready> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let program = match self {
            Contender::Bare => vec![text(&std::env::current_exe()?), "bare".to_owned()],
            Contender::Harvestman => {
                anyhow::ensure!(
                    harvestman.is_file(),
                    "there is no {}; build it with `cargo build --release`",
                    harvestman.display()
                );
                vec![text(&harvestman.canonicalize()?), "crawl".to_owned()]
            }
            Contender::Scrapy => {
                let folder = std::path::absolute(Path::new(CACHE).join("scrapy"))?;
                let python = folder.join("bin/python");
                let requirements = peers.join("requirements.txt");
                if !python.is_file() {
                    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
                }
                let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
                run(Command::new(&python).args(pip).arg(&requirements))?;
                vec![text(&python), text(&peers.join("scrapy_spider.py"))]
            }
            Contender::Spider => {
                let folder = std::path::absolute(Path::new(CACHE).join("spider"))?;
                let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
                let mut build = Command::new(cargo);
                build.args(["build", "--release", "--quiet", "--manifest-path"]);
                build.arg(peers.join("spider/Cargo.toml")).arg("--target-dir").arg(&folder);
                run(&mut build)?;
                vec![text(&folder.join("release/bench-peer-spider"))]
            }
        };
        Ok(Ready { contender: self, program })
    }
}

impl Ready {
    /// The command that harvests a site, and the file that the records go to, if it makes one.
    ///
    /// `messy` asks peers to be careful where they can be.
    pub fn command(&self, site: &Url, folder: &Path, messy: bool) -> Result<(Vec<String>, Option<PathBuf>)> {
        let mut command = self.program.clone();
        let records = folder.join("records.jsonl");
        match self.contender {
            Contender::Bare => {
                command.push(site.to_string());
                return Ok((command, None));
            }
            Contender::Harvestman => {
                let job = testkit::site::job(&site.origin().ascii_serialization());
                let path = folder.join("job.json");
                std::fs::write(&path, serde_json::to_vec_pretty(&job)?)?;
                let flags = [("--job", text(&path)), ("--data", text(&folder.join("data")))];
                for (name, value) in flags.into_iter().chain([("--out", text(&records))]) {
                    command.extend([name.to_owned(), value]);
                }
                command.push("--quiet".to_owned());
            }
            Contender::Scrapy | Contender::Spider => {
                command.extend([site.to_string(), text(&records)]);
                command.extend((messy && self.contender == Contender::Scrapy).then(|| "careful".to_owned()));
            }
        }
        Ok((command, Some(records)))
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn run(command: &mut Command) -> Result<()> {
    let said = format!("{command:?}");
    let status = command.status().with_context(|| said.clone())?;
    anyhow::ensure!(status.success(), "{said} failed");
    Ok(())
}
