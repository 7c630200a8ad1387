//! The program as an operator runs it: what it prints, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod a_mail_is_explained;
mod a_mail_is_on_disk_before_250;
mod a_second_start_shows_the_same_keys;
mod banner;
mod only_serve_takes_mail;
mod sigterm_loses_nothing;
mod the_banners_curl_works_when_pasted;
mod the_doctor_looks_at_everything;
mod the_outbox_is_run_from_the_command_line;
mod the_texts_of_mails_are_checked;

use std::path::Path;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hearback"))
}
