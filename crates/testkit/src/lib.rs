#![doc = include_str!("../README.md")]

pub mod certificate;
pub mod chaos_proxy;
pub mod database;
pub mod fake_clock;
mod on_both_databases;
pub mod parsed_mail;
pub mod postgres;
pub mod program;
pub mod smtp_sink;
