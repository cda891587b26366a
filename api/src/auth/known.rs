//! The keys that were asked for, remembered for some seconds: a revoked key is dead within a minute.

use super::{Caller, bearer, key, unauthorized};
use crate::app::App;
use crate::problem::Problem;
use crate::{Access, Config};
use axum::http::{HeaderMap, StatusCode, header};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use shared::clock::Timestamp;
use shared::ids::TenantId;
use shared::ports::store::control::{ApiKey, Quotas, Scope};
use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a key and its tenant's quotas are believed.
const FOR: Duration = Duration::from_secs(20);
/// How often a key's last use is written.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// Keys remembered.
const MOST: usize = 10_000;

/// Who may call.
pub struct Keys {
    access: Access,
    known: Mutex<HashMap<String, Known>>,
    quotas: Mutex<HashMap<TenantId, (Quotas, Timestamp)>>,
}

#[derive(Clone)]
struct Known {
    key: Option<ApiKey>,
    read_at: Timestamp,
    noted_at: Timestamp,
}

impl Keys {
    pub fn new(config: &Config) -> Self {
        Keys { access: config.access.clone(), known: Mutex::default(), quotas: Mutex::default() }
    }

    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// 401, and what the store says.
    pub async fn caller(&self, app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
        let (tenant, scope, key) = match (bearer(headers)?, &self.access) {
            // Where no key is needed, a text that is none of this server's keys is none: the clients of
            // Firecrawl always send one.
            (Some(token), access) if !access.is_open() || key::split(token).is_some() => {
                self.of_token(app, token).await?
            }
            (_, Access::Open { loopback_only }) => {
                if *loopback_only {
                    refuse_other_names(headers)?;
                }
                (TenantId::FIRST, Scope::Admin, None)
            }
            (_, Access::Keys { .. }) => return Err(unauthorized()),
        };
        let quotas = self.quotas(app, tenant).await?;
        Ok(Caller { tenant, scope, key, quotas })
    }

    async fn of_token(&self, app: &App, token: &str) -> Result<(TenantId, Scope, Option<String>), Problem> {
        if let Access::Keys { bootstrap: Some(bootstrap) } = &self.access {
            let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
            if bool::from(given.ct_eq(bootstrap)) {
                return Ok((TenantId::FIRST, Scope::Admin, None));
            }
        }
        let (id, secret) = key::split(token).ok_or_else(unauthorized)?;
        let now = app.deps.clock.now();
        let known = self.known(app, id, now).await?;
        let given = key::hash(secret);
        // Compared also where there is no such key, so that time tells nothing.
        let kept = known.as_ref().map_or([0; 32], |key| key.hash);
        let right = bool::from(given.ct_eq(&kept));
        let live = |key: &ApiKey| key.expires_at.is_none_or(|end| now < end);
        match known.filter(|key| right && live(key)) {
            Some(key) => {
                self.note_use(app, &key.id, now).await;
                Ok((key.tenant, key.scope, Some(key.id)))
            }
            None => Err(unauthorized()),
        }
    }

    async fn known(&self, app: &App, id: &str, now: Timestamp) -> Result<Option<ApiKey>, Problem> {
        let known = self.known.lock().get(id).cloned();
        if let Some(known) = known.as_ref().filter(|known| now.since(known.read_at) < FOR) {
            return Ok(known.key.clone());
        }
        let key = app.control().key(id).await?;
        let noted_at = known.map_or(Timestamp(0), |known| known.noted_at);
        let mut all = self.known.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(id.to_owned(), Known { key: key.clone(), read_at: now, noted_at });
        Ok(key)
    }

    /// Writes that a key was used, at most once a minute. That it fails is no reason to refuse.
    async fn note_use(&self, app: &App, id: &str, now: Timestamp) {
        let due = match self.known.lock().get_mut(id) {
            Some(known) if now.since(known.noted_at) >= NOTED_EVERY => {
                known.noted_at = now;
                true
            }
            _ => false,
        };
        if due && let Err(error) = app.control().used_keys(&[(id.to_owned(), now)]).await {
            tracing::warn!(%error, "a key's last use is not noted");
        }
    }

    async fn quotas(&self, app: &App, tenant: TenantId) -> Result<Quotas, Problem> {
        let now = app.deps.clock.now();
        if let Some((quotas, read_at)) = self.quotas.lock().get(&tenant)
            && now.since(*read_at) < FOR
        {
            return Ok(*quotas);
        }
        let quotas = app.control().tenant(tenant).await?.quotas;
        self.quotas.lock().insert(tenant, (quotas, now));
        Ok(quotas)
    }

    /// What was changed through this process holds at once.
    pub fn forget(&self) {
        self.known.lock().clear();
        self.quotas.lock().clear();
    }
}

/// Without keys only this machine is let in; a page in a browser of this machine that comes under a
/// name of its own (DNS rebinding), or from somewhere else (its `Origin`), is not.
fn refuse_other_names(headers: &HeaderMap) -> Result<(), Problem> {
    let get = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = get(header::ORIGIN).map(|origin| origin.split_once("://").map_or(origin, |(_, host)| host));
    if is_loopback(get(header::HOST).unwrap_or_default()) && origin.is_none_or(is_loopback) {
        return Ok(());
    }
    let detail = "without keys, only 127.0.0.1, [::1] and localhost are answered";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// Whether a host, with its port or without, is this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()) || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_keys_other_names_and_pages_from_elsewhere_are_refused() {
        for (host, origin, is_let_in) in [
            ("127.0.0.1:8080", None, true),
            ("[::1]:8080", None, true),
            ("localhost", Some("http://localhost:3000"), true),
            ("evil.example", None, false),
            ("127.0.0.1:8080", Some("https://evil.example"), false),
            ("127.0.0.1:8080", Some("null"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(refuse_other_names(&headers).is_ok(), is_let_in, "{host} {origin:?}");
        }
    }
}
