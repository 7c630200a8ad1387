//! Whether the settings let mail reach applicants, and people hear of trouble.

use super::finding::{Area, Finding, Level};
use crate::{
    config::{Config, ConfigProblems, MailTransport, Mode},
    templates,
};

const AREA: Area = Area::Settings;

/// Settings that cannot be used at all.
pub(super) fn refused(problems: &ConfigProblems) -> Vec<Finding> {
    let advice = "mend it; `hearback config check` says whether it is right";
    problems.0.iter().map(|problem| Finding::new(AREA, Level::Error, problem.to_string(), advice)).collect()
}

pub(super) fn look(config: &Config, set: usize) -> Vec<Finding> {
    let mut found = vec![Finding::ok(AREA, format!("the settings can be used ({set} set, mode {})", config.mode))];
    let mut say = |level, what: &str, advice: &str| found.push(Finding::new(AREA, level, what, advice));
    match (config.mode, config.mail.transport) {
        (Mode::Development, MailTransport::Capture) => say(
            Level::Warning,
            "no mail leaves: it is captured for /dev/mailbox",
            "for real applicants, set mode = \"production\" and mail.transport = \"smtp\"",
        ),
        (Mode::Development, MailTransport::Smtp) => say(
            Level::Warning,
            "mail is sent, and the mode is \"development\"",
            "set mode = \"production\", which refuses what would keep applicants from being told",
        ),
        (Mode::Production, MailTransport::Smtp | MailTransport::Capture) => {}
    }
    if let Some(address) = &config.mail.redirect_all_to {
        let what = format!("all mail goes to one mailbox ({}), and none to applicants", String::from(address.clone()));
        say(Level::Warning, &what, "that is for staging; leave out mail.redirect_all_to where applicants wait");
    }
    if config.public_url.is_none() {
        say(
            Level::Warning,
            "links in mails begin with the address that is listened on",
            "set public_url to what applicants' browsers can reach",
        );
    }
    if config.organisation.fallback.is_none() {
        say(
            Level::Warning,
            "nobody is told if neither the owner of a job nor its manager can be",
            "set organisation.fallback to an address that a person reads",
        );
    }
    match (&config.mail.templates_dir, templates::composer(config)) {
        (Some(folder), Ok(_)) => found.push(Finding::ok(AREA, format!("the texts in {} can be sent", folder.display()))),
        (None, Ok(_)) => {}
        (_, Err(error)) => found.push(Finding::new(AREA, Level::Error, format!("{error:#}"), "mend them; until then no worker starts")),
    }
    found
}
