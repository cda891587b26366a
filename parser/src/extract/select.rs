//! Finding elements by CSS selector, all fields in one walk. What a selector wants of the element
//! itself is compared by hand first; the selector engine is asked only about what passes.

use crate::tree::{attribute, is_pattern, next};
use ego_tree::NodeRef;
use html5ever::{LocalName, local_name};
use scraper::node::Element;
use scraper::{ElementRef, Node, Selector};
use std::cell::Cell;
use std::time::Instant;

/// A compiled selector.
pub struct Query {
    selector: Selector,
    hint: Hint,
}

/// What the element itself must have.
#[derive(Debug, Default, PartialEq)]
struct Hint {
    tag: Option<LocalName>,
    id: Option<String>,
    class: Option<String>,
    /// That is all that the selector says.
    exact: bool,
}

/// Time for one page's selectors.
pub struct Budget {
    deadline: Instant,
    steps: Cell<u32>,
    spent: Cell<bool>,
}

impl Budget {
    /// Until then.
    pub fn until(deadline: Instant) -> Self {
        Budget { deadline, steps: Cell::new(0), spent: Cell::new(false) }
    }

    /// Whether the time was up.
    pub fn is_spent(&self) -> bool {
        self.spent.get()
    }

    /// One element looked at; false: stop.
    fn step(&self) -> bool {
        let steps = self.steps.get().wrapping_add(1);
        self.steps.set(steps);
        if steps.is_multiple_of(1024) && Instant::now() >= self.deadline {
            self.spent.set(true);
        }
        !self.spent.get()
    }
}

impl Query {
    /// Compiles a selector; one that begins with a combinator begins at the record's own element.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(css: &str) -> Result<Self, String> {
        let css = css.trim();
        let rooted = css.starts_with(['>', '+', '~']).then(|| format!(":scope {css}"));
        let css = rooted.as_deref().unwrap_or(css);
        let selector =
            Selector::parse(css).map_err(|error| format!("`{css}` is no CSS selector: {error}"))?;
        Ok(Query { selector, hint: Hint::of(css) })
    }

    fn matches(&self, node: NodeRef<'_, Node>, element: &Element, scope: Option<ElementRef<'_>>) -> bool {
        self.hint.allows(element)
            && (self.hint.exact
                || ElementRef::wrap(node).is_some_and(|e| self.selector.matches_with_scope(&e, scope)))
    }
}

/// What is looked for in one walk.
pub struct Search<'q> {
    /// The selector.
    pub query: &'q Query,
    /// Elements wanted of it.
    pub most: usize,
}

/// The elements inside `top` (and `top` itself, if it is the page's root) that match each selector, in
/// document order.
pub fn find<'a>(
    top: NodeRef<'a, Node>,
    scope: Option<ElementRef<'a>>,
    searches: &[Search<'_>],
    budget: &Budget,
) -> Vec<Vec<NodeRef<'a, Node>>> {
    let mut found: Vec<Vec<NodeRef<'a, Node>>> = searches.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<usize> = (0..searches.len()).collect();
    let mut node = top;
    while !open.is_empty() && budget.step() {
        let mut inside = true;
        if let Node::Element(element) = node.value()
            && (node.id() != top.id() || scope.is_none())
        {
            inside = !is_pattern(element);
            open.retain(|&n| {
                if searches[n].query.matches(node, element, scope) {
                    found[n].push(node);
                }
                found[n].len() < searches[n].most
            });
        }
        match next(node, top, inside) {
            Some(after) => node = after,
            None => break,
        }
    }
    found
}

