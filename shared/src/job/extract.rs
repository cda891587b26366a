use super::Content;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is taken from each page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Extract {
    /// A CSS selector: each element that matches is one record, and the fields are looked for
    /// inside it. Without it a page is one record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Only pages whose URL matches one of these regular expressions give records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<String>,
    /// The fields of a record by name, in this order. A name may not begin with `_`. Without any there
    /// are no records.
    pub fields: Fields,
    /// What is kept of each page's content, besides its records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Keep a record in which every field is empty. By default such a page gives none.
    pub keep_empty: bool,
}

/// Fields by name, in the order of the document.
pub type Fields = indexmap::IndexMap<String, Field>;

/// One field of a record. In a document also just a string: the CSS selector, and after an `@` the
/// attribute (`a.buy@href`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(default)]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields, transform = or_short))]
pub struct Field {
    /// The CSS selector of the element; without it the record's own element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub css: Option<String>,
    /// What is taken of the element.
    pub get: Get,
    /// Taken from the page itself, and not from an element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageValue>,
    /// A regular expression (linear time): the first group that matched, or the whole match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// What the text must be.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// For numbers: `en` (1,234.5; the default), `de` (1.234,5), `fr` (1 234,5), `ch` (1'234.5) or
    /// `in` (12,34,567.8). For dates: the language of the month names is not needed, the order
    /// of day and month is (`en` month first, `gb` and others day first).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// For dates: the pattern (strftime), if the usual ones are not enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Every element that matches, as a list.
    pub list: bool,
    /// The value where nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// A record without this field is kept apart as rejected.
    pub required: bool,
}

/// What is taken of an element: `text`, `html`, `inner_html`, `markdown`, or `@name`, an attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Get {
    /// Its text, white space folded.
    #[default]
    Text,
    /// Its outer HTML.
    Html,
    /// Its inner HTML.
    InnerHtml,
    /// Its content as Markdown (CommonMark).
    Markdown,
    /// An attribute's value.
    Attribute(String),
}

/// A value of the page: `url`, `final_url`, `title`, `status`, `markdown`, `header:NAME`, `meta:NAME`,
/// `jsonld:POINTER` (RFC 6901, over the list of the page's JSON-LD items).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageValue {
    /// The URL as admitted.
    Url,
    /// Where it was found after redirects.
    FinalUrl,
    /// The page's title.
    Title,
    /// The HTTP status.
    Status,
    /// Its content as Markdown, as `extract.content` would keep it (by default its main part).
    Markdown,
    /// A response header.
    Header(String),
    /// A meta element's content, by name or property.
    Meta(String),
    /// A value in the page's JSON-LD.
    JsonLd(String),
}

/// What a field's text must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Any text.
    #[default]
    String,
    /// A whole number, grouping and signs understood: `1,299` is 1299.
    Integer,
    /// A number; currency signs and units around it are dropped: `€ 1.299,00` in `de` is 1299.
    Number,
    /// true, yes, 1, on, or in stock; false, no, 0, off.
    Boolean,
    /// A date or time; given as RFC 3339, a date alone as `2026-11-23`.
    Date,
    /// A URL, joined with the page's base.
    Url,
    /// JSON, taken as it is.
    Json,
}

macro_rules! as_text {
    ($name:ident, $what:literal, $($example:literal),+) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        #[cfg(feature = "schema")]
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "description": $what, "type": "string", "examples": [$($example),+] })
            }
        }
    };
}

as_text!(Get, "`text`, `html`, `inner_html`, `markdown`, or `@name`, an attribute.", "text", "@href");
as_text!(
    PageValue,
    "`url`, `final_url`, `title`, `status`, `markdown`, `header:NAME`, `meta:NAME` or `jsonld:POINTER`.",
    "url",
    "header:last-modified"
);

