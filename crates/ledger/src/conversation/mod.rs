//! What applicants and the organisation wrote to each other.

mod list;
mod mark_as_answered;
pub(crate) mod record;
pub(crate) mod write;

pub use list::Message;

#[cfg(test)]
mod tests;
