//! `GET /v2/crawl/{id}` and `/v2/batch/scrape/{id}` as a WebSocket: what there is, then each document as it
//! comes, then the end. The JavaScript client sends its key as the subprotocol and breaks down where that is
//! not echoed, or where the handshake is refused: so it never is, and refusals are closing codes.

use super::documents::{Place, documents};
use super::error::Refusal;
use super::parts::{Parts, job};
use super::status::{Which, standing};
use crate::app::App;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::{Value, json};

/// The largest message of a client; they have nothing to say.
const LARGEST: usize = 64 << 10;

/// Takes handshakes out of what the other routes answer.
pub async fn divert(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let id = ["/v2/crawl/", "/v2/batch/scrape/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    let Some(id) = id.filter(|id| !id.contains('/')).map(str::to_owned) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    let offered = parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let offered: Vec<String> =
        offered.into_iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned()).collect();
    let headers = with_key(parts.headers, offered.first());
    let upgrade = upgrade.max_message_size(LARGEST).protocols(offered);
    upgrade.on_upgrade(move |mut socket| async move {
        let end = follow(&app, &headers, &id, &mut socket).await;
        let (code, reason) = end.unwrap_or((1000, "done".to_owned()));
        // Whoever went away hears no reason.
        let _gone = socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    })
}

/// The headers, with the key that came as a subprotocol.
fn with_key(mut headers: HeaderMap, key: Option<&String>) -> HeaderMap {
    let key = key.and_then(|key| HeaderValue::try_from(format!("Bearer {key}")).ok());
    if let (Some(key), false) = (key, headers.contains_key(header::AUTHORIZATION)) {
        headers.insert(header::AUTHORIZATION, key);
    }
    headers
}

/// Tells of a job until it is over; what it returns is a code and a reason to close with, if it is not the end.
async fn follow(app: &App, headers: &HeaderMap, id: &str, socket: &mut WebSocket) -> Option<(u16, String)> {
    let caller = match app.keys.caller(app, headers).await {
        Ok(caller) => caller,
        Err(problem) => return Some((3000, Refusal::from(problem).text().to_owned())),
    };
    match tell(app, &caller, id, socket).await {
        Ok(()) => None,
        Err(refusal) => {
            let code = match refusal.status() {
                StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => 1008,
                _ => 1011,
            };
            let _gone = send(socket, &json!({ "type": "error", "error": refusal.text() })).await;
            Some((code, refusal.text().to_owned()))
        }
    }
}

async fn tell(
    app: &App,
    caller: &crate::auth::Caller,
    id: &str,
    socket: &mut WebSocket,
) -> Result<(), Refusal> {
    let busy = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "BUSY", "too many jobs are followed");
    let mut followed = None;
    let mut after = None;
    let mut is_first = true;
    loop {
        // Read before the documents: what an ended run has is then all there.
        let job = job(app, caller, id).await?;
        let new = all(app, &job, &mut after).await?;
        if std::mem::take(&mut is_first) {
            let mut body = standing(app, &job).await?;
            body["data"] = new.into();
            if send(socket, &json!({ "type": "catchup", "data": body })).await.is_err() {
                return Ok(());
            }
        } else {
            for document in new {
                if send(socket, &json!({ "type": "document", "data": document })).await.is_err() {
                    return Ok(());
                }
            }
        }
        let Some(open) = job.open().next().map(|part| part.run) else {
            let mut body = standing(app, &job).await?;
            body["data"] = json!([]);
            let _gone = send(socket, &json!({ "type": "done", "data": body })).await;
            return Ok(());
        };
        if followed.as_ref().is_none_or(|(run, _)| *run != open) {
            followed = Some((open, app.followed.follow(app, open).ok_or_else(busy)?));
            // What happened until now is looked at once more.
            continue;
        }
        let Some((_, changes)) = followed.as_mut() else { continue };
        tokio::select! {
            changed = changes.changed() => {
                // The run ended, and nobody follows it any more: the next look sees it.
                if changed.is_err() { followed = None }
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// All documents after a place.
async fn all(app: &App, job: &Parts, after: &mut Option<Place>) -> Result<Vec<Value>, Refusal> {
    let mut out = Vec::new();
    loop {
        let which = Which { after: *after, limit: Some(100), ..Which::default() };
        let some = documents(app, job, &which).await?;
        out.extend(some.list);
        *after = some.last.or(*after);
        if !some.more {
            return Ok(out);
        }
    }
}

async fn send(socket: &mut WebSocket, message: &Value) -> Result<(), axum::Error> {
    socket.send(Message::text(message.to_string())).await
}
