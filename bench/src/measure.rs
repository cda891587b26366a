//! What a command costs. It runs as a child of a process that is small and does nothing else,
//! because a child's peak memory, as the kernel counts it, begins with its parent's.

use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use wait4::Wait4;

/// Runs a command and writes down what it cost.
#[derive(Args)]
pub struct Measure {
    /// Where to write it, as JSON.
    #[arg(long)]
    to: PathBuf,
    /// The command.
    #[arg(trailing_var_arg = true, required = true)]
    command: Vec<String>,
}

/// What a command cost, with all its children.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds of processor time, of the program and of the kernel for it.
    pub cpu: f64,
    /// Seconds.
    pub wall: f64,
    /// Peak of the resident memory, in bytes.
    pub rss: u64,
    /// It ended well.
    pub success: bool,
}

impl Measure {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        let (program, arguments) = self.command.split_first().context("no command")?;
        let start = Instant::now();
        let mut child = Command::new(program).args(arguments).spawn().with_context(|| program.clone())?;
        let used = child.wait4()?;
        let cost = Cost {
            cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
            wall: start.elapsed().as_secs_f64(),
            rss: used.rusage.maxrss,
            success: used.status.success(),
        };
        std::fs::write(&self.to, serde_json::to_vec(&cost)?)?;
        Ok(())
    }
}

/// Runs a command in a process of its own that measures it, for `timeout` seconds at most (by the
/// `timeout` of coreutils). What it prints goes to a file.
pub fn measure(command: &[String], folder: &Path, timeout: u64) -> Result<Cost> {
    let to = folder.join("cost.json");
    let output = std::fs::File::create(folder.join("output.txt"))?;
    let status = Command::new(std::env::current_exe()?)
        .args(["measure", "--to"])
        .arg(&to)
        .args(["--", "timeout", "--kill-after=5", &timeout.to_string()])
        .args(command)
        .stdin(Stdio::null())
        .stderr(output.try_clone()?)
        .stdout(output)
        .status()?;
    let said = || std::fs::read_to_string(folder.join("output.txt")).unwrap_or_default();
    anyhow::ensure!(status.success(), "cannot run {}: {}", command[0], said());
    let cost: Cost = serde_json::from_slice(&std::fs::read(&to)?)?;
    anyhow::ensure!(cost.success, "{} failed:\n{}", command.join(" "), said());
    Ok(cost)
}
