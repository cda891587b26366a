//! One try to deliver an event, through the one way out.

use super::body::whole;
use super::sign::{of_body, signatures};
use egress::{Egress, EgressError};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use shared::clock::Timestamp;
use shared::ports::store::Store;
use shared::ports::store::control::ToDeliver;
use std::time::Duration;
use url::Url;

/// How long a try may take in all, and to connect.
const TOTAL: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read; nobody looks at them.
const ANSWER: usize = 64 << 10;

/// A try that failed.
pub struct Failure {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why, in words that tell nothing of where it led.
    pub why: String,
}

/// Sends it once; the status, if it arrived.
pub async fn send(
    egress: &Egress,
    store: &dyn Store,
    delivery: &ToDeliver,
    now: Timestamp,
) -> Result<u16, Failure> {
    let failed = |status, why: &str| Failure { status, why: why.to_owned() };
    let url = Url::parse(&delivery.webhook.url).map_err(|_| failed(None, "not a URL"))?;
    let body = whole(store, delivery).await.map_err(|error| {
        tracing::warn!(%error, event = delivery.event, "a webhook's page cannot be read");
        failed(None, "the page could not be read")
    })?;
    let headers = headers(delivery, &body, now);
    let exchange = async {
        let mut response = egress.post(&url, headers, body.into(), CONNECT).await?;
        let mut read = 0;
        while let Some(chunk) = response.chunk().await? {
            read += chunk.len();
            if read > ANSWER {
                break;
            }
        }
        Ok::<_, EgressError>(response.status().as_u16())
    };
    let status = match tokio::time::timeout(TOTAL, exchange).await {
        Err(_) => return Err(failed(None, "no answer in time")),
        Ok(Err(EgressError::Refused)) => return Err(failed(None, "address refused")),
        Ok(Err(EgressError::Http(_))) => return Err(failed(None, "no connection, or it broke")),
        Ok(Ok(status)) => status,
    };
    match status {
        200..300 => Ok(status),
        300..400 => Err(failed(Some(status), "a redirect, which is not followed")),
        _ => Err(failed(Some(status), "not a success")),
    }
}

fn headers(delivery: &ToDeliver, body: &str, now: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &delivery.webhook.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    let seconds = now.0.div_euclid(1000);
    let signed = signatures(&delivery.webhook.secrets, &delivery.event, seconds, body);
    let of_body = delivery.webhook.hook.as_ref().and_then(|_| of_body(&delivery.webhook.secrets, body));
    let of_body = of_body.map(|signed| (HeaderName::from_static("x-firecrawl-signature"), signed));
    let ours = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::USER_AGENT, concat!("Harvestman/", env!("CARGO_PKG_VERSION")).to_owned()),
        (HeaderName::from_static("webhook-id"), delivery.event.clone()),
        (HeaderName::from_static("webhook-timestamp"), seconds.to_string()),
        (HeaderName::from_static("webhook-signature"), signed),
    ];
    for (name, value) in ours.into_iter().chain(of_body) {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers
}
