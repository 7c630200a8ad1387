#![doc = include_str!("../README.md")]

pub mod database;
pub mod fake_clock;
mod on_both_databases;
pub mod postgres;
pub mod program;
pub mod smtp_sink;
