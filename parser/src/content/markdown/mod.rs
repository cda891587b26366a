//! The kept part of a page as Markdown: CommonMark, tables and strikethrough as GitHub writes them.
//!
//! `blocks` goes down the tree and writes into `out`, which knows about indents and empty lines; `inline`
//! writes what stands in one paragraph, `table` tables, `escape` what would else be taken for Markdown.

mod blocks;
mod escape;
mod inline;
mod out;
mod shape;
mod table;

use super::view::View;
use blocks::Blocks;
use shape::Shape;

/// The Markdown of a view, up to about `most` bytes.
pub fn markdown(view: &View<'_>, most: usize) -> String {
    let shape = Shape::of(view);
    let mut blocks = Blocks::new(view, &shape, most);
    for root in &view.roots {
        blocks.root(*root);
    }
    blocks.finish()
}

/// A fence that does not stand in the text: at least so many backticks.
pub fn fence(text: &str, least: usize) -> String {
    let (mut longest, mut run) = (0, 0);
    for byte in text.bytes() {
        run = if byte == b'`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(least.max(longest + 1))
}
