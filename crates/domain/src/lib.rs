#![doc = include_str!("../README.md")]

pub mod actor;
pub mod application;
pub mod attachment;
pub mod bulk;
pub mod calendar;
pub mod clock;
mod closed_set;
pub mod confirmation;
pub mod contact;
pub mod conversation;
pub mod email_address;
pub mod erasure;
pub mod event;
pub mod evidence;
pub mod ids;
pub mod import;
pub mod law;
pub mod locale;
pub mod notification;
pub mod one_line;
pub mod origin;
pub mod policy;
pub mod promise;
pub mod random;
pub mod reply_token;
pub mod scope;
pub mod staff;
pub mod status_link;
pub mod trace;
pub mod webhook;

pub use closed_set::UnknownWord;
pub use email_address::EmailAddress;
