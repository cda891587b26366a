//! Which trace a message belongs to, in the words of W3C Trace Context, so that the way of one page
//! can be followed through the stages.
//!
//! Messages carry it beside their bytes. Who exports traces tells this module how a span's context
//! is found and taken up ([`install`]); without that no message carries any.

use std::sync::OnceLock;

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
    pub follow: fn(&tracing::Span, &TraceContext),
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

    /// Makes a span that was not entered yet a child of this context's.
    pub fn follow(&self, span: &tracing::Span) {
        if let Some(propagation) = PROPAGATION.get() {
            (propagation.follow)(span, self);
        }
    }
}
