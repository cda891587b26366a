//! Secrets in jobs are kept and used, and not told: what is read has a mark in their place, and where what is
//! written has the mark, what is kept stays.

use crate::problem::Problem;
use shared::job::Job;
use std::collections::BTreeMap;
use std::sync::Arc;

/// In the place of a secret.
const MARK: &str = "[redacted]";

/// Headers that hold no secret; the value of any other one might.
const PLAIN: [&str; 10] = [
    "accept",
    "accept-charset",
    "accept-language",
    "cache-control",
    "dnt",
    "origin",
    "pragma",
    "referer",
    "user-agent",
    "x-requested-with",
];

fn is_plain(header: &str) -> bool {
    PLAIN.iter().any(|plain| header.eq_ignore_ascii_case(plain))
}

/// A job as it may be read: without values of headers and cookies, and without passwords.
pub fn redacted(job: &Arc<Job>) -> Arc<Job> {
    let request = &job.request;
    if request.headers.is_empty() && request.cookies.is_empty() && request.basic_auth.is_none() {
        return job.clone();
    }
    let mut job = job.clone();
    let request = &mut Arc::make_mut(&mut job).request;
    let headers = request.headers.iter_mut().filter(|(name, _)| !is_plain(name));
    let values = headers.chain(request.cookies.iter_mut()).map(|(_, value)| value);
    for value in values.chain(request.basic_auth.iter_mut().map(|auth| &mut auth.password)) {
        MARK.clone_into(value);
    }
    job
}

/// Puts what `old` has in the place of marks.
///
/// # Errors
/// A problem that names a mark in whose place there is nothing.
pub fn restore(job: &mut Job, old: Option<&Job>, prefix: &str) -> Result<(), Problem> {
    let old = old.map(|old| &old.request);
    let request = &mut job.request;
    restore_all(&mut request.headers, old.map(|old| &old.headers), &format!("{prefix}/request/headers"))?;
    restore_all(&mut request.cookies, old.map(|old| &old.cookies), &format!("{prefix}/request/cookies"))?;
    if let Some(auth) = request.basic_auth.as_mut().filter(|auth| auth.password == MARK) {
        let kept = old.and_then(|old| old.basic_auth.as_ref()).filter(|kept| kept.user == auth.user);
        let kept = kept.ok_or_else(|| nothing(&format!("{prefix}/request/basic_auth/password")))?;
        auth.password.clone_from(&kept.password);
    }
    Ok(())
}

fn restore_all(
    values: &mut BTreeMap<String, String>,
    old: Option<&BTreeMap<String, String>>,
    prefix: &str,
) -> Result<(), Problem> {
    for (name, value) in values.iter_mut().filter(|(_, value)| *value == MARK) {
        let kept = old.and_then(|old| old.get(name));
        let kept =
            kept.ok_or_else(|| nothing(&format!("{prefix}/{}", name.replace('~', "~0").replace('/', "~1"))))?;
        value.clone_from(kept);
    }
    Ok(())
}

fn nothing(pointer: &str) -> Problem {
    Problem::field(
        pointer,
        format!("`{MARK}` stands for what is kept, and nothing is kept here: send the value"),
    )
}
