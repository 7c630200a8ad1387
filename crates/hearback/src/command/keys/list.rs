//! `hearback keys list`

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use hearback_domain::{origin::Origin, scope::Scopes};
use hearback_ledger::{ApiKey, ApiKeyKind, KeyLimits, Ledger, Page};
use serde_json::json;

use crate::{command::outbox::words::away, terminal::Paint};

/// Read at once.
const PART: u64 = 500;

pub(super) async fn run(ledger: &Ledger, all: bool, as_json: bool) -> anyhow::Result<()> {
    let now = ledger.now();
    let (mut keys, mut after) = (Vec::new(), None);
    loop {
        let part = ledger.api_keys(None, None, Page { after, limit: PART }).await?;
        after = part.last().map(|key| key.id);
        let is_last = (part.len() as u64) < PART;
        keys.extend(part);
        if is_last {
            break;
        }
    }
    let ended = keys.iter().filter(|key| !key.works_at(now)).count();
    keys.retain(|key| all || key.works_at(now));
    let mut out = io::stdout();
    if as_json {
        writeln!(out, "{}", json!({ "items": keys.iter().map(|key| record(key, now)).collect::<Vec<_>>() }))?;
        return Ok(());
    }
    print(&mut out, Paint::stdout(), &keys, if all { 0 } else { ended }, now)?;
    Ok(())
}

fn print(out: &mut impl Write, paint: Paint, keys: &[ApiKey], hidden: usize, now: DateTime<Utc>) -> io::Result<()> {
    if !keys.is_empty() {
        writeln!(out, "{}", paint.dim(format!("{:<30}  {:<16}  {:<16}  for", "key", "begins with", "last used")))?;
    }
    for key in keys {
        let begins = match (key.kind, key.is_test) {
            (ApiKeyKind::Publishable, false) => "pk_",
            (ApiKeyKind::Publishable, true) => "pk_test_",
            (ApiKeyKind::Secret, false) => "sk_",
            (ApiKeyKind::Secret, true) => "sk_test_",
        };
        let used = format!("{:<16}", key.last_used_at.map_or_else(|| "never".to_owned(), |at| away(at, now)));
        let used = if key.last_used_at.is_none() { paint.dim(used) } else { used };
        writeln!(out, "{}  {begins:<16}  {used}  {}", key.id, paint.bold(&key.name))?;
        writeln!(out, "{:<30}  {}", "", paint.dim(allowed(key)))?;
        match (key.revoked_at, key.expires_at) {
            (Some(at), _) => writeln!(out, "{:<30}  {}", "", paint.red(format!("revoked {}", away(at, now))))?,
            (None, Some(end)) if end <= now => writeln!(out, "{:<30}  {}", "", paint.red(format!("replaced; ended {}", away(end, now))))?,
            (None, Some(end)) => writeln!(out, "{:<30}  {}", "", paint.yellow(format!("replaced; ends {}", away(end, now))))?,
            (None, None) => {}
        }
    }
    let ended = if hidden == 0 { String::new() } else { format!(", and {hidden} that ended: --all") };
    let count = match keys.len() {
        0 => "keys: none".to_owned(),
        1 => "keys: 1 works".to_owned(),
        more => format!("keys: {more}"),
    };
    writeln!(out, "{}{count}{ended}", if keys.is_empty() { "" } else { "\n" })
}

fn allowed(key: &ApiKey) -> String {
    let KeyLimits { scopes, origins } = &key.limits;
    let what = match key.kind {
        ApiKeyKind::Publishable if origins.is_empty() => "submits applications, from pages everywhere".to_owned(),
        ApiKeyKind::Publishable => {
            let origins: Vec<&str> = origins.iter().map(Origin::as_str).collect();
            format!("submits applications, from {}", origins.join(", "))
        }
        ApiKeyKind::Secret if *scopes == Scopes::all() => "everything".to_owned(),
        ApiKeyKind::Secret => scopes.to_string().replace(' ', ", "),
    };
    key.board.map_or_else(|| what.clone(), |board| format!("{what}; on {board}"))
}

fn record(key: &ApiKey, now: DateTime<Utc>) -> serde_json::Value {
    let ApiKey { id, kind, is_test, board, name, limits, created_at, last_used_at, expires_at, revoked_at, replaces } = key;
    let scopes: Vec<&str> = match kind {
        ApiKeyKind::Secret => limits.scopes.words().map(|scope| scope.as_str()).collect(),
        ApiKeyKind::Publishable => Vec::new(),
    };
    let origins: Vec<&str> = limits.origins.iter().map(Origin::as_str).collect();
    json!({
        "id": id, "kind": kind.as_str(), "is_test": is_test, "board_id": board, "name": name, "scopes": scopes, "origins": origins,
        "created_at": created_at, "last_used_at": last_used_at, "expires_at": expires_at, "revoked_at": revoked_at, "replaces": replaces,
        "works": key.works_at(now),
    })
}
