//! Implementations of the ports of [`shared::ports`], and nothing else, each behind a feature.

#[cfg(feature = "amqp")]
pub mod amqp;
#[cfg(feature = "cloud")]
pub mod cloud;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod control;
#[cfg(feature = "file")]
pub mod file;
#[cfg(any(feature = "s3", feature = "cloud"))]
mod location;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(any(feature = "memory", feature = "file", feature = "s3", feature = "cloud"))]
mod objects;
#[cfg(any(feature = "s3", feature = "cloud"))]
mod parts;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod store;
