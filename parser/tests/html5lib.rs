//! The tokenizer on the suites of html5lib-tests (MIT), which are not part of this repository:
//! `HARVESTMAN_HTML5LIB_TESTS=…/html5lib-tests cargo test -p harvestman-parser --test html5lib -- --ignored --nocapture`.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, State};
use html5ever::tokenizer::{
    self as reference, BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, create_element};
use html5ever::{LocalName, QualName, TokenizerResult, ns};
use parser::html::tokenizer::{Mode, Receiver, Tokenizer, normalized};
use scraper::{Html, HtmlTreeSink};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let root =
        std::env::var("HARVESTMAN_HTML5LIB_TESTS").expect("HARVESTMAN_HTML5LIB_TESTS: where the suites are");
    let entries = fs::read_dir(PathBuf::from(root).join(folder)).expect("a readable folder");
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Tokens in the words of the suites.
#[derive(Default)]
struct Tokens(RefCell<Vec<Value>>);

impl Receiver for Tokens {}

impl TokenSink for Tokens {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut tokens = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => push_text(&mut tokens, &text),
            Token::NullCharacterToken => push_text(&mut tokens, "\0"),
            Token::CommentToken(text) => tokens.push(json!(["Comment", &*text])),
            Token::DoctypeToken(doctype) => tokens.push(json!([
                "DOCTYPE",
                doctype.name.as_deref(),
                doctype.public_id.as_deref(),
                doctype.system_id.as_deref(),
                !doctype.force_quirks
            ])),
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => tokens.push(json!(["EndTag", &*tag.name])),
            Token::TagToken(tag) => {
                let attributes: serde_json::Map<String, Value> =
                    tag.attrs.iter().map(|a| (a.name.local.to_string(), json!(&*a.value))).collect();
                tokens.push(if tag.self_closing {
                    json!(["StartTag", &*tag.name, attributes, true])
                } else {
                    json!(["StartTag", &*tag.name, attributes])
                });
            }
            Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

fn push_text(tokens: &mut Vec<Value>, text: &str) {
    match tokens.last_mut() {
        Some(Value::Array(last)) if last[0] == "Character" => {
            last[1] = json!(last[1].as_str().unwrap().to_owned() + text);
        }
        _ => tokens.push(json!(["Character", text])),
    }
}

/// Text that is escaped once more than JSON is. None, if it is no Unicode.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split("\\u");
    let mut units: Vec<u16> = parts.next()?.encode_utf16().collect();
    for part in parts {
        units.push(u16::from_str_radix(part.get(..4)?, 16).ok()?);
        units.extend(part[4..].encode_utf16());
    }
    String::from_utf16(&units).ok()
}

fn unescaped_all(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => Value::String(unescaped(text)?),
        Value::Array(all) => Value::Array(all.iter().map(unescaped_all).collect::<Option<_>>()?),
        Value::Object(all) => Value::Object(
            all.iter()
                .map(|(key, value)| Some((unescaped(key)?, unescaped_all(value)?)))
                .collect::<Option<_>>()?,
        ),
        other => other.clone(),
    })
}

fn mode(name: &str) -> Mode {
    match name {
        "Data state" => Mode::Data,
        "PLAINTEXT state" => Mode::Plaintext,
        "RCDATA state" => Mode::Raw(RawKind::Rcdata),
        "RAWTEXT state" => Mode::Raw(RawKind::Rawtext),
        "Script data state" => Mode::Raw(RawKind::ScriptData),
        "CDATA section state" => Mode::Cdata,
        other => panic!("{other}"),
    }
}

