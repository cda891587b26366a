//! A body's whole `Content-Encoding`, undone from right to left.

use super::codings::Coding;
use super::inflate::{End, Gauge};
use super::{BodyError, Bounds, Decoded};
use std::borrow::Cow;

/// What any body may inflate to, whatever its ratio, in bytes.
const FREE: usize = 1 << 20;

/// Undoes `Content-Encoding` (its header values joined by commas; None or empty: nothing). Stops
/// at a coding that it does not know, and takes a body that is not coded as its header claims for
/// one that is not coded: both are returned as they are.
///
/// # Errors
/// If the body is hostile; see [`BodyError`].
pub fn decode<'a>(coding: Option<&str>, wire: &'a [u8], bounds: Bounds) -> Result<Decoded<'a>, BodyError> {
    let max = usize::try_from(bounds.max).unwrap_or(usize::MAX);
    let ratio = usize::try_from(bounds.ratio).unwrap_or(usize::MAX);
    let gauge = Gauge { max, honest: wire.len().saturating_mul(ratio).max(FREE) };
    let mut decoded = Decoded { bytes: Cow::Borrowed(wire), truncated: false, broken: false };
    for name in names(coding, bounds.layers)?.into_iter().rev() {
        let Some(coding) = Coding::of(name) else { break };
        let mut out = Vec::new();
        match coding.undo(&decoded.bytes, &mut out, gauge) {
            None => continue,
            Some(End::Bomb) => return Err(BodyError::Bomb),
            Some(End::Full) => decoded.truncated = true,
            Some(End::Early | End::Broken) => decoded.broken = true,
            Some(End::Whole(_)) => {}
        }
        if out.len() > gauge.honest && gauge.honest < max {
            return Err(BodyError::Bomb);
        }
        decoded.bytes = Cow::Owned(out);
    }
    if decoded.bytes.len() > max {
        decoded.truncated = true;
        match &mut decoded.bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[..max],
            Cow::Owned(bytes) => bytes.truncate(max),
        }
    }
    Ok(decoded)
}

/// The codings that a header names, in order of their application.
fn names(coding: Option<&str>, layers: usize) -> Result<Vec<&str>, BodyError> {
    let mut names = Vec::new();
    let all = coding.unwrap_or_default().split(',').map(str::trim);
    for name in all.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")) {
        if names.len() == layers {
            return Err(BodyError::Layers);
        }
        names.push(name);
    }
    Ok(names)
}
