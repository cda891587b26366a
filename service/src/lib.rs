//! What every binary needs, once: settings, logs, the admin port, signals, and the servers by URL.

#[cfg(feature = "daemon")]
pub mod admin;
pub mod connect;
#[cfg(feature = "daemon")]
mod daemon;
pub mod settings;
pub mod signals;
pub mod telemetry;

#[cfg(feature = "daemon")]
pub use daemon::run;
