//! When a person is told, because a machine alone cannot keep a promise: who, of what, and how often.

mod cause;
mod digest;
mod kind;
mod occasion;
mod person;

pub use cause::{Cause, TELL_AFTER, is_late};
pub use digest::{Digest, Waiting, Waits, digest_day, waits_as};
pub use kind::StaffKind;
pub use occasion::{Occasion, Stray};
pub use person::{ONE_MAIL_IN, Person, next_person};
