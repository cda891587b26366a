//! Text that must not be taken for Markdown. Only what would be: a reader is to see the page's words.

/// Adds a word.
pub fn text(word: &str, out: &mut String) {
    let mut before = None;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' => true,
            // Within a word it is no emphasis.
            '_' => !(before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)),
            '~' => after == Some('~') || before == Some('~'),
            '<' => after.is_some_and(|c| c.is_ascii_alphabetic() || "/!?".contains(c)),
            '&' => after.is_some_and(|c| c.is_ascii_alphabetic() || c == '#') && word.contains(';'),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
}

/// A line that begins like a heading, a list, a quote or a rule.
pub fn line_start(line: &str) -> String {
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &line[digits..];
    let ends_mark = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    if (1..10).contains(&digits) && rest.starts_with(['.', ')']) && ends_mark(&rest[1..]) {
        return format!("{}\\{rest}", &line[..digits]);
    }
    let hashes = line.len() - line.trim_start_matches('#').len();
    let is_heading = (1..=6).contains(&hashes) && ends_mark(&line[hashes..]);
    let is_item = line.starts_with(['-', '+']) && ends_mark(&line[1..]);
    let is_rule = line.len() >= 2 && ["-", "="].iter().any(|c| line.trim_end().replace(c, "").is_empty());
    if is_heading || is_item || is_rule || line.starts_with('>') || line.starts_with("~~~") {
        return format!("\\{line}");
    }
    line.to_owned()
}

/// A URL as a link's destination.
pub fn destination(url: &str) -> String {
    url.replace('(', "%28").replace(')', "%29").replace(' ', "%20").replace('<', "%3C").replace('>', "%3E")
}

/// A cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
