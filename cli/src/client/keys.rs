//! `harvestman keys`.

use super::Asker;
use super::table::text;
use crate::args::{Connection, KeyScope, KeysCommand, NewKeyFlags};
use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use service::connect;
use shared::clock::SystemClock;
use shared::ids::TenantId;
use shared::ports::store::control::Scope;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub async fn run(to: &Connection, command: &KeysCommand) -> anyhow::Result<ExitCode> {
    let asker = Asker::of(to)?;
    match command {
        KeysCommand::Create(flags) => {
            let made = match &flags.store {
                Some(store) => make(store, flags).await?,
                None => asker.api.post(&["keys"], &[], Some(&body(flags))).await?,
            };
            asker.show(&made, &[])?;
            if !asker.json {
                crate::say::err("keep the token: it is shown this once");
            }
        }
        KeysCommand::List { paging } => {
            let columns = [
                text("ID", "/id"),
                text("NAME", "/name"),
                text("SCOPE", "/scope"),
                text("CREATED", "/created_at"),
                text("EXPIRES", "/expires_at"),
                text("LAST USED", "/last_used_at"),
            ];
            asker.list(&["keys"], &[], paging, &columns).await?;
        }
        KeysCommand::Revoke { id } => {
            let ended = asker.api.delete(&["keys", id]).await?;
            asker.tell(&ended, &format!("key {id} has ended"))?;
        }
        KeysCommand::Rotate { id, overlap } => {
            let body = json!({ "overlap_seconds": overlap.0.as_secs() });
            asker.show(&asker.api.post(&["keys", id, "rotate"], &[], Some(&body)).await?, &[])?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn body(flags: &NewKeyFlags) -> Value {
    json!({
        "name": flags.name,
        "scope": match flags.scope {
            KeyScope::Read => "read",
            KeyScope::Write => "write",
            KeyScope::Admin => "admin",
        },
        "expires_in_seconds": flags.expires.map(|span| span.0.as_secs()),
        "tenant": flags.tenant,
    })
}

/// Makes a key straight in a store, as the API shows it.
async fn make(store: &str, flags: &NewKeyFlags) -> anyhow::Result<Value> {
    // The first key may come before the first start.
    if let Some(folder) = store.strip_prefix("sqlite://").and_then(|file| Path::new(file).parent()) {
        std::fs::create_dir_all(folder).with_context(|| format!("--store: {}", folder.display()))?;
    }
    let store = connect::store(store, Arc::new(SystemClock)).await?;
    let tenant = flags.tenant.map_or(TenantId::FIRST, TenantId);
    let scope = match flags.scope {
        KeyScope::Read => Scope::Read,
        KeyScope::Write => Scope::Write,
        KeyScope::Admin => Scope::Admin,
    };
    let lives = flags.expires.map(|span| span.0);
    let made = api::make_key(store.control(), tenant, flags.name.clone(), scope, lives, None).await;
    Ok(serde_json::to_value(made.map_err(|problem| anyhow!(problem.in_words()))?)?)
}
