//! The tables as SeaORM sees them. Rows are not domain values: each module that reads one converts it, field by field.

pub(crate) mod api_key;
pub(crate) mod application;
pub(crate) mod attachment;
pub(crate) mod attempt;
pub(crate) mod board;
pub(crate) mod candidate;
pub(crate) mod captured_mail;
pub(crate) mod event;
pub(crate) mod job;
pub(crate) mod notification;
pub(crate) mod signing_key;
