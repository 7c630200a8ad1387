use std::{fs, path::Path, time::Duration};

use chrono::{TimeDelta, Weekday};
use hearback_domain::{
    calendar::{Calendar, DayOfWeek, Delay},
    law::Law,
    policy::{Policy, Undecided},
};

use super::*;

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is said about a file with this text, and these variables.
fn refused(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.toml");
    fs::write(&path, file).unwrap();
    let ConfigProblems(problems) = load(Some(&path), environment(variables)).unwrap_err();
    let front = format!("{}/", folder.path().display());
    problems.iter().map(|problem| problem.to_string().replace(&front, "")).collect()
}

fn accepted(file: &str, variables: &[(&str, &str)]) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("given.toml");
    fs::write(&path, file).unwrap();
    load(Some(&path), environment(variables)).unwrap().config
}

#[test]
fn it_runs_without_any_setting() {
    let config = load(None, environment(&[("PATH", "/bin"), ("HEARBACK_TEST_POSTGRES_URL", "postgres://localhost/x")])).unwrap().config;
    assert_eq!(config.dump(), Config::default().dump());
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let config = accepted(
        "listen = \"127.0.0.1:1\"\n[worker]\nconcurrency = 3\n[promises]\nupdate_every = \"7 days\"",
        &[("HEARBACK_LISTEN", "127.0.0.1:2"), ("HEARBACK_WORKER__ENABLED", "false"), ("HEARBACK_MAIL__SMTP__PORT", "2525")],
    );
    assert_eq!(config.listen.port(), 2);
    assert_eq!((config.worker.concurrency, config.worker.enabled), (3, false));
    assert_eq!(config.mail.smtp.port, 2525);
    assert_eq!(config.ledger_settings().policy.update_every, TimeDelta::days(7));
    assert_eq!(config.ledger_settings().policy.reject_after_delay, Policy::default().reject_after_delay);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_the_nearest_known_one() {
    let file =
        "lisen = \"127.0.0.1:1\"\ndatabase = \"sqlite:x.db\"\n[mail]\ntransprt = \"smtp\"\nhost = \"relay\"\n[colour]\nof_sky = \"blue\"";
    assert_eq!(
        refused(file, &[("HEARBACK_DATABSE__URL", "sqlite:x.db"), ("HEARBACK_URL", "sqlite:x.db")]),
        [
            "given.toml: colour.of_sky is not a setting",
            "given.toml: database is not a setting; did you mean database.connections?",
            "given.toml: lisen is not a setting; did you mean listen?",
            "given.toml: mail.host is not a setting; did you mean mail.smtp.host?",
            "given.toml: mail.transprt is not a setting; did you mean mail.transport?",
            "HEARBACK_DATABSE__URL: databse.url is not a setting; did you mean HEARBACK_DATABASE__URL?",
            "HEARBACK_URL: url is not a setting; did you mean HEARBACK_DATABASE__URL?",
        ]
    );
}

#[test]
fn a_wrong_value_is_refused_with_what_to_write_instead() {
    for (file, said) in [
        ("mode = \"staging\"", "given.toml: mode `staging` is not a choice; expected \"development\" or \"production\""),
        ("listen = \"8080\"", "given.toml: listen must be an address and a port such as 127.0.0.1:8080"),
        (
            "[promises]\nupdate_every = \"two weeks\"",
            "given.toml: promises.update_every `two weeks` is not a length of time; write a number and a unit, such as 30 s, 15 min, 2 h or 14 days",
        ),
        ("[promises]\ndeliver_within = \"900 years\"", "given.toml: promises.deliver_within `900 years` is longer than 100 years"),
        (
            "[promises]\nreject_after_delay = \"two days\"",
            "given.toml: promises.reject_after_delay `two days` is not a length of time; write a number and a unit, such as 48 h, 2 days or 2 working days",
        ),
        ("[promises]\nreject_after_delay = \"30 working days\"", "given.toml: promises.reject_after_delay must be at most 20 working days"),
        (
            "[promises]\nquiet_hours = \"at night\"",
            "given.toml: promises.quiet_hours `at night` is no part of a day; write two times and a dash, such as 20:00-08:00, or none for mail at any hour",
        ),
        (
            "[promises]\nquiet_hours = \"08:00-07:00\"",
            "given.toml: promises.quiet_hours must leave at least four hours of every day for mail",
        ),
        (
            "[promises]\nholidays = [\"25.12.2026\"]",
            "given.toml: promises.holidays `25.12.2026` is not a date; write dates such as 2026-12-25",
        ),
        (
            "[promises]\nweekend = [\"Caturday\"]",
            "given.toml: promises.weekend `Caturday` is not a day of the week; write days such as Sat, Sun",
        ),
        (
            "[promises]\nlaw = \"CA-QC\"",
            "given.toml: promises.law `CA-QC` is not a law that comes with Hearback; write none, or one of: CA-ON",
        ),
        ("[promises]\ndecide_within = \"0 s\"", "given.toml: promises.decide_within must be longer than nothing"),
        ("[ledger]\nlease = \"10 ms\"", "given.toml: ledger.lease must be at least 1 s"),
        ("[worker]\nconcurrency = 0", "given.toml: worker.concurrency must be between 1 and 10000"),
        ("[worker]\nconcurrency = \"many\"", "given.toml: worker.concurrency must be an integer, not string \"many\""),
        (
            "[log]\nlevel = \"loud=very\"",
            "given.toml: log.level must be error, warn, info, debug or trace, or several such as info,hearback_queue=debug",
        ),
        (
            "[database]\nurl = \"sqlite::memory:\"",
            "given.toml: database.url needs a file, since what is promised must outlive the process: sqlite:hearback.db",
        ),
        (
            "[database]\nurl = \"mysql://x\"",
            "given.toml: database.url must be a URL such as sqlite:hearback.db or postgres://user:password@127.0.0.1/hearback",
        ),
        (
            "public_url = \"jobs.example.com\"",
            "given.toml: public_url must be a URL such as https://jobs.example.com, without user, query or fragment",
        ),
        (
            "[mail]\ntransport = \"smtp\"",
            "default: mail.smtp.host must name your relay when mail.transport is \"smtp\", such as smtp.example.com",
        ),
        (
            "[organisation]\nfallback = \"no-reply@example.com\"",
            "given.toml: organisation.fallback `no-reply@example.com` must reach a person: what is sent there asks somebody to act",
        ),
        ("[organisation]\nfallback = \"people\"", "given.toml: organisation.fallback `people` must have the form name@example.com"),
        ("[mail.smtp]\nehlo_name = \"a\\r\\nMAIL\"", "given.toml: mail.smtp.ehlo_name must be a domain name such as jobs.example.com"),
    ] {
        assert_eq!(refused(file, &[]), [said], "{file}");
    }
    assert!(refused("listen = ", &[])[0].starts_with("given.toml: TOML parse error at line 1"));
}

const TWO_RELAYS: &str = "[mail]\ntransport = \"smtp\"\n[[mail.relay]]\nhost = \"one\"\nsessions = 4\n[[mail.relay]]\nhost = \"two\"\n\
    port = 587\n[mail.relay.timeouts]\ndata_end = \"90 s\"\n";

#[test]
fn several_relays_stand_in_order_each_with_its_own_settings() {
    let config = accepted(TWO_RELAYS, &[]);
    let relays = config.mail.relays();
    let names: Vec<String> = relays.iter().map(|(key, relay)| format!("{key} {}", relay.name())).collect();
    assert_eq!(names, ["mail.relay[0] one:25", "mail.relay[1] two:587"]);
    assert_eq!((relays[0].1.sessions, relays[1].1.sessions), (4, RelayConfig::default().sessions));
    let data_end = |at: usize| relays[at].1.timeouts.timeouts().data_end;
    assert_eq!((data_end(0), data_end(1)), (Duration::from_secs(600), Duration::from_secs(90)));
    assert_eq!(accepted(&config.dump(), &[]).dump(), config.dump());
    assert!(config.dump().contains("decide_within = \"60 days\""), "as people write it");
}

#[test]
fn relays_that_cannot_be_meant_are_refused_with_what_to_write_instead() {
    assert_eq!(
        refused(TWO_RELAYS, &[("HEARBACK_MAIL__SMTP__HOST", "three")]),
        ["HEARBACK_MAIL__SMTP__HOST: mail.smtp.host is of one relay, and [[mail.relay]] lists several; make it one of them"]
    );
    let misplaced = "is read only from a file, under a heading in two brackets for each relay: [[mail.relay]]. One relay is [mail.smtp]";
    for (file, variables, said) in [
        ("[mail.relay]\nhost = \"one\"", &[][..], format!("given.toml: mail.relay.host {misplaced}")),
        ("", &[("HEARBACK_MAIL__RELAY__HOST", "one")][..], format!("HEARBACK_MAIL__RELAY__HOST: mail.relay.host {misplaced}")),
        (
            "[[mail.relay]]\nhost = \"one\"\nprot = 25",
            &[],
            "given.toml: mail.relay[0].prot is not a setting; did you mean mail.relay[0].port?".to_owned(),
        ),
        (
            "[mail]\ntransport = \"smtp\"\n[[mail.relay]]\nport = 25",
            &[],
            "given.toml: mail.relay[0].host must name your relay when mail.transport is \"smtp\", such as smtp.example.com".to_owned(),
        ),
        ("[[mail.relay]]\nport = \"many\"", &[], "given.toml: mail.relay[0].port must be an integer, not string \"many\"".to_owned()),
        (
            "[mail.smtp]\nuser = \"us\"\npassword = \"x\"\npassword_file = \"/run/secrets/relay\"",
            &[],
            "given.toml: mail.smtp.password_file sets the same as password; keep one of them".to_owned(),
        ),
        ("[mail.smtp]\nsessions = 0", &[], "given.toml: mail.smtp.sessions must be between 1 and 1000".to_owned()),
        ("[mail.smtp]\naway_pause = \"1 h\"", &[], "default: mail.smtp.longest_pause must be at least as long as away_pause".to_owned()),
        ("[mail.smtp.timeouts]\nmail = \"0 s\"", &[], "default: mail.smtp.timeouts must each be longer than nothing".to_owned()),
    ] {
        assert_eq!(refused(file, variables), [said], "{file}");
    }
}

#[test]
fn one_relay_can_be_set_by_the_environment_alone() {
    let relay = [
        ("HEARBACK_MAIL__TRANSPORT", "smtp"),
        ("HEARBACK_MAIL__SMTP__HOST", "relay"),
        ("HEARBACK_MAIL__SMTP__SESSIONS", "3"),
        ("HEARBACK_MAIL__SMTP__PLAIN_TEXT_LOGIN", "true"),
        ("HEARBACK_MAIL__SMTP__TIMEOUTS__DATA_END", "20 s"),
    ];
    let config = accepted("", &relay);
    let [(key, relay)] = &config.mail.relays()[..] else { panic!("one relay") };
    assert_eq!((key.as_str(), relay.name().as_str(), relay.sessions, relay.plain_text_login), ("mail.smtp", "relay:25", 3, true));
    assert_eq!(relay.timeouts.timeouts().data_end, Duration::from_secs(20));
}

#[test]
fn mail_is_redirected_in_staging_only() {
    let staging = "[mail]\ntransport = \"smtp\"\nredirect_all_to = \"staging@example.com\"\n[mail.smtp]\nhost = \"relay\"";
    assert_eq!(accepted(staging, &[]).mail.redirect_all_to.unwrap().0.as_str(), "staging@example.com");
    assert_eq!(
        refused(staging, &[("HEARBACK_MODE", "production"), ("HEARBACK_PUBLIC_URL", "https://jobs.example.com")]),
        ["given.toml: mail.redirect_all_to must not be set in production, where no applicant would be told; leave it to staging"]
    );
    assert_eq!(
        refused("[mail]\nredirect_all_to = \"staging@example.com\"", &[]),
        ["given.toml: mail.redirect_all_to has no effect while mail.transport is \"capture\"; leave one of them out"]
    );
    for (file, said) in [
        ("[mail]\nredirect_all_to = \"staging\"", "given.toml: mail.redirect_all_to is not an address such as staging@example.com: "),
        ("[mail]\nreply_domain = \"localhost\"", "given.toml: mail.reply_domain is not a domain such as replies.example.com: "),
    ] {
        assert!(refused(file, &[])[0].starts_with(said), "{:?}", refused(file, &[]));
    }
}

#[test]
fn captured_mail_is_refused_where_real_applicants_wait() {
    assert_eq!(
        refused("", &[("HEARBACK_MODE", "production")]),
        [
            "default: mail.transport must not be \"capture\" in production, where captured mails would reach nobody; \
             set it to \"smtp\" and [mail.smtp] host to your relay",
            "default: public_url must be set in production, since links in mails begin with it: https://jobs.example.com",
        ]
    );
    let file =
        "mode = \"production\"\npublic_url = \"https://jobs.example.com/\"\n[mail]\ntransport = \"smtp\"\n[mail.smtp]\nhost = \"relay\"";
    assert_eq!(accepted(file, &[]).public_url.unwrap().as_str(), "https://jobs.example.com");
}

#[test]
fn a_secret_can_stand_in_a_file_and_is_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("url");
    fs::write(&path, "postgres://hearback:0042@127.0.0.1/hearback?password=hunter2\n").unwrap();
    let path = path.display().to_string();
    let config = accepted("", &[("HEARBACK_DATABASE__URL_FILE", &path)]);
    assert_eq!(config.database.url.reveal(), "postgres://hearback:0042@127.0.0.1/hearback?password=hunter2");
    for shown in [config.dump(), format!("{config:?}"), config.database.url.to_string()] {
        assert!(!shown.contains("0042") && !shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://hearback:***@127.0.0.1/hearback?password=***"), "{shown}");
    }
    assert_eq!(
        refused("", &[("HEARBACK_DATABASE__URL_FILE", &path), ("HEARBACK_DATABASE__URL", "sqlite:x.db")]),
        ["HEARBACK_DATABASE__URL_FILE: sets the same as HEARBACK_DATABASE__URL; keep one of them"]
    );
    assert_eq!(
        refused("", &[("HEARBACK_DATABASE__URL_FILE", "/nowhere")]),
        ["HEARBACK_DATABASE__URL_FILE: /nowhere cannot be read: No such file or directory (os error 2)"]
    );
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let ConfigProblems(problems) = load(Some(Path::new("/nowhere.toml")), []).unwrap_err();
    assert_eq!(problems[0].to_string(), "/nowhere.toml: cannot be read: No such file or directory (os error 2)");
}

#[test]
fn promises_are_read_as_people_write_them() {
    let file = "[promises]\nreject_after_delay = \"1 h 30 min\"\nanswer_replies_within = \"1 working day\"\nquiet_hours = \"none\"\n\
        undecided = \"reject\"\nweekend = [\"Fri\", \"Saturday\"]\nholidays = [\"2026-12-25\", 2026-12-26]\nlaw = \"CA-ON\"\nbulk_cap = 7\nretention = \"730 days\"";
    let variables = [("HEARBACK_PROMISES__HOLIDAYS", "2026-01-01, 2026-05-01"), ("HEARBACK_PROMISES__BULK_CAP", "9")];
    let read = accepted(file, &[]);
    let policy = read.ledger_settings().policy;
    let dates = |dates: [&str; 2]| dates.map(|date| date.parse().unwrap()).into();
    let calendar =
        Calendar { weekend: [DayOfWeek(Weekday::Fri), DayOfWeek(Weekday::Sat)].into(), holidays: dates(["2026-12-25", "2026-12-26"]) };
    let expected = Policy {
        reject_after_delay: Delay::Time(TimeDelta::minutes(90)),
        answer_replies_within: Delay::WorkingDays(1),
        quiet_hours: None,
        undecided: Undecided::Reject,
        bulk_cap: 7,
        calendar,
        law: Some(Law::Ontario),
        retention: Some(TimeDelta::days(730)),
        ..Policy::default()
    };
    assert_eq!(policy, expected);
    assert_eq!(accepted(&read.dump(), &[]).ledger_settings().policy, expected);
    let policy = accepted(file, &variables).ledger_settings().policy;
    assert_eq!((policy.calendar.holidays, policy.bulk_cap), (dates(["2026-01-01", "2026-05-01"]), 9));
}

#[test]
fn a_dumped_file_means_the_same() {
    let config = accepted("[promises]\nupdate_every = \"36 h\"\nreject_after_delay = \"0 s\"\n[mail.smtp]\nhost = \"relay\"", &[]);
    assert_eq!(accepted(&config.dump(), &[]).dump(), config.dump());
}

#[test]
fn the_example_file_has_every_key_with_its_default() {
    let example = include_str!("../../../../deploy/hearback.example.toml");
    for key in known::known_keys() {
        let name = key.rsplit('.').next().unwrap();
        assert!(example.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = "))), "{key} is missing");
    }
    // Keys without a default stand as comments; the rest says what holds anyway.
    assert_eq!(accepted(example, &[]).dump(), Config::default().dump());
}
