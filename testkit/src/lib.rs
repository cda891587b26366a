//! Conformance suites over any port, a misbehaving web site, fault wrappers, throwaway servers.

pub mod site;
pub mod suites;
