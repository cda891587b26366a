use super::{BodyError, Bounds, Decoded};

/// Stub.
pub struct Decoder {}

/// Undoes `Content-Encoding` (its header values joined by commas; None or empty: nothing).
pub fn decode<'a>(_coding: Option<&str>, _wire: &'a [u8], _bounds: Bounds) -> Result<Decoded<'a>, BodyError> {
    unimplemented!()
}
