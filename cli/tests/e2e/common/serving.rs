//! `harvestman serve`, and `harvestman` as its client.

use super::command::{Alive, Call, Ended};
use super::http::Api;
use super::world::World;
use serde_json::Value;
use std::ffi::OsStr;

/// The operator's key.
pub const KEY: &str = "the-operators-key-of-the-tests";

/// The job as the API takes it: without outputs, which name files of the server.
pub fn job(world: &World) -> Value {
    serde_json::to_value(world.job()).unwrap()
}

/// `serve` on a free port of this machine, for this world's site.
pub fn serve(world: &World) -> Call {
    serve_on(world, "127.0.0.1:0")
}

/// `serve` on this address.
pub fn serve_on(world: &World, listen: &str) -> Call {
    let host = world.site.origin().trim_start_matches("http://").trim_end_matches('/');
    Call::of(["serve", "--listen", listen, "--allow", host])
        .with(["--data".as_ref(), world.data().as_os_str()])
}

/// Where it listens.
pub async fn address(alive: &Alive) -> Api {
    alive.until_it_says("Ctrl-C").await;
    let said = alive.said();
    let (_, rest) = said.split_once("listening on http://").unwrap();
    Api(rest.split(',').next().unwrap().to_owned())
}

/// A server with the operator's key, and its client.
pub struct Served {
    pub alive: Alive,
    pub url: String,
}

impl Served {
    pub async fn of(world: &World) -> Self {
        let alive = serve(world).env("HARVESTMAN_API_KEY", KEY).start();
        let url = format!("http://{}", address(&alive).await.0);
        Served { alive, url }
    }

    /// A command of the client, as the operator.
    pub fn call<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Call {
        self.call_as(KEY, args)
    }

    /// A command of the client with this key.
    pub fn call_as<A: AsRef<OsStr>>(&self, key: &str, args: impl IntoIterator<Item = A>) -> Call {
        Call::of(args).env("HARVESTMAN_API", &self.url).env("HARVESTMAN_API_KEY", key)
    }

    /// What a command says on standard output, when it was done.
    pub async fn says(&self, args: &[&str]) -> String {
        self.call(args).end().await.done().stdout
    }

    /// The same, for machines: one JSON value a line.
    pub async fn rows(&self, args: &[&str]) -> Vec<Value> {
        let said = self.call(args).with(["--json"]).end().await.done().stdout;
        said.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")))
            .collect()
    }

    /// The same, as one JSON value.
    pub async fn value(&self, args: &[&str]) -> Value {
        let ended: Ended = self.call(args).with(["--json"]).end().await.done();
        ended.summary()
    }
}
