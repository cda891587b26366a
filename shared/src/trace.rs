//! Which trace a message belongs to, in the words of W3C Trace Context, so that the way of one page
//! can be followed through the stages.
//!
//! Messages carry it beside their bytes. Who exports traces tells this module how a span's context
//! is found and taken up ([`install`]); without that no message carries any.

use std::sync::OnceLock;
use tracing::Span;

/// The two headers of W3C Trace Context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceContext {
    /// `00-<trace id>-<span id>-<flags>`.
    pub traceparent: String,
    /// What other tracing systems add; may be empty.
    pub tracestate: String,
}

/// How the contexts of spans are read and written.
#[derive(Clone, Copy, Debug)]
pub struct Propagation {
    /// The context of the current span, if it is in a trace.
    pub current: fn() -> Option<TraceContext>,
    /// Makes a new span a child of the context's.
    pub follow: fn(&Span, &TraceContext),
}

static PROPAGATION: OnceLock<Propagation> = OnceLock::new();

/// Says how, once in a process; later calls change nothing.
pub fn install(propagation: Propagation) {
    let _first = PROPAGATION.set(propagation);
}

impl TraceContext {
    /// The context of the current span; None outside of a trace.
    pub fn current() -> Option<Self> {
        PROPAGATION.get().and_then(|propagation| (propagation.current)())
    }

    /// The context that its two headers spell.
    pub fn of(traceparent: &str, tracestate: Option<&str>) -> Self {
        TraceContext { traceparent: traceparent.into(), tracestate: tracestate.unwrap_or_default().into() }
    }
}

/// A span that begins a trace. Where nobody exports traces it is none, and costs nothing.
pub fn begin(span: impl FnOnce() -> Span) -> Span {
    if PROPAGATION.get().is_some() { span() } else { Span::none() }
}

/// A span that goes on with the trace of a context; none without one, or where nobody exports traces.
pub fn follow(context: Option<&TraceContext>, span: impl FnOnce() -> Span) -> Span {
    let (Some(context), Some(propagation)) = (context, PROPAGATION.get()) else { return Span::none() };
    let span = span();
    (propagation.follow)(&span, context);
    span
}

/// A span below the current one; none outside of a trace.
pub fn within(span: impl FnOnce() -> Span) -> Span {
    if PROPAGATION.get().is_some() && !Span::current().is_none() { span() } else { Span::none() }
}
