//! The description of the routes, made from them: OpenAPI 3.1, served and committed.

use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::routing::get;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::openapi::{Info, License, OpenApi, OpenApiBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// A job document; its schema is the one of `harvestman schema`.
pub struct JobDocument;

impl PartialSchema for JobDocument {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(ObjectBuilder::new().build()))
    }
}

impl ToSchema for JobDocument {
    fn name() -> Cow<'static, str> {
        "Job".into()
    }
}

/// What the document begins with.
pub fn head() -> OpenApi {
    let mut info = Info::new("Harvestman", env!("CARGO_PKG_VERSION"));
    info.description = Some("Harvest typed records from web sites, with every raw page kept.".into());
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".into());
    info.license = Some(license);
    OpenApiBuilder::new().info(info).build()
}

/// The whole document.
pub fn document() -> Value {
    finished(crate::v1::routes().split_for_parts().1)
}

/// `/openapi.json`. It is open to all: it tells nothing of anybody.
pub fn routes(document: OpenApi) -> Router<App> {
    let text = axum::body::Bytes::from(finished(document).to_string());
    let answer = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
    Router::new().route("/openapi.json", answer)
}

/// What is the same for all routes is said here once: the keys, the errors, and what a job is.
fn finished(document: OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    let schemas = &mut document["components"]["schemas"];
    put_job(schemas);
    let problem = serde_json::to_value(crate::problem::Problem::schema()).unwrap_or_default();
    let field = serde_json::to_value(crate::problem::FieldError::schema()).unwrap_or_default();
    schemas["Problem"] = problem;
    schemas["FieldError"] = field;
    document["components"]["securitySchemes"] =
        json!({ "key": { "type": "http", "scheme": "bearer", "description": "An API key, `hm_...`." } });
    document["security"] = json!([{ "key": [] }]);
    let failed = json!({
        "description": "What is wrong, as problem details (RFC 9457).",
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    let once = json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "The same request under the same key is done once; its answer is kept for 24 hours.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    });
    for (_, path) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            operation["responses"]["default"] = failed.clone();
            if method == "post" {
                match operation["parameters"].as_array_mut() {
                    Some(all) => all.push(once.clone()),
                    None => operation["parameters"] = json!([once]),
                }
            }
        }
    }
    document
}

/// The job's JSON Schema, its definitions beside the others.
fn put_job(schemas: &mut Value) {
    let text = shared::job::SCHEMA.replace("#/$defs/", "#/components/schemas/Job.");
    let Ok(mut job) = serde_json::from_str::<Map<String, Value>>(&text) else { return };
    job.remove("$schema");
    if let Some(Value::Object(parts)) = job.remove("$defs") {
        for (name, part) in parts {
            schemas[format!("Job.{name}")] = part;
        }
    }
    schemas["Job"] = job.into();
}
