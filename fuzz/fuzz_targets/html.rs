//! Any text as a page: the tree is the one that html5ever's own tokenizer gives.
//! `cargo +nightly fuzz run html`
#![no_main]

use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{self as reference, BufferQueue, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use libfuzzer_sys::fuzz_target;
use parser::html::tokenizer::{Tokenizer, normalized};
use scraper::{Html, HtmlTreeSink};

fn builder() -> TreeBuilder<ego_tree::NodeId, HtmlTreeSink> {
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), options)
}

fuzz_target!(|text: &str| {
    let ours = builder();
    Tokenizer::new(&normalized(text), &ours).run();
    let ours = ours.sink.0.into_inner();

    let options = TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() };
    let tokenizer = reference::Tokenizer::new(builder(), options);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    let theirs = tokenizer.sink.sink.0.into_inner();

    assert_eq!(ours.tree, theirs.tree);
    assert_eq!(ours.quirks_mode, theirs.quirks_mode);
});
