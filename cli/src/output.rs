//! Files that records go to: a projection of what the store has, written anew at each start.

use export::{Shape, Sink};
use shared::job::{Format, Output};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Opens an output anew.
pub fn open(output: &Output, shape: &Shape) -> io::Result<Box<dyn Sink>> {
    export::sink(output.format().unwrap_or(Format::Jsonl), target(&output.path)?, shape)
}

fn target(path: &Path) -> io::Result<Box<dyn Write + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    Ok(Box::new(BufWriter::with_capacity(64 << 10, File::create(path)?)))
}
