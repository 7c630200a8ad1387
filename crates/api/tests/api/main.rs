//! The API, asked as callers ask it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod a_closed_job;
mod a_form;
mod a_form_with_files;
mod addresses;
mod applications_come_in;
mod bad_input;
mod boards_and_jobs;
mod conditions;
mod contacts;
mod document;
mod erasure;
mod events;
mod external_ids;
mod imports;
mod inbound;
mod keys;
mod languages;
mod lists;
mod merging;
mod messages;
mod one_key_one_application;
mod operations;
mod our_fault;
mod outbox;
mod policies;
mod problems;
mod promises;
mod sent_again;
mod support;
mod traces;
mod verbs;
mod webhooks;
mod who_may_what;
