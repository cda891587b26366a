use serde::{Deserialize, Serialize};

/// What a site is made from. The same spec always gives the same site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteSpec {
    /// All that is random comes from it.
    pub seed: u64,
    /// Pages, the home page included. At least 2.
    pub pages: u32,
    /// Links to other pages on each page; fewer where the site is smaller.
    pub links_per_page: u16,
    /// About how long a page is, inflated, in bytes. A page with many links may be longer.
    pub page_bytes: usize,
    /// Send gzip to clients that accept it. The messy flavour mixes codings.
    pub gzip: bool,
    /// How well-behaved the site is.
    pub flavour: Flavour,
    /// Memory for prepared answers, in bytes; the rest is rendered anew each time.
    pub cache_bytes: usize,
}

/// How well-behaved a site is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// Every page is reached from `/` by plain links and answers 200.
    #[default]
    Clean,
    /// What the real web is like: odd links, redirects, charsets, sitemaps, denied paths, traps.
    Messy,
}

impl Default for SiteSpec {
    fn default() -> Self {
        SiteSpec {
            seed: 1,
            pages: 100,
            links_per_page: 50,
            page_bytes: 30_000,
            gzip: true,
            flavour: Flavour::Clean,
            cache_bytes: 1 << 30,
        }
    }
}

impl SiteSpec {
    /// A clean site of so many pages.
    pub fn clean(pages: u32) -> Self {
        SiteSpec { pages, ..SiteSpec::default() }
    }

    /// A messy site of so many pages. From about 400 pages on, every oddity is in it.
    pub fn messy(pages: u32) -> Self {
        SiteSpec { pages, flavour: Flavour::Messy, ..SiteSpec::default() }
    }
}
