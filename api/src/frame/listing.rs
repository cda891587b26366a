//! Lists in pages: `{"data": [...], "next_cursor": ...}` and `Link: <...>; rel="next"`.

use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::str::FromStr;
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

/// The most rows in one answer.
pub const MOST: u32 = 1_000;
/// Rows, where nobody says how many.
pub const USUAL: u32 = 100;

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub struct Listing<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Where the next page begins; null: this is the last one.
    pub next_cursor: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// `next_cursor` of the last page.
    pub cursor: Option<String>,
    /// Rows in the answer.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// A page of a list that is asked for.
pub struct Asked<'a, P> {
    /// Where the page begins; None: at the list's beginning.
    pub place: Option<P>,
    /// The most rows.
    pub limit: u32,
    app: &'a App,
    list: String,
    uri: &'a Uri,
}

impl Paging {
    /// The page of the list that `list` names.
    ///
    /// # Errors
    /// As [`Asked::of`].
    pub fn of<'a, P: FromStr + Display>(
        &self,
        app: &'a App,
        list: String,
        uri: &'a Uri,
    ) -> Result<Asked<'a, P>, Problem> {
        Asked::of(app, list, uri, self.cursor.as_deref(), self.limit)
    }
}

impl<'a, P: FromStr + Display> Asked<'a, P> {
    /// A page of the list that `list` names, with its tenant and filters.
    ///
    /// # Errors
    /// 400 for a cursor of another list, and for no rows or too many.
    pub fn of(
        app: &'a App,
        list: String,
        uri: &'a Uri,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Problem::parameter("query:limit", format!("1 to {MOST}")));
        }
        Ok(Asked { place: app.cursors.open(&list, cursor)?, limit, app, list, uri })
    }

    /// The answer with these rows, of which at most `limit` were read; `place` tells a row's place.
    pub fn answer<R, T: Serialize>(
        self,
        rows: Vec<R>,
        place: impl Fn(&R) -> P,
        view: impl Fn(R) -> T,
    ) -> Response {
        let last = rows.last().filter(|_| rows.len() == self.limit as usize);
        let next_cursor = last.map(|row| self.app.cursors.seal(&self.list, place(row)));
        let link = next_cursor.as_ref().map(|cursor| next_link(self.uri, cursor));
        let data = rows.into_iter().map(view).collect();
        let mut response = Json(Listing { data, next_cursor }).into_response();
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

fn next_link(uri: &Uri, cursor: &str) -> String {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.filter(|(name, _)| name != "cursor") {
        query.append_pair(&name, &value);
    }
    query.append_pair("cursor", cursor);
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.finish())
}
