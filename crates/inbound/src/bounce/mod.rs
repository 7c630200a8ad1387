//! Bounces that are no report for machines: a notice in words, as qmail, Exim, Yahoo, GroupWise and many others write it.
//!
//! Each system has a wording, and all of them the same shape: a sentence that says what became of the mail, the addresses, what
//! the other side said, then the mail itself. So there is one reader for all, and lists of wordings ([`wordings`]).

mod evidence;
mod notice;
mod recipients;
mod wordings;

use crate::{
    explained::{Action, Recipient},
    mime::{Headers, Part},
};

pub(crate) use evidence::{is_null_sender, is_system};
pub(crate) use notice::Notice;

/// What the notice says about whom. `None` if this is no notice of a mail system.
pub(crate) fn read(mail: &Part<'_>, envelope_from: Option<&str>, notice: &Notice, returned: Option<&Headers>) -> Option<Vec<Recipient>> {
    let verdict = wordings::verdict(&notice.flat);
    if !evidence::is_notice(mail, envelope_from, verdict, returned.is_some()) {
        return None;
    }
    let action = verdict.map_or_else(|| subject_action(&mail.headers), |verdict| verdict.action);
    Some(recipients::find(mail, notice, verdict, action, returned))
}

fn subject_action(headers: &Headers) -> Action {
    let subject = headers.text("subject").unwrap_or_default().to_lowercase();
    if wordings::SUBJECTS_DELAYED.iter().any(|phrase| subject.contains(phrase)) { Action::Delayed } else { Action::Failed }
}
