#![doc = include_str!("../README.md")]

mod compose;
mod letter;
mod lint;
#[cfg(test)]
mod mime;
mod render;
pub mod samples;
#[cfg(test)]
mod snapshots;
mod staff_letter;
pub mod templates;
pub mod transport;

pub use compose::{ComposeError, Composed, Composer, Preview, ProbeLetter, compose_probe};
pub use letter::{Answers, Face, Letter};
pub use render::BrokenTemplate;
pub use staff_letter::{DecisionItem, DigestItem, DigestItems, StaffItem, StaffLetter, StaffNotice, StrayNotice, Wrote, WroteMessage};
