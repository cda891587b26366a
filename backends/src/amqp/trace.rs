//! W3C Trace Context in the headers of messages.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use shared::trace::TraceContext;

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";
/// The longest value that is taken from a header, in bytes.
const MOST: usize = 512;

/// Properties that carry the trace of the current span.
pub(super) fn with_current(properties: BasicProperties) -> BasicProperties {
    let Some(context) = TraceContext::current() else { return properties };
    let mut headers = FieldTable::default();
    headers.insert(PARENT.into(), AMQPValue::LongString(context.traceparent.into()));
    if !context.tracestate.is_empty() {
        headers.insert(STATE.into(), AMQPValue::LongString(context.tracestate.into()));
    }
    properties.with_headers(headers)
}

/// The trace that a message brings.
pub(super) fn of(properties: &BasicProperties) -> Option<TraceContext> {
    let headers = properties.headers().as_ref()?;
    let traceparent = text(headers, PARENT)?;
    Some(TraceContext { traceparent, tracestate: text(headers, STATE).unwrap_or_default() })
}

fn text(headers: &FieldTable, name: &str) -> Option<String> {
    let bytes = match headers.inner().get(name)? {
        AMQPValue::LongString(text) => text.as_bytes().to_vec(),
        AMQPValue::ShortString(text) => text.as_str().as_bytes().to_vec(),
        _ => return None,
    };
    String::from_utf8(bytes).ok().filter(|text| text.len() <= MOST)
}
