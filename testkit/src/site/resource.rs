//! What stands at a target.

use super::messy::{noise, robots, sitemaps, traps};
use super::plan::{Plan, Way};
use super::target::canonical;

/// What stands at a target of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// A page, by number.
    Page(u32),
    /// A redirect.
    Redirect {
        status: u16,
        absolute: bool,
        to: String,
    },
    /// A page that leads on by meta refresh, to the page of this number.
    Refresh(u32),
    /// A redirect to another host.
    Away,
    Robots,
    Sitemap(&'static str),
    /// A page without an end behind it.
    Trap,
    /// Denied by robots.txt.
    Denied,
    /// Gone: 404 or 410.
    Gone,
    /// A picture or the like.
    File,
    /// Text or JSON.
    Note,
    /// Nothing, and no true link leads here.
    Phantom,
    /// Nothing.
    Nothing,
}

/// The address that leads to a page: its own, or that of its redirect or refresh.
pub(crate) fn entrance(plan: &Plan, i: u32) -> String {
    let page = plan.page(i);
    match page.way {
        Way::Redirect(status, _) => format!("/go/{status}/{i}"),
        Way::Chain => format!("/hop/3/{i}"),
        Way::Refresh => format!("/moved/{i}"),
        _ => page.target.clone(),
    }
}

/// Pages that have a redirect besides their own address.
pub(crate) fn has_alias(plan: &Plan, i: u32) -> bool {
    plan.messy() && i % 100 == 7 && plan.get(i).is_some_and(|page| page.way == Way::Any)
}

/// What stands at a target, in whatever spelling.
pub(crate) fn resolve(plan: &Plan, target: &str) -> Resource {
    let target = canonical(target);
    if let Some(i) = plan.at(&target) {
        return Resource::Page(i);
    }
    if target == "/robots.txt" {
        return Resource::Robots;
    }
    if !plan.messy() {
        return Resource::Nothing;
    }
    let named = [sitemaps::INDEX, sitemaps::FIRST, sitemaps::SECOND];
    if let Some(name) = named.into_iter().find(|name| *name == target) {
        return Resource::Sitemap(name);
    }
    if let Some(found) = way_in(plan, &target) {
        return found;
    }
    match target.as_str() {
        "/go/away" => Resource::Away,
        "/go/denied" => {
            Resource::Redirect { status: 302, absolute: false, to: "/private/behind-redirect".to_owned() }
        }
        t if t.starts_with("/loop/") => {
            Resource::Redirect { status: 302, absolute: t.ends_with('a'), to: traps::loop_next(t) }
        }
        t if traps::is_trap(t) => Resource::Trap,
        t if robots::denies(t) => Resource::Denied,
        t if t.starts_with(noise::GONE) => Resource::Gone,
        t if t.starts_with(noise::FILES) => Resource::File,
        t if t.starts_with(noise::NOTES) => Resource::Note,
        t if t.starts_with(noise::PHANTOM) => Resource::Phantom,
        _ => Resource::Nothing,
    }
}

/// Redirects and refreshes that lead to a page; only those that the plan has.
fn way_in(plan: &Plan, target: &str) -> Option<Resource> {
    let mut parts = target.strip_prefix('/')?.split('/');
    let (kind, second, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().ok().filter(|i| plan.get(*i).is_some());
    match (kind, second, third) {
        ("go", status, Some(i)) => {
            let i = number(i)?;
            match plan.page(i).way {
                Way::Redirect(s, absolute) if s.to_string() == status => {
                    Some(Resource::Redirect { status: s, absolute, to: plan.page(i).target.clone() })
                }
                _ => None,
            }
        }
        ("hop", step, Some(i)) => {
            let i = number(i).filter(|i| plan.page(*i).way == Way::Chain)?;
            let to = match step {
                "3" => format!("/hop/2/{i}"),
                "2" => format!("../1/{i}"),
                "1" => plan.page(i).target.clone(),
                _ => return None,
            };
            Some(Resource::Redirect { status: 301, absolute: false, to })
        }
        ("moved", i, None) => number(i).filter(|i| plan.page(*i).way == Way::Refresh).map(Resource::Refresh),
        ("old", i, None) => {
            let i = number(i).filter(|i| has_alias(plan, *i))?;
            Some(Resource::Redirect { status: 301, absolute: true, to: plan.page(i).target.clone() })
        }
        _ => None,
    }
}
