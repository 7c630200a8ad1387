//! Applications: how they come in, where they stand, and what recruiters decide.

pub(crate) mod answered;
mod change;
pub(crate) mod correct_address;
pub(crate) mod erase;
pub(crate) mod erasure;
pub(crate) mod find;
pub(crate) mod hire;
mod history;
pub(crate) mod interview;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod messages;
pub(crate) mod move_stage;
pub(crate) mod postpone;
pub(crate) mod put;
mod record;
pub(crate) mod reject;
pub(crate) mod show;
pub(crate) mod submit;
mod summary;
pub(crate) mod told_otherwise;
pub(crate) mod unmerge;
pub(crate) mod unreject;
pub(crate) mod withdraw;

pub(super) use history::{Actor, Event, Try};
use record::Record;
pub(crate) use submit::{FormPage, IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_MOST, IdempotencyKey};
use summary::Application;
