//! Keys: the first one without a server, a server for others once there is one, and what each may do.

use crate::common::serving::{Served, address, serve_on};
use crate::common::world::clean;
use crate::common::{Call, World};
use rustix::process::Signal;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_key_in_the_store_others_are_served() {
    let world = World::of(clean(5)).await;
    let store = format!("sqlite://{}", world.data().join("harvestman.db").display());
    let create = ["keys", "create", "first", "--scope", "admin", "--store", &store, "--json"];
    let made = Call::of(create).end().await.done().summary();
    let token = made["token"].as_str().unwrap().to_owned();
    assert_eq!((&made["scope"], &made["tenant"]), (&json!("admin"), &json!(1)), "{made}");

    let alive = serve_on(&world, "0.0.0.0:0").start();
    let port = address(&alive).await.0.rsplit_once(':').unwrap().1.to_owned();
    let served = Served { alive, url: format!("http://127.0.0.1:{port}") };
    let list = ["keys", "list", "--json"];
    Call::of(list).env("HARVESTMAN_API", &served.url).end().await.says(1, &["wants a key", "--key-file"]);
    served.call_as("hm_wrong_key", list).end().await.says(1, &["does not know this key"]);
    let file = world.path("key");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let listed =
        Call::of(list).env("HARVESTMAN_API", &served.url).with(["--key-file".as_ref(), file.as_os_str()]);
    let listed = listed.end().await.done().stdout;
    assert!(listed.contains("\"first\"") && !listed.contains(token.rsplit('_').next().unwrap()), "{listed}");

    let as_admin = async |args: &[&str]| -> Value {
        served.call_as(&token, args).with(["--json"]).end().await.done().summary()
    };
    let reader = as_admin(&["keys", "create", "reader", "--expires", "1h"]).await;
    assert!(reader["expires_at"].is_string());
    let (id, secret) = (reader["id"].as_str().unwrap(), reader["token"].as_str().unwrap());
    served.call_as(secret, ["runs", "list"]).end().await.done();
    let seed = world.site.origin().to_owned();
    served
        .call_as(secret, ["runs", "start", &seed])
        .end()
        .await
        .says(1, &["needs a key with the scope write"]);
    let rotated = as_admin(&["keys", "rotate", id, "--overlap", "0s"]).await;
    served.call_as(secret, ["runs", "list"]).end().await.says(1, &["does not know this key"]);
    let (id, secret) = (rotated["id"].as_str().unwrap(), rotated["token"].as_str().unwrap());
    served.call_as(secret, ["runs", "list"]).end().await.done();
    let ended = served.call_as(&token, ["keys", "revoke", id]).end().await.done();
    assert!(ended.stdout.contains("has ended"), "{ended:?}");
    served.call_as(secret, ["runs", "list"]).end().await.says(1, &[]);
    served.alive.signal(Signal::TERM);
    served.alive.end().await.done();
}

#[tokio::test]
async fn without_any_key_others_are_not_served() {
    let world = World::of(clean(5)).await;
    // A folder that is there, and holds no key.
    std::fs::create_dir(world.data()).unwrap();
    let refused = serve_on(&world, "0.0.0.0:0").end().await;
    refused.says(2, &["--listen", "HARVESTMAN_API_KEY", "keys create"]);
    let short = serve_on(&world, "0.0.0.0:0").env("HARVESTMAN_API_KEY", "short").end().await;
    short.says(2, &["at least 20 random characters"]);
    let alive = serve_on(&world, "0.0.0.0:0").env("HARVESTMAN_API_KEY", crate::common::serving::KEY).start();
    address(&alive).await;
    alive.signal(Signal::TERM);
    alive.end().await.done();
}
