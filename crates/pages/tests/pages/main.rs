//! The pages as a browser gets them, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod home;
mod mailbox;
mod status;
mod support;
mod writing;
