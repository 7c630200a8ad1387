//! Messages: those that are owed, what became of them, and what people do about them.

mod act;
pub(crate) mod cancel;
pub(crate) mod list;
mod message;
mod record;
pub(crate) mod release;
pub(crate) mod retry;
pub(crate) mod show;

use message::Message;
use record::Record;
