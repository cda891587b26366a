//! `Idempotency-Key`: a request that is repeated is done once, and answered the same.

use crate::app::App;
use crate::auth::Caller;
use crate::problem::Problem;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use shared::crash;
use shared::ids::TenantId;
use shared::ports::store::control::{Answer, Begun, RequestKey};
use std::collections::BTreeMap;
use std::time::Duration;

/// After so many times the longest that an answer may take, a request that was not answered is taken for dead, and
/// may be done again: what it made was made under the key.
const PATIENCE: u32 = 2;
/// The largest answer that is kept, in bytes.
const LARGEST: usize = 1 << 20;
/// Headers that belong to an answer.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// The key under which what a request makes is made once. None: the client gave none.
#[derive(Clone, Debug, Default)]
pub struct Once(pub Option<RequestKey>);

/// In an answer: it holds a secret that is shown only once, and is not kept.
#[derive(Clone, Copy, Debug)]
pub struct NotKept;

impl<S: Sync> FromRequestParts<S> for Once {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Answers repeated requests from what is kept.
///
/// # Errors
/// 409 while the first one is under way, 422 for another request under the same key.
pub async fn once(
    State(app): State<App>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(key) = key_of(&request)? else { return Ok(next.run(request).await) };
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, app.config.max_body).await.map_err(|_| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {} bytes", app.config.max_body))
    })?;
    let hash = hash(&parts, &body);
    let patience = PATIENCE * Duration::from_millis(app.config.timeout_ms);
    match app.control().begin_request(caller.tenant, &key, hash, patience).await? {
        Begun::Fresh => {}
        Begun::Answered(answer) => return Ok(again(answer)),
        Begun::InFlight => {
            let detail = "a request with this Idempotency-Key is under way";
            return Err(Problem::new(StatusCode::CONFLICT, detail).header(header::RETRY_AFTER, "1"));
        }
        Begun::Other => {
            let detail = "this key was used for another request";
            return Err(Problem::field("header:Idempotency-Key", detail));
        }
    }
    parts.extensions.insert(Once(Some(RequestKey { tenant: caller.tenant, key: key.clone() })));
    // A client that goes away does not stop what was begun; the answer waits for its return.
    let under_way = tokio::spawn(async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        crash::point("api.after_commit");
        let response = keep(&app, caller.tenant, &key, response).await;
        crash::point("api.before_answer");
        response
    });
    under_way.await.map_err(|_| crate::problem::broken())
}

fn key_of(request: &Request) -> Result<Option<String>, Problem> {
    let Some(key) = request.headers().get("idempotency-key").filter(|_| request.method() == Method::POST)
    else {
        return Ok(None);
    };
    let fits = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    let key = key.to_str().ok().filter(fits);
    let wrong = || Problem::parameter("header:Idempotency-Key", "1 to 255 visible ASCII characters");
    key.map(|key| Some(key.to_owned())).ok_or_else(wrong)
}

fn hash(parts: &Parts, body: &Bytes) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(parts.uri.path_and_query().map_or("", |path| path.as_str()).as_bytes());
    hasher.update([0]);
    hasher.update(body);
    hasher.finalize().into()
}

/// Keeps an answer that another try would get as well; forgets the request otherwise, but not what it made.
async fn keep(app: &App, tenant: TenantId, key: &str, response: Response) -> Response {
    let status = response.status();
    let passing = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        || response.extensions().get::<NotKept>().is_some();
    let (parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return crate::problem::broken().into_response() };
    let kept = if passing {
        app.control().forget_request(tenant, key).await
    } else {
        let answer =
            Answer { status: status.as_u16(), headers: headers(&parts.headers), body: body.to_vec() };
        app.control().end_request(tenant, key, &answer).await
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "an answer is not kept; a repetition is done again, under the same key");
    }
    Response::from_parts(parts, Body::from(body))
}

fn headers(all: &HeaderMap) -> String {
    let kept: BTreeMap<&str, &str> =
        KEPT.iter().filter_map(|name| Some((name.as_str(), all.get(name)?.to_str().ok()?))).collect();
    serde_json::to_string(&kept).unwrap_or_default()
}

fn again(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let kept: BTreeMap<String, String> = serde_json::from_str(&answer.headers).unwrap_or_default();
    for (name, value) in kept {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
