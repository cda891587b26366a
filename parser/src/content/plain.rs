//! Text that is not HTML, as Markdown.

/// Plain text and Markdown stay as they are; JSON, XML and other data become a block of code.
pub fn markdown(content_type: Option<&str>, text: &str) -> String {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let language = match essence.to_ascii_lowercase().as_str() {
        "application/json" | "text/json" => "json",
        "application/xml" | "text/xml" => "xml",
        "text/csv" => "csv",
        other if other.ends_with("+json") => "json",
        other if other.ends_with("+xml") => "xml",
        _ => return text.to_owned(),
    };
    let fence = super::markdown::fence(text, 3);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// Whether a body of this type is text.
pub fn is_text(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence.starts_with("text/")
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript")
}
