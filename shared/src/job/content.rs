#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is kept of each page's content, besides its records. Read with the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Content {
    /// The forms that are kept.
    pub formats: Vec<ContentFormat>,
    /// Only the main part of the page: no navigation, banners, footers, side columns, cookie notes.
    pub main_only: bool,
    /// CSS selectors: only what they match is kept (and `main_only` looks inside it).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// CSS selectors: what they match is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Values of attributes, of the whole page.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeOf>,
}

impl Default for Content {
    fn default() -> Self {
        Content {
            formats: vec![ContentFormat::Markdown],
            main_only: true,
            include: Vec::new(),
            exclude: Vec::new(),
            attributes: Vec::new(),
        }
    }
}

impl Content {
    /// Whether a form is kept.
    pub fn has(&self, format: ContentFormat) -> bool {
        self.formats.contains(&format)
    }
}

/// A form of a page's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContentFormat {
    /// Markdown (CommonMark with tables), its links absolute.
    Markdown,
    /// HTML without scripts, styles and comments, its links absolute.
    Html,
    /// The HTML as it came, as UTF-8.
    RawHtml,
    /// The URLs that it links to.
    Links,
    /// The URLs of its images.
    Images,
}

/// An attribute of elements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttributeOf {
    /// A CSS selector.
    pub css: String,
    /// The attribute's name.
    pub attribute: String,
}
