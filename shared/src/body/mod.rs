//! HTTP content codings (RFC 9110 8.4), undone with bounds.

mod codings;
mod decode;
pub(crate) mod inflate;
pub(crate) mod member;

pub use decode::decode;

/// Bounds on an inflated body.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes kept; what comes after is cut.
    pub max: u64,
    /// Inflated bytes to one on the wire, past the first MiB.
    pub ratio: u64,
    /// Codings on top of each other.
    pub layers: usize,
}

impl Bounds {
    /// The usual ratio and layers, and this many bytes.
    pub fn of(max: u64) -> Self {
        Bounds { max, ratio: 200, layers: 5 }
    }
}

/// An inflated body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The bytes; borrowed where there was nothing to undo.
    pub bytes: std::borrow::Cow<'a, [u8]>,
    /// Cut at the bound.
    pub truncated: bool,
    /// The coded stream ended early or broke; `bytes` is what could be had.
    pub broken: bool,
}

/// A body that is not worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Inflates more than the ratio allows.
    #[error("the body inflates more than anything honest does")]
    Bomb,
    /// More codings than allowed.
    #[error("the body is coded too many times over")]
    Layers,
}
