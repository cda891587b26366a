//! Conformance suites over any port, a misbehaving web site, fault wrappers, throwaway servers.

pub mod faults;
pub mod proxy;
pub mod servers;
pub mod site;
mod spellings;
pub mod suites;
pub mod tls;

pub use spellings::spellings;
