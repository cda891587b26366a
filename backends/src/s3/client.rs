//! The SDK's client: our TLS, bounded tries, credentials by the default chain.

use super::access::Access;
use super::options::{Checksums, Limits, Options};
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Region, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_http_client::{Builder, tls};
use std::time::Duration;

/// The region that is named where nobody names one; servers that look like S3 do not mind.
const DEFAULT_REGION: &str = "us-east-1";

/// The pause after a first failed try; doubled each time, with jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// Makes a client. Nothing is asked of S3 yet; credentials (environment, profile, web identity,
/// container, instance) are fetched with the first request and renewed by themselves.
pub(super) async fn client(options: &Options, access: &Access, limits: &Limits) -> Client {
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let mut shared = aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().tls_provider(tls).build_https())
        .retry_config(
            RetryConfig::standard().with_max_attempts(limits.attempts).with_initial_backoff(FIRST_PAUSE),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(limits.connect)
                .operation_attempt_timeout(limits.attempt)
                .operation_timeout(limits.call)
                .build(),
        );
    if let Some(key) = access.credentials() {
        shared = shared.credentials_provider(key);
    }
    // A server of one's own has no region; to look for one would ask the cloud's metadata service.
    let own = options.endpoint.as_ref().map(|_| DEFAULT_REGION.to_owned());
    if let Some(region) = options.region.clone().or(own) {
        shared = shared.region(Region::new(region));
    }
    let shared = shared.load().await;
    let mut config = aws_sdk_s3::config::Builder::from(&shared).force_path_style(options.path_style);
    if shared.region().is_none() {
        config.set_region(Some(Region::from_static(DEFAULT_REGION)));
    }
    config.set_endpoint_url(options.endpoint.clone().or_else(|| shared.endpoint_url().map(str::to_owned)));
    if options.checksums == Checksums::WhenRequired {
        config = config
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    }
    Client::from_conf(config.build())
}