#[test]
#[ignore = "needs html5lib-tests, in HARVESTMAN_HTML5LIB_TESTS"]
fn tokens() {
    let (mut passed, mut no_unicode, mut failed) = (0, 0, 0);
    for path in files("tokenizer", "test") {
        let suite: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let Some(tests) = suite["tests"].as_array() else { continue };
        for test in tests {
            let is_escaped = test["doubleEscaped"] == true;
            let plain = |value: &Value| if is_escaped { unescaped_all(value) } else { Some(value.clone()) };
            let (Some(input), Some(output)) = (plain(&test["input"]), plain(&test["output"])) else {
                no_unicode += 1;
                continue;
            };
            let mut expected = Vec::new();
            for token in output.as_array().unwrap() {
                match token[0].as_str() {
                    Some("Character") => push_text(&mut expected, token[1].as_str().unwrap()),
                    _ => expected.push(token.clone()),
                }
            }
            let states = test["initialStates"].as_array().cloned().unwrap_or(vec![json!("Data state")]);
            for state in states {
                let sink = Tokens::default();
                let text = normalized(input.as_str().unwrap());
                let start = test["lastStartTag"].as_str().unwrap_or_default();
                Tokenizer::new(&text, &sink).inside(mode(state.as_str().unwrap()), start).run();
                let found = sink.0.into_inner();
                if found == expected {
                    passed += 1;
                } else {
                    failed += 1;
                    println!(
                        "{}: {} ({state})\n  input {input}\n  expected {expected:?}\n  found    {found:?}",
                        path.display(),
                        test["description"]
                    );
                }
            }
        }
    }
    println!("tokens: {passed} passed, {failed} failed, {no_unicode} are no Unicode text");
    assert_eq!(failed, 0);
}

/// A page of a suite, and the element that it is a fragment for.
fn pages(suite: &str) -> Vec<(&str, Option<&str>)> {
    let mut pages = Vec::new();
    for test in suite.trim_start_matches("#data\n").split("\n#data\n") {
        let Some(at) = test.find("#errors\n") else { panic!("{test}") };
        let context = test.split_once("\n#document-fragment\n").and_then(|(_, rest)| rest.lines().next());
        pages.push((test[..at].strip_suffix('\n').unwrap_or_default(), context));
    }
    pages
}

fn builder(context: Option<&str>, scripting_enabled: bool) -> TreeBuilder<ego_tree::NodeId, HtmlTreeSink> {
    let options = TreeBuilderOpts { scripting_enabled, ..TreeBuilderOpts::default() };
    let Some(context) = context else {
        return TreeBuilder::new(HtmlTreeSink::new(Html::new_document()), options);
    };
    let sink = HtmlTreeSink::new(Html::new_fragment());
    let name = match context.split_once(' ') {
        Some(("svg", name)) => QualName::new(None, ns!(svg), LocalName::from(name)),
        Some(("math", name)) => QualName::new(None, ns!(mathml), LocalName::from(name)),
        _ => QualName::new(None, ns!(html), LocalName::from(context)),
    };
    let element = create_element(&sink, name, Vec::new());
    TreeBuilder::new_for_fragment(sink, element, None, options)
}

fn state(builder: &TreeBuilder<ego_tree::NodeId, HtmlTreeSink>, scripting: bool) -> State {
    if builder.is_fragment() { builder.tokenizer_state_for_context_elem(scripting) } else { State::Data }
}

#[test]
#[ignore = "needs html5lib-tests with tree-construction, in HARVESTMAN_HTML5LIB_TESTS"]
fn trees() {
    let (mut same, mut other) = (0, 0);
    for path in files("tree-construction", "dat") {
        let suite = fs::read(&path).unwrap();
        let suite = String::from_utf8_lossy(&suite);
        for (page, context) in pages(&suite) {
            for scripting in [true, false] {
                let theirs = builder(context, scripting);
                let options = TokenizerOpts {
                    discard_bom: false,
                    initial_state: Some(state(&theirs, scripting)),
                    ..TokenizerOpts::default()
                };
                let tokenizer = reference::Tokenizer::new(theirs, options);
                let queue = BufferQueue::default();
                queue.push_back(StrTendril::from_slice(page));
                while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
                tokenizer.end();
                let theirs = tokenizer.sink.sink.0.into_inner();

                let ours = builder(context, scripting);
                let begin = match state(&ours, scripting) {
                    State::Plaintext => Mode::Plaintext,
                    State::RawData(kind) => Mode::Raw(kind),
                    _ => Mode::Data,
                };
                Tokenizer::new(&normalized(page), &ours).inside(begin, "").run();
                let ours = ours.sink.0.into_inner();
                if ours.tree == theirs.tree && ours.quirks_mode == theirs.quirks_mode {
                    same += 1;
                } else {
                    other += 1;
                    println!(
                        "{}: {page:?}\n  theirs {}\n  ours   {}",
                        path.display(),
                        theirs.html(),
                        ours.html()
                    );
                }
            }
        }
    }
    println!("trees: {same} identical, {other} different");
    assert_eq!(other, 0);
}
