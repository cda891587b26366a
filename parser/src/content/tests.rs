use super::*;
use crate::html::{Bounds, parse};
use crate::walk::walk;
use serde_json::Value;
use shared::job::Content;

fn kept_by(content: &str, html: &str) -> Value {
    let content: Content = serde_json::from_str(content).unwrap();
    let rules = Rules::new(&content).ok().unwrap();
    let document = parse(html, Bounds::default());
    let found = walk(&document.html);
    let base = Url::parse("https://a.example/docs/page").unwrap();
    let page = Page {
        text: Some(html),
        html: Some(&document.html),
        base: &base,
        found: &found,
        content_type: Some("text/html"),
    };
    serde_json::from_str(&super::content(&rules, &page).object).unwrap()
}

/// The Markdown of a whole page.
fn md(html: &str) -> String {
    kept_by(r#"{"main_only":false}"#, html)["markdown"].as_str().unwrap().to_owned()
}

#[test]
fn blocks_are_written_as_people_write_them() {
    for (html, expected) in [
        ("<h1>A <b>b</b></h1><p>One\n two.</p><p>Three</p>", "# A **b**\n\nOne two.\n\nThree"),
        ("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>after", "- a\n- b\n  - c\n- d\n\nafter"),
        ("<ol start=3><li><p>a</p><p>b</p><li>c</ol>", "3. a\n\n   b\n4. c"),
        ("<p>x</p><blockquote><p>a</p><p>b</p></blockquote><p>y", "x\n\n> a\n>\n> b\n\ny"),
        (
            "<pre class='highlight'><code class=language-rust>fn a() {\n    1\n}\n</code></pre>",
            "```rust\nfn a() {\n    1\n}\n```",
        ),
        ("<pre>a ``` b</pre>", "````\na ``` b\n````"),
        ("<ul><li>see<pre>x\n\n  y</pre></ul>", "- see\n\n  ```\n  x\n\n    y\n  ```"),
        ("a<br>b<hr>c", "a  \nb\n\n---\n\nc"),
        ("<dl><dt>Term<dd>Meaning</dl>", "**Term**\n\nMeaning"),
        ("<div><span><div>a</div>b</span></div>", "a\n\nb"),
    ] {
        assert_eq!(md(html), expected, "{html}");
    }
}

#[test]
fn inline_content_keeps_its_meaning() {
    for (html, expected) in [
        ("<p>a <b> b </b>c<i>d</i> <code>x_y`</code> <s>e</s>", "a **b** c*d* `` x_y` `` ~~e~~"),
        (
            "<p>see <a href='../x y?a=1(2)#f'>the <b>x</b></a>.",
            "see [the **x**](https://a.example/x%20y?a=1%282%29#f).",
        ),
        ("<p><a href='javascript:x()'>run</a> <a>none</a> <a href=#top>#</a><a href=/e></a>", "run none"),
        ("<p><a href=/t title='More'>t</a>", "[t](https://a.example/t \"More\")"),
        (
            "<a href=/c><div><img src=i.png alt=I></div><h3>Card</h3><p>Text</p></a>",
            "### [![I](https://a.example/docs/i.png) Card Text](https://a.example/c)",
        ),
        (
            "<img src='data:image/png;base64,AAAA' alt=no><img src='data:,' data-src=/l.jpg alt=yes>",
            "![yes](https://a.example/l.jpg)",
        ),
        (
            "<p>1. no list, *no* emphasis, snake_case and _x_, a < b, [no] &lt;b&gt;",
            "1\\. no list, \\*no\\* emphasis, snake_case and \\_x\\_, a < b, \\[no\\] \\<b>",
        ),
        (
            "<p># no heading</p><p>- no item</p><p>&gt; no quote",
            "\\# no heading\n\n\\- no item\n\n\\> no quote",
        ),
    ] {
        assert_eq!(md(html), expected, "{html}");
    }
}

#[test]
fn tables_are_tables_unless_they_lay_out() {
    assert_eq!(
        md(
            "<table><caption>C</caption><thead><tr><th>A<th>B|C</thead><tr><td>1<td><p>2</p><p>3</p><tr><td colspan=2>x</table>"
        ),
        "C\n\n| A | B\\|C |\n| --- | --- |\n| 1 | 2 3 |\n| x |  |"
    );
    assert_eq!(md("<table><tr><td>a<td>b<tr><td>c<td>d</table>"), "| a | b |\n| --- | --- |\n| c | d |");
    assert_eq!(md("<table><tr><td><h2>a</h2>b<td>c</table>"), "## a\n\nb\n\nc");
    assert_eq!(md("<table role=presentation><tr><td>a<td>b</table>"), "a\n\nb");
}

const PAGE: &str = "<head><title>T</title><meta name=viewport content=w><link rel='shortcut icon' href=/f.ico></head>\
    <body><header><a href=/home>Shop</a><nav><a href=/n>n</a></nav></header><div class=cookie-banner>Cookies!</div>\
    <div id=wrap><h1>Title</h1><p onclick=x() class=lead>Enough text to be the content of this page, really.\
    <a href=rel>link</a><img src=/i.png></p><div class='sidebar x'>side</div><script>s()</script></div>\
    <footer>(c)</footer><!-- no --></body>";

#[test]
fn the_main_part_is_kept_and_its_frame_is_not() {
    let kept = kept_by(r#"{"formats":["markdown","html","links","images"]}"#, PAGE);
    assert_eq!(
        kept["markdown"],
        "# Title\n\nEnough text to be the content of this page, really.[link](https://a.example/docs/rel)![](https://a.example/i.png)"
    );
    assert_eq!(
        kept["html"],
        "<div id=\"wrap\"><h1>Title</h1><p class=\"lead\">Enough text to be the content of this page, really.\
         <a href=\"https://a.example/docs/rel\">link</a><img src=\"https://a.example/i.png\"></p></div>"
    );
    assert_eq!(kept["links"], serde_json::json!(["https://a.example/docs/rel"]));
    assert_eq!(kept["images"], serde_json::json!(["https://a.example/i.png"]));
    assert_eq!(kept["icon"], "https://a.example/f.ico");
    assert_eq!(kept["meta"], serde_json::json!({"viewport": "w"}));
    let whole = kept_by(r#"{"formats":["links","raw_html"],"main_only":false}"#, PAGE);
    assert_eq!(whole["links"].as_array().unwrap().len(), 3);
    assert_eq!(whole["raw_html"], PAGE);
    assert!(whole.get("markdown").is_none());
}

#[test]
fn a_main_element_is_believed_if_it_holds_something() {
    let text = "words ".repeat(30);
    let page = format!("<p>before</p><main><header><h1>H</h1></header>{text}</main><p>after</p>");
    assert_eq!(kept_by("{}", &page)["markdown"], format!("# H\n\n{}", text.trim()));
    let empty = format!("<main></main><p>{text}</p>");
    assert_eq!(kept_by("{}", &empty)["markdown"], text.trim());
    // A page that is nothing but navigation is shown as it is.
    assert_eq!(kept_by("{}", "<nav><a href=/a>a</a></nav>")["markdown"], "[a](https://a.example/a)");
}

#[test]
fn selectors_choose_and_leave_out() {
    let page = "<div class=a>1<b class=x>2</b><div class=a>3</div></div><p>4</p><div class=a>5</div>";
    let kept = kept_by(r#"{"include":[".a"],"exclude":[".x"],"main_only":false}"#, page);
    assert_eq!(kept["markdown"], "1\n\n3\n\n5");
    let asked =
        r#"{"formats":[],"attributes":[{"css":"div","attribute":"Class"},{"css":"p","attribute":"id"}]}"#;
    assert_eq!(
        kept_by(asked, page)["attributes"],
        serde_json::json!([
            {"selector": "div", "attribute": "Class", "values": ["a", "a", "a"]},
            {"selector": "p", "attribute": "id", "values": []}
        ])
    );
    let wrong: Content =
        serde_json::from_str(r#"{"include":["p["],"attributes":[{"css":"..","attribute":"x"}]}"#).unwrap();
    let places: Vec<String> = Rules::new(&wrong).err().unwrap().into_iter().map(|p| p.place).collect();
    assert_eq!(places, ["extract.content.include[0]", "extract.content.attributes[0].css"]);
}

#[test]
fn hostile_pages_are_bounded() {
    let deep = "<blockquote><ul><li><b><i>".repeat(2_000) + "x";
    assert!(md(&deep).len() < 100_000);
    let wide = "<a href=/x>".repeat(20_000) + "y";
    assert!(md(&wide).len() < 1 << 20);
    let many = "<p>word</p>".repeat(200_000);
    assert!(md(&many).len() <= LONGEST);
}
