//! A request's body: a JSON object, and reading its values.

use super::error::Refusal;
use crate::frame::extract::json_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::{Map, Value};
use url::Url;

/// A JSON object.
pub struct Fields(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = json_bytes(request, state).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Fields(fields)),
            Ok(_) => Err(Refusal::bad("the body is to be a JSON object")),
            Err(error) => {
                let why = format!("the body is no JSON: {error}");
                Err(Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST_INVALID_JSON", why))
            }
        }
    }
}

impl Fields {
    /// A value that is there, and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A yes or no.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        let wrong = || Refusal::bad(format!("{key}: use true or false"));
        self.get(key).map(|value| value.as_bool().ok_or_else(wrong)).transpose()
    }

    /// A number that is not negative.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn number(&self, key: &str) -> Result<Option<f64>, Refusal> {
        let wrong = || Refusal::bad(format!("{key}: use a number from 0 up"));
        let read = |value: &Value| value.as_f64().filter(|n| *n >= 0.0).ok_or_else(wrong);
        self.get(key).map(read).transpose()
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn whole(&self, key: &str) -> Result<Option<u64>, Refusal> {
        let number = self.number(key)?;
        let wrong = || Refusal::bad(format!("{key}: use a whole number"));
        number.map(|n| if n.fract() == 0.0 { Ok(n as u64) } else { Err(wrong()) }).transpose()
    }

    /// A text.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn text(&self, key: &str) -> Result<Option<&str>, Refusal> {
        let wrong = || Refusal::bad(format!("{key}: use a text"));
        self.get(key).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    /// A list of texts.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn texts(&self, key: &str) -> Result<Vec<String>, Refusal> {
        let wrong = || Refusal::bad(format!("{key}: use a list of texts"));
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    /// The URL.
    ///
    /// # Errors
    /// 400, if there is none.
    pub fn url(&self) -> Result<Url, Refusal> {
        parsed(self.text("url")?.ok_or_else(|| Refusal::bad("url: is needed"))?)
    }

    /// An object inside.
    ///
    /// # Errors
    /// 400, if it is something else.
    pub fn inside(&self, key: &str) -> Result<Fields, Refusal> {
        match self.get(key) {
            None => Ok(Fields(Map::new())),
            Some(Value::Object(fields)) => Ok(Fields(fields.clone())),
            Some(_) => Err(Refusal::bad(format!("{key}: use an object"))),
        }
    }
}

/// A URL, with `http://` in front of a bare host.
///
/// # Errors
/// 400, if it is none.
pub fn parsed(text: &str) -> Result<Url, Refusal> {
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&whole).map_err(|error| Refusal::bad(format!("url: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Refusal::bad("url: use http or https"));
    }
    Ok(url)
}
