//! The cookies of one run at one host: the job's own, and those that the host has set.

use cookie_store::{CookieStore, RawCookie};
use http::{HeaderMap, HeaderValue, header};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use url::Url;

/// Largest jar that is carried on to the next lease, in bytes.
const JAR_BYTES: usize = 64 << 10;
/// Cookies taken from one answer.
const COOKIES_PER_ANSWER: usize = 64;
/// Cookies kept.
const COOKIES: usize = 256;
/// Largest `Set-Cookie` (RFC 6265bis 5.6: 4096 for name and value, 1024 an attribute).
const COOKIE_BYTES: usize = 8 << 10;

/// The cookies of a lease. A job's own cookies are not part of what is carried on.
pub struct Jar {
    own: Vec<(String, String)>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    store: CookieStore,
    count: usize,
    changed: bool,
}

impl Jar {
    /// The jar that a former lease left, if any, and the job's cookies.
    pub fn new(left: Option<&str>, own: &BTreeMap<String, String>) -> Self {
        // A jar that cannot be read is one that another version wrote: begin anew.
        let store = left.and_then(|json| cookie_store::serde::json::load_all(json.as_bytes()).ok());
        let store = store.unwrap_or_default();
        let count = store.iter_any().count();
        let own = own.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Jar { own, inner: Mutex::new(Inner { store, count, changed: false }) }
    }

    /// The `Cookie` header of a request; a cookie that the host has set hides one of the job's.
    pub fn header(&self, url: &Url) -> Option<HeaderValue> {
        let inner = self.inner.lock();
        if inner.count == 0 && self.own.is_empty() {
            return None;
        }
        let set: Vec<(&str, &str)> = inner.store.get_request_values(url).collect();
        let own = self.own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let own = own.filter(|(name, _)| !set.iter().any(|(other, _)| other == name));
        let mut line = String::new();
        for (name, value) in own.chain(set.iter().copied()) {
            let separator = if line.is_empty() { "" } else { "; " };
            line.extend([separator, name, "=", value]);
        }
        if line.is_empty() { None } else { HeaderValue::from_str(&line).ok() }
    }

    /// Takes the cookies of an answer; tells whether one of them is new or has another value.
    pub fn take(&self, headers: &HeaderMap, url: &Url) -> bool {
        let mut changed = false;
        for line in headers.get_all(header::SET_COOKIE).iter().take(COOKIES_PER_ANSWER) {
            let Some(text) = line.to_str().ok().filter(|text| text.len() <= COOKIE_BYTES) else { continue };
            let Ok(raw) = RawCookie::parse(text) else { continue };
            changed |= self.inner.lock().take(&raw, url);
        }
        changed
    }

    /// The jar for the next lease, if it is another than before.
    pub fn changed(&self) -> Option<String> {
        let inner = self.inner.lock();
        if !inner.changed {
            return None;
        }
        let mut json = Vec::new();
        cookie_store::serde::json::save_incl_expired_and_nonpersistent(&inner.store, &mut json).ok()?;
        String::from_utf8(json).ok().filter(|json| json.len() <= JAR_BYTES)
    }
}

impl Inner {
    fn take(&mut self, raw: &RawCookie<'_>, url: &Url) -> bool {
        let values = |store: &CookieStore| {
            store
                .get_request_values(url)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>()
        };
        if self.count >= COOKIES {
            return false;
        }
        let before = values(&self.store);
        if self.store.insert_raw(raw, url).is_err() {
            return false;
        }
        self.count = self.store.iter_any().count();
        // A cookie may be for another path: then it shows in the number only by chance, so that
        // the store counts as changed whenever one was taken.
        self.changed = true;
        values(&self.store) != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn set(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::SET_COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn what_the_host_sets_goes_back_to_it_and_on_to_the_next_lease() {
        let jar = Jar::new(None, &BTreeMap::from([("a".into(), "job".into()), ("b".into(), "job".into())]));
        let here = url("http://example.com/x/");
        assert_eq!(jar.header(&here).unwrap(), "a=job; b=job");
        assert_eq!(jar.changed(), None);
        assert!(jar.take(&set(&["b=site; Path=/", "deep=1; Path=/y"]), &here));
        assert_eq!(jar.header(&here).unwrap(), "a=job; b=site");
        assert!(!jar.take(&set(&["b=site; Path=/"]), &here), "the same again");
        let next = Jar::new(jar.changed().as_deref(), &BTreeMap::new());
        assert_eq!(next.header(&here).unwrap(), "b=site");
        assert_eq!(next.header(&url("http://other.example/")), None);
        assert!(next.take(&set(&["b=gone; Path=/; Max-Age=0"]), &here));
        assert_eq!(next.header(&here), None);
    }

    #[test]
    fn cookies_for_other_hosts_and_garbage_are_not_taken() {
        let jar = Jar::new(Some("no jar"), &BTreeMap::new());
        let here = url("http://example.com/");
        let long = format!("long={}", "x".repeat(COOKIE_BYTES));
        assert!(!jar.take(&set(&["a=1; Domain=other.example", "", "=", "no", &long]), &here));
        assert_eq!(jar.header(&here), None);
    }

    #[test]
    fn a_jar_is_bounded() {
        let jar = Jar::new(None, &BTreeMap::new());
        let here = url("http://example.com/");
        for n in 0..1000 {
            jar.take(&set(&[&format!("c{n}={}", "x".repeat(1000))]), &here);
        }
        assert!(jar.inner.lock().count <= COOKIES);
        assert_eq!(jar.changed(), None, "too large to be carried on");
    }
}
