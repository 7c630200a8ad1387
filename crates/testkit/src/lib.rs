#![doc = include_str!("../README.md")]

pub mod certificate;
pub mod chaos_proxy;
pub mod database;
pub mod dns_server;
pub mod fake_clock;
mod free_port;
pub mod http_endpoint;
mod on_both_databases;
pub mod parsed_mail;
pub mod postgres;
pub mod program;
pub mod smtp_sink;

pub use free_port::free_port;
