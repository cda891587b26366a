//! HTML to a tree, within bounds of time, size and depth.

mod guard;
mod sink;
pub mod tokenizer;

use guard::Guard;
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use scraper::Html;
use std::time::{Duration, Instant};
use tokenizer::{Tokenizer, normalized};

/// Bytes of a page that are read; places in it are numbers of 32 bits.
const LONGEST: usize = 1 << 31;

/// Bounds of one page.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nodes in the tree.
    pub nodes: u32,
    /// Elements inside each other; what is deeper is put beside, not inside.
    pub depth: u32,
    /// Time.
    pub time: Duration,
    /// Time for one tag, however many attributes it has.
    pub one_token: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            nodes: 1_000_000,
            depth: 256,
            time: Duration::from_secs(10),
            one_token: Duration::from_secs(2),
        }
    }
}

/// A page's tree.
pub struct Document {
    /// The tree.
    pub html: Html,
    /// Why the rest of the page is not in it.
    pub cut: Option<&'static str>,
}

/// Parses a page. Scripting is off, so that what stands in `noscript` is part of the tree.
pub fn parse(text: &str, bounds: Bounds) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (text, rest) = text.split_at(text.floor_char_boundary(LONGEST.min(text.len())));
    let guard = Guard::new(builder(text.len()), bounds, Instant::now() + bounds.time);
    Tokenizer::new(&normalized(text), &guard).run();
    let cut = guard.cut().or((!rest.is_empty()).then_some("too long"));
    Document { cut, html: guard.finish() }
}

fn builder(bytes: usize) -> TreeBuilder<ego_tree::NodeId, sink::Sink> {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    TreeBuilder::new(sink::Sink::new(bytes), options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scraper::{ElementRef, Selector};

    fn texts(html: &Html, css: &str) -> Vec<String> {
        let selector = Selector::parse(css).unwrap();
        html.select(&selector).map(|e: ElementRef<'_>| e.text().collect()).collect()
    }

    #[test]
    fn noscript_is_part_of_the_tree_but_no_base_in_it() {
        let page = "<head><noscript><base href=//evil.example/></noscript></head>\
                    <noscript><a href=/x>link</a></noscript>";
        let document = parse(page, Bounds::default());
        assert_eq!(texts(&document.html, "a"), ["link"]);
        assert!(texts(&document.html, "base").is_empty());
    }

    #[test]
    fn what_is_too_deep_is_put_beside() {
        let deep = 5_000;
        let page = format!("{}<p>text</p>{}<i>after</i>", "<div>".repeat(deep), "</div>".repeat(deep));
        let document = parse(&page, Bounds::default());
        assert_eq!(document.cut, None);
        assert_eq!(texts(&document.html, "p"), [""]);
        assert_eq!(texts(&document.html, "body"), ["textafter"]);
        assert_eq!(texts(&document.html, "body > i"), ["after"]);
        let depth = document.html.tree.nodes().map(|n| n.ancestors().count()).max().unwrap();
        assert!((256..270).contains(&depth), "{depth}");
    }

    #[test]
    fn a_page_with_open_paragraphs_is_not_deep() {
        let page = "<ul>".to_owned() + &"<li><p><b>x</b>".repeat(5_000) + "</ul><div><em>y</em></div>";
        let document = parse(&page, Bounds::default());
        assert_eq!(texts(&document.html, "div > em"), ["y"]);
        assert_eq!(texts(&document.html, "ul > li").len(), 5_000);
    }

    #[test]
    fn nodes_and_time_are_bounded() {
        let page = "<i>x</i>".repeat(10_000);
        let few = parse(&page, Bounds { nodes: 1_000, ..Bounds::default() });
        assert_eq!(few.cut, Some("too many nodes"));
        assert!(texts(&few.html, "i").len() <= 1_000);
        let late = parse(&page, Bounds { time: Duration::ZERO, ..Bounds::default() });
        assert_eq!(late.cut, Some("parsing took too long"));
        let tag = format!("<p {}", (0..10_000).map(|n| format!("a{n}=1 ")).collect::<String>());
        let slow = parse(&tag, Bounds { one_token: Duration::ZERO, ..Bounds::default() });
        assert_eq!(slow.cut, Some("one tag took too long"));
    }

    #[test]
    fn text_in_pieces_is_one_node() {
        let page = format!("<title>{}</title><b>x</b>", "a\n&amp;<".repeat(10_000));
        let document = parse(&page, Bounds { nodes: 100, ..Bounds::default() });
        assert_eq!((document.cut, texts(&document.html, "b").len()), (None, 1));
    }
}
