//! Writing JSON straight into a text.

use serde_json::Value;

/// Adds a string with its quotes.
pub fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[done..at]);
        done = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            // A NUL is valid JSON, and what databases refuse.
            0 => out.push('\u{fffd}'),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

/// Adds members to an object, with the commas between them.
pub struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub fn open(out: &'a mut String) -> Self {
        out.push('{');
        Object { out, empty: true }
    }

    /// Adds a key; its value is to be written next.
    pub fn key(&mut self, name: &str) -> &mut String {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(',');
        }
        string(name, self.out);
        self.out.push(':');
        self.out
    }

    /// Closes it.
    pub fn close(self) {
        self.out.push('}');
    }
}

/// Adds a value, compact.
pub fn value(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                self::value(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut object = Object::open(out);
            for (name, member) in members {
                self::value(member, object.key(name));
            }
            object.close();
        }
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number.to_string()),
    }
}

/// Whether no value is inside of more than `most` lists and objects.
pub fn is_flat(value: &Value, most: u32) -> bool {
    match value {
        Value::Array(items) => most > 0 && items.iter().all(|item| is_flat(item, most - 1)),
        Value::Object(members) => most > 0 && members.values().all(|item| is_flat(item, most - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_as_serde_json_writes_them() {
        let text = r#"{"a":[1,-2.5,true,false,null,"x"],"b":{},"c":[]}"#;
        let parsed: Value = serde_json::from_str(text).unwrap();
        let mut out = String::new();
        value(&parsed, &mut out);
        assert_eq!(out, text);
        assert!(is_flat(&parsed, 2) && !is_flat(&parsed, 1));
    }

    #[test]
    fn strings_are_as_serde_json_writes_them() {
        for text in ["", "plain", "a\"b\\c\n\r\t\u{1}\u{1f}é\u{2028}😀", "\u{8}\u{c}x"] {
            let mut out = String::new();
            string(text, &mut out);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
        let mut out = String::new();
        string("a\0b", &mut out);
        assert_eq!(out, "\"a\u{fffd}b\"");
    }
}
