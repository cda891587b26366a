//! Deflate (RFC 1951, RFC 1950), inflated into a growing buffer under bounds.

use flate2::{Decompress, FlushDecompress, Status};
use std::cell::RefCell;

/// The step by which an output grows at first.
const STEP: usize = 32 << 10;

/// The most that is believed of a stated length, in bytes.
const MAX_FIRST_ROOM: usize = 16 << 20;

/// What an output may grow to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauge {
    /// Bytes kept.
    pub(crate) max: usize,
    /// More than this is a bomb; at least `max` where no ratio matters.
    pub(crate) honest: usize,
}

impl Gauge {
    /// Makes room for more, if more is allowed: one byte past `max` shows that there is more.
    pub(crate) fn grow(&self, out: &mut Vec<u8>) -> Result<(), End> {
        if out.len() > self.honest {
            return Err(End::Bomb);
        }
        if out.len() > self.max {
            return Err(End::Full);
        }
        if out.len() == out.capacity() {
            let left = self.max.saturating_add(1) - out.len();
            out.reserve_exact(left.min(out.len().max(STEP)));
        }
        Ok(())
    }
}

/// How a coded stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// At its end, after so many bytes of input.
    Whole(usize),
    /// There is more than the bound allows.
    Full,
    /// It grows like nothing honest.
    Bomb,
    /// The input ended before the stream did.
    Early,
    /// The input is not such a stream.
    Broken,
}

/// An inflater whose memory is used again and again.
pub(crate) struct Inflater(Decompress);

impl Inflater {
    pub(crate) fn new() -> Self {
        Inflater(Decompress::new(false))
    }

    /// Inflates one stream to the end of `out`. The bytes that came before the end stay there,
    /// at most `gauge.max + 1` and what the buffer happened to have room for.
    pub(crate) fn run(&mut self, zlib: bool, input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> End {
        self.0.reset(zlib);
        loop {
            if let Err(end) = gauge.grow(out) {
                return end;
            }
            let (read, had) = (self.0.total_in() as usize, out.len());
            let rest = input.get(read..).unwrap_or_default();
            match self.0.decompress_vec(rest, out, FlushDecompress::Finish) {
                Ok(Status::StreamEnd) => return End::Whole(self.0.total_in() as usize),
                Ok(Status::Ok | Status::BufError) => {
                    let stuck = out.len() == had && self.0.total_in() as usize == read;
                    if stuck || out.len() < out.capacity() && self.0.total_in() as usize >= input.len() {
                        return End::Early;
                    }
                }
                Err(_) => return End::Broken,
            }
        }
    }
}

thread_local! {
    static SHARED: RefCell<Inflater> = RefCell::new(Inflater::new());
}

/// Lends this thread's inflater.
pub(crate) fn shared<R>(work: impl FnOnce(&mut Inflater) -> R) -> R {
    SHARED.with(|inflater| match inflater.try_borrow_mut() {
        Ok(mut inflater) => work(&mut inflater),
        Err(_) => work(&mut Inflater::new()),
    })
}

/// How much room to begin with: what the stream's trailer says, within reason. A little more than
/// that lets the inflater use its fast loop to the end.
pub(crate) fn first_room(packed: usize, trailer: Option<(u32, u32)>, max: usize) -> usize {
    let stated = trailer.map_or(0, |(_, len)| usize::try_from(len).unwrap_or(usize::MAX));
    stated.min(packed.saturating_mul(50)).min(max).min(MAX_FIRST_ROOM) + 512
}
