//! A product, which is what a page is about: its fields, and how they stand on the page.

use super::lang::{Lang, Look};
use super::random::Random;
use serde_json::{Map, Value, json};
use shared::job::{Extract, Field, FieldType};

/// One product. Everything follows from the seed, the index and the language.
pub(crate) struct Product {
    pub lang: Lang,
    pub name: String,
    /// In cents, also where the currency has none.
    cents: u64,
    pub sku: String,
    pub brand: String,
    /// In tenths.
    rating: u64,
    pub stock: bool,
    pub category: String,
    /// Plain text, white space folded.
    pub description: String,
}

/// Name, short selector and type of each field of a product page.
pub const FIELDS: [(&str, &str, FieldType); 8] = [
    ("name", "h1.product-name", FieldType::String),
    ("price", "div.offer span.price", FieldType::Number),
    ("sku", "[itemprop=sku]", FieldType::String),
    ("brand", "a.brand", FieldType::String),
    ("rating", "span.rating@data-rating", FieldType::Number),
    ("stock", "div.offer span.stock@data-available", FieldType::Boolean),
    ("category", "nav.breadcrumb .category", FieldType::String),
    ("description", "div.description", FieldType::String),
];

/// The extraction of a job that takes every field of a product page.
pub fn extract() -> Extract {
    let field = |css: &str, kind| Field { kind, ..Field::short(css) };
    Extract {
        fields: FIELDS.iter().map(|(name, css, kind)| ((*name).to_owned(), field(css, *kind))).collect(),
        ..Extract::default()
    }
}

impl Product {
    pub(crate) fn of(seed: u64, index: u32, lang: Lang) -> Self {
        let mut random = Random::of(seed, 1, u64::from(index));
        let look = lang.look();
        let name_words = 2 + random.below(3);
        let name = look.words(&mut random, name_words);
        let cents = match random.below(3) {
            0 => 99 + random.below(9_900) as u64,
            1 => 1_000 + random.below(99_000) as u64,
            _ => 100_000 + random.below(9_000_000) as u64,
        };
        let cents = if look.cents { cents } else { cents / 100 * 100 + 100 };
        let sku = format!("HV-{index:06}-{:04X}", random.next() & 0xffff);
        let brand = look.words(&mut random, 1);
        let rating = 10 + random.below(41) as u64;
        let stock = random.chance(70);
        let category = category(seed, index, &look);
        let mut description = String::new();
        for i in 0..2 + random.below(3) {
            if i > 0 {
                description.push(' ');
            }
            description.push_str(&look.sentence(&mut random));
            if random.chance(20) {
                description.push_str(" <5 kg & \"new\".");
            }
        }
        Product { lang, name, cents, sku, brand, rating, stock, category, description }
    }

    /// In the currency's main unit.
    pub(crate) fn price(&self) -> f64 {
        self.cents as f64 / 100.0
    }

    /// As it stands on the page: `€ 1,299.00`.
    pub(crate) fn price_text(&self) -> String {
        let look = self.lang.look();
        let mut whole = (self.cents / 100).to_string();
        let mut at = whole.len();
        while at > 3 {
            at -= 3;
            whole.insert(at, ',');
        }
        let cents = if look.cents { format!(".{:02}", self.cents % 100) } else { String::new() };
        format!("{}{whole}{cents}{}", look.sign.0, look.sign.1)
    }

    pub(crate) fn rating_text(&self) -> String {
        format!("{}.{}", self.rating / 10, self.rating % 10)
    }

    pub(crate) fn stock_text(&self) -> &'static str {
        if self.stock { "yes" } else { "no" }
    }

    /// The record that a harvest with [`extract`] gives.
    pub(crate) fn record(&self) -> Map<String, Value> {
        let price = self.price();
        let rating = self.rating as f64 / 10.0;
        object(json!({
            "name": self.name, "price": price, "sku": self.sku, "brand": self.brand, "rating": rating,
            "stock": self.stock, "category": self.category, "description": self.description,
        }))
    }

    /// The same fields as text, as they stand on the page.
    pub(crate) fn texts(&self) -> Map<String, Value> {
        object(json!({
            "name": self.name, "price": self.price_text(), "sku": self.sku, "brand": self.brand,
            "rating": self.rating_text(), "stock": self.stock_text(), "category": self.category,
            "description": self.description,
        }))
    }

    /// The page's JSON-LD.
    pub(crate) fn json_ld(&self, url: &str) -> Value {
        let availability = if self.stock { "InStock" } else { "OutOfStock" };
        json!({
            "@context": "https://schema.org", "@type": "Product", "name": self.name, "sku": self.sku, "url": url,
            "brand": { "@type": "Brand", "name": self.brand }, "category": self.category,
            "aggregateRating": { "@type": "AggregateRating", "ratingValue": self.rating_text(), "reviewCount": 7 },
            "offers": {
                "@type": "Offer", "price": format!("{:.2}", self.price()),
                "priceCurrency": self.lang.look().currency,
                "availability": format!("https://schema.org/{availability}"),
            },
        })
    }

    /// The page's Open Graph properties.
    pub(crate) fn open_graph(&self, url: &str) -> Map<String, Value> {
        object(json!({
            "og:type": "product", "og:title": self.name, "og:url": url, "og:description": self.description,
            "og:locale": self.lang.look().code,
        }))
    }
}

/// Twelve categories a language.
fn category(seed: u64, index: u32, look: &Look) -> String {
    let number = Random::of(seed, 2, u64::from(index)).below(12) as u64;
    look.words(&mut Random::of(seed, 3, number), 2)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
