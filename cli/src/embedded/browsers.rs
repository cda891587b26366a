//! The browser of this machine, for jobs whose pages need one.

use crate::args::Machine;
use crate::job::BadUse;
use anyhow::anyhow;
use browser::{Browser, BrowserError, Config};
use shared::job::{Engine, Job, Problem};
use std::path::PathBuf;
use std::sync::Arc;

/// Pages that run at a time.
const PAGES: usize = 4;
/// Memory that the browser may have, in bytes.
const MEMORY: u64 = 2 << 30;

fn config(machine: &Machine, program: PathBuf) -> Config {
    Config { program, sandbox: !machine.browser_no_sandbox, pages: PAGES, memory: MEMORY }
}

/// The browser that was named on the command line.
pub fn named(machine: &Machine) -> Option<Config> {
    machine.browser_path.clone().map(|program| config(machine, program))
}

/// A browser that is installed here.
///
/// # Errors
/// [`BadUse`]: there is none.
pub fn find(machine: &Machine) -> Result<Config, BadUse> {
    let found = browser::find().map(|program| config(machine, program));
    found.ok_or_else(|| {
        BadUse(anyhow!(
            "the job wants a browser, and no Chromium is installed: install one (`apt install chromium`), or name it \
             with --browser-path"
        ))
    })
}

/// Starts it, so that what is wrong with it is seen before anything is asked.
pub async fn start(config: Option<Config>) -> anyhow::Result<Option<Arc<Browser>>> {
    let Some(config) = config else { return Ok(None) };
    let is_sandboxed = config.sandbox;
    match Browser::start(config).await {
        Ok(browser) => Ok(Some(Arc::new(browser))),
        Err(mute @ BrowserError::Mute { .. }) if is_sandboxed => {
            Err(anyhow!("{mute}\nin a container, or as root, it may need --browser-no-sandbox"))
        }
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with a job where no browser is.
pub fn check_without_browser(job: &Job) -> Vec<Problem> {
    let mut problems = parser::check(job);
    if job.request.engine == Engine::Browser {
        let message = "this server has no browser; `serve --browser-path` names one".to_owned();
        problems.push(Problem { place: "request.engine".into(), message });
    }
    problems
}
