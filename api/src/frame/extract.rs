//! Arguments of routes, whose errors are problems that name the field.

use crate::problem::{Problem, pointer};
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// The deepest JSON that is read.
const DEEPEST: usize = 32;

/// A JSON body.
pub struct Body<T>(pub T);

/// A JSON body, or none.
pub struct OptionalBody<T>(pub T);

/// The query's parameters.
pub struct Query<T>(pub T);

/// The path's parameters; one that does not fit names nothing.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = json_bytes(request, state).await?;
        read(&bytes).map(Body)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = request.headers().contains_key(header::CONTENT_TYPE);
        if !is_json {
            let bytes = Bytes::from_request(request, state).await.map_err(of_bytes)?;
            return if bytes.is_empty() { Ok(OptionalBody(T::default())) } else { Err(wrong_type()) };
        }
        let bytes = json_bytes(request, state).await?;
        if bytes.is_empty() { Ok(OptionalBody(T::default())) } else { read(&bytes).map(OptionalBody) }
    }
}

/// The bytes of a JSON body. Anything else is refused, so that no page of another site can send one unasked.
///
/// # Errors
/// 413 and 415.
pub async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        return Err(wrong_type());
    }
    Bytes::from_request(request, state).await.map_err(of_bytes)
}

fn is_json(headers: &HeaderMap) -> bool {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return false;
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn wrong_type() -> Problem {
    let detail = "send `Content-Type: application/json`, without a content coding";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).header(header::ACCEPT, "application/json")
}

fn of_bytes(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        status => Problem::new(status, "the body did not arrive"),
    }
}

/// Reads JSON within bounds.
///
/// # Errors
/// 400 for what is not JSON, 422 for JSON that does not fit.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if depth(bytes) > DEEPEST {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("JSON of at most {DEEPEST} levels")));
    }
    // A list would be read as an object's fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::field("", "a list; an object is expected"));
    }
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut source).map_err(|error| {
        let place = pointer(&error.path().to_string());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::field(place, inner.to_string())
        } else {
            Problem::new(StatusCode::BAD_REQUEST, format!("this is not JSON: {inner}"))
        }
    })?;
    source.end().map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "there is more after the JSON value"))?;
    Ok(value)
}

/// Levels of brackets, strings left out.
fn depth(bytes: &[u8]) -> usize {
    let (mut level, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                level += 1;
                deepest = deepest.max(level);
            }
            b'}' | b']' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Query(query.0)).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.rsplit("query string: ").next().unwrap_or_default();
            let (name, detail) = text.split_once(": ").unwrap_or(("", text));
            Problem::parameter(format!("query:{name}"), detail)
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|path| Path(path.0)).map_err(|_| Problem::missing("such thing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_are_no_levels() {
        assert_eq!(depth(br#"{"a":["[[[[","\"[["]}"#), 2);
        assert_eq!(depth("[".repeat(10_000).as_bytes()), 10_000);
        assert!(read::<serde_json::Value>("[".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn a_list_is_no_object() {
        assert!(read::<serde_json::Value>(b" [null, null]").is_err());
        assert!(read::<serde_json::Value>(b" {}").is_ok());
    }
}
