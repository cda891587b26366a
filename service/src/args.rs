//! The command line of a service: few words, since settings come from a file and the environment.

use std::path::PathBuf;

/// What a service is asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Task {
    /// Serve.
    Run,
    /// Print the effective settings.
    PrintConfig,
    /// Ask the running service how it is, at this path of its admin port.
    HealthCheck(&'static str),
    /// Print how it is called.
    Help,
    /// Print its version.
    Version,
}

/// A command line, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Args {
    /// What to do.
    pub task: Task,
    /// The file with settings.
    pub config: Option<PathBuf>,
}

impl Args {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Args { task: Task::Run, config: None };
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            match &*word {
                "--print-config" => args.task = Task::PrintConfig,
                "--help" | "-h" => args.task = Task::Help,
                "--version" | "-V" => args.task = Task::Version,
                "--config" => {
                    args.config = Some(words.next().ok_or("--config: which file?")?.into());
                }
                "healthcheck" => {
                    let live = words.next_if(|word| word == "live").is_some();
                    args.task = Task::HealthCheck(if live { "/livez" } else { "/readyz" });
                }
                other => match other.strip_prefix("--config=") {
                    Some(file) => args.config = Some(file.into()),
                    None => return Err(format!("`{other}` is not understood; --help says what is")),
                },
            }
        }
        Ok(args)
    }
}

/// How a service is called.
pub fn help(name: &str) -> String {
    format!(
        "harvestman-{name}: {what}

Usage: harvestman-{name} [--config FILE] [--print-config]
       harvestman-{name} healthcheck [live]

  --config FILE     Read settings from a TOML file; HARVESTMAN_CONFIG names one as well
  --print-config    Print the effective settings, secrets hidden, and end
  --version         Print the version
  healthcheck       Ask the service that runs here whether it is ready (`live`: whether it is
                    alive); the exit code is the answer

Settings come from the file and, winning over it, from the environment: HARVESTMAN_STORE,
HARVESTMAN_{upper}_... docs/harvestman.toml has and explains all of them.
",
        what = what(name),
        upper = name.to_ascii_uppercase(),
    )
}

fn what(name: &str) -> &'static str {
    match name {
        "dispatcher" => "turns jobs into leases, and keeps the time",
        "worker" => "fetches and archives pages",
        "parser" => "reads archived pages into records and links",
        _ => "the REST API",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Args, String> {
        Args::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_have_their_meaning() {
        assert_eq!(read("").unwrap(), Args { task: Task::Run, config: None });
        let args = read("--config x.toml --print-config").unwrap();
        assert_eq!(args, Args { task: Task::PrintConfig, config: Some("x.toml".into()) });
        assert_eq!(read("--config=y").unwrap().config, Some("y".into()));
        assert_eq!(read("healthcheck").unwrap().task, Task::HealthCheck("/readyz"));
        assert_eq!(read("healthcheck live").unwrap().task, Task::HealthCheck("/livez"));
        assert_eq!(read("-h").unwrap().task, Task::Help);
    }

    #[test]
    fn other_words_are_refused() {
        assert!(read("serve").unwrap_err().contains("`serve`"));
        assert!(read("--config").is_err());
    }
}
