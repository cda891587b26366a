//! What a crash left behind: files that were written to are cut back to their last whole record
//! and closed.

use super::{disk, names, open_file};
use crate::objects;
use shared::warc;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader};
use std::path::Path;

/// The buffer through which a left file is read, in bytes.
const BUFFER: usize = 256 << 10;

/// Closes every left file of every run. Those that another process writes to are let alone.
pub(super) fn recover(root: &Path) -> io::Result<()> {
    let runs = root.join(objects::RUNS);
    let folders = match std::fs::read_dir(&runs) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for folder in folders {
        let folder = folder?;
        if !folder.file_type()?.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder.path())? {
            let file = file?;
            let name = file.file_name();
            let closed = name.to_str().and_then(|name| name.strip_suffix(names::OPEN));
            if let Some(closed) = closed.filter(|name| objects::is_file_name(name)) {
                close_left_file(&file.path(), &folder.path().join(closed))?;
            }
        }
    }
    Ok(())
}

fn close_left_file(open: &Path, closed: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(open) {
        // Another process that opens the archive was quicker.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !open_file::lock(&file)? || !open.try_exists()? {
        return Ok(());
    }
    let (whole, len) = (warc::whole_prefix(BufReader::with_capacity(BUFFER, &file))?, file.metadata()?.len());
    if whole < len {
        tracing::warn!(file = %open.display(), cut = len - whole, kept = whole, "a torn end was cut off");
    }
    keep(&file, whole, len)?;
    if whole == 0 {
        std::fs::remove_file(open)?;
    } else {
        std::fs::rename(open, closed)?;
    }
    closed.parent().map_or(Ok(()), disk::sync_folder)
}

fn keep(file: &File, whole: u64, len: u64) -> io::Result<()> {
    if whole < len {
        file.set_len(whole)?;
    }
    file.sync_all()
}
