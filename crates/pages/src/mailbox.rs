//! The development mailbox: mails that were captured instead of being sent.

mod content;
mod list;
mod mail;
mod view;

use chrono::{DateTime, Utc};
pub(crate) use list::{list, list_json};
pub(crate) use mail::{html, latest, latest_json, mail, mail_json, source, text};

/// One time for everybody: whoever reads this page reads logs too.
fn shown(moment: DateTime<Utc>) -> String {
    moment.format("%-d %b %Y, %H:%M:%S UTC").to_string()
}
