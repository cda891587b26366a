//! The bodies of the site's pages.

use super::html::{self, Frame};
use super::messy::spelling::{Place, SPELLINGS, start_tag};
use super::messy::{noise, traps};
use super::plan::{BaseHref, Plan, Way};
use super::product::Product;
use super::random::Random;
use super::resource::{entrance, has_alias};
use std::borrow::Cow;

/// Where the site stands while it is served.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    /// `http://host:port` of the site.
    pub here: String,
    /// Another host, which is out of scope.
    pub elsewhere: String,
}

/// The bytes of page `i`.
pub(crate) fn page(plan: &Plan, origins: &Origins, i: u32) -> Vec<u8> {
    let page = plan.page(i);
    let spec = &plan.spec;
    let url = format!("{}{}", origins.here, page.target);
    let (head, base) = base_href(page.base, &page.target, &origins.here);
    let place = Place { origin: &origins.here, base: &base };
    let mut random = Random::of(spec.seed, 6, u64::from(i));
    let links =
        plan.links_of(i).into_iter().map(|to| link(plan, &place, to, &mut random)).collect::<Vec<_>>();
    let mut frame = Frame {
        url: &url,
        head: format!("{}{head}", page.charset.meta()),
        links,
        tail: String::new(),
        bytes: spec.page_bytes,
    };
    if plan.messy() {
        frame.tail = noise::html(spec.seed, i, &origins.elsewhere, page.base == BaseHref::None);
        if has_alias(plan, i + 1) {
            frame.links.push(html::card(&format!("/old/{}", i + 1), "Old address"));
        }
    }
    if i == 0 {
        if plan.messy() {
            frame.links.extend(doors().map(|href| html::card(&href, "Door")));
        }
        return page.charset.encode(&html::plain_page("All products", &frame));
    }
    let product = Product::of(spec.seed, i, page.lang);
    page.charset.encode(&html::product_page(&product, &frame, &mut random))
}

/// What only the home page of a messy site links to.
fn doors() -> impl Iterator<Item = String> {
    let more = ["/go/away", "/go/denied", "/loop/a", "/loop/self", "/notes/one.txt", "/notes/two.json"];
    traps::ENTRIES.into_iter().chain(more).map(str::to_owned)
}

/// The `base` element, and what relative links are joined with.
fn base_href<'a>(base: BaseHref, target: &'a str, origin: &str) -> (String, Cow<'a, str>) {
    match base {
        BaseHref::None => (String::new(), target.into()),
        BaseHref::Absolute => {
            (format!("<base href=\"{origin}/else/where/index.html\">\n"), "/else/where/index.html".into())
        }
        BaseHref::Rooted => ("<base href='/deep/er/' target=_top>\n".to_owned(), "/deep/er/".into()),
        BaseHref::Relative => {
            let base = url::Url::parse(&format!("{origin}{target}"))
                .and_then(|url| url.join("../up/"))
                .map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
            ("<base href=\"../up/\">\n".to_owned(), base.into())
        }
        BaseHref::Twice => {
            ("<base href=\"/first/one/\">\n<base href=\"/second/\">\n".to_owned(), "/first/one/".into())
        }
    }
}

/// A link to a page, in the way that leads to it.
fn link(plan: &Plan, place: &Place<'_>, to: u32, random: &mut Random) -> String {
    let href = entrance(plan, to);
    let text = format!("Item {to}");
    if !plan.messy() {
        return html::card(&href, &text);
    }
    let escaped = html::escape(&href);
    match plan.page(to).way {
        Way::Noscript => format!("<noscript><a href=\"{escaped}\">{text}</a></noscript>"),
        Way::Area => format!("<map name=\"m\"><area shape=\"rect\" href=\"{escaped}\" alt=\"{text}\"></map>"),
        Way::Iframe => format!("<iframe src=\"{escaped}\" title=\"{text}\"></iframe>"),
        Way::Nofollow => start_tag(0, &href, place, " rel=\"external NoFollow\"") + &text + "</a>",
        Way::Spelled(spelling) => start_tag(spelling, &href, place, " class=card") + &text + "</a>",
        _ => start_tag(random.below(SPELLINGS), &href, place, " class=\"card\"") + &text + "</a>",
    }
}

/// A page that leads on by meta refresh.
pub(crate) fn refresh(plan: &Plan, i: u32) -> String {
    let to = html::escape(&plan.page(i).target);
    let content = match i % 4 {
        0 => format!("0; url={to}"),
        1 => format!("0;URL='{to}'"),
        2 => format!(" 3 , {to}"),
        _ => format!("0; URL = &quot;{to}&quot;"),
    };
    format!(
        "<!doctype html><html><head><title>Moved</title><meta HTTP-EQUIV=Refresh content=\"{content}\"></head>\
         <body><p>We have moved.</p></body></html>"
    )
}

/// A page inside a trap.
pub(crate) fn trap(target: &str) -> String {
    let links = vec![html::card(&traps::deeper(target), "Next"), html::card("/", "Home")];
    html::plain_page("More and more", &Frame { links, ..Frame::default() })
}

/// A page that nobody should see.
pub(crate) fn denied() -> String {
    let links = vec![html::card("/private/deeper", "Deeper")];
    html::plain_page("Members only", &Frame { links, ..Frame::default() })
}
