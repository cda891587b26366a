//! Bytes of the server into a file, which is there when it is whole.

use crate::job::BadUse;
use crate::say;
use anyhow::{Context, anyhow};
use reqwest::Response;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes an answer to `out`; `-` is standard output. Returns how many bytes that are.
///
/// # Errors
/// If the transfer breaks off, or nothing can be written; then there is no new file.
pub async fn into(mut response: Response, out: &Path) -> anyhow::Result<u64> {
    let mut target = Target::open(out).with_context(|| format!("cannot write {}", out.display()))?;
    let mut count = 0;
    while let Some(piece) = response.chunk().await.context("the transfer broke off")? {
        if let Err(error) = target.write(&piece) {
            if error.kind() == ErrorKind::BrokenPipe && out.as_os_str() == "-" {
                return Ok(count);
            }
            return Err(error).with_context(|| format!("cannot write {}", out.display()));
        }
        count += piece.len() as u64;
    }
    target.end().with_context(|| format!("cannot write {}", out.display()))?;
    Ok(count)
}

/// Says how large a file has become.
pub fn told(count: u64, out: &Path) {
    if out.as_os_str() != "-" {
        say::err(format_args!("{}: {count} bytes", out.display()));
    }
}

/// Refuses to send bytes of strangers to a terminal.
///
/// # Errors
/// [`BadUse`].
pub fn spare_the_terminal(out: &Path) -> Result<(), BadUse> {
    if out.as_os_str() == "-" && io::stdout().is_terminal() {
        return Err(BadUse(anyhow!("these bytes are not for a terminal: use --out FILE, or a pipe")));
    }
    Ok(())
}

enum Target {
    Stdout,
    File { file: File, part: PathBuf, whole: PathBuf },
}

impl Target {
    fn open(out: &Path) -> io::Result<Self> {
        if out.as_os_str() == "-" {
            return Ok(Target::Stdout);
        }
        let mut name = out.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = out.with_file_name(name);
        Ok(Target::File { file: File::create(&part)?, part, whole: out.to_owned() })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Target::Stdout => io::stdout().lock().write_all(bytes),
            Target::File { file, .. } => file.write_all(bytes),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self {
            Target::Stdout => io::stdout().lock().flush(),
            Target::File { file, part, whole } => {
                file.sync_all()?;
                std::fs::rename(part, whole)
            }
        }
    }
}

impl Drop for Target {
    /// What was not ended goes away; after the end there is nothing of this name.
    fn drop(&mut self) {
        if let Target::File { part, .. } = self {
            let _ = std::fs::remove_file(part);
        }
    }
}
