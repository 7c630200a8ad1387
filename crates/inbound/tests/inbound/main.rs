//! Whole mails in, what they are out.

mod cases;
mod fuzz;
mod limits;
mod mails;
mod replies;