impl std::fmt::Display for Get {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Get::Text => f.write_str("text"),
            Get::Html => f.write_str("html"),
            Get::InnerHtml => f.write_str("inner_html"),
            Get::Markdown => f.write_str("markdown"),
            Get::Attribute(name) => write!(f, "@{name}"),
        }
    }
}

impl std::str::FromStr for Get {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "text" => Ok(Get::Text),
            "html" => Ok(Get::Html),
            "inner_html" => Ok(Get::InnerHtml),
            "markdown" => Ok(Get::Markdown),
            _ => match s.strip_prefix('@') {
                Some(name) if !name.is_empty() => Ok(Get::Attribute(name.to_ascii_lowercase())),
                _ => {
                    Err(format!("`{s}`: use text, html, inner_html, markdown, or @ and an attribute's name"))
                }
            },
        }
    }
}

impl std::fmt::Display for PageValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PageValue::Url => f.write_str("url"),
            PageValue::FinalUrl => f.write_str("final_url"),
            PageValue::Title => f.write_str("title"),
            PageValue::Status => f.write_str("status"),
            PageValue::Markdown => f.write_str("markdown"),
            PageValue::Header(name) => write!(f, "header:{name}"),
            PageValue::Meta(name) => write!(f, "meta:{name}"),
            PageValue::JsonLd(pointer) => write!(f, "jsonld:{pointer}"),
        }
    }
}

impl std::str::FromStr for PageValue {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let named = |prefix: &str| s.strip_prefix(prefix).filter(|name| !name.is_empty()).map(str::to_owned);
        match s {
            "url" => Ok(PageValue::Url),
            "final_url" => Ok(PageValue::FinalUrl),
            "title" => Ok(PageValue::Title),
            "status" => Ok(PageValue::Status),
            "markdown" => Ok(PageValue::Markdown),
            _ => named("header:")
                .map(|name| PageValue::Header(name.to_ascii_lowercase()))
                .or_else(|| named("meta:").map(|name| PageValue::Meta(name.to_ascii_lowercase())))
                .or_else(|| named("jsonld:").map(PageValue::JsonLd))
                .ok_or_else(|| {
                    format!(
                        "`{s}`: use url, final_url, title, status, markdown, header:NAME, meta:NAME or jsonld:POINTER"
                    )
                }),
        }
    }
}

/// The schema of a field: its long form, or the short one.
#[cfg(feature = "schema")]
fn or_short(schema: &mut schemars::Schema) {
    let long = std::mem::take(schema);
    *schema = schemars::json_schema!({
        "anyOf": [{ "type": "string", "description": "A CSS selector, and after an `@` the attribute: `a.buy@href`." }, long]
    });
}

/// The long form of a field, for reading.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
#[derive(Default)]
struct LongField {
    css: Option<String>,
    get: Get,
    page: Option<PageValue>,
    regex: Option<String>,
    #[serde(rename = "type")]
    kind: FieldType,
    locale: Option<String>,
    format: Option<String>,
    list: bool,
    default: Option<serde_json::Value>,
    required: bool,
}

impl Field {
    /// The short form: a selector, and after the last ` @` or `@` an attribute: `a.buy@href`.
    pub fn short(text: &str) -> Self {
        let (css, get) = match text.rsplit_once('@') {
            Some((css, name))
                if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_:.".contains(c)) =>
            {
                (css.trim(), Get::Attribute(name.to_ascii_lowercase()))
            }
            _ => (text.trim(), Get::Text),
        };
        Field { css: (!css.is_empty()).then(|| css.to_owned()), get, ..Field::default() }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> serde::de::Visitor<'de> for Either {
            type Value = Field;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a CSS selector, or an object with `css`, `get`, `type`...")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Field, E> {
                Ok(Field::short(text))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                let long = LongField::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                let LongField { css, get, page, regex, kind, locale, format, list, default, required } = long;
                Ok(Field { css, get, page, regex, kind, locale, format, list, default, required })
            }
        }
        d.deserialize_any(Either)
    }
}