impl Hint {
    /// Read from the selector's text. Where that is not simple, the hint allows everything.
    fn of(css: &str) -> Self {
        if css.contains(['\\', '|']) || css.contains("/*") {
            return Hint::default();
        }
        let (mut depth, mut quote, mut last) = (0u32, None, 0);
        for (at, c) in css.char_indices() {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '[' | '(') => depth += 1,
                (None, ']' | ')') => depth = depth.saturating_sub(1),
                (None, ',') if depth == 0 => return Hint::default(),
                (None, c) if depth == 0 && (c.is_whitespace() || ">+~".contains(c)) => {
                    last = at + c.len_utf8()
                }
                _ => {}
            }
        }
        let mut hint = Hint { exact: last == 0, ..Hint::default() };
        hint.read(&css[last..]);
        hint
    }

    fn read(&mut self, compound: &str) {
        let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let mut rest = compound;
        while let Some(c) = rest.chars().next() {
            let (mark, name) = if c == '.' || c == '#' { (c, &rest[1..]) } else { (' ', rest) };
            let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            let first = self.tag.is_none() && self.id.is_none() && self.class.is_none();
            match mark {
                _ if name.is_empty() => return self.exact = false,
                ' ' if first && !name.contains(|c: char| c.is_ascii_uppercase()) => {
                    self.tag = Some(LocalName::from(name));
                }
                '.' if self.class.is_none() => self.class = Some(name.to_owned()),
                '#' if self.id.is_none() => self.id = Some(name.to_owned()),
                _ => return self.exact = false,
            }
            rest = after;
        }
    }

    fn allows(&self, element: &Element) -> bool {
        self.tag.as_ref().is_none_or(|tag| element.name.local == *tag)
            && self.id.as_ref().is_none_or(|id| attribute(element, &local_name!("id")) == Some(id))
            && self.class.as_ref().is_none_or(|class| {
                attribute(element, &local_name!("class"))
                    .is_some_and(|list| list.split_ascii_whitespace().any(|have| have == class))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::{Bounds, parse};
    use scraper::Html;
    use std::time::Duration;

    const PAGE: &str = "<html id=h><body class='a b'><div id=x class=c><p class='c d'>1<a href=/1 data-x='.y z'>2</a></p>\
        <svg><linearGradient class=c /></svg></div><p>3</p><template><p class=c>4</p></template><ul><li>5<li>6</ul>";

    fn all<'a>(html: &'a Html, css: &str) -> Vec<NodeRef<'a, Node>> {
        let query = Query::new(css).unwrap();
        let budget = Budget::until(Instant::now() + Duration::from_secs(60));
        let search = [Search { query: &query, most: usize::MAX }];
        find(html.tree.root(), None, &search, &budget).remove(0)
    }

    #[test]
    fn the_hint_never_changes_what_is_found() {
        let document = parse(PAGE, Bounds::default());
        for css in [
            "p",
            ".c",
            "#x",
            "p.c",
            "p.c.d",
            ".c.d",
            "div#x",
            "#x.c",
            "div p",
            "div > p.c",
            "p + a",
            "p ~ ul li",
            "a[href]",
            "a[data-x='.y z']",
            "p:first-child",
            ":not(p)",
            "p, a",
            "*",
            "body.a .c",
            "li:nth-child(2)",
            "lineargradient",
            "linearGradient",
            "P",
            "div:has(> p)",
            "html",
            "#nothing",
            "p :is(a, b)",
        ] {
            let selector = Selector::parse(css).unwrap();
            let engine: Vec<_> = document
                .html
                .tree
                .root()
                .descendants()
                .filter(|n| !n.ancestors().any(|a| a.value().as_element().is_some_and(is_pattern)))
                .filter(|n| ElementRef::wrap(*n).is_some_and(|e| selector.matches(&e)))
                .collect();
            assert_eq!(all(&document.html, css), engine, "{css}");
        }
    }

    #[test]
    fn hints_are_read_from_the_last_compound() {
        let hint = |css| Hint::of(css);
        let tag = |name: &str| Some(LocalName::from(name));
        assert_eq!(hint("div > p.c"), Hint { tag: tag("p"), class: Some("c".into()), ..Hint::default() });
        assert_eq!(hint("p"), Hint { tag: tag("p"), exact: true, ..Hint::default() });
        assert_eq!(hint("a[title='x, y']"), Hint { tag: tag("a"), ..Hint::default() });
        assert_eq!(hint("a, b"), Hint::default());
        assert_eq!(hint("a\\.b"), Hint::default());
    }

    #[test]
    fn time_is_bounded() {
        let document = parse(&"<i></i>".repeat(5_000), Bounds::default());
        let query = Query::new("i").unwrap();
        let budget = Budget::until(Instant::now());
        let found = find(document.html.tree.root(), None, &[Search { query: &query, most: 9_999 }], &budget);
        assert!(found[0].len() < 2_000 && budget.is_spent());
    }
}
