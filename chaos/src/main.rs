//! `make chaos`: the kill matrix. `ROUNDS`, `SEED` and `ONLY=F10,F12` in the environment say which rounds;
//! the lines that hold go into the table of the file that `TABLE` names.

use chaos::matrix::{self, Plan};
use std::process::ExitCode;

fn number(name: &str, usual: u64) -> Result<u64, String> {
    let Ok(text) = std::env::var(name) else { return Ok(usual) };
    text.parse().map_err(|_| format!("{name}={text} is no number"))
}

fn plan() -> Result<Plan, String> {
    let only = std::env::var("ONLY").unwrap_or_default();
    let only = only.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let table = std::env::var_os("TABLE").map(Into::into);
    Ok(Plan { seed: number("SEED", 1)?, rounds: number("ROUNDS", 1)?, only, table, short: false })
}

#[tokio::main]
async fn main() -> ExitCode {
    let plan = match plan() {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    // Kept: whoever looks for a reason wants the logs.
    let folder = tempfile::Builder::new().prefix("harvestman-chaos-").tempdir().expect("a folder").keep();
    match matrix::play(&plan, &folder).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
