//! The content codings one by one.

use super::inflate::{self, End, Gauge, Inflater};
use super::member::{self, NoMember, TRAILER};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::Crc;
use std::cell::RefCell;
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

/// The largest window of a zstd frame as a power of two: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// A zstd context that has grown beyond this, in bytes, is not kept.
const ZSTD_KEPT: usize = 1 << 20;

/// The step by which Brotli is inflated, in bytes.
const BROTLI_STEP: usize = 64 << 10;

/// A content coding (RFC 9110 8.4.1, RFC 7932, RFC 8878).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// The coding of this name, in any case.
    pub(super) fn of(name: &str) -> Option<Self> {
        let names = [
            ("gzip", Coding::Gzip),
            ("x-gzip", Coding::Gzip),
            ("deflate", Coding::Deflate),
            ("br", Coding::Brotli),
            ("zstd", Coding::Zstd),
        ];
        names.into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, coding)| coding)
    }

    /// Appends what the input holds. None: the input is nothing of the kind, and nothing was
    /// appended.
    pub(super) fn undo(self, input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> Option<End> {
        if input.is_empty() {
            return None;
        }
        match self {
            Coding::Gzip => inflate::shared(|inflater| gzip(inflater, input, out, gauge)),
            Coding::Deflate => inflate::shared(|inflater| deflate(inflater, input, out, gauge)),
            Coding::Brotli => brotli(input, out, gauge),
            Coding::Zstd => zstd(input, out, gauge),
        }
    }
}

/// One member or several (RFC 1952 2.2); what comes after them is not looked at, as in browsers.
fn gzip(inflater: &mut Inflater, input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> Option<End> {
    let stated = member::trailer(&input[input.len().saturating_sub(TRAILER)..]);
    let mut at = 0;
    loop {
        let rest = &input[at..];
        let header = match member::header(rest) {
            Ok(header) => header,
            Err(_) if at > 0 => return Some(End::Whole(at)),
            Err(NoMember::Short) => return Some(End::Early),
            Err(NoMember::Other) => return None,
        };
        if at == 0 {
            out.reserve_exact(inflate::first_room(input.len(), stated, gauge.max));
        }
        let begin = out.len();
        let used = match inflater.run(false, &rest[header.len..], out, gauge) {
            End::Whole(used) => header.len + used,
            other => return Some(other),
        };
        let mut crc = Crc::new();
        crc.update(&out[begin..]);
        match rest.get(used..).and_then(member::trailer) {
            None => return Some(End::Early),
            Some(sums) if sums != (crc.sum(), crc.amount()) => return Some(End::Broken),
            Some(_) => at += used + TRAILER,
        }
    }
}

/// In the zlib format, as it should be, or without it, as many servers send it.
fn deflate(inflater: &mut Inflater, input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> Option<End> {
    let head = input.first_chunk::<2>().map_or(0, |two| u16::from_be_bytes(*two));
    let is_zlib = head & 0x0f00 == 0x0800 && head.is_multiple_of(31);
    for zlib in [true, false] {
        if zlib && !is_zlib {
            continue;
        }
        let end = inflater.run(zlib, input, out, gauge);
        if end != End::Broken || !out.is_empty() {
            return Some(end);
        }
    }
    None
}

fn brotli(input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> Option<End> {
    // Strict: without the "large window" extension, whose windows are up to 1 GiB.
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let (mut left, mut at, mut total) = (input.len(), 0, 0);
    loop {
        if let Err(end) = gauge.grow(out) {
            return Some(end);
        }
        let mut filled = out.len();
        let mut room = (gauge.max.saturating_add(1) - filled).min(BROTLI_STEP);
        out.resize(filled + room, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut at,
            input,
            &mut room,
            &mut filled,
            out,
            &mut total,
            &mut state,
        );
        out.truncate(filled);
        match result {
            BrotliResult::ResultSuccess => return Some(End::Whole(at)),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Some(End::Early),
            BrotliResult::ResultFailure if out.is_empty() => return None,
            BrotliResult::ResultFailure => return Some(End::Broken),
        }
    }
}

thread_local! {
    static ZSTD: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

fn zstd(input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> Option<End> {
    if !is_zstd(input) {
        return None;
    }
    let kept = ZSTD.with(|kept| kept.try_borrow_mut().ok()?.take());
    let Some(mut context) = kept.or_else(zstd_context) else { return Some(End::Broken) };
    let end = zstd_frames(&mut context, input, out, gauge);
    if context.sizeof() <= ZSTD_KEPT && context.reset(ResetDirective::SessionOnly).is_ok() {
        ZSTD.with(|kept| kept.replace(Some(context)));
    }
    Some(end)
}

fn zstd_context() -> Option<DCtx<'static>> {
    let mut context = DCtx::try_create()?;
    context.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).ok()?;
    Some(context)
}

/// Whether a frame begins here, or one that is to be skipped (RFC 8878 3.1).
fn is_zstd(input: &[u8]) -> bool {
    input.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
        || input.first_chunk::<4>().is_some_and(|m| m[0] & 0xf0 == 0x50 && m[1..] == [0x2a, 0x4d, 0x18])
}

fn zstd_frames(context: &mut DCtx<'_>, input: &[u8], out: &mut Vec<u8>, gauge: Gauge) -> End {
    let mut source = InBuffer::around(input);
    loop {
        if let Err(end) = gauge.grow(out) {
            return end;
        }
        let (read, had) = (source.pos(), out.len());
        let result = context.decompress_stream(&mut OutBuffer::around_pos(out, had), &mut source);
        match result {
            Ok(0) if !is_zstd(&input[source.pos()..]) => return End::Whole(source.pos()),
            Ok(_) if (source.pos(), out.len()) == (read, had) => return End::Early,
            Ok(_) => {}
            Err(_) => return End::Broken,
        }
    }
}
