#![doc = include_str!("../README.md")]

mod answer;
mod app;
mod mailbox;

pub use answer::Answer;
pub use app::TestApp;
pub use mailbox::Mail;
