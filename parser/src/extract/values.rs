//! Text to a typed value, written as JSON.

use super::dates::date;
use super::numbers::{integer, number};
use super::rules::Rule;
use crate::json;
use serde_json::Value;
use shared::job::FieldType;
use url::Url;

/// Writes a text as the value that the rule wants.
///
/// # Errors
/// The short name of what is wrong; then nothing is written.
pub fn write(rule: &Rule, text: &str, base: &Url, out: &mut String) -> Result<(), &'static str> {
    let trimmed = text.trim();
    match rule.kind {
        FieldType::String => json::string(text, out),
        FieldType::Integer => out.push_str(&integer(trimmed, rule.locale).ok_or("not_an_integer")?),
        FieldType::Number => out.push_str(&number(trimmed, rule.locale).ok_or("not_a_number")?),
        FieldType::Boolean => out.push_str(boolean(trimmed).ok_or("not_a_boolean")?),
        FieldType::Date => {
            let date = date(trimmed, rule.month_first, rule.format.as_deref());
            json::string(&date.ok_or("not_a_date")?, out);
        }
        FieldType::Url => json::string(base.join(trimmed).map_err(|_| "not_a_url")?.as_str(), out),
        FieldType::Json => {
            let value: Value = serde_json::from_str(trimmed).map_err(|_| "not_json")?;
            if !json::is_flat(&value, 100) {
                return Err("not_json");
            }
            json::value(&value, out);
        }
    }
    Ok(())
}

fn boolean(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "true" | "yes" | "1" | "on" | "y" => Some("true"),
        "false" | "no" | "0" | "off" | "n" => Some("false"),
        _ if lower.starts_with("in stock") => Some("true"),
        // schema.org's words stand at the end of a URL.
        _ if lower.ends_with("/instock") || lower == "instock" => Some("true"),
        _ if lower.starts_with("out of stock") || lower.starts_with("not in stock") => Some("false"),
        _ if lower.ends_with("/outofstock") || lower == "outofstock" => Some("false"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_shops_write_them() {
        for (text, expected) in [
            ("Yes", Some("true")),
            ("In stock (22 available)", Some("true")),
            ("https://schema.org/OutOfStock", Some("false")),
            ("0", Some("false")),
            ("maybe", None),
        ] {
            assert_eq!(boolean(text), expected, "{text}");
        }
    }
}
