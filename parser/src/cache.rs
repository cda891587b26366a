//! Links that were decided before. Most links of a page stand on every page of its site: one look
//! here spares joining, spelling and judging them, and asking the database.

use parking_lot::Mutex;
use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hasher, RandomState};

/// Links in one generation; there are two, of 9 bytes and some slack a link.
const GENERATION: usize = 100_000;

/// The known links of one run: each a hash, keyed at random, of the link as it stands and of what
/// its meaning hangs on.
#[derive(Default)]
pub struct Cache {
    keys: RandomState,
    known: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashSet<u64, BuildHasherDefault<AsItIs>>,
    old: HashSet<u64, BuildHasherDefault<AsItIs>>,
}

/// What a page's links hang on, hashed once a page.
pub struct Context {
    site: DefaultHasher,
    folder: DefaultHasher,
    page: DefaultHasher,
}

impl Cache {
    /// The context of the links of a page: `origin` of the page, and the base that they are joined
    /// with.
    pub fn context(&self, origin: &str, base: &url::Url) -> Context {
        let mut site = self.keys.build_hasher();
        site.write(origin.as_bytes());
        site.write_u8(0xff);
        site.write(base[..url::Position::BeforePath].as_bytes());
        site.write_u8(0xff);
        let path = base.path();
        let mut folder = site.clone();
        folder.write(&path.as_bytes()[..path.rfind('/').map_or(0, |at| at + 1)]);
        folder.write_u8(0xff);
        let mut page = site.clone();
        page.write(path.as_bytes());
        page.write_u8(0xfe);
        Context { site, folder, page }
    }

    /// Of these links, whether each is known; the known ones stay so for longer.
    pub fn known(&self, links: &[u64]) -> Vec<bool> {
        let mut known = self.known.lock();
        links.iter().map(|link| known.has(*link)).collect()
    }

    /// Remembers links. To be called when the page that bears them was closed by its transaction.
    pub fn remember(&self, links: &[u64]) {
        let mut known = self.known.lock();
        for link in links {
            known.add(*link);
        }
    }
}

impl Context {
    /// The hash of a link of that page.
    pub fn link(&self, href: &str) -> u64 {
        let mut hasher = match href.as_bytes().first() {
            Some(b'/' | b'\\') => self.site.clone(),
            Some(b'?') => self.page.clone(),
            _ if has_scheme(href) => self.site.clone(),
            _ => self.folder.clone(),
        };
        hasher.write(href.as_bytes());
        hasher.finish()
    }
}

/// Whether a link begins with a scheme that is its own: `http:x` hangs on its base as `x` does.
fn has_scheme(href: &str) -> bool {
    memchr::memmem::find(href.as_bytes(), b"://").is_some_and(|at| scheme(href) == Some(&href[..at]))
}

/// The scheme of a link, if it has one.
pub fn scheme(href: &str) -> Option<&str> {
    let end = href.bytes().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(&b)))?;
    let is_scheme = end > 0 && href.as_bytes()[end] == b':' && href.as_bytes()[0].is_ascii_alphabetic();
    is_scheme.then(|| &href[..end])
}

impl Generations {
    fn has(&mut self, link: u64) -> bool {
        if self.young.contains(&link) {
            return true;
        }
        let is_old = self.old.contains(&link);
        if is_old {
            self.add(link);
        }
        is_old
    }

    fn add(&mut self, link: u64) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(link);
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {}
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(cache: &Cache, base: &str) -> Context {
        let base = url::Url::parse(base).unwrap();
        cache.context(&base.origin().ascii_serialization(), &base)
    }

    #[test]
    fn a_link_hangs_on_what_it_is_joined_with() {
        let cache = Cache::default();
        let one = context(&cache, "https://a.example/x/1?q");
        let same_folder = context(&cache, "https://a.example/x/2");
        let elsewhere = context(&cache, "https://a.example/y/1");
        let other_site = context(&cache, "https://b.example/x/1?q");
        for (href, folder, elsewhere_too) in [
            ("/a", true, true),
            ("a", true, false),
            ("https://c.example/", true, true),
            ("?b", false, false),
            ("https:a", true, false),
        ] {
            assert_eq!(one.link(href) == same_folder.link(href), folder, "{href}");
            assert_eq!(one.link(href) == elsewhere.link(href), elsewhere_too, "{href}");
            assert_ne!(one.link(href), other_site.link(href), "{href}");
        }
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let cache = Cache::default();
        cache.remember(&[u64::MAX]);
        for n in 0..300_000 {
            cache.remember(&[n]);
            assert_eq!(cache.known(&[u64::MAX]), [true]);
        }
        assert_eq!(cache.known(&[0, 299_999]), [false, true]);
        let known = cache.known.lock();
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }
}
