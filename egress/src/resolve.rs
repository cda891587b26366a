//! From a name to addresses that may be dialled: looked up in a bounded way, judged each time.

use super::rules::Rules;
use parking_lot::Mutex;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Lookups under way at a time; each holds a thread, which no deadline can stop.
const LOOKUPS: usize = 32;
/// Names remembered.
const CACHED: usize = 4096;
/// How long addresses are remembered. The resolver of the system tells no time to live.
const FOUND_FOR: Duration = Duration::from_secs(60);
/// How long a failure is remembered.
const LOST_FOR: Duration = Duration::from_secs(5);

/// Asks for the addresses of a name; blocks.
pub type LookUp = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// Asks the resolver of the system.
pub fn system() -> LookUp {
    Arc::new(|name| Ok((name, 0).to_socket_addrs()?.map(|found| found.ip()).collect()))
}

/// Why a name was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name, or an address that it leads to, is refused.
    #[error("address refused")]
    Refused,
    /// No such name, or no answer.
    #[error("the name does not resolve")]
    NotFound,
}

/// Remembers what names resolve to, for all clients.
pub(super) struct Directory {
    look_up: LookUp,
    threads: Arc<Semaphore>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    addresses: Option<Arc<[IpAddr]>>,
    until: Instant,
}

impl Directory {
    pub(super) fn new(look_up: LookUp) -> Self {
        Directory { look_up, threads: Arc::new(Semaphore::new(LOOKUPS)), known: Mutex::default() }
    }

    async fn addresses(&self, name: String) -> Result<Arc<[IpAddr]>, ResolveError> {
        if let Some(known) = self.known.lock().get(&name).filter(|known| Instant::now() < known.until) {
            return known.addresses.clone().ok_or(ResolveError::NotFound);
        }
        let permit = self.threads.clone().acquire_owned().await.map_err(|_| ResolveError::NotFound)?;
        let (look_up, asked) = (self.look_up.clone(), name.clone());
        let found = tokio::task::spawn_blocking(move || {
            let _held_while_the_thread_is = permit;
            look_up(&asked)
        });
        let found = found.await.map_err(io::Error::other).flatten();
        let addresses = match found {
            Ok(list) if !list.is_empty() => Some(Arc::<[IpAddr]>::from(list)),
            Ok(_) => None,
            Err(error) => {
                tracing::debug!(name, %error, "name not found");
                None
            }
        };
        let for_how_long = if addresses.is_some() { FOUND_FOR } else { LOST_FOR };
        self.remember(name, Known { addresses: addresses.clone(), until: Instant::now() + for_how_long });
        addresses.ok_or(ResolveError::NotFound)
    }

    fn remember(&self, name: String, known: Known) {
        let mut all = self.known.lock();
        if all.len() >= CACHED {
            let now = Instant::now();
            all.retain(|_, known| now < known.until);
            if all.len() >= CACHED {
                all.clear();
            }
        }
        all.insert(name, known);
    }
}

/// The resolver of one client, which only ever dials one port.
pub(super) struct Resolver {
    pub(super) rules: Arc<Rules>,
    pub(super) directory: Arc<Directory>,
    pub(super) port: u16,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().strip_suffix('.').unwrap_or(name.as_str()).to_ascii_lowercase();
        let (rules, directory, port) = (self.rules.clone(), self.directory.clone(), self.port);
        Box::pin(async move {
            let allowed = rules.name(&name, port)?;
            // A trailing dot keeps search lists out; a name that somebody allowed may need them.
            let asked = if allowed { name.clone() } else { format!("{name}.") };
            let addresses = directory.addresses(asked).await?;
            // One refused address refuses the name: the next lookup might give only that one.
            for &address in addresses.iter() {
                rules.address_of_name(address, allowed, port)?;
            }
            let list: Vec<SocketAddr> = addresses.iter().map(|&ip| SocketAddr::new(ip, port)).collect();
            Ok(Box::new(list.into_iter()) as Addrs)
        })
    }
}
