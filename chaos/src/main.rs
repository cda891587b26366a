//! `make chaos`: the kill matrix. `ROUNDS`, `SEED` and `ONLY=F10,F12` in the environment say which rounds;
//! the lines that hold go into the table of the file that `TABLE` names. `chaos upgrade` rolls a fleet from one version to another.

use chaos::matrix::{self, Plan};
use chaos::upgrade;
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
    let played = match std::env::args().nth(1).as_deref() {
        None => matrix::play(&plan, &folder).await,
        Some("upgrade") => upgrade::play(&folder).await,
        Some(other) => {
            Err(format!("{other}: what is meant? There is `upgrade`, and without a word the matrix"))
        }
    };
    match played {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
