//! What the client has made, and how often it is there.

use super::Client;
use crate::judge::Judgement;
use crate::receiver::Receiver;
use crate::world::World;
use serde_json::{Value, json};

/// Something that is asked for under a key, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A job definition.
    Job,
    /// A run of one.
    RunOfJob,
    /// A run of none.
    Run,
    /// A version of what was read from a run's pages.
    Reparse,
    /// A tenant.
    Tenant,
    /// An endpoint of webhooks.
    Webhook,
    /// Its new secret.
    Rotate,
    /// An event for it.
    Ping,
    /// That event again.
    Redeliver,
}

impl Act {
    /// What has nothing to do with webhooks.
    pub const MADE: [Act; 5] = [Act::Job, Act::RunOfJob, Act::Run, Act::Reparse, Act::Tenant];
    /// What has.
    pub const WEBHOOKS: [Act; 4] = [Act::Webhook, Act::Rotate, Act::Ping, Act::Redeliver];
}

/// An act that is prepared: whatever it needs is there.
pub struct Prepared {
    act: Act,
    key: String,
    path: String,
    body: Option<Value>,
    /// The number of what it is about.
    about: i64,
    event: String,
}

/// A job that is over as soon as it is begun: its only page is where nobody may go.
fn short_job(name: &str) -> Value {
    json!({ "name": name, "seeds": { "urls": ["http://127.0.0.77:9/"] }, "limits": { "tries": 1 } })
}

fn webhook(world: &World, key: &str) -> Value {
    json!({ "url": format!("http://{}/{key}", world.hook), "events": ["run.ended"], "job_id": null })
}

impl Prepared {
    /// Makes what the act needs.
    ///
    /// # Errors
    /// What the API says.
    pub async fn of(
        act: Act,
        world: &World,
        receiver: &Receiver,
        client: &mut Client,
    ) -> Result<Self, String> {
        let key = shared::random::uuid().simple().to_string();
        let mut ready =
            Prepared { act, path: String::new(), body: None, about: 0, event: String::new(), key };
        let needs = format!("{}-needs", ready.key);
        let number = |made: &Value| made["id"].as_i64().ok_or_else(|| format!("no id: {made}"));
        match act {
            Act::Job => {
                ready.path = "/v1/jobs".into();
                ready.body = Some(json!({ "job": short_job(&ready.key) }));
            }
            Act::Run => {
                ready.path = "/v1/runs".into();
                ready.body = Some(short_job(&ready.key));
            }
            Act::Tenant => {
                ready.path = "/v1/tenants".into();
                ready.body = Some(json!({ "name": ready.key }));
            }
            Act::Webhook => {
                ready.path = "/v1/webhooks".into();
                ready.body = Some(webhook(world, &ready.key));
            }
            Act::RunOfJob => {
                let job = json!({ "job": short_job(&ready.key) });
                ready.about = number(&client.post("/v1/jobs", &needs, Some(&job)).await?)?;
                ready.path = format!("/v1/jobs/{}/runs", ready.about);
            }
            Act::Reparse => {
                let run = client.post("/v1/runs", &needs, Some(&short_job(&ready.key))).await?;
                ready.about = number(&run)?;
                // A run that is over.
                client
                    .post(&format!("/v1/runs/{}/cancel", ready.about), &format!("{needs}-cancel"), None)
                    .await?;
                ready.path = format!("/v1/runs/{}/reparse", ready.about);
                ready.body =
                    Some(json!({ "extract": { "fields": { "n": { "css": "b" } } }, "dry_run": true }));
            }
            Act::Rotate | Act::Ping | Act::Redeliver => {
                let made = client.post("/v1/webhooks", &needs, Some(&webhook(world, &ready.key))).await?;
                ready.about = number(&made)?;
                ready.path = format!(
                    "/v1/webhooks/{}/{}",
                    ready.about,
                    if act == Act::Rotate { "rotate" } else { "ping" }
                );
                if act == Act::Redeliver {
                    let pinged = client.post(&ready.path, &format!("{needs}-ping"), None).await?;
                    ready.event = text(&pinged["event"]);
                    if !receiver.heard(&ready.event, 1).await {
                        return Err("a ping did not arrive".into());
                    }
                    ready.path = format!("/v1/webhooks/{}/deliveries/{}/redeliver", ready.about, ready.event);
                }
            }
        }
        Ok(ready)
    }

    /// Has it done.
    ///
    /// # Errors
    /// What the API says.
    pub async fn ask(&self, client: &mut Client) -> Result<Value, String> {
        client.post(&self.path, &self.key, self.body.as_ref()).await
    }

    /// What there is of it in the store, and what there should be after the client was told this.
    fn look(&self, world: &World, told: &Value) -> (String, String) {
        let (key, about) = (&self.key, self.about);
        let (look, should) = match self.act {
            Act::Job => (format!("SELECT job_id FROM jobs WHERE name = '{key}'"), text(&told["id"])),
            Act::Run => (format!("SELECT run_id FROM runs WHERE name = '{key}'"), text(&told["id"])),
            Act::RunOfJob => (format!("SELECT run_id FROM runs WHERE job_id = {about}"), text(&told["id"])),
            Act::Tenant => (format!("SELECT tenant_id FROM tenants WHERE name = '{key}'"), text(&told["id"])),
            Act::Reparse => {
                (format!("SELECT version FROM reparses WHERE run_id = {about}"), text(&told["version"]))
            }
            Act::Webhook => (
                format!("SELECT webhook_id || ' ' || secrets FROM webhooks WHERE url LIKE '%/{key}'"),
                format!("{} [{}]", told["id"], told["secret"]),
            ),
            Act::Rotate => (
                format!(
                    "SELECT (secrets::json ->> 0) || ' of ' || json_array_length(secrets::json)
                     FROM webhooks WHERE webhook_id = {about}"
                ),
                format!("{} of 2", text(&told["secret"])),
            ),
            Act::Ping | Act::Redeliver => {
                (format!("SELECT event_id FROM deliveries WHERE webhook_id = {about}"), text(&told["event"]))
            }
        };
        (tokio::task::block_in_place(|| world.servers.sql(&look)), should)
    }

    /// Judges it: it is there once, and as the client was told.
    pub async fn judge(&self, world: &World, told: &Value, receiver: &Receiver, judgement: &mut Judgement) {
        let (there, should) = self.look(world, told);
        let act = self.act;
        match there.lines().collect::<Vec<_>>()[..] {
            [] => {
                judgement.lost += 1;
                judgement.broken.push(format!("{act:?}: nothing is there, and {should} was told"));
            }
            [one] if one == should => {}
            [one] => {
                judgement.unexpected += 1;
                judgement.broken.push(format!("{act:?}: {one} is there, and {should} was told"));
            }
            _ => {
                judgement.duplicated += 1;
                judgement.broken.push(format!("{act:?}: there is more than one: {there}"));
            }
        }
        if act == Act::Redeliver && !receiver.heard(&self.event, 2).await {
            judgement.lost += 1;
            judgement.broken.push(format!("{act:?}: the event {} did not come again", self.event));
        }
    }
}

/// A number or a text, without its quotes.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
