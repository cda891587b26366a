//! What people and logs may see of a setting.

use url::Url;

/// What stands in the place of a secret.
pub(crate) const HIDDEN: &str = "hidden";

/// The ends of names whose values are secret as a whole.
const SECRET: [&str; 4] = ["key", "secret", "token", "password"];

/// Whether what has this name is a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    SECRET.iter().any(|end| name.ends_with(end))
}

/// A URL with its password hidden, wherever it stands; another text as it is.
pub fn shown(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let in_query = url.query_pairs().any(|(name, _)| is_secret(&name));
    if url.password().is_none() && !in_query {
        return text.to_owned();
    }
    if url.password().is_some() {
        // It fails for URLs without a host, which have no password.
        let _done = url.set_password(Some(HIDDEN));
    }
    if in_query {
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let pairs = pairs.iter().map(|(name, value)| (name, if is_secret(name) { HIDDEN } else { value }));
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.to_string()
}
