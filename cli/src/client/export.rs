//! `harvestman export`.

use super::{Asker, download};
use crate::args::Export;
use crate::job::BadUse;
use anyhow::anyhow;
use shared::job::{Format, Output};
use std::process::ExitCode;

pub async fn run(asker: &Asker, args: &Export) -> anyhow::Result<ExitCode> {
    let format = match args.format.or_else(|| Output { path: args.out.clone(), format: None }.format()) {
        Some(Format::Jsonl) => "jsonl",
        Some(Format::Csv) => "csv",
        Some(Format::Parquet) => "parquet",
        None => {
            return Err(
                BadUse(anyhow!("--out: end the name in .jsonl, .csv or .parquet, or use --format")).into()
            );
        }
    };
    if format == "parquet" {
        download::spare_the_terminal(&args.out)?;
    }
    let stop = service::signals::stop_on_signal();
    let query = [("format", Some(format.to_owned()))];
    let transfer = async {
        let answer = asker.api.open(&["runs", &args.run.to_string(), "export"], &query, &[]).await?;
        download::into(answer, &args.out).await
    };
    tokio::select! {
        () = stop.cancelled() => Ok(ExitCode::from(130)),
        count = transfer => {
            download::told(count?, &args.out);
            Ok(ExitCode::SUCCESS)
        }
    }
}
