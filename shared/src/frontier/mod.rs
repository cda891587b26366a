//! Which URL is which, and whether a run wants it. Both the dispatcher (seeds) and the parser
//! (links) ask here, so that they never differ.

pub mod canonical;
pub mod origin;
pub mod traps;
pub mod wanted;

pub use canonical::Canonical;
pub use wanted::{From, Wanted};

use crate::ids::{HostId, UrlId};
use crate::outcome::Kind;

/// A URL that a run wants; the store admits it if it is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Its id in the run.
    pub url_id: UrlId,
    /// The canonical URL, which is also the one that is fetched.
    pub url: String,
    /// Its host.
    pub host: HostId,
    /// The host's origin: `https://example.com`, `http://127.0.0.2:8080`.
    pub origin: String,
    /// What it stands for.
    pub kind: Kind,
    /// Links away from a seed.
    pub depth: u16,
    /// Redirects in a row that led here.
    pub hops: u16,
    /// 0 first, 9 last: robots.txt 0, sitemaps 1, pages 5 unless the job says otherwise.
    pub prio: u8,
    /// The URL that was asked first, where redirects led here.
    pub asked_url: Option<String>,
}

/// The limits that the store itself holds while it admits, because only it sees all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmitRules {
    /// URLs in the run.
    pub urls: u64,
    /// URLs of one host in the run.
    pub urls_per_host: u64,
    /// Admit a host's robots.txt with its first URL, in front of it.
    pub robots: bool,
}
