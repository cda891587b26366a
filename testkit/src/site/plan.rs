//! What a site consists of: its pages, where each stands, and how it is reached and sent.

use super::lang::Lang;
use super::messy::charset::Charset;
use super::messy::deck::{self, Shape};
use super::random::Random;
use super::spec::{Flavour, SiteSpec};
use super::transfer::{Coding, Framing};
use std::collections::HashMap;

/// Children of a page in the tree that makes every page reachable: depth 5 at 100,000 pages.
pub(crate) const BRANCH: u32 = 10;

/// How other pages lead to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By links of any spelling.
    Any,
    /// By links of one spelling only.
    Spelled(usize),
    /// Through a redirect: its status, and whether `Location` is absolute.
    Redirect(u16, bool),
    /// Through three redirects.
    Chain,
    /// Through a page with a meta refresh.
    Refresh,
    /// By links inside `<noscript>`.
    Noscript,
    /// By `<area>`.
    Area,
    /// By `<iframe src>`; a crawler may follow it.
    Iframe,
    /// By `rel=nofollow` links; a crawler may follow them.
    Nofollow,
    /// Named in a sitemap, and nowhere else.
    Sitemap,
}

/// What a page does when it is asked for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It answers.
    None,
    /// 500, then it answers.
    Fails,
    /// 429 with `Retry-After: 1`, then it answers.
    Busy,
    /// Each answer takes a while.
    Slow,
    /// A redirect to itself that sets a cookie; with the cookie it answers.
    Wall,
}

/// A `<base href>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BaseHref {
    None,
    Absolute,
    Rooted,
    Relative,
    /// Two of them: the first holds.
    Twice,
}

/// One page of the site. Number 0 is the home page, all others are product pages.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Path and query in canonical spelling.
    pub target: String,
    pub lang: Lang,
    pub way: Way,
    pub charset: Charset,
    pub coding: Coding,
    pub framing: Framing,
    pub turn: Turn,
    pub base: BaseHref,
}

/// The pages of a site and where to find them.
pub(crate) struct Plan {
    pub spec: SiteSpec,
    pub pages: Vec<Page>,
    by_target: HashMap<String, u32>,
}

impl Plan {
    pub(crate) fn new(mut spec: SiteSpec) -> Self {
        spec.pages = spec.pages.max(2);
        let pages: Vec<Page> = (0..spec.pages)
            .map(|i| match spec.flavour {
                _ if i == 0 => plain(&spec, "/".to_owned(), Lang::En),
                Flavour::Clean => {
                    let lang = *Random::of(spec.seed, 4, u64::from(i)).pick(&Lang::ALL);
                    plain(&spec, deck::target(Shape::Html, i), lang)
                }
                Flavour::Messy => deck::page(&spec, i),
            })
            .collect();
        let by_target = pages.iter().zip(0u32..).map(|(page, i)| (page.target.clone(), i)).collect();
        Plan { spec, pages, by_target }
    }

    /// The page that stands at a canonical target.
    pub(crate) fn at(&self, target: &str) -> Option<u32> {
        self.by_target.get(target).copied()
    }

    pub(crate) fn page(&self, index: u32) -> &Page {
        &self.pages[index as usize]
    }

    /// The page, if there is one of this number.
    pub(crate) fn get(&self, index: u32) -> Option<&Page> {
        self.pages.get(index as usize)
    }

    pub(crate) fn messy(&self) -> bool {
        self.spec.flavour == Flavour::Messy
    }

    /// The pages below a page in the tree.
    pub(crate) fn children(&self, index: u32) -> std::ops::Range<u32> {
        let end = self.spec.pages;
        let first = index.saturating_mul(BRANCH).saturating_add(1);
        first.min(end)..first.saturating_add(BRANCH).min(end)
    }

    /// The pages that a page links to: its children, and others by chance. A page that only a
    /// sitemap names is in nobody's list; one behind `nofollow` or `iframe` only in its parent's.
    pub(crate) fn links_of(&self, index: u32) -> Vec<u32> {
        let mut links: Vec<u32> =
            self.children(index).filter(|i| self.page(*i).way != Way::Sitemap).collect();
        let wanted = usize::from(self.spec.links_per_page).min(self.pages.len() - 1);
        let mut random = Random::of(self.spec.seed, 5, u64::from(index));
        for _ in 0..wanted * 4 {
            if links.len() >= wanted {
                break;
            }
            let other = random.below(self.pages.len()) as u32;
            let hidden = matches!(self.page(other).way, Way::Sitemap | Way::Nofollow | Way::Iframe);
            if other != index && !hidden && !links.contains(&other) {
                links.push(other);
            }
        }
        links
    }
}

/// A page without any oddity.
pub(crate) fn plain(spec: &SiteSpec, target: String, lang: Lang) -> Page {
    Page {
        target,
        lang,
        way: Way::Any,
        charset: Charset::Utf8Header,
        coding: if spec.gzip { Coding::Gzip } else { Coding::Identity },
        framing: Framing::Length,
        turn: Turn::None,
        base: BaseHref::None,
    }
}
