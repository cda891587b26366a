//! Ports for servers that come and go.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Below those that systems give to clients (from 32768 on with Linux): a port of those may belong to
/// somebody's connection when its server comes back.
const FIRST: u32 = 15_000;
const COUNT: u32 = 17_000;

/// A port of loopback that nobody listens on now, and that no client is given while its server is down.
///
/// # Errors
/// None is free.
pub fn free_port() -> io::Result<u16> {
    // Every process begins elsewhere.
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    let begin = std::process::id().wrapping_mul(7_919).wrapping_add(time / 1_000) % COUNT;
    let _begun_already = NEXT.compare_exchange(0, begin + 1, Ordering::Relaxed, Ordering::Relaxed);
    for _ in 0..COUNT {
        let place = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = (FIRST + place % COUNT) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no port is free"))
}

#[cfg(test)]
mod tests {
    use super::free_port;

    /// A broker that was down did not come up again: a client's connection had its port.
    #[test]
    fn a_port_is_none_that_clients_are_given_and_another_each_time() {
        let ports = [free_port().unwrap(), free_port().unwrap()];
        assert!(ports.iter().all(|port| (15_000..32_000).contains(port)), "{ports:?}");
        assert_ne!(ports[0], ports[1]);
    }
}
