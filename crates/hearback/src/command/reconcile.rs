//! `hearback reconcile`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use hearback_ledger::{Damage, Repaired};
use serde_json::json;

use crate::{app, cli, config::Config, terminal::Paint};

pub(super) async fn run(options: cli::Reconcile, config: Config) -> anyhow::Result<ExitCode> {
    let ledger = app::open_existing(&config).await?;
    let found = if options.dry_run { ledger.reconcile_dry_run().await? } else { ledger.reconcile().await? };
    let mut out = io::stdout();
    if options.json {
        let shown: Vec<_> = found.iter().map(as_json).collect();
        writeln!(out, "{}", json!({ "count": found.len(), "dry_run": options.dry_run, "repaired": shown }))?;
    } else {
        print(&mut out, Paint::stdout(), &found, options.dry_run)?;
    }
    Ok(if options.dry_run && !found.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A line for each application, a line for each kind of damage, and the count as the last one.
fn print(out: &mut impl Write, paint: Paint, found: &[Repaired], dry_run: bool) -> io::Result<()> {
    if !found.is_empty() {
        writeln!(out, "{}", paint.dim(format!("{:<30}  what was wrong", "application")))?;
    }
    for Repaired { application, damage } in found {
        let damage: Vec<&str> = damage.iter().map(|damage| damage.as_str()).collect();
        writeln!(out, "{application}  {}", paint.red(damage.join(", ")))?;
    }
    for damage in Damage::ALL {
        let count = found.iter().filter(|repaired| repaired.damage.contains(damage)).count();
        if count > 0 {
            writeln!(out, "{count:>6}  {:<24}  {}", damage.as_str(), paint.dim(means(*damage)))?;
        }
    }
    let done = if dry_run { "to be repaired (dry run: nothing was written)" } else { "repaired" };
    match found.len() {
        1 => writeln!(out, "reconcile: 1 application {done}"),
        count => writeln!(out, "reconcile: {count} applications {done}"),
    }
}

const fn means(damage: Damage) -> &'static str {
    match damage {
        Damage::AcknowledgementMissing => "no acknowledgement was on record",
        Damage::FinalMessageMissing => "it ended, and no message said so",
        Damage::MessageMissing => "another message that was owed was not on record",
        Damage::NextWordMissing => "it was active and had no next word",
        Damage::NextWordPast => "the date of its next word was over, and nothing was on its way",
        Damage::AnswerDateMissing => "what the applicant wrote waited for an answer without a date",
        Damage::MessageUnlinked => "a person's words to the applicant had lost the message that brings them",
        Damage::ChainBroken => "messages waited behind none, or the later before the earlier",
        Damage::LeaseStuck => "a worker that is gone kept a message from every other",
        Damage::OrphanRow => "a message that no event owed, or whose application is gone",
    }
}

fn as_json(repaired: &Repaired) -> serde_json::Value {
    let Repaired { application, damage } = repaired;
    json!({ "application": application, "damage": damage.iter().map(|damage| damage.as_str()).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damage_is_named_and_the_last_line_counts() {
        let application = "app_06e3kd8n8dzm5a1v8cq5m40000".parse().unwrap();
        let printed = |found: &[Repaired], dry_run| {
            let mut out = Vec::new();
            print(&mut out, Paint::none(), found, dry_run).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(printed(&[], false), "reconcile: 0 applications repaired\n");
        let all = printed(&[Repaired { application, damage: Damage::ALL.to_vec() }], true);
        assert!(Damage::ALL.iter().all(|damage| all.contains(&format!("     1  {}", damage.as_str()))), "{all}");
        assert!(all.ends_with("reconcile: 1 application to be repaired (dry run: nothing was written)\n"), "{all}");
    }
}
