//! The headers of a lease's requests, made once.

use data_encoding::BASE64;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use shared::messages::FetchPolicy;
use url::Url;

const WANTED: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const CODINGS: &str = "gzip, br, zstd, deflate";

/// Headers that HTTP itself sets. A job cannot hold them; here it would be too late to say so.
const RESERVED: [&str; 6] = ["host", "connection", "content-length", "transfer-encoding", "te", "upgrade"];

/// The headers of requests under one policy.
pub struct Headers {
    own: HeaderMap,
    plain: HeaderMap,
}

impl Headers {
    /// Made from a policy. What does not fit into a header is left out.
    pub fn of(policy: &FetchPolicy) -> Self {
        let mut plain = HeaderMap::with_capacity(8);
        if let Ok(agent) = HeaderValue::from_str(&policy.politeness.user_agent_header()) {
            plain.insert(USER_AGENT, agent);
        }
        plain.insert(ACCEPT, HeaderValue::from_static(WANTED));
        plain.insert(ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
        let mut own = plain.clone();
        for (name, value) in &policy.request.headers {
            let pair = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value));
            let (Ok(name), Ok(value)) = pair else { continue };
            if !RESERVED.contains(&name.as_str()) {
                own.insert(name, value);
            }
        }
        if let Some(login) = &policy.request.basic_auth {
            let pair = BASE64.encode(format!("{}:{}", login.user, login.password).as_bytes());
            if let Ok(mut value) = HeaderValue::from_str(&format!("Basic {pair}")) {
                value.set_sensitive(true);
                own.insert(AUTHORIZATION, value);
            }
        }
        Headers { own, plain }
    }

    /// For a request to the lease's own host.
    pub fn own(&self, cookies: Option<HeaderValue>) -> HeaderMap {
        let mut headers = self.own.clone();
        if let Some(mut cookies) = cookies {
            cookies.set_sensitive(true);
            headers.insert(COOKIE, cookies);
        }
        headers
    }

    /// For a request to another host: nothing that the job means for its own.
    pub fn plain(&self) -> HeaderMap {
        self.plain.clone()
    }
}

/// The headers as they are archived: those sent, with the `Host` that HTTP adds.
pub fn with_host(mut headers: HeaderMap, url: &Url) -> HeaderMap {
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => HeaderValue::from_str(&format!("{host}:{port}")),
        (host, _) => HeaderValue::from_str(host.unwrap_or_default()),
    };
    if let Ok(host) = host {
        headers.insert(HOST, host);
    }
    headers
}
