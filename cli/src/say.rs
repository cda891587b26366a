//! Printing. A reader that goes away (`harvestman schema | head`) is no failure and no panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints to standard output, as it is.
///
/// # Errors
/// If it cannot be written, but for a reader that went away.
pub fn out(text: impl Display) -> io::Result<()> {
    let mut to = io::stdout().lock();
    match write!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a line to standard error. Where nobody reads it, there is nobody to tell.
pub fn err(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
