//! What came from elsewhere, as a terminal may see it: nothing in it moves a cursor, changes a colour or turns the
//! direction of the text.

use serde_json::Value;
use std::fmt::Write;

/// Characters that a terminal acts on, or that hide what stands there: controls of both sets, separators of lines,
/// marks of direction, and those that are not seen.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text on one line, such characters written as `\u{1b}`.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if acts(c) => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Text of several lines.
pub fn lines(text: &str) -> String {
    text.lines().map(shown).collect::<Vec<_>>().join("\n")
}

/// JSON in which such characters are escaped, which means the same. JSON has them in strings only.
pub fn json(value: &Value, pretty: bool) -> String {
    let text = if pretty { format!("{value:#}") } else { value.to_string() };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A value in a cell.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => shown(text),
        other => json(other, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOSTILE: &str = "\u{1b}[2J\u{9b}31m\r\nx\u{7}\u{202e}cod\u{200b}\u{2028}\u{7f}\0\u{e0041}";

    #[test]
    fn nothing_acts_on_a_terminal() {
        let value = json!({ "text": HOSTILE, "more": [HOSTILE] });
        for text in [shown(HOSTILE), cell(&value), cell(&value["text"]), json(&value, false)] {
            assert!(!text.chars().any(acts), "{text:?}");
        }
        assert!(json(&value, true).chars().all(|c| c == '\n' || !acts(c)));
        assert!(lines("a\u{1b}\nb").eq("a\\u{1b}\nb"));
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = json!({ "text": HOSTILE });
        for pretty in [false, true] {
            assert_eq!(serde_json::from_str::<Value>(&json(&value, pretty)).unwrap(), value);
        }
    }
}
