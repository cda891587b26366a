//! What a harvest of the site should find.

use super::plan::{Plan, Turn, Way};
use super::product::Product;
use super::resource::{self, Resource, has_alias};
use super::target::canonical;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a harvest of the site should find. Made on demand, page by page, so that a large site needs
/// no memory for it.
#[derive(Clone, Copy)]
pub struct Truth<'a> {
    plan: &'a Plan,
    origin: &'a str,
}

/// One page as it should be found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TruthPage {
    /// The canonical URL.
    pub url: String,
    /// Every crawler that keeps to the standards must find it. Others are behind `rel=nofollow` or
    /// an `iframe`, where settings decide.
    pub must: bool,
    /// How often one undisturbed crawl may ask for it: 2 where the first answer is no page, or
    /// where a redirect leads here too.
    pub requests: u32,
    /// How it is reached and sent, for people who look for the reason of a failure.
    pub oddity: String,
    /// The record that a harvest with [`super::extract`] gives. None for the home page.
    pub record: Option<Map<String, Value>>,
    /// The record's fields as they stand on the page, all text.
    pub texts: Option<Map<String, Value>>,
    /// The page's JSON-LD.
    pub json_ld: Option<Value>,
    /// The page's Open Graph properties.
    pub open_graph: Option<Map<String, Value>>,
}

/// Why a URL must never be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// robots.txt denies it.
    Denied,
    /// No link leads to it; it stands in a comment, a script or plain text.
    Phantom,
}

impl<'a> Truth<'a> {
    pub(crate) fn of(plan: &'a Plan, origin: &'a str) -> Self {
        Truth { plan, origin }
    }

    /// Where the site is served.
    pub fn origin(&self) -> &'a str {
        self.origin
    }

    /// Pages, the home page included.
    pub fn len(&self) -> usize {
        self.plan.pages.len()
    }

    /// Never: a site has two pages at least.
    pub fn is_empty(&self) -> bool {
        self.plan.pages.is_empty()
    }

    /// Every page, the home page first.
    pub fn pages(self) -> impl Iterator<Item = TruthPage> + 'a {
        (0..self.plan.spec.pages).map(move |i| self.page(i))
    }

    /// The page of a number, which must be less than [`Truth::len`].
    pub fn page(&self, index: u32) -> TruthPage {
        let page = self.plan.page(index);
        let url = format!("{}{}", self.origin, page.target);
        let product = (index > 0).then(|| Product::of(self.plan.spec.seed, index, page.lang));
        let oddity = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            page.way, page.turn, page.charset, page.coding, page.framing, page.base
        );
        TruthPage {
            must: self.must(index),
            requests: self.requests(index),
            oddity,
            record: product.as_ref().map(Product::record),
            texts: product.as_ref().map(Product::texts),
            json_ld: product.as_ref().map(|product| product.json_ld(&url)),
            open_graph: product.as_ref().map(|product| product.open_graph(&url)),
            url,
        }
    }

    pub(crate) fn must(&self, index: u32) -> bool {
        !matches!(self.plan.page(index).way, Way::Nofollow | Way::Iframe)
    }

    pub(crate) fn requests(&self, index: u32) -> u32 {
        let again = matches!(self.plan.page(index).turn, Turn::Fails | Turn::Busy | Turn::Wall);
        1 + u32::from(again) + u32::from(has_alias(self.plan, index))
    }

    /// The page at a URL, or at a path and query, in any spelling.
    pub fn page_at(&self, url: &str) -> Option<u32> {
        self.plan.at(&canonical(self.target(url)?))
    }

    /// Why this URL, or path and query, must never be fetched. URLs of other hosts give None.
    pub fn never(&self, url: &str) -> Option<Never> {
        match self.resolve(self.target(url)?) {
            Resource::Denied => Some(Never::Denied),
            Resource::Phantom => Some(Never::Phantom),
            _ => None,
        }
    }

    pub(crate) fn resolve(&self, target: &str) -> Resource {
        resource::resolve(self.plan, target)
    }

    fn target<'u>(&self, url: &'u str) -> Option<&'u str> {
        match url.strip_prefix(self.origin) {
            Some("") => Some("/"),
            Some(target) => Some(target),
            None => url.starts_with('/').then_some(url),
        }
    }
}
