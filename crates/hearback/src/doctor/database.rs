//! Whether what is answered is on disk, and stays there.

use chrono::TimeDelta;
use hearback_domain::clock::SystemClock;
use hearback_ledger::{CheckUp, Weakness, check_up};

use super::finding::{Area, Finding, Level};
use crate::config::{Config, DatabaseUrl};

/// Timestamps in logs and records should be comparable.
const NOTICEABLE: TimeDelta = TimeDelta::seconds(2);

/// Certificates seem not to be valid yet, or not any more.
const DANGEROUS: TimeDelta = TimeDelta::minutes(5);

/// What was found, and what the boards write from.
pub(super) async fn look(config: &Config) -> (Vec<Finding>, Option<CheckUp>) {
    let url = &config.database.url;
    if let Some(file) = url.sqlite_file().filter(|file| !file.exists()) {
        let what = format!("there is no database at {} yet", file.display());
        return (
            vec![Finding::new(Area::Database, Level::Note, what, "`hearback serve` makes it; if there should be one, see database.url")],
            None,
        );
    }
    match check_up(url.reveal(), &SystemClock).await {
        Err(error) => {
            let advice = "see database.url, whether the server is up, and whether this machine may reach it";
            (vec![Finding::new(Area::Database, Level::Error, format!("{url}: {error}"), advice)], None)
        }
        Ok(found) => {
            let mut findings = judged(url, &found);
            findings.extend(found.ahead.map_or_else(own_clock, clock));
            (findings, Some(found))
        }
    }
}

fn judged(url: &DatabaseUrl, found: &CheckUp) -> Vec<Finding> {
    let CheckUp { pending, unknown, weak, is_read_only, ahead: _, faces: _ } = found;
    let mut findings = Vec::new();
    let mut say = |level, what: String, advice: String| findings.push(Finding::new(Area::Database, level, what, advice));
    if *is_read_only {
        let advice = "give database.url the primary server's address".to_owned();
        say(Level::Error, format!("{url} takes no writes: applications are answered with an error"), advice);
    }
    for Weakness { setting, value, should_be } in weak {
        let what = format!("the server's {setting} is {value}: an application that was answered can be gone after a crash");
        say(
            Level::Error,
            what,
            format!("ALTER SYSTEM SET {setting} = {should_be}; SELECT pg_reload_conf(); and look for it at the role and the database"),
        );
    }
    if !unknown.is_empty() {
        let what = format!("a newer release has changed the tables ({})", unknown.join(", "));
        say(Level::Warning, what, "update this program soon; a release works on the tables of the next one, and no further".to_owned());
    }
    if *pending > 0 {
        let what = format!("the tables lack {pending} {} of this release", if *pending == 1 { "step" } else { "steps" });
        say(Level::Note, what, "the next start takes them, or `hearback migrate` now".to_owned());
    }
    if findings.is_empty() {
        let wait = "a commit waits for the disk";
        findings.push(Finding::ok(Area::Database, format!("{url} answers, its tables are up to date, {wait}")));
    }
    findings
}

fn clock(ahead: TimeDelta) -> Vec<Finding> {
    let shown = format!("{}.{:03} s", ahead.abs().num_seconds(), ahead.abs().num_milliseconds() % 1_000);
    let side = if ahead < TimeDelta::zero() { "ahead of" } else { "behind" };
    let what = format!("this machine's clock is {shown} {side} the database's, which all processes go by");
    vec![match ahead.abs() {
        far if far >= DANGEROUS => {
            let advice = "set it, and keep it set (chrony, systemd-timesyncd): certificates of relays can seem invalid";
            Finding::new(Area::Clock, Level::Error, what, advice)
        }
        off if off >= NOTICEABLE => {
            let advice = "keep both set (chrony, systemd-timesyncd): times in logs do not fit those on record";
            Finding::new(Area::Clock, Level::Warning, what, advice)
        }
        _ => Finding::ok(Area::Clock, what),
    }]
}

/// There is nothing to hold it against.
fn own_clock() -> Vec<Finding> {
    vec![Finding::ok(Area::Clock, "this machine's clock is the only one, as an SQLite file belongs to one machine")]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> CheckUp {
        CheckUp { pending: 0, unknown: vec![], weak: vec![], is_read_only: false, ahead: None, faces: vec![] }
    }

    #[test]
    fn what_would_lose_applications_is_an_error() {
        let url = DatabaseUrl::default();
        let levels = |found: &CheckUp| judged(&url, found).iter().map(|finding| finding.level).collect::<Vec<_>>();
        assert_eq!(levels(&whole()), [Level::Ok]);
        let weak = vec![Weakness { setting: "synchronous_commit", value: "off".to_owned(), should_be: "on" }];
        assert_eq!(levels(&CheckUp { weak, ..whole() }), [Level::Error]);
        assert_eq!(levels(&CheckUp { is_read_only: true, pending: 2, ..whole() }), [Level::Error, Level::Note]);
        assert_eq!(levels(&CheckUp { unknown: vec!["m2099".to_owned()], ..whole() }), [Level::Warning]);
    }

    #[test]
    fn a_clock_that_is_far_off_is_an_error() {
        let said = |millis: i64| clock(TimeDelta::milliseconds(millis)).remove(0);
        assert_eq!(
            (said(12).level, said(-1_999).level, said(-2_000).level, said(301_000).level),
            (Level::Ok, Level::Ok, Level::Warning, Level::Error)
        );
        assert!(said(-2_500).what.contains("2.500 s ahead of the database's"), "{}", said(-2_500).what);
    }
}
