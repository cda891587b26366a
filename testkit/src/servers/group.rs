//! Processes that end with the test process, however that ends.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A process group that lives as long as this value and this process do, SIGKILL included: its first
/// member reads from a pipe of ours, and kills the group when the pipe closes.
pub(super) struct Group {
    guard: Child,
    id: i32,
}

impl Group {
    /// An empty group.
    pub(super) fn new() -> io::Result<Self> {
        let guard = Command::new("sh")
            .args(["-c", "cat >/dev/null; kill -9 0"])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let id = i32::try_from(guard.id()).map_err(io::Error::other)?;
        Ok(Group { guard, id })
    }

    /// Starts a command in the group.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<Child> {
        command.process_group(self.id).stdin(Stdio::null()).spawn()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait();
    }
}

/// Sends a signal by its name, `KILL`, to a process.
pub(super) fn signal(pid: u32, name: &str) -> io::Result<()> {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("kill -{name} {pid}: {status}"))) }
}
