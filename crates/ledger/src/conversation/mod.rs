//! What applicants and the organisation wrote to each other.

mod from_page;
mod list;
mod mark_as_answered;
pub(crate) mod record;
pub(crate) mod write;

pub use from_page::PageReply;
pub use list::Message;

#[cfg(test)]
mod tests;
