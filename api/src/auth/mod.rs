//! Who calls: a key in `Authorization: Bearer`, and nowhere else. What it may do, and for whom.

mod caller;
pub mod key;
mod known;

pub use caller::Caller;
pub use known::Keys;

use crate::app::App;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use shared::ports::store::control::Scope;

/// Lets in whoever has a key, and tells the routes who it is.
///
/// # Errors
/// 401 without a key that is live, 403 for what the key may not do, 429.
pub async fn require(State(app): State<App>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let caller = app.keys.caller(&app, request.headers()).await?;
    let needed = needed(request.method(), request.uri().path());
    if caller.scope < needed {
        let detail = format!("this needs a key with the scope {needed:?}").to_lowercase();
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let standing = app.limiter.take(&caller, app.deps.clock.now())?;
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(standing) = standing {
        standing.tell(response.headers_mut());
    }
    Ok(response)
}

/// What a request needs: looking is reading, all else is writing, and keys and secrets are for administrators.
fn needed(method: &Method, path: &str) -> Scope {
    const FOR_ADMINISTRATORS: [&str; 3] = ["keys", "tenants", "webhook-secret"];
    let room = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next());
    if room.is_some_and(|room| FOR_ADMINISTRATORS.contains(&room)) {
        Scope::Admin
    } else if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        Scope::Read
    } else {
        Scope::Write
    }
}

/// The key of a request; None: there is none.
///
/// # Errors
/// 401, if the header is something else.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = all.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| all.next().is_none());
    let token = text.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    token.filter(|token| !token.is_empty()).map(Some).ok_or_else(unauthorized)
}

/// The same for every reason.
fn unauthorized() -> Problem {
    let detail = "send a live key: `Authorization: Bearer hm_...`";
    Problem::new(StatusCode::UNAUTHORIZED, detail).header(header::WWW_AUTHENTICATE, "Bearer")
}
