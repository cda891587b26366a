//! The URL of an archive in a cloud.

use crate::location::{Location, refused};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ObjectStore, RetryConfig};
use shared::ports::ArchiveError;
use std::sync::Arc;
use std::time::Duration;

/// Tries of one request after the first.
const RETRIES: usize = 2;

/// After so long no further try is begun.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// The store behind a URL, and where in it the archive is.
pub(super) fn open(url: &str) -> Result<(Arc<dyn ObjectStore>, Location), ArchiveError> {
    // The first one who asks wins; all ask for the same.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("gs") => {
            let at = Location::parse(url, "gs", &["endpoint"])?;
            let mut store =
                GoogleCloudStorageBuilder::from_env().with_bucket_name(&at.container).with_retry(retry);
            if let Some(endpoint) = at.text("endpoint") {
                store = store.with_base_url(endpoint);
            }
            Ok((Arc::new(store.build().map_err(refused)?), at))
        }
        Some("az") => {
            let at = Location::parse(url, "az", &["account", "endpoint"])?;
            let mut store =
                MicrosoftAzureBuilder::from_env().with_container_name(&at.container).with_retry(retry);
            if let Some(account) = at.text("account") {
                store = store.with_account(account);
            }
            if let Some(endpoint) = at.text("endpoint") {
                store =
                    store.with_endpoint(endpoint.to_owned()).with_allow_http(endpoint.starts_with("http://"));
            }
            Ok((Arc::new(store.build().map_err(refused)?), at))
        }
        _ => Err(refused("not gs:// or az://")),
    }
}
