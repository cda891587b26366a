//! `harvestman pages`.

use super::table::{number, text};
use super::{Asker, download};
use crate::args::{Outcome, PagesCommand};
use std::path::Path;
use std::process::ExitCode;

pub async fn run(asker: &Asker, command: &PagesCommand) -> anyhow::Result<ExitCode> {
    match command {
        PagesCommand::List { run, outcome, status, reason, url_prefix, paging } => {
            let outcome = outcome.map(|outcome| match outcome {
                Outcome::Fetched => "fetched",
                Outcome::Redirected => "redirected",
                Outcome::Failed => "failed",
                Outcome::Cut => "cut",
            });
            let query = [
                ("outcome", outcome.map(str::to_owned)),
                ("status", status.map(|status| status.to_string())),
                ("reason", reason.clone()),
                ("url_prefix", url_prefix.clone()),
            ];
            let columns = [
                number("SEQ", "/seq"),
                text("OUTCOME", "/outcome"),
                number("STATUS", "/status"),
                text("REASON", "/reason"),
                number("DEPTH", "/depth"),
                text("TITLE", "/title"),
                text("URL", "/url"),
            ];
            asker.list(&["runs", &run.to_string(), "pages"], &query, paging, &columns).await?;
        }
        PagesCommand::Show { run, seq } => {
            let path = ["runs", &run.to_string(), "pages", &seq.to_string()];
            asker.show(&asker.api.get(&path, &[]).await?, &["meta"])?;
        }
        PagesCommand::Body { run, seq, out } => get(asker, *run, *seq, "body", out).await?,
        PagesCommand::Warc { run, seq, out } => get(asker, *run, *seq, "warc", out).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn get(asker: &Asker, run: i64, seq: u64, what: &str, out: &Path) -> anyhow::Result<()> {
    download::spare_the_terminal(out)?;
    let path = ["runs", &run.to_string(), "pages", &seq.to_string(), what];
    let count = download::into(asker.api.open(&path, &[], &[]).await?, out).await?;
    download::told(count, out);
    Ok(())
}
