//! What the URL of an S3 archive says, and how long its calls may take.

use crate::location::{Location, refused};
use shared::ports::ArchiveError;
use std::time::Duration;

/// The parameters of an `s3://` URL.
const PARAMETERS: [&str; 5] = ["endpoint", "region", "path_style", "checksums", "create_only"];

/// Which checksums go along with what is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Checksums {
    /// With every object (`when_supported`).
    WhenSupported,
    /// Only where S3 demands one (`when_required`): servers that look like S3 and are older than
    /// 2025 know no others.
    WhenRequired,
}

/// A parsed `s3://` URL.
pub(super) struct Options {
    pub location: Location,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region; else that of the environment, the profile or the instance, else `us-east-1`. With
    /// `endpoint` it is `us-east-1` at once.
    pub region: Option<String>,
    /// The bucket stands in the path, not in the host's name.
    pub path_style: bool,
    pub checksums: Checksums,
    /// Objects are never written over (`If-None-Match: *`). Servers that do not know this header
    /// want `create_only=false`; a segment's bytes are the same each time, so nothing is lost then.
    pub create_only: bool,
}

impl Options {
    pub fn parse(url: &str) -> Result<Self, ArchiveError> {
        let location = Location::parse(url, "s3", &PARAMETERS)?;
        let endpoint = location.text("endpoint").map(str::to_owned);
        if let Some(endpoint) = &endpoint
            && !url::Url::parse(endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Err(refused("`endpoint` is http://HOST:PORT or https://HOST"));
        }
        Ok(Options {
            region: location.text("region").map(str::to_owned),
            path_style: location.flag("path_style", false)?,
            create_only: location.flag("create_only", true)?,
            checksums: match location.text("checksums") {
                None | Some("when_supported") => Checksums::WhenSupported,
                Some("when_required") => Checksums::WhenRequired,
                Some(_) => return Err(refused("`checksums` is when_supported or when_required")),
            },
            endpoint,
            location,
        })
    }
}

/// How long the archive waits, and how large its requests are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Until a connection stands.
    pub connect: Duration,
    /// For one try of one request, its answer's body not counted.
    pub attempt: Duration,
    /// For one call of the archive, all tries and bodies of it.
    pub call: Duration,
    /// Tries of one request.
    pub attempts: u32,
    /// Segments above this many bytes go up in parts of this many bytes. S3 wants 5 MiB at least.
    pub part: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(5),
            attempt: Duration::from_secs(20),
            call: Duration::from_secs(60),
            attempts: 3,
            part: 32 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_their_meaning_and_their_defaults() {
        let Ok(plain) = Options::parse("s3://pages") else { panic!("options") };
        assert!(plain.create_only && !plain.path_style && plain.endpoint.is_none());
        assert_eq!(plain.checksums, Checksums::WhenSupported);
        let url = "s3://pages/x?endpoint=http://127.0.0.1:9000&path_style=true&checksums=when_required\
                   &create_only=false&region=eu-central-1";
        let Ok(all) = Options::parse(url) else { panic!("options") };
        assert!(!all.create_only && all.path_style);
        assert_eq!(all.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
        assert_eq!(all.region.as_deref(), Some("eu-central-1"));
        assert_eq!(all.checksums, Checksums::WhenRequired);
    }

    #[test]
    fn values_that_mean_nothing_are_refused() {
        for query in ["endpoint=9000", "path_style=yes", "checksums=md5", "endpoint=file:///x"] {
            assert!(Options::parse(&format!("s3://pages?{query}")).is_err(), "{query}");
        }
    }
}
