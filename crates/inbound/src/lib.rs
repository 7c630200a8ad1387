#![doc = include_str!("../README.md")]

mod about;
mod address;
mod automatic;
mod bounce;
mod challenge;
mod class;
mod dsn;
mod explain;
mod explained;
mod feedback;
pub mod html;
pub mod limits;
pub mod lmtp;
pub mod mime;
mod phrases;
pub mod reply;
mod status;

pub use explain::{Envelope, explain, explain_received};
pub use explained::{Action, Class, Explained, Kind, Recipient, Token};
