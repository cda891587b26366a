//! What every binary needs, once: settings, logs, metrics, the admin port, signals, and the servers by
//! URL. A service is [`run`] around its stage.

#[cfg(feature = "daemon")]
mod admin;
#[cfg(feature = "daemon")]
mod args;
pub mod connect;
#[cfg(feature = "daemon")]
mod daemon;
#[cfg(feature = "daemon")]
mod frame;
#[cfg(feature = "daemon")]
mod health;
#[cfg(feature = "daemon")]
mod healthcheck;
#[cfg(feature = "daemon")]
pub mod metered;
pub mod open_files;
#[cfg(feature = "daemon")]
mod process;
#[cfg(feature = "daemon")]
mod recorder;
#[cfg(feature = "daemon")]
pub mod settings;
mod shown;
pub mod signals;
pub mod telemetry;
#[cfg(feature = "daemon")]
pub mod traces;

pub use shown::shown;

#[cfg(feature = "daemon")]
pub use daemon::run;
#[cfg(feature = "daemon")]
pub use frame::Frame;
