//! Crawler traps. Stub.
