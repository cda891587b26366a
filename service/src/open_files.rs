//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to what the system allows at most: the usual one, 1,024, is that of programs that wait by
/// `select`. A client that follows a run holds a connection.
pub fn raise() {
    let now = getrlimit(Resource::Nofile);
    if now.current == now.maximum {
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: now.maximum, ..now }) {
        Ok(()) => tracing::debug!(was = now.current, now = now.maximum, "more files may be open"),
        Err(error) => tracing::warn!(%error, now = now.current, "no more files may be open"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_may_be_open_as_the_system_allows() {
        let most = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(256), maximum: most }).unwrap();
        raise();
        assert_eq!(getrlimit(Resource::Nofile), Rlimit { current: most, maximum: most });
    }
}
