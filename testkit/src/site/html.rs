//! How a page looks: a shop's product page of about the wanted length.

use super::product::Product;
use super::random::Random;
use std::fmt::Write;

/// The parts of a page that are not the product's.
#[derive(Default)]
pub(crate) struct Frame<'a> {
    /// The page's own URL.
    pub url: &'a str,
    /// More in the head: `meta charset`, `base`.
    pub head: String,
    /// One piece of HTML for each link, `<a ...>...</a>` as a rule.
    pub links: Vec<String>,
    /// More at the end of the body.
    pub tail: String,
    /// About how long the page shall be, in bytes.
    pub bytes: usize,
}

/// Text for HTML, also inside a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// A link as most sites write it: a card with a picture.
pub(crate) fn card(href: &str, text: &str) -> String {
    format!(
        "<a class=\"card\" href=\"{}\"><img src=\"/static/thumb.webp\" width=\"160\" height=\"120\" \
         loading=\"lazy\" alt=\"\"><span class=\"card-title\">{}</span></a>",
        escape(href),
        escape(text)
    )
}

// Writing to a String cannot fail, so the results of write! are dropped in this file.

fn head(out: &mut String, lang: &str, title: &str, frame: &Frame<'_>, meta: &str) {
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n{}<title>{}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"stylesheet\" href=\"/static/site.css\">\n{meta}</head>\n<body class=\"page\">\n\
         <header class=\"top\"><div class=\"logo\"><a href=\"/\">Shop</a></div></header>\n<main>\n",
        frame.head,
        escape(title)
    );
}

fn link_list(out: &mut String, links: &[String]) {
    out.push_str("<section class=\"related\"><h2>More</h2>\n<ul class=\"cards\">\n");
    for link in links {
        let _ = writeln!(out, "<li class=\"item\">{link}</li>");
    }
    out.push_str("</ul></section>\n");
}

fn foot(out: &mut String, frame: &Frame<'_>) {
    let _ = write!(
        out,
        "</main>\n{}<footer class=\"bottom\"><p>All prices with tax. <small>No rights reserved.</small></p>\
         </footer>\n<script>window.dataLayer = window.dataLayer || []; dataLayer.push({{\"p\": 1}});</script>\n\
         </body>\n</html>\n",
        frame.tail
    );
}

/// A product's page.
pub(crate) fn product_page(product: &Product, frame: &Frame<'_>, random: &mut Random) -> String {
    let look = product.lang.look();
    let mut out = String::with_capacity(frame.bytes + 4096);
    let mut meta = format!(
        "<link rel=\"canonical\" href=\"{}\">\n<meta name=\"description\" content=\"{}\">\n",
        escape(frame.url),
        escape(&product.description)
    );
    for (property, value) in product.open_graph(frame.url) {
        let content = escape(value.as_str().unwrap_or_default());
        let _ = writeln!(meta, "<meta property=\"{property}\" content=\"{content}\">");
    }
    // `</script>` cannot end the JSON early, because `<` is written as an escape.
    let json = product.json_ld(frame.url).to_string().replace('<', "\\u003c");
    let _ = writeln!(meta, "<script type=\"application/ld+json\">{json}</script>");
    head(&mut out, look.code, &product.name, frame, &meta);
    let stars = if product.rating_text().starts_with(['4', '5']) { "good" } else { "fair" };
    let stock = if product.stock { look.stock.0 } else { look.stock.1 };
    let _ = write!(
        out,
        "<nav class=\"breadcrumb\"><span>Shop</span> / <span class=\"category\">{}</span></nav>\n\
         <article class=\"product\" itemscope>\n<h1 class=\"product-name\">\n  {}\n</h1>\n\
         <p class=\"by\">by <a class=\"brand\">{}</a>, no. <span itemprop=\"sku\">{}</span></p>\n\
         <div class=\"offer\"><span class=\"price\">{}</span> \
         <span class=\"stock\" data-available=\"{}\">{stock}</span></div>\n\
         <span class=\"rating {stars}\" data-rating=\"{}\">{} / 5</span>\n\
         <div class=\"description\">{}</div>\n",
        escape(&product.category),
        escape(&product.name),
        escape(&product.brand),
        product.sku,
        escape(&product.price_text()),
        product.stock_text(),
        product.rating_text(),
        product.rating_text(),
        emphasised(&product.description),
    );
    out.push_str("<table class=\"specs\"><tbody>\n");
    for _ in 0..12 {
        let (key, value) = (look.words(random, 1), look.words(random, 2));
        let _ = writeln!(out, "<tr><th scope=\"row\">{key}</th><td>{value}</td></tr>");
    }
    out.push_str("</tbody></table>\n</article>\n");
    link_list(&mut out, &frame.links);
    out.push_str("<section class=\"reviews\">\n");
    while out.len() + frame.tail.len() + 300 < frame.bytes {
        let _ = write!(
            out,
            "<div class=\"review\"><h3>{}</h3><div class=\"meta\"><span class=\"who\">{}</span> \
             <time datetime=\"2026-0{}-1{}\">2026</time></div><p>",
            look.words(random, 3),
            look.words(random, 2),
            1 + random.below(9),
            random.below(10),
        );
        for _ in 0..2 + random.below(4) {
            out.push_str(&look.sentence(random));
            out.push(' ');
        }
        out.push_str("</p></div>\n");
    }
    out.push_str("</section>\n");
    foot(&mut out, frame);
    out
}

/// A page without a product.
pub(crate) fn plain_page(title: &str, frame: &Frame<'_>) -> String {
    let mut out = String::new();
    head(&mut out, "en", title, frame, "");
    let _ = writeln!(out, "<h1>{}</h1>", escape(title));
    link_list(&mut out, &frame.links);
    foot(&mut out, frame);
    out
}

/// Escaped text with inline elements and line breaks in it, which leave the folded text as it was.
fn emphasised(text: &str) -> String {
    let escaped = escape(text);
    match escaped.split_once(' ') {
        Some((first, rest)) => format!("<b>{first}</b>\n      {rest}"),
        None => format!("<em>{escaped}</em>"),
    }
}
