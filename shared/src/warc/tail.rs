//! Segments in a piece of an object.

use super::read::{manifest, record};
use super::walk::members;
use crate::manifest::{Manifest, RecordSpan};

/// The whole segments in a piece of an object that may begin in the middle of one, each with its place
/// in the piece. What cannot be read ends the search.
pub fn segments(piece: &[u8]) -> Vec<(Manifest, RecordSpan)> {
    let mut found = Vec::new();
    let mut begin = None;
    for span in members(piece) {
        let Some(span) = span.ok() else { break };
        let Ok(record) = record(piece, span) else { break };
        match record.header("warc-type") {
            Some("warcinfo") => begin = Some(span.offset),
            Some("metadata") => {
                let Some(offset) = begin.take() else { continue };
                let whole = RecordSpan { offset, len: span.offset + span.len - offset };
                let bytes = usize::try_from(offset).ok().and_then(|from| piece.get(from..));
                let bytes = bytes.and_then(|rest| rest.get(..usize::try_from(whole.len).ok()?));
                if let Some(Ok(manifest)) = bytes.map(manifest) {
                    found.push((manifest, whole));
                }
            }
            _ => {}
        }
    }
    found
}
